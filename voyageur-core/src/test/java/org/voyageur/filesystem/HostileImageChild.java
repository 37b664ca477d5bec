package org.voyageur.filesystem;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.voyageur.disk.Extent;
import org.voyageur.disk.Overlay;
import org.voyageur.error.ErrorCode;
import org.voyageur.error.VoyageurException;

/**
 * The program of a process that may crash: does everything that can be done with an image, or with
 * many images that differ from it in a few bytes. Exits with 0 if nothing but {@link
 * VoyageurException}s came of it. Arguments: the image, and the first seed and the number of
 * changed images, or nothing to take it as it is.
 */
final class HostileImageChild {
  private static final int[] WORDS = {0, -1, 1, Integer.MIN_VALUE, Integer.MAX_VALUE, 0xFFFF, 0x10};

  private final Map<ErrorCode, Integer> errors = new TreeMap<>();
  private final Set<String> messages = new TreeSet<>();
  private int accepted;

  private HostileImageChild() {}

  /** The program. */
  public static void main(String[] arguments) throws IOException {
    byte[] disk = Files.readAllBytes(Path.of(arguments[0]));
    HostileImageChild child = new HostileImageChild();
    if (arguments.length == 1) {
      child.tryOut(new Overlay(new MemoryDisk(disk)));
      child.messages.forEach(System.out::println);
    } else {
      int first = Integer.parseInt(arguments[1]);
      List<Extent> targets = targets(disk);
      for (int seed = first; seed < first + Integer.parseInt(arguments[2]); seed++) {
        // Whoever looks for a crash needs the last of these.
        System.out.println("seed " + seed);
        child.tryOut(changed(disk, targets, seed));
      }
    }
    System.out.println("accepted " + child.accepted + ", errors " + child.errors);
    System.out.println("done");
  }

  private void tryOut(Overlay device) {
    try {
      Workout.runOnDamaged(
          device,
          action -> {
            try {
              action.run();
            } catch (VoyageurException e) {
              count(e);
            }
          });
      accepted++;
    } catch (VoyageurException e) {
      count(e);
    }
  }

  private void count(VoyageurException e) {
    messages.add(e.getMessage());
    errors.merge(e.code(), 1, Integer::sum);
  }

  /** The words of the image that say something: metadata that is not zero, in pieces of 4 KiB. */
  private static List<Extent> targets(byte[] disk) {
    List<Extent> targets = new ArrayList<>();
    MemoryDisk device = new MemoryDisk(disk);
    try (ExtFilesystem filesystem = ExtFilesystem.open(device, false)) {
      for (Extent extent : filesystem.metadataExtents()) {
        for (long at = extent.offset(); at < extent.end(); at += 4096) {
          int length = (int) Math.min(4096, extent.end() - at);
          byte[] piece = device.read(at, length);
          for (byte value : piece) {
            if (value != 0) {
              targets.add(new Extent(at, length));
              break;
            }
          }
        }
      }
    }
    return targets;
  }

  private static Overlay changed(byte[] disk, List<Extent> targets, int seed) {
    Random random = new Random(seed);
    Overlay overlay = new Overlay(new MemoryDisk(disk));
    int changes = 1 + random.nextInt(8);
    for (int i = 0; i < changes; i++) {
      Extent target =
          random.nextInt(8) == 0
              ? new Extent(1024, 400)
              : targets.get(random.nextInt(targets.size()));
      long at = target.offset() + random.nextInt((int) target.length() / 4) * 4L;
      // Most words are zero; where something is, a change has more effect.
      for (int tries = 0; tries < 20 && overlay.read(at, 4)[0] == 0; tries++) {
        at = target.offset() + random.nextInt((int) target.length() / 4) * 4L;
      }
      ByteBuffer word = ByteBuffer.wrap(overlay.read(at, 4)).order(ByteOrder.LITTLE_ENDIAN);
      switch (random.nextInt(5)) {
        case 0 -> word.putInt(0, WORDS[random.nextInt(WORDS.length)]);
        case 1 -> word.putInt(0, random.nextInt(disk.length / 1024));
        case 2 -> word.putShort(2 * random.nextInt(2), (short) random.nextInt());
        case 3 -> word.put(random.nextInt(4), (byte) random.nextInt());
        default -> word.putInt(0, word.getInt(0) ^ (1 << random.nextInt(32)));
      }
      overlay.write(at, word);
    }
    return overlay;
  }
}
