package org.voyageur.openstack.nova;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/** What Nova says, in the words of nova/exception.py and of what it quotes. */
class ServerFaultTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NO_HOST  | No valid host was found. There are not enough hosts available.",
        "NO_HOST  | No valid host was found. ",
        "NO_HOST  | Exceeded maximum number of retries. Exhausted all hosts available for retrying",
        "NO_HOST  | Insufficient compute resources: Free memory 100.00 MB < requested 512 MB.",
        "QUOTA    | Quota exceeded for instances: Requested 1, but already used 10 of 10 instances",
        "QUOTA    | Quota exceeded for cores, ram: Requested 1, 51200",
        "SPACE    | Build of instance X aborted: [Errno 28] No space left on device",
        "SPACE    | No valid host was found. Last attempt: No space left on device",
        "IMAGE    | Build of instance X aborted: Image Y is unacceptable: Image not in a supported format",
        "IMAGE    | Image Y is unacceptable: Image content does not match disk_format",
        "FLAVOR   | Flavor's disk is too small for requested image. Flavor disk is 1073741824 bytes",
        "FLAVOR   | Flavor's memory is too small for requested image.",
        "NETWORK  | Build of instance X aborted: Failed to allocate the network(s), not rescheduling.",
        "NETWORK  | Binding failed for port Z, please check neutron logs for more information.",
        "NETWORK  | No fixed IP addresses available for network: N",
        "NETWORK  | Multiple possible networks found, use a Network ID to be more specific.",
        "OTHER    | Unknown hypervisor type foo",
      })
  void isToldByTheWords(ServerFault expected, String message) {
    assertThat(ServerFault.of(message)).isEqualTo(expected);
  }

  @Test
  void keepsNovasWordsOnOneLineAndNotWithoutEnd() {
    VoyageurException failure =
        ServerFault.failure("No valid host\n was found. " + "x".repeat(9000));
    assertThat(failure.code()).isEqualTo(ErrorCode.SERVER_NO_HOST);
    assertThat(failure.getMessage())
        .startsWith("no compute host takes the server: No valid host was found. xxx")
        .hasSizeLessThan(600);
  }

  @Test
  void saysSoWhereNovaIsSilent() {
    assertThat(ServerFault.failure(" ").getMessage()).isEqualTo("Nova could not start the server");
  }
}
