package org.voyageur.openstack;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.openstack.CloudConfig.Trust;

/** TLS that believes whom the configuration believes. */
final class Trusting {
  private Trusting() {}

  static SSLContext context(Trust trust) {
    try {
      return switch (trust) {
        case Trust.Default _ -> SSLContext.getDefault();
        case Trust.Authorities authorities -> context(managers(authorities));
        case Trust.Anyone _ -> context(new Anyone());
      };
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has TLS", e);
    }
  }

  private static SSLContext context(TrustManager... managers) throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers, new SecureRandom());
    return context;
  }

  private static TrustManager[] managers(Trust.Authorities authorities) {
    try (InputStream stream = Files.newInputStream(authorities.file())) {
      Collection<? extends Certificate> all =
          CertificateFactory.getInstance("X.509").generateCertificates(stream);
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (Certificate certificate : all) {
        // Java does not look whether what is named as an authority has expired; others do.
        if (certificate instanceof X509Certificate x509
            && x509.getNotAfter().toInstant().isAfter(Instant.now())) {
          store.setCertificateEntry("authority-" + store.size(), certificate);
        }
      }
      if (store.size() == 0) {
        throw new VoyageurException(
            ErrorCode.CLOUD_CERTIFICATE,
            "cacert " + authorities.file() + " has no certificate that has not expired",
            "Get the authority's present certificate from the cloud's operators");
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      factory.init(store);
      return factory.getTrustManagers();
    } catch (IOException | GeneralSecurityException e) {
      throw new VoyageurException(
          ErrorCode.CLOUD_CONFIG,
          "cacert " + authorities.file() + " cannot be read as certificates: " + e.getMessage(),
          "Name a file of certificates in PEM format",
          e);
    }
  }

  /** Extended: of any other kind Java would still compare the host's name. */
  private static final class Anyone extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
