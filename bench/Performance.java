import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;

/**
 * Writes the table and the plot of bench/run.sh: {@code java Performance.java FIGURES GROWTH ABOUT
 * DOCS}. FIGURES and GROWTH hold a run a line, its fields separated by tabs: job, program, wall and
 * CPU seconds, KiB of memory and of the result; GROWTH has the axis and the value on it before
 * those. ABOUT says on two lines what the machine is, and what the image.
 */
final class Performance {
  private static final String OURS = "voyageur";

  /** What voyageur does in the jobs of GROWTH. */
  private static final Map<String, String> COMMANDS =
      Map.of("grown", "convert", "in place", "convert --in-place", "inspect", "inspect");

  /** One program at one job: the medians of its runs. */
  private record Cost(int runs, double wall, double cpu, double mib, double result) {
    static Cost of(List<double[]> runs) {
      return new Cost(
          runs.size(),
          median(runs, 0),
          median(runs, 1),
          median(runs, 2) / 1024,
          median(runs, 3) / 1024);
    }

    private static double median(List<double[]> runs, int field) {
      double[] sorted = runs.stream().mapToDouble(run -> run[field]).sorted().toArray();
      return sorted[(sorted.length - 1) / 2];
    }

    String text() {
      String made = result == 0 ? "" : String.format(Locale.ROOT, "%.0f MiB", result);
      return String.format(Locale.ROOT, "%.2f s | %.2f s | %.0f MiB | %s", wall, cpu, mib, made);
    }
  }

  /** A line of one panel: a program's wall time by the axis's value. */
  private record Series(String name, TreeMap<Double, Double> points) {}

  private Performance() {}

  public static void main(String[] arguments) throws IOException {
    List<String> about = Files.readAllLines(Path.of(arguments[2]));
    Path docs = Path.of(arguments[3]);
    SequencedMap<String, SequencedMap<String, Cost>> jobs = medians(Path.of(arguments[0]), 0);
    SequencedMap<String, SequencedMap<String, Cost>> growth = medians(Path.of(arguments[1]), 2);
    Files.writeString(docs.resolve("performance.md"), page(jobs, growth, about.get(0), about.get(1)));
    Files.writeString(docs.resolve("performance.svg"), plot(growth));
  }

  /** By the first fields, then by the program; {@code before} fields are part of the first key. */
  private static SequencedMap<String, SequencedMap<String, Cost>> medians(Path file, int before)
      throws IOException {
    SequencedMap<String, SequencedMap<String, List<double[]>>> runs = new LinkedHashMap<>();
    for (String line : Files.readAllLines(file)) {
      String[] fields = line.split("\t");
      String job = String.join("\t", Arrays.copyOfRange(fields, 0, before + 1));
      double[] run =
          Arrays.stream(fields, before + 2, before + 6).mapToDouble(Double::parseDouble).toArray();
      runs.computeIfAbsent(job, _ -> new LinkedHashMap<>())
          .computeIfAbsent(fields[before + 1], _ -> new ArrayList<>())
          .add(run);
    }
    SequencedMap<String, SequencedMap<String, Cost>> medians = new LinkedHashMap<>();
    runs.forEach((job, programs) -> {
      SequencedMap<String, Cost> costs = new LinkedHashMap<>();
      programs.forEach((program, list) -> costs.put(program, Cost.of(list)));
      medians.put(job, costs);
    });
    return medians;
  }

