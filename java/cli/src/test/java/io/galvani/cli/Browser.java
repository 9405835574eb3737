package io.galvani.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/** Chromium without a window: what a page looks like. */
final class Browser {
  private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");
  private static final long PATIENCE = 120; // s

  private final String program;
  private final Path folder;

  private Browser(String program, Path folder) {
    this.program = program;
    this.folder = folder;
  }

  /** The browser on the PATH, if there is one; it keeps its files in the folder. */
  static Optional<Browser> find(Path folder) {
    return Stream.of(System.getenv("PATH").split(":")).flatMap(d -> NAMES.stream().map(n -> Path.of(d, n))).filter(Files::isExecutable)
        .findFirst().map(p -> new Browser(p.toString(), folder));
  }

  /** A page as a window of that size shows it, so many pixels of the screen for one of the page. */
  BufferedImage picture(Path page, int width, int height, int scale) throws IOException, InterruptedException {
    Path png = folder.resolve("page.png");
    run("--screenshot=" + png, "--window-size=" + width + "," + height, "--force-device-scale-factor=" + scale, page.toUri().toString());
    return ImageIO.read(png.toFile());
  }

  /** A page on paper, as PDF. */
  byte[] paper(Path page) throws IOException, InterruptedException {
    Path pdf = folder.resolve("page.pdf");
    run("--print-to-pdf=" + pdf, "--no-pdf-header-footer", page.toUri().toString());
    return Files.readAllBytes(pdf);
  }

  /** What an expression in JavaScript says of a page in a frame of that width: {@code w} is its window, {@code d} its document. */
  String ask(Path page, int width, String expression) throws IOException, InterruptedException {
    String html = Files.readString(page).replace("&", "&amp;").replace("\"", "&quot;");
    Path asking = folder.resolve("ask.html");
    Files.writeString(asking, """
        <!DOCTYPE html><html><body><p id="answer"></p>
        <iframe style="border:0" width="%d" height="800" srcdoc="%s" onload="
          const w = this.contentWindow, d = this.contentDocument;
          document.getElementById('answer').textContent = 'answer[' + (%s) + ']';"></iframe></body></html>
        """.formatted(width, html, expression.replace("\"", "&quot;")));
    String dom = run("--dump-dom", "--virtual-time-budget=5000", asking.toUri().toString());
    int begin = dom.indexOf("answer[") + 7;
    assertTrue(begin > 6, dom.substring(0, Math.min(500, dom.length())));
    return dom.substring(begin, dom.indexOf("]</p>", begin));
  }

  private String run(String... arguments) throws IOException, InterruptedException {
    var command = new ArrayList<>(List.of(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--hide-scrollbars", "--user-data-dir=" + folder.resolve("profile")));
    command.addAll(List.of(arguments));
    Path errors = folder.resolve("browser.log");
    Path output = folder.resolve("browser.out");
    Process process = new ProcessBuilder(command).redirectError(errors.toFile()).redirectOutput(output.toFile()).start();
    if (!process.waitFor(PATIENCE, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    assertTrue(process.waitFor() == 0, () -> {
      try {
        return command + ": " + Files.readString(errors);
      } catch (IOException e) {
        return command.toString();
      }
    });
    return Files.readString(output, StandardCharsets.UTF_8);
  }
}
