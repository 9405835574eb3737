package io.galvani.cli;

import java.util.Locale;
import java.util.stream.Collectors;

/** A plot as SVG inside HTML: axes, lines, marks. It is as wide as its column, and its colours are safe for the colour-blind. */
final class Plot {
  /** Okabe and Ito's colours; the first is for the truth. */
  static final String[] COLOURS = {"#000000", "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00"};
  /** Strokes that tell lines apart in print, too. */
  private static final String[] DASHES = {"", "7 3", "2 2", "8 3 2 3", "4 4", "1 3"};

  private static final int WIDTH = 560;
  private static final int LEFT = 78;
  private static final int BOTTOM = 40;
  private static final int MARGIN = 26;

  /**
   * One direction of a plot.
   *
   * @param label with the unit
   * @param from lower end
   * @param to upper end
   * @param logarithmic whether decades are as long as each other
   */
  record Axis(String label, double from, double to, boolean logarithmic) {
    double share(double value) {
      return logarithmic ? Math.log(value / from) / Math.log(to / from) : (value - from) / (to - from);
    }

    // Steps of 1, 2 or 5 times a power of ten, about five of them.
    double step() {
      double raw = (to - from) / 5;
      double power = Math.pow(10, Math.floor(Math.log10(raw)));
      return power * (raw / power >= 5 ? 5 : raw / power >= 2 ? 2 : 1);
    }

    String number(double v) {
      int decade = (int) Math.rint(Math.log10(Math.abs(v)));
      return logarithmic && (decade < -2 || decade > 3) ? "10" + Integer.toString(decade).chars()
          .mapToObj(c -> c == '-' ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹".substring(c - '0', c - '0' + 1)).collect(Collectors.joining())
          : String.format(Locale.ROOT, "%.4f", Math.abs(v) < 1e-9 ? 0 : v).replaceFirst("\\.?0+$", "");
    }
  }

  /** Single points. Others than dots tell published points from our own. */
  enum Mark {
    DOT("M-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0", true), SQUARE("M-4 -4h8v8h-8z", false), TRIANGLE("M0 -5l5 9h-10z", false),
    DIAMOND("M0 -5l5 5l-5 5l-5 -5z", false);

    private final String path;
    private final boolean filled;

    Mark(String path, boolean filled) {
      this.path = path;
      this.filled = filled;
    }

    private String svg(double x, double y, String colour) {
      return String.format(Locale.ROOT, "<path transform=\"translate(%.1f %.1f)\" d=\"%s\" fill=\"%s\" stroke=\"%s\"/>", x, y, path,
          filled ? colour : "#fff", colour);
    }
  }

  private final int height;
  private final Axis x;
  private final Axis y;
  private final StringBuilder svg = new StringBuilder();

  Plot(String title, int height, Axis x, Axis y) {
    this.height = height;
    this.x = x;
    this.y = y;
    add("<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">", WIDTH, height, escaped(title));
    axis();
  }

  static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }

  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private double left(double value) {
    return LEFT + x.share(value) * (WIDTH - LEFT - MARGIN);
  }

  private double top(double value) {
    return height - BOTTOM - y.share(value) * (height - BOTTOM - MARGIN);
  }

  private void axis() {
    add("<path class=\"axis\" d=\"M%d %dV%dH%d\"/>", LEFT, MARGIN, height - BOTTOM, WIDTH - MARGIN);
    for (double v = first(x); v <= x.to() * (1 + 1e-9); v = next(x, v)) {
      add("<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>", left(v), height - BOTTOM + 15, x.number(v));
    }
    for (double v = first(y); v <= y.to() * (1 + Math.signum(y.to()) * 1e-9); v = next(y, v)) {
      add("<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>", LEFT - 5, top(v) + 4, y.number(v));
    }
    add("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>", (LEFT + WIDTH) / 2, height - 6, escaped(x.label()));
    add("<text transform=\"translate(15 %d) rotate(-90)\" text-anchor=\"middle\">%s</text>", (height - BOTTOM + MARGIN) / 2,
        escaped(y.label()));
  }

  private static double first(Axis a) {
    return a.logarithmic() ? Math.pow(10, Math.ceil(Math.log10(a.from()) - 1e-9)) : Math.ceil(a.from() / a.step() - 1e-9) * a.step();
  }

  private static double next(Axis a, double v) {
    return a.logarithmic() ? 10 * v : v + a.step();
  }

  /** A line through points; {@code series} gives colour and stroke, 0 for the truth. */
  Plot line(double[] xs, double[] ys, int series) {
    var d = new StringBuilder();
    for (int i = 0; i < xs.length; i++) {
      d.append(String.format(Locale.ROOT, "%s%.1f %.1f", i == 0 ? "M" : "L", left(xs[i]), top(ys[i])));
    }
    add("<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-dasharray=\"%s\"/>", d, COLOURS[series % COLOURS.length],
        DASHES[series % DASHES.length]);
    return this;
  }

  /** A mark at each point. */
  Plot marks(double[] xs, double[] ys, Mark mark, int series) {
    for (int i = 0; i < xs.length; i++) {
      svg.append(mark.svg(left(xs[i]), top(ys[i]), COLOURS[series % COLOURS.length])).append('\n');
    }
    return this;
  }

  /** Short strokes at a height, as in a raster of spikes. */
  Plot strokes(double[] xs, double at, double length, int series) {
    for (double v : xs) {
      add("<path d=\"M%.1f %.1fV%.1f\" stroke=\"%s\"/>", left(v), top(at), top(at + length), COLOURS[series % COLOURS.length]);
    }
    return this;
  }

  /** A bar from the x axis up. */
  Plot bar(double from, double to, double value, int series) {
    add("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>", left(from), top(value), left(to) - left(from),
        Math.max(0, top(y.from()) - top(value)), COLOURS[series % COLOURS.length]);
    return this;
  }

  /** The plot. */
  String html() {
    return svg + "</svg>\n";
  }

  /** What a mark looks like, and what it stands for. */
  static String key(String name, Mark mark) {
    return String.format("<span class=\"key\"><svg viewBox=\"0 -6 28 12\">%s</svg> %s</span>%n", mark.svg(14, 0, COLOURS[0]), escaped(name));
  }

  /** What a series looks like, and its name. */
  static String key(String name, int series) {
    return String.format("<span class=\"key\"><svg viewBox=\"0 0 28 8\"><path d=\"M0 4H28\" stroke=\"%s\" stroke-dasharray=\"%s\"/></svg>"
        + " %s</span>%n", COLOURS[series % COLOURS.length], DASHES[series % DASHES.length], escaped(name));
  }
}