  private static String page(
      Map<String, SequencedMap<String, Cost>> jobs,
      Map<String, SequencedMap<String, Cost>> growth,
      String machine,
      String image) {
    StringBuilder page = new StringBuilder();
    page.append(
        """
        # Performance

        Written by `bench/run.sh [IMAGE]`, which runs voyageur and what people use otherwise in turns, on one machine. Each figure is the
        median of a program's runs; memory is the largest resident set of any one process, result what the new file takes on
        the disk. Compare within a run: seconds of different machines mean little. This run: %s, %s

        The image is %s The ratio is voyageur's wall and CPU time by
        the other's: below 1 voyageur is faster. The others do less: the procedure (`bench/procedure.sh`) places boot code, its configuration
        and an fstab; `e2image`, `cp` and `qemu-img` only copy; `gzip` and `igzip` only inflate. voyageur converts, has e2fsck check the
        result, reads every change back, and ends when the result is on the disk; the others leave it in memory, but where `fsync` is said.

        | job | program | runs | wall | CPU | memory | result | ratio of wall, CPU |
        |---|---|---|---|---|---|---|---|
        """
            .formatted(LocalDate.now(), machine, image));
    jobs.forEach((job, programs) -> {
      Cost ours = programs.get(OURS);
      programs.forEach((program, cost) ->
          page.append(
              "| %s | %s | %d | %s | %s |\n"
                  .formatted(
                      program.equals(OURS) ? "**" + job + "**" : "",
                      program,
                      cost.runs(),
                      cost.text(),
                      // What takes no time has no ratio.
                      program.equals(OURS) || cost.wall() == 0
                          ? ""
                          : String.format(
                              Locale.ROOT,
                              "%.2f, %.2f",
                              ours.wall() / cost.wall(),
                              ours.cpu() / cost.cpu()))));
    });
    page.append(
        """

        ## How cost grows

        The same guest with the parts that a conversion looks at (`bench/scaled-guest.sh`), in larger images, with more random data in it, with
        more small files in it; one run each, so a busy moment shows. `convert` is raw to raw; in place it is to dual-boot. With the size of the
        image only the group descriptors and bitmaps grow, 8 KiB for each 128 MiB: what was never used is neither copied nor checked
        ([ADR 12](adr/0012-what-e2fsck-reads.md)).

        ![Seconds by image size, data and number of files](performance.svg)

        | axis | value | convert | `e2image -ra` | in place | inspect | memory of convert, in place, inspect |
        |---|---|---|---|---|---|---|
        """);
    growth.forEach((key, programs) -> {
      String[] fields = key.split("\t");
      if (fields[2].equals("grown")) {
        String point = fields[0] + "\t" + fields[1] + "\t";
        Cost inPlace = growth.get(point + "in place").get(OURS);
        Cost inspect = growth.get(point + "inspect").get(OURS);
        page.append(
            String.format(
                Locale.ROOT,
                "| %s | %s | %.2f s | %.2f s | %.2f s | %.2f s | %.0f, %.0f, %.0f MiB |\n",
                fields[0],
                fields[1],
                programs.get(OURS).wall(),
                programs.get("e2image -ra").wall(),
                inPlace.wall(),
                inspect.wall(),
                programs.get(OURS).mib(),
                inPlace.mib(),
                inspect.mib()));
      }
    });
    return page.toString();
  }

  private static final int PANEL = 300;
  private static final int WIDTH = 230;
  private static final int HEIGHT = 180;
  private static final int LEFT = 50;
  private static final int TOP = 75;

