package io.galvani.device.cuda;

import io.galvani.GalvaniException;
import io.galvani.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The PTX of one {@code kernels/<room>/<name>.cu}: text that the driver compiles for the GPU at hand, and what it says of its entries.
 *
 * @param name of the .cu file
 * @param version of the PTX language, such as {@code 8.0}
 * @param target the oldest architecture it runs on, such as {@code sm_80}
 * @param entries kernels by name, in the order of the text
 */
public record Ptx(String name, String version, String target, Map<String, Entry> entries, String text) {
  /**
   * A kernel that can be launched.
   *
   * @param maxThreads a block may have, from {@code __launch_bounds__}; 0 if it has none
   * @param minBlocks that are to share a multiprocessor, from the same; 0 if it does not say
   */
  public record Entry(String name, List<Parameter> parameters, int maxThreads, int minBlocks) {}

  /**
   * A parameter of a kernel.
   *
   * @param type PTX's: u64 for pointers and 64-bit integers, u32, f32, f64 …; b8 for a struct
   * @param bytes its size
   */
  public record Parameter(String type, int bytes) {
    @Override
    public String toString() {
      return type.equals("b8") && bytes > 1 ? "struct of " + bytes + " bytes" : type;
    }
  }

  private static final Pattern NAME = Pattern.compile("\\A// galvani: (\\w+)\n");
  private static final Pattern VERSION = Pattern.compile("^\\.version\\s+(\\d+\\.\\d+)", Pattern.MULTILINE);
  private static final Pattern TARGET = Pattern.compile("^\\.target\\s+(\\w+)", Pattern.MULTILINE);
  private static final Pattern ENTRY = Pattern.compile("\\.entry\\s+([\\w$]+)\\s*(?:\\(([^)]*)\\))?([^{]*)\\{");
  private static final Pattern PARAMETER = Pattern.compile("\\.param\\s+(?:\\.align\\s+\\d+\\s+)?\\.([a-z]+)(\\d+)\\b[^\\[]*(?:\\[(\\d+)])?\\s*");
  private static final Pattern MAX_THREADS = Pattern.compile("\\.(?:max|req)ntid\\s+(\\d+)(?:\\s*,\\s*(\\d+))?(?:\\s*,\\s*(\\d+))?");

  private static final Pattern MIN_BLOCKS = Pattern.compile("\\.minnctapersm\\s+(\\d+)");
  private static final Pattern SOURCES = Pattern.compile("\\A.*\n// sources: (\\p{XDigit}+)\n");

  public Ptx {
    entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
  }

  /** The PTX of a kernel of Galvani's. */
  public static Ptx packaged(String name) {
    String resource = "/io/galvani/kernels/" + name + ".ptx";
    try (var in = Ptx.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new GalvaniException(resource + " is not in the jar: build it with ./mvnw verify");
      }
      return parse(resource, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new GalvaniException(resource + ": " + e.getMessage(), e);
    }
  }

  /**
   * Reads PTX.
   *
   * @param source where it comes from, for errors
   * @throws InputException if it is none, or has not the first line of Galvani's
   */
  public static Ptx parse(String source, String text) {
    String name = first(NAME, text, source, "its first line does not name it: // galvani: NAME");
    String version = first(VERSION, text, source, "it has no .version");
    String target = first(TARGET, text, source, "it has no .target");
    var entries = new LinkedHashMap<String, Entry>();
    for (Matcher entry = ENTRY.matcher(text); entry.find();) {
      var parameters = new ArrayList<Parameter>();
      String list = entry.group(2) == null ? "" : entry.group(2).strip();
      for (String one : list.isEmpty() ? new String[0] : list.split(",")) {
        Matcher p = PARAMETER.matcher(one.strip());
        if (!p.matches()) {
          throw new InputException(source, entry.group(1), "a parameter that is not understood: " + one.strip(), null);
        }
        int size = Integer.parseInt(p.group(2)) / 8;
        parameters.add(new Parameter(p.group(1) + p.group(2), size * (p.group(3) == null ? 1 : Integer.parseInt(p.group(3)))));
      }
      int threads = 0;
      Matcher bounds = MAX_THREADS.matcher(entry.group(3));
      if (bounds.find()) {
        threads = 1;
        for (int i = 1; i <= 3; i++) {
          threads *= bounds.group(i) == null ? 1 : Integer.parseInt(bounds.group(i));
        }
      }
      Matcher blocks = MIN_BLOCKS.matcher(entry.group(3));
      entries.put(entry.group(1), new Entry(entry.group(1), List.copyOf(parameters), threads,
          blocks.find() ? Integer.parseInt(blocks.group(1)) : 0));
    }
    return new Ptx(name, version, target, entries, text);
  }

  private static String first(Pattern pattern, String text, String source, String otherwise) {
    Matcher m = pattern.matcher(text);
    if (!m.find()) {
      throw new InputException(source, null, otherwise, null);
    }
    return m.group(1);
  }

  /**
   * The entry of that name.
   *
   * @throws InputException if there is none; suggests the nearest
   */
  public Entry entry(String entry) {
    Entry found = entries.get(entry);
    if (found == null) {
      throw InputException.unknown(name + ".ptx", null, "kernel", entry, entries.keySet());
    }
    return found;
  }

  /** Hash over what it was made of, from its second line; empty if it has none. */
  public String sources() {
    Matcher m = SOURCES.matcher(text);
    return m.find() ? m.group(1) : "";
  }

  /** The language, and what it is for. */
  public String language() {
    return "PTX " + version + " for " + target + " and later";
  }

  @Override
  public String toString() {
    return name + ".ptx";
  }
}
