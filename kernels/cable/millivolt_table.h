// NEURON's tables of rates, for mechanisms with a parameter `usetable`.
#pragma once

#include "mechanisms/mechanism.h"

namespace galvani {

// inf and tau of each gate at −100…100 mV, [gate][2][201], each linear between whole mV, the end values beyond.
struct MillivoltTable {
  static constexpr int size = 201;
  const double* values;  // null where rates are not tabulated

  GALVANI_FN Gate<double> gate(int number, double v) const {
    const double* const inf = values + number * 2 * size;
    const double* const tau = inf + size;
    const double x = v + 100;
    const int i = x < 0 ? 0 : x >= size - 1 ? size - 1 : static_cast<int>(x);
    const int next = i < size - 1 ? i + 1 : i;
    const double f = x <= 0 ? 0 : x - i;
    return {inf[i] + f * (inf[next] - inf[i]), 1 / (tau[i] + f * (tau[next] - tau[i]))};
  }

  // Entry i of the table of a gate in the mechanism's own rates at i − 100 mV.
  static GALVANI_FN void set(double* values, int number, int i, const Gate<double>& gate) {
    values[number * 2 * size + i] = gate.inf;
    values[(number * 2 + 1) * size + i] = 1 / gate.rate;
  }
};

}  // namespace galvani
