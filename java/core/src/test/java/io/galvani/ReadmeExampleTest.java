package io.galvani;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's example compiles as it stands and does what it says. */
class ReadmeExampleTest {
  private static final Pattern EXAMPLE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @Test
  void compilesAndRuns(@TempDir Path dir) throws Exception {
    var readme = EXAMPLE.matcher(Files.readString(Path.of(System.getProperty("galvani.root"), "README.md")));
    assertTrue(readme.find(), "README.md holds no java example");
    String source = """
        import io.galvani.*;
        import io.galvani.cable.*;
        import io.galvani.cell.*;
        import io.galvani.device.cpu.*;
        public class Example {
          public static void run() {
            %s
          }
        }
        """.formatted(readme.group(1));
    Path file = Files.writeString(dir.resolve("Example.java"), source);
    int status = ToolProvider.getSystemJavaCompiler().run(null, null, null, "-d", dir.toString(), "-cp",
        System.getProperty("java.class.path"), file.toString());
    assertEquals(0, status, "the example does not compile");

    var printed = new ByteArrayOutputStream();
    PrintStream out = System.out;
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    // The tests' own loader is the parent: the native library is loaded into one loader only.
    try (var loader = new URLClassLoader(new java.net.URL[] {dir.toUri().toURL()}, getClass().getClassLoader())) {
      loader.loadClass("Example").getMethod("run").invoke(null);
    } finally {
      System.setOut(out);
    }
    String line = printed.toString(StandardCharsets.UTF_8);
    assertTrue(line.matches("(?s)[1-9]\\d* spikes; cell 0 ends at -?\\d+\\.\\d+ mV\\R"), line);
  }
}
