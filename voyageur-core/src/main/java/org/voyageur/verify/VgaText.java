package org.voyageur.verify;

/**
 * The screen of a PC in text mode: lines of 80 cells from B8000h, each a character and an attribute
 * (IBM VGA, mode 3). All whole lines of the 32 KiB there, not only the first 25: Linux's vgacon
 * scrolls by moving the start of what is shown within them.
 */
final class VgaText {
  static final int ADDRESS = 0xB8000;

  private static final int COLUMNS = 80;

  static final int SIZE = (32 << 10) / (2 * COLUMNS) * (2 * COLUMNS);

  private VgaText() {}

  /** Its lines without blank ones and the blanks at their ends; what is not ASCII is a blank. */
  static String decode(byte[] cells) {
    StringBuilder text = new StringBuilder();
    for (int at = 0; at + 1 < cells.length; at += 2) {
      boolean printable = cells[at] >= ' ' && cells[at] < 0x7F;
      text.append(printable ? (char) cells[at] : ' ');
      if ((at / 2 + 1) % COLUMNS == 0) {
        text.append('\n');
      }
    }
    return text.toString().replaceAll(" +\n", "\n").replaceAll("\n{2,}", "\n");
  }
}
