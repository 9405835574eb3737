package io.galvani.bench.surrogate;

import io.galvani.GalvaniException;
import io.galvani.bench.Bench;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Where the frameworks are that run networks: not on the class path of the command line, but on that of the JVMs that it starts. */
public final class Frameworks {
  private Frameworks() {}

  /**
   * The class path of this JVM, and the frameworks.
   *
   * @throws GalvaniException if this was not built by Maven
   */
  public static String classpath() throws IOException {
    Path list = Bench.root().resolve("bench/target/frameworks.classpath"); // pom.xml
    if (!Files.exists(list)) {
      throw new GalvaniException(list + " is not here: run ./mvnw -DskipTests -pl bench -am package");
    }
    return System.getProperty("java.class.path") + File.pathSeparator + Files.readString(list).strip();
  }

  /** The option of a JVM that says where TensorFlow unpacks itself: here, not in the user's home. */
  public static String cache() {
    return "-Dorg.bytedeco.javacpp.cachedir=" + Bench.root().resolve("bench/target/javacpp");
  }

  /** A JVM that has them, and what it is told. Their threads sleep while they wait: others are timed on the same cores. */
  static ProcessBuilder jvm(Class<?> main, List<String> arguments) throws IOException {
    var command = new ArrayList<String>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow",
        cache(), "-cp", classpath(), main.getName()));
    command.addAll(arguments);
    var jvm = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    jvm.environment().put("OMP_WAIT_POLICY", "passive");
    jvm.environment().put("TF_CPP_MIN_LOG_LEVEL", "2");
    return jvm;
  }
}
