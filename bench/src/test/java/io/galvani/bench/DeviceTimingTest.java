package io.galvani.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.galvani.cable.Mode;
import io.galvani.device.cpu.CpuDevice;
import java.util.List;
import org.junit.jupiter.api.Test;

class DeviceTimingTest {
  @Test
  void timesEveryModeOnBoth() {
    var rows = DeviceTiming.compare(CpuDevice.get(), List.of(Cases.load("singlex1000")), 3);
    assertEquals(Mode.ALL.stream().map(Mode::toString).toList(), rows.stream().map(DeviceTiming.Row::mode).toList());
    for (var row : rows) {
      assertEquals(3, row.device().values().length);
      assertTrue(row.device().smallest() > 0 && row.cpu().smallest() > 0, row.toString());
      assertTrue(row.toString().startsWith("singlex1000  " + row.mode()), row.toString());
    }
  }

  @Test
  void roundsAreSummedUpByTheirMedian() {
    assertEquals("2.5 (1–12.3)", new Rounds(new double[] {12.345, 1, 2, 3}).toString());
    assertEquals(3, new Rounds(new double[] {3, 100, 1}).median());
    assertEquals(2, new Rounds(new double[] {4, 9}).over(new Rounds(new double[] {2, 9})).values()[0]);
  }
}
