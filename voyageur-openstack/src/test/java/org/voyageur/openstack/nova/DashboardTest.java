package org.voyageur.openstack.nova;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DashboardTest {
  private HttpServer server;
  private final List<String> asked = new ArrayList<>();

  @BeforeEach
  void serve() throws Exception {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    answer("/other/auth/login/", 200, "<html>Keystone's neighbour</html>");
    answer("/moved/auth/login/", 302, "csrfmiddlewaretoken");
    answer(
        "/horizon/auth/login/",
        200,
        "<html>\n<input type=\"hidden\" name=\"csrfmiddlewaretoken\" value=\"x\">\n");
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(String path, int status, String body) {
    server.createContext(
        path,
        exchange -> {
          asked.add(exchange.getRequestHeaders().keySet().toString());
          exchange.sendResponseHeaders(status, body.length());
          exchange.getResponseBody().write(body.getBytes(UTF_8));
          exchange.close();
        });
  }

  private URI at(String path) {
    return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
  }

  @Test
  void isTheFirstPlaceWithALoginPageOfHorizon() {
    assertThat(Dashboard.page(List.of(at("/other"), at("/moved"), at("/horizon")), "id-1"))
        .contains(at("/horizon") + "/project/instances/id-1/");
    assertThat(asked).hasSize(3).noneMatch(headers -> headers.contains("uth"));
  }

  @Test
  void isNotThereWhereNobodyAnswers() {
    URI free = URI.create("http://127.0.0.1:1");
    assertThat(Dashboard.page(List.of(free, at("/other")), "id-1")).isEmpty();
  }

  @Test
  void isSoughtOnKeystonesHost() {
    assertThat(Dashboard.candidates(URI.create("https://keystone.example.org:5000/v3")))
        .containsExactly(
            URI.create("https://keystone.example.org/dashboard"),
            URI.create("https://keystone.example.org/horizon"),
            URI.create("https://keystone.example.org"));
  }
}
