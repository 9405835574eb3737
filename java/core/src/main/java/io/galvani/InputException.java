package io.galvani;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.Collection;
import java.util.regex.Pattern;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Bad input of a user's: a file, an option, an argument. Names source, place, fault and remedy. */
public final class InputException extends GalvaniException {
  private static final long serialVersionUID = 1L;
  private static final Pattern CONTROL = Pattern.compile("[\\p{Cc}\\p{Zl}\\p{Zp}]");

  /**
   * @param source file or option that holds the fault, as the user named it
   * @param place line, field or element within it; {@code null} if the whole
   * @param fault what is wrong, with the offending value
   * @param remedy one sentence of what to do; {@code null} if the fault says it
   */
  public InputException(String source, String place, String fault, String remedy) {
    super(inOneLine(source + (place == null ? "" : ":" + place) + ": " + fault + (remedy == null ? "" : ". " + remedy)));
  }

  /** What a file holds may be quoted, and may be anything: line breaks, commands to a terminal. */
  private static String inOneLine(String text) {
    return CONTROL.matcher(text).replaceAll(m -> "\\\\u%04x".formatted((int) m.group().charAt(0)));
  }

  /** As the constructor, with a line number for the place. */
  public static InputException at(Object source, long line, String fault, String remedy) {
    return new InputException(String.valueOf(source), Long.toString(line), fault, remedy);
  }

  /** A file that cannot be read. */
  public static InputException unreadable(Object source, IOException e) {
    return new InputException(String.valueOf(source), null, reason(e), null);
  }

  /** Why a file cannot be read. */
  public static String reason(IOException e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return switch (root) {
      case NoSuchFileException n -> "there is no such file";
      case FileNotFoundException f -> "there is no such file";
      case AccessDeniedException a -> "may not be read";
      case CharacterCodingException c -> "is not text in UTF-8";
      default -> "cannot be read: " + root.getMessage();
    };
  }

  /**
   * An unknown name among known ones, with the nearest suggested.
   *
   * @param what the kind of thing named, such as "mechanism"
   */
  public static InputException unknown(String source, String place, String what, String name, Collection<String> known) {
    return new InputException(source, place, "unknown " + what + " '" + name + "'", suggestion(name, known));
  }

  /** "Did you mean …?" for the nearest of the known names, or the list of them if none is near. */
  public static String suggestion(String name, Collection<String> known) {
    var distance = LevenshteinDistance.getDefaultInstance();
    String best = null;
    int least = Math.max(2, name.length() / 2);
    for (String k : known) {
      int d = distance.apply(name.toLowerCase(), k.toLowerCase());
      if (d < least || d == least && best == null) {
        least = d;
        best = k;
      }
    }
    if (best != null) {
      return "Did you mean '" + best + "'?";
    }
    if (known.isEmpty()) {
      return "There is none here.";
    }
    var some = known.stream().sorted().limit(20).toList();
    return "Known: " + String.join(", ", some) + (known.size() > some.size() ? ", …" : "");
  }
}
