package io.galvani;

/**
 * What an advance of a population asks for, checked.
 *
 * @param from step at which it begins
 * @param to step at which it ends
 * @param events how many from the front of the queue are due
 */
public record Interval(long from, long to, int events) {
  /**
   * Checks what an advance asks for.
   *
   * @param now the present, in steps
   * @param until ms
   * @param step ms
   * @param lead ms by which an event may come before a step and yet belong to it
   * @param cells of the population
   * @param slots of each cell
   * @throws InputException as {@link Population#advance} says
   */
  public static Interval of(Events events, long now, double until, double step, double lead, int cells, int slots) {
    long end = Math.round(until / step);
    if (!(Math.abs(until - end * step) <= 1e-6 * step * Math.max(1, Math.abs(end) * 1e-6))) {
      throw new InputException("advance", null, "until = " + until + " ms is not a multiple of dt = " + step + " ms", null);
    }
    if (end < now) {
      throw new InputException("advance", null, "until = " + until + " ms is before the present, " + now * step + " ms", null);
    }
    int due = events.countUntil((end - lead / step) * step);
    if (due > 0 && !(events.time(0) > (now - lead / step) * step)) {
      throw new InputException("events", null, "event at " + events.time(0) + " ms lies before the present, " + now * step + " ms", null);
    }
    for (int i = 0; i < due; i++) {
      String missing = events.cell(i) < 0 || events.cell(i) >= cells ? "cell " + events.cell(i)
          : events.slot(i) < 0 || events.slot(i) >= slots ? "slot " + events.slot(i) : null;
      if (missing != null) {
        throw new InputException("events", null, "event at " + events.time(i) + " ms: " + missing + " does not exist", null);
      }
    }
    return new Interval(now, end, due);
  }
}
