package org.voyageur.openstack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpHandler;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;
import org.voyageur.progress.ProgressListener;

/** What a cloud does that is slow, broken off, or of another version. */
@Timeout(30)
@SuppressWarnings("NullAway.Init") // Each test starts its cloud first.
class CloudTest {
  private static final byte[] BYTES = new byte[3 << 20];

  static {
    new Random(7).nextBytes(BYTES);
  }

  private FakeCloud fake;

  @BeforeEach
  void start() throws IOException {
    fake = new FakeCloud();
  }

  @AfterEach
  void end() {
    fake.close();
  }

  private static ImageContent content(byte[] bytes, OptionalLong size) {
    return new ImageContent() {
      @Override
      public InputStream open() {
        return new ByteArrayInputStream(bytes);
      }

      @Override
      public OptionalLong size() {
        return size;
      }

      @Override
      public void ensureUnchanged() {}
    };
  }

  private UploadReport upload(OptionalLong size) {
    return upload(fake.signIn(), BYTES, size);
  }

  private static UploadReport upload(Cloud cloud, byte[] bytes, OptionalLong size) {
    return ImageUpload.run(
        cloud,
        new UploadRequest(
            "n",
            "raw",
            content(bytes, size),
            Map.of(),
            0,
            0,
            Optional.empty(),
            List.of(),
            false,
            false,
            true),
        ProgressListener.none());
  }

  private static void fails(ErrorCode code, ThrowingCallable what) {
    assertThatThrownBy(what)
        .isInstanceOfSatisfying(
            VoyageurException.class, failure -> assertThat(failure.code()).isEqualTo(code));
  }

  private long count(String beginning) {
    return fake.requests.stream().filter(request -> request.startsWith(beginning)).count();
  }

  @Test
  void anUploadThatStandsStillIsGivenUpAndEveryHalfImageDeleted() {
    fake.plan(
        "PUT ",
        exchange -> {
          exchange.getRequestBody().readNBytes(1 << 16);
          fake.standStill();
        });
    fails(ErrorCode.CLOUD_TIMEOUT, () -> upload(OptionalLong.of(BYTES.length)));
    assertThat(count("PUT ")).isEqualTo(4);
    assertThat(count("DELETE ")).isEqualTo(4);
  }

  @Test
  void anUploadThatIsSlowButGoesOnIsNotGivenUp() {
    // Far more than the some 10 MiB that the sockets hold, so that the sender notices the pace.
    byte[] large = new byte[40 << 20];
    int part = 4 << 20;
    fake.plan(
        "PUT ",
        exchange -> {
          byte[] body = new byte[large.length];
          for (int at = 0; at < body.length; at += part) {
            pause(Duration.ofMillis(250));
            exchange.getRequestBody().readNBytes(body, at, part);
          }
          fake.content = body;
          FakeCloud.answer(exchange, 204, "");
        });
    Cloud cloud = fake.signIn(Duration.ofMillis(1500));
    assertThat(upload(cloud, large, OptionalLong.of(large.length)).attempts()).isEqualTo(1);
    assertThat(fake.content).isEqualTo(large);
  }

  private static void pause(Duration time) {
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aContentOfUnknownSizeIsSentInChunks() {
    String[] encoding = {""};
    fake.plan(
        "PUT ",
        exchange -> {
          encoding[0] = exchange.getRequestHeaders().getFirst("Transfer-Encoding");
          fake.content = exchange.getRequestBody().readAllBytes();
          FakeCloud.answer(exchange, 204, "");
        });
    assertThat(upload(OptionalLong.empty()).hash()).isPresent();
    assertThat(encoding[0]).isEqualTo("chunked");
    assertThat(fake.content).isEqualTo(BYTES);
  }

  @Test
  void anAnswerThatStandsStillOrEndsHalfWayIsToldAfterSomeAttempts() {
    HttpHandler half =
        exchange -> {
          exchange.sendResponseHeaders(200, 1000);
          exchange.getResponseBody().write("{\"images\": [".getBytes(StandardCharsets.UTF_8));
          exchange.getResponseBody().flush();
        };
    fake.plan(
        "GET /image",
        exchange -> {
          half.handle(exchange);
          fake.standStill();
        });
    fails(ErrorCode.CLOUD_TIMEOUT, () -> new Glance(fake.signIn()).uploaded());
    assertThat(count("GET /image")).isEqualTo(4);
    fake.plan("GET /image", half);
    fails(ErrorCode.CLOUD_UNREACHABLE, () -> new Glance(fake.signIn()).uploaded());
  }

  @ParameterizedTest
  @CsvSource({
    "403, You are not authorized, CLOUD_FORBIDDEN",
    "403, Quota exceeded for cores, CLOUD_QUOTA",
    "413, The limit has been exceeded, CLOUD_QUOTA",
    "404, No image found, CLOUD_NOT_FOUND",
    "400, Attribute is reserved, CLOUD_REFUSED"
  })
  void aRefusalHasACodeAndTheServicesWordsAndRequest(int status, String words, ErrorCode code) {
    fake.plan(
        "GET /image",
        exchange -> {
          exchange.getResponseHeaders().add("X-Openstack-Request-Id", "req-7");
          FakeCloud.answer(exchange, status, "<html><h1>No</h1>" + words + "</html>");
        });
    assertThatThrownBy(() -> new Glance(fake.signIn()).uploaded())
        .isInstanceOfSatisfying(
            VoyageurException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo(code);
              assertThat(failure).hasMessageContaining(words).hasMessageContaining("req-7");
            });
  }

