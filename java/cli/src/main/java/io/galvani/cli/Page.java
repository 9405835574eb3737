package io.galvani.cli;

import io.galvani.trace.ClosedLoopScores.Score;
import java.time.LocalDate;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What all reports share: an HTML file that needs nothing else, to be read on screen, on a phone, on paper. */
final class Page {
  static final String END = "</body></html>\n";
  private static final String STYLE = """
      body{font:16px/1.5 system-ui,sans-serif;color:#111;max-width:60rem;margin:1rem auto;padding:0 1rem}
      h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
      figure{margin:1rem 0;break-inside:avoid}figcaption{font-size:.9rem;color:#333}
      svg{width:100%;height:auto}svg text{font-size:12px;fill:#111}svg path{stroke-width:1.4}svg .axis{stroke:#777;fill:none;stroke-width:1}
      .key{white-space:nowrap;margin-right:1rem;font-size:.9rem}.key svg{width:28px;height:12px;vertical-align:middle}
      .wide{overflow-x:auto}table{border-collapse:collapse;font-size:.9rem}
      td,th{padding:.2rem .6rem;border-bottom:1px solid #ccc;text-align:right;white-space:nowrap}
      td:first-child,th:first-child{text-align:left;white-space:normal;min-width:8rem}
      @media(max-width:40rem){svg text{font-size:17px}}
      code{font-size:.85rem;overflow-wrap:anywhere}@media print{body{margin:0;max-width:none}}
      """;

  private Page() {}

  /** Everything up to the first paragraph, which says what was run and on what. */
  static String begin(String title, String machine, String command) {
    String text = Plot.escaped(title);
    return "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
        + "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>" + text + "</title><style>" + STYLE
        + "</style></head><body>\n<h1>" + text + "</h1>\n<p>" + Plot.escaped(machine) + "; " + LocalDate.now() + ". <code>"
        + Plot.escaped(command) + "</code></p>\n";
  }

  /**
   * Plots above each other, what their lines are, and a sentence.
   *
   * @param keys of the series, in their order; none without a name
   */
  static String figure(String caption, List<String> plots, List<String> keys) {
    var html = new StringBuilder("<figure>\n");
    plots.forEach(html::append);
    html.append("<figcaption>\n");
    for (int i = 0; i < keys.size(); i++) {
      html.append(keys.get(i).isEmpty() ? "" : Plot.key(keys.get(i), i));
    }
    return html.append("<br>").append(caption).append("</figcaption></figure>\n").toString();
  }

  /** A table of scores, a column for each that has them. */
  static String scores(Map<String, List<Score>> scores) {
    var html = new StringBuilder("<div class=\"wide\"><table><tr><th>all runs, and the 95 % interval</th>");
    scores.keySet().forEach(n -> html.append("<th>").append(Plot.escaped(n)).append("</th>"));
    html.append("</tr>\n");
    var first = scores.values().iterator().next();
    for (int s = 0; s < first.size(); s++) {
      boolean share = first.get(s).unit().isEmpty();
      double scale = share ? 100 : 1;
      html.append("<tr><td>").append(Plot.escaped(first.get(s).name())).append(", ").append(share ? "%" : first.get(s).unit()).append("</td>");
      for (var list : scores.values()) {
        var interval = list.get(s).interval();
        html.append(String.format(Locale.ROOT, "<td>%.2f%s</td>", scale * list.get(s).pooled(), Double.isNaN(interval.low()) ? ""
            : String.format(Locale.ROOT, " (%.2f to %.2f)", scale * interval.low(), scale * interval.high())));
      }
      html.append("</tr>\n");
    }
    return html.append("</table></div>\n").toString();
  }
}
