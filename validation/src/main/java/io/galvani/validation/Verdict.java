package io.galvani.validation;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * What came out of a run.
 *
 * @param run case and run
 * @param findings one for each thing compared; empty if it could not be run
 * @param unsupported why it could not be run; {@code null} if it could
 */
public record Verdict(String run, List<Finding> findings, String unsupported) {
  /**
   * One thing compared.
   *
   * @param what such as {@code v soma(0.5)}
   * @param error how far it is from what is known; NaN if that cannot be said
   * @param excess the part of the error that is held against the bound
   * @param bound of the excess
   * @param unit of the three
   * @param where time or row of the largest error, number of spikes and the like
   */
  public record Finding(String what, double error, double excess, double bound, String unit, String where) {
    boolean passed() {
      return excess <= bound;
    }

    /** Share of the bound that is used up; a failure comes first, whatever its unit. */
    private double severity() {
      return passed() ? bound == 0 ? 0 : excess / bound : Double.POSITIVE_INFINITY;
    }

    @Override
    public String toString() {
      String outside = excess == error ? "" : String.format(Locale.ROOT, " (outside: %.2g)", excess);
      return String.format(Locale.ROOT, "%s: %.2g %s%s, bound %.2g, %s", what, error, unit, outside, bound, where);
    }
  }

  static Verdict unsupported(String run, String why) {
    return new Verdict(run, List.of(), why);
  }

  /** Whether all that was compared lies within its bound. */
  public boolean passed() {
    return unsupported == null && !findings.isEmpty() && findings.stream().allMatch(Finding::passed);
  }

  /** A line for the run with the finding nearest to its bound; for a failure all the findings that failed. */
  @Override
  public String toString() {
    if (unsupported != null) {
      return "FAIL  " + run + "  not supported: " + unsupported;
    }
    if (findings.isEmpty()) {
      return "FAIL  " + run + "  compares nothing";
    }
    if (passed()) {
      return "ok    " + run + "  " + summary();
    }
    var text = new StringBuilder("FAIL  " + run + "  " + summary());
    findings.stream().filter(f -> !f.passed()).forEach(f -> text.append("\n        ").append(f));
    return text.toString();
  }

  // Voltage first, then spikes, then the worst of all others.
  private String summary() {
    var text = new StringBuilder();
    for (String kind : List.of("v ", "spikes", "")) {
      findings.stream().filter(f -> kind.isEmpty() ? !f.what.startsWith("v ") && !f.what.startsWith("spikes")
              : f.what.startsWith(kind))
          .max(Comparator.comparingDouble(Finding::severity))
          .ifPresent(f -> text.append(text.isEmpty() ? "" : "; ").append(f));
    }
    return text.toString();
  }
}
