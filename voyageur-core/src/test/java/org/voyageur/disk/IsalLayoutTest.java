package org.voyageur.disk;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.voyageur.disk.isal.Isal;

class IsalLayoutTest {
  @TempDir Path directory;

  @Test
  void theNumbersAreThoseOfTheHeader() throws IOException {
    Devices.assumeProgram("gcc");
    Devices.assume(
        Files.exists(Path.of("/usr/include/isa-l/igzip_lib.h")), "libisal-dev is not installed");
    Path source =
        Files.writeString(
            directory.resolve("layout.c"),
            """
            #include <stdio.h>
            #include <stddef.h>
            #include <isa-l/igzip_lib.h>
            #define AT(field) (long) offsetof(struct inflate_state, field)
            #define OF(field) (long) offsetof(struct isal_zstream, field)
            int main(void) {
              printf("%ld %ld %ld %ld %ld %ld %ld %ld %ld %ld %d %d %d %d"
                " %ld %ld %ld %ld %ld %ld %ld %ld %ld %ld %ld %d %d %d",
                (long) sizeof(struct inflate_state), AT(next_out), AT(avail_out), AT(total_out),
                AT(next_in), AT(read_in), AT(avail_in), AT(block_state), AT(crc_flag), AT(crc),
                ISAL_BLOCK_FINISH, ISAL_GZIP, ISAL_DECOMP_OK, ISAL_INCORRECT_CHECKSUM,
                (long) sizeof(struct isal_zstream), OF(next_in), OF(avail_in), OF(next_out),
                OF(avail_out), OF(level), OF(level_buf_size), OF(level_buf), OF(end_of_stream),
                OF(hist_bits), OF(internal_state.state), ZSTATE_END, ISAL_DEF_LVL3_DEFAULT, COMP_OK);
            }
            """);
    Path program = directory.resolve("layout");
    Devices.run("gcc", "-o", program, source);
    assertThat(Devices.run(program))
        .isEqualTo(
            "%d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d %d",
            Isal.INFLATE_STATE.byteSize(),
            Isal.NEXT_OUT,
            Isal.AVAIL_OUT,
            Isal.TOTAL_OUT,
            Isal.NEXT_IN,
            Isal.READ_IN,
            Isal.AVAIL_IN,
            Isal.BLOCK_STATE,
            Isal.CRC_FLAG,
            Isal.CRC,
            Isal.BLOCK_FINISH,
            Isal.GZIP,
            Isal.DECOMP_OK,
            Isal.INCORRECT_CHECKSUM,
            Isal.DEFLATE_STREAM.byteSize(),
            Isal.STREAM_NEXT_IN,
            Isal.STREAM_AVAIL_IN,
            Isal.STREAM_NEXT_OUT,
            Isal.STREAM_AVAIL_OUT,
            Isal.LEVEL,
            Isal.LEVEL_BUF_SIZE,
            Isal.LEVEL_BUF,
            Isal.END_OF_STREAM,
            Isal.HIST_BITS,
            Isal.STREAM_STATE,
            Isal.STREAM_END,
            Isal.LEVEL_3_BUF,
            Isal.DECOMP_OK);
  }
}