  @Test
  void aTokenIsRenewedBeforeItEnds() {
    fake.lifetime = Duration.ofSeconds(30);
    Cloud cloud = fake.signIn();
    fake.lifetime = Duration.ofHours(1);
    new Glance(cloud).uploaded();
    new Glance(cloud).uploaded();
    assertThat(count("POST /v3/auth/tokens")).isEqualTo(2);
  }

  @Test
  void regionInterfaceAndOverridesChooseTheAddress() {
    assertThat(endpoint(Optional.empty(), "public", Map.of())).endsWith("/image");
    assertThat(endpoint(Optional.of("West"), "public", Map.of())).endsWith("/west");
    assertThat(endpoint(Optional.empty(), "internal", Map.of())).endsWith("/inner");
    assertThat(
            endpoint(
                Optional.of("West"), "public", Map.of("image", URI.create("https://other/v2/"))))
        .isEqualTo("https://other");
    assertThatThrownBy(() -> endpoint(Optional.of("North"), "public", Map.of()))
        .isInstanceOfSatisfying(
            VoyageurException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo(ErrorCode.CLOUD_ENDPOINT);
              assertThat(failure.remedy()).contains("public in East", "internal in East");
            });
  }

  private String endpoint(Optional<String> region, String kind, Map<String, URI> overrides) {
    return Cloud.signIn(fake.config(region, kind, overrides)).endpoint("image");
  }

  @ParameterizedTest
  @CsvSource({"2.1, 2.90", "2.37, 2.37", "2.1, 2.37"})
  void novaIsAskedOnceWhetherItSpeaksOurVersion(String least, String most) {
    Cloud cloud = nova("{\"min_version\": \"%s\", \"version\": \"%s\"}".formatted(least, most));
    for (int i = 0; i < 2; i++) {
      assertThat(cloud.send("compute", "GET", "/flavors", Optional.empty()).status())
          .isEqualTo(200);
    }
    assertThat(fake.requests).containsOnlyOnce("GET /compute/v2.1/");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "2.1 | 2.30 | 2.1 to 2.30",
        "2.40 | 2.90 | 2.40 to 2.90",
        "'' | '' | no microversions"
      })
  void aNovaOfAnotherAgeIsToldBeforeAnythingElseIsAsked(String least, String most, String told) {
    Cloud cloud = nova("{\"min_version\": \"%s\", \"version\": \"%s\"}".formatted(least, most));
    assertThatThrownBy(() -> cloud.send("compute", "GET", "/flavors", Optional.empty()))
        .isInstanceOfSatisfying(
            VoyageurException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo(ErrorCode.CLOUD_REFUSED);
              assertThat(failure).hasMessageContaining(told);
            });
    assertThat(count("GET /compute/v2.1/p")).isZero();
  }

  private Cloud nova(String versions) {
    fake.plan(
        "GET /compute/v2.1/",
        exchange -> {
          boolean asked = exchange.getRequestURI().getPath().equals("/compute/v2.1/");
          FakeCloud.answer(exchange, 200, asked ? "{\"version\": " + versions + "}" : "{}");
        });
    return fake.signIn();
  }
}