  /** A panel for each axis, both scales logarithmic. Colours follow the reader's theme. */
  private static String plot(Map<String, SequencedMap<String, Cost>> growth) {
    SequencedMap<String, SequencedMap<String, TreeMap<Double, Double>>> panels =
        new LinkedHashMap<>();
    growth.forEach((key, programs) -> {
      String[] fields = key.split("\t");
      programs.forEach((program, cost) ->
          panels
              .computeIfAbsent(fields[0], _ -> new LinkedHashMap<>())
              .computeIfAbsent(
                  program.equals(OURS) ? "voyageur " + COMMANDS.get(fields[2]) : program,
                  _ -> new TreeMap<>())
              .put(Double.parseDouble(fields[1]), cost.wall()));
    });
    StringBuilder svg = new StringBuilder();
    svg.append(
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">
        <title>Seconds of wall time by image size, data and number of files</title>
        <style>
        .back { fill: #ffffff } text { fill: #222222 } .axis { stroke: #777777; fill: none } .grid { stroke: #dddddd }
        .s0 { stroke: #0b62c4; fill: #0b62c4 } .s1 { stroke: #b04a00; fill: #b04a00 } .s2 { stroke: #1a7f37; fill: #1a7f37 } .s3 { stroke: #8a3ffc; fill: #8a3ffc }
        polyline { fill: none !important; stroke-width: 2 }
        @media (prefers-color-scheme: dark) {
        .back { fill: #16191d } text { fill: #e6e6e6 } .axis { stroke: #999999 } .grid { stroke: #3a3f45 }
        .s0 { stroke: #6cb2ff; fill: #6cb2ff } .s1 { stroke: #ffa35c; fill: #ffa35c } .s2 { stroke: #5fd38a; fill: #5fd38a } .s3 { stroke: #c9a2ff; fill: #c9a2ff }
        }
        </style>
        <rect class="back" width="100%%" height="100%%"/>
        """
            .formatted(PANEL * panels.size() + 10, TOP + HEIGHT + 50));
    int number = 0;
    for (var panel : panels.entrySet()) {
      List<Series> series = new ArrayList<>();
      panel.getValue().forEach((name, points) -> series.add(new Series(name, points)));
      panel(svg, panel.getKey(), series, LEFT + PANEL * number++);
    }
    return svg.append("</svg>\n").toString();
  }

  private static void panel(StringBuilder svg, String axis, List<Series> all, int left) {
    TreeMap<Double, Double> some = all.getFirst().points();
    double from = Math.log(some.firstKey());
    double span = Math.log(some.lastKey()) - from;
    double low = -1;
    double high = 2.3;
    for (double exponent = low; exponent <= 2; exponent++) {
      double y = TOP + HEIGHT * (1 - (exponent - low) / (high - low));
      line(svg, "grid", left, y, left + WIDTH, y);
      text(svg, left - 6, y + 4, "end", exponent < 0 ? "0.1 s" : (int) Math.pow(10, exponent) + " s");
    }
    for (double value : some.keySet()) {
      double x = left + WIDTH * (Math.log(value) - from) / span;
      line(svg, "axis", x, TOP + HEIGHT, x, TOP + HEIGHT + 5);
      text(svg, x, TOP + HEIGHT + 19, "middle", String.valueOf((long) value));
    }
    line(svg, "axis", left, TOP + HEIGHT, left + WIDTH, TOP + HEIGHT);
    text(svg, left + WIDTH / 2.0, TOP + HEIGHT + 38, "middle", axis);
    for (int i = 0; i < all.size(); i++) {
      StringBuilder points = new StringBuilder();
      for (var point : all.get(i).points().entrySet()) {
        double x = left + WIDTH * (Math.log(point.getKey()) - from) / span;
        double y =
            TOP + HEIGHT * (1 - (Math.log10(Math.max(point.getValue(), 0.1)) - low) / (high - low));
        points.append(String.format(Locale.ROOT, "%.1f,%.1f ", x, y));
        svg.append(
            String.format(
                Locale.ROOT, "<circle class=\"s%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"3\"/>\n", i, x, y));
      }
      svg.append("<polyline class=\"s%d\" points=\"%s\"/>\n".formatted(i, points));
      line(svg, "s" + i, left, 14 + 15 * i, left + 18, 14 + 15 * i);
      text(svg, left + 24, 18 + 15 * i, "start", all.get(i).name());
    }
  }

  private static void line(
      StringBuilder svg, String style, double x1, double y1, double x2, double y2) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n",
            style,
            x1,
            y1,
            x2,
            y2));
  }

  private static void text(StringBuilder svg, double x, double y, String anchor, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
            x,
            y,
            anchor,
            text));
  }
}
