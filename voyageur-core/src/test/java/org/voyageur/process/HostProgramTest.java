package org.voyageur.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

class HostProgramTest {
  private static final HostProgram SHELL = new HostProgram("sh", "dash");
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private static HostProgram.Result shell(String script) {
    return SHELL.run(LIMIT, List.of("-c", script));
  }

  @Test
  void tellsOutputErrorsAndExitCodeApart() {
    HostProgram.Result result = shell("echo out; echo err >&2; exit 7");
    assertThat(result.exitCode()).isEqualTo(7);
    assertThat(result.output()).isEqualTo("out\n");
    assertThat(result.errors()).isEqualTo("err\n");
  }

  /** proc(5): the sixth field of stat is the session; a leader's is its own number. */
  @Test
  void hasASessionOfItsOwnThatCtrlCDoesNotReach() {
    String[] stat = shell("cat /proc/$$/stat").output().split(" ");
    assertThat(stat[5]).isEqualTo(stat[0]);
  }

  @Test
  void endsWithTheThreadThatStartsProgramsAndWithNoOther() throws Exception {
    Process[] started = new Process[1];
    Thread starter =
        new Thread(() -> started[0] = SHELL.start(List.of("-c", "echo up; sleep 60"), _ -> {}));
    starter.start();
    starter.join();
    Process process = started[0];
    try {
      byte[] said = process.getInputStream().readNBytes(3);
      assertThat(new String(said, StandardCharsets.US_ASCII)).isEqualTo("up\n");
      // By now it would have had the signal.
      assertThat(process.waitFor(Duration.ofMillis(100))).isFalse();
    } finally {
      HostProgram.release(process);
    }
    assertThat(process.isAlive()).isFalse();
  }

  @Test
  void isEndedWhenItTakesTooLong() {
    assertThatThrownBy(() -> SHELL.run(Duration.ofMillis(100), List.of("-c", "exec sleep 60")))
        .isInstanceOf(VoyageurException.class)
        .hasMessageContaining("did not end");
  }

  @Test
  void namesThePackageOfAMissingProgram() {
    assertThatThrownBy(() -> new HostProgram("no-such-program", "a-package").run(LIMIT, List.of()))
        .isInstanceOfSatisfying(
            VoyageurException.class,
            e -> {
              assertThat(e.code()).isEqualTo(ErrorCode.HOST_PROGRAM_MISSING);
              assertThat(e.remedy()).contains("apt-get install a-package");
            });
  }
}
