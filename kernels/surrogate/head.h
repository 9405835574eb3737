// What follows the window: matrices, LSTMs, means, and what becomes of the prediction.
#pragma once

#include "surrogate/window.h"

namespace galvani::surrogate {

// A row is (cell, step): what a tap looks at, steps of the dilation before it; nothing before the first step.
template <class E>
struct StepRows {
  using Row = const E*;
  const E* from;
  int steps, in, delay;

  __device__ Row row(int r) const { return r % steps < delay ? nullptr : from + static_cast<std::int64_t>(r - delay) * in; }
  __device__ E at(Row row, int k) const { return row == nullptr ? E{} : row[k]; }
};

// Block (rows, numbers).
template <class E, class Core>
__device__ void matrix(const Matrix<E>& x) {
  using S = Sum<E>;
  __shared__ typename Core::Shared shared;
  const Layer<E>& l = x.layer;
  Tile<E, Core> tile(shared, x.cells * x.steps, l.out);
  if (l.taps == 0) {
    tile.set([&](int row, int i) { return summed(x.from[static_cast<std::int64_t>(row) * l.in + i]); });
  } else {
    tile.set([&](int, int i) { return l.bias[i]; });
    for (int q = 0; q < l.taps && static_cast<std::int64_t>(q) * l.dilation < x.steps; ++q) {  // the newest first
      tile.add(StepRows<E>{x.from, x.steps, l.in, q * l.dilation},
               l.weights + static_cast<std::int64_t>(l.taps - 1 - q) * l.in * l.out, l.in);
    }
  }
  tile.each([&](int row, int i, S sum) {
    const std::int64_t at = static_cast<std::int64_t>(row) * l.out + i;
    if (l.gates != 0) x.last[at] = sum;
    else if (x.last != nullptr) x.last[at] = l.finish(sum, i);
    else x.to[at] = stored<E>(l.finish(sum, i));
  });
}

inline constexpr int kUnitCells = 8;  // that a thread computes a unit of, with weights that it reads once

// Has the threads of a block call f(unit, first cell) for each unit of each kCells of its cells: neighbours for neighbouring units.
template <int kCells, class F>
__device__ void each_unit(int units, int cells, F f) {
  for (int i = static_cast<int>(threadIdx.x); i < units * (cells / kCells); i += static_cast<int>(blockDim.x)) {
    f(i % units, i / units * kCells);
  }
}

// sums += numbers · matrix, of one unit of some cells. numbers [in][width]: those of the block's cells, in shared memory, from the first of
// these on; matrix [in][gate][unit].
template <class E, class S, int kGates, int kCells>
__device__ void add_products(const S* numbers, int width, const E* matrix, int in, int units, int unit, S (&sums)[kGates][kCells]) {
  struct alignas(kCells == 1 ? sizeof(S) : 16) Numbers { S of_cell[kCells]; };  // read at once
#pragma unroll 4
  for (int k = 0; k < in; ++k) {
    const Numbers given = *reinterpret_cast<const Numbers*>(numbers + static_cast<std::int64_t>(k) * width);
    S weight[kGates];
#pragma unroll
    for (int gate = 0; gate < kGates; ++gate) weight[gate] = summed(matrix[(static_cast<std::int64_t>(k) * kGates + gate) * units + unit]);
#pragma unroll
    for (int q = 0; q < kCells; ++q) {
#pragma unroll
      for (int gate = 0; gate < kGates; ++gate) sums[gate][q] += weight[gate] * given.of_cell[q];
    }
  }
}

// Block (cells): all steps of all its LSTMs, one unit of some cells a thread. h and c lie in shared memory, weights come through the
// caches: the threads of a warp read neighbouring units.
//
//   shared   of each layer  h [step mod 2][unit][cell], c [unit][cell]
template <class E, int kCells>
class LstmBlock {
 public:
  using S = Sum<E>;

  __device__ LstmBlock(const Lstm<E>& x, S* shared)
      : x_(x), shared_(shared), first_(static_cast<int>(blockIdx.x) * x.cells_of_block) {}

  __device__ void run() {
    if (x_.kept_h != nullptr) go_on();
    for (int t = 0; t < x_.steps; ++t) {
      S *below = nullptr, *here = shared_;
      for (int l = 0; l < x_.layers; ++l) {
        layer(l, t, below, here);
        __syncthreads();
        const std::int64_t size = x_.layer[l].units * x_.cells_of_block;
        below = here + t % 2 * size;
        here += 3 * size;
      }
    }
  }

 private:
  // Brings h and c here as the last sample left them.
  __device__ void go_on() {
    const int units = static_cast<int>(x_.layer[0].units), width = x_.cells_of_block;
    S *const h = shared_ + static_cast<std::int64_t>(units) * width, *const c = h + static_cast<std::int64_t>(units) * width;
    each_unit<kCells>(units, width, [&](int unit, int cell) {
#pragma unroll
      for (int q = 0; q < kCells; ++q) {
        const std::int64_t at = static_cast<std::int64_t>(unit) * width + cell + q, kept = clamped(cell + q) * units + unit;
        h[at] = summed(x_.kept_h[kept]);
        c[at] = x_.kept_c[kept];
      }
    });
    __syncthreads();
  }

  __device__ void layer(int l, int t, const S* below, S* h) {
    const LstmLayer<E>& layer = x_.layer[l];
    const int units = static_cast<int>(layer.units), width = x_.cells_of_block;
    const std::int64_t size = static_cast<std::int64_t>(units) * width;
    const S* const before = h + (1 - t % 2) * size;
    S *const after = h + t % 2 * size, *const c = h + 2 * size;
    const bool goes_on = t > 0 || x_.kept_h != nullptr;  // else h and c are 0
    each_unit<kCells>(units, width, [&](int unit, int cell) {
      S sums[4][kCells];
      begin(l, t, unit, cell, sums);
      if (l > 0) add_products(below + cell, width, layer.kernel, static_cast<int>(x_.layer[l - 1].units), units, unit, sums);
      if (goes_on) add_products(before + cell, width, layer.recurrent, units, units, unit, sums);
#pragma unroll
      for (int q = 0; q < kCells; ++q) {
        const std::int64_t at = static_cast<std::int64_t>(unit) * width + cell + q;
        S state = goes_on ? c[at] : S(0);
        const E out = stored<E>(lstm(sums[0][q], sums[1][q], sums[2][q], sums[3][q], state));
        c[at] = state;
        after[at] = summed(out);
        if (l + 1 == x_.layers && first_ + cell + q < x_.cells) emit(t, unit, first_ + cell + q, out, state);
      }
    });
  }

  __device__ void begin(int l, int t, int unit, int cell, S (&sums)[4][kCells]) const {
    const std::int64_t units = x_.layer[l].units;
#pragma unroll
    for (int q = 0; q < kCells; ++q) {
      const std::int64_t of = clamped(cell + q);
      const S* const from = l > 0 ? x_.layer[l].bias
          : x_.gates + (x_.gates_of_step == 0 ? of * 4 * units : (of * x_.steps + t) * 4 * units);
#pragma unroll
      for (int gate = 0; gate < 4; ++gate) sums[gate][q] = from[gate * units + unit];
    }
  }

  // Beyond the last cell, it once more.
  __device__ std::int64_t clamped(int cell) const { return min(first_ + cell, x_.cells - 1); }

  __device__ void emit(int t, int unit, int cell, E h, S state) const {
    const std::int64_t units = x_.layer[x_.layers - 1].units, c = cell;
    if (x_.sequences != 0) x_.to[(c * x_.steps + t) * units + unit] = h;
    else if (t + 1 == x_.steps) x_.to[c * units + unit] = h;
    if (x_.kept_h == nullptr) return;
    x_.kept_h[c * units + unit] = h;
    x_.kept_c[c * units + unit] = state;
  }

  const Lstm<E>& x_;
  S* const shared_;
  const int first_;
};

template <class E>
__device__ void lstms(const Lstm<E>& x, Sum<E>* shared) {
  if (x.cells_of_block == 1) LstmBlock<E, 1>(x, shared).run();
  else LstmBlock<E, kUnitCells>(x, shared).run();
}

// A thread a number.
template <class E>
__device__ void repeat(const Steps<E>& x) {
  const std::int64_t i = global_thread();
  if (i >= static_cast<std::int64_t>(x.cells) * x.steps * x.numbers) return;
  x.to[i] = x.from[i / x.numbers / x.steps * x.numbers + i % x.numbers];
}

template <class E>
__device__ void newest(const Steps<E>& x) {
  const std::int64_t i = global_thread();
  if (i >= static_cast<std::int64_t>(x.cells) * x.numbers) return;
  x.to[i] = x.from[((i / x.numbers + 1) * x.steps - 1) * x.numbers + i % x.numbers];
}

template <class E>
__device__ void mean(const Steps<E>& x) {
  using S = Sum<E>;
  const std::int64_t i = global_thread();
  if (i >= static_cast<std::int64_t>(x.cells) * x.numbers) return;
  S sum = 0;
  for (int t = 0; t < x.steps; ++t) sum += summed(x.from[(i / x.numbers * x.steps + t) * x.numbers + i % x.numbers]);
  x.to[i] = stored<E>(sum / static_cast<S>(x.steps));
}

// The prediction of a step: recorded, and fed back into the next sample. A warp a cell; no two outputs are fed back to one channel.
template <class E>
__device__ void conclude(const Conclude<E>& x) {
  using S = Sum<E>;
  const std::int64_t n = x.clock->now, cell = global_thread() / 32;
  const int lane = static_cast<int>(threadIdx.x) % 32;
  if (global_thread() == 0) x.clock->next = n + 1;
  if (cell >= x.cells) return;
  S* const next = x.present + cell * x.channels;
  for (int i = lane; i < x.channels; i += 32) next[i] = 0;
  __syncwarp();
  double* const recorded = x.call->recorded + ((n - x.call->first) * x.cells + cell) * x.numbers;
  for (int i = lane; i < x.numbers; i += 32) {
    const std::int64_t at = cell * x.numbers + i;
    double y = static_cast<double>(x.last != nullptr ? x.last[at] : summed(x.values[at]));
    if (x.outputs != nullptr) {
      const Output& o = x.outputs[i];
      y = (o.limit + o.amplitude * ::pow(o.decay, static_cast<double>(n))) * (o.a * y + o.b);
      if (o.channel >= 0) next[o.channel] = static_cast<S>(o.c * y + o.d);
    }
    recorded[i] = y;
  }
}

}  // namespace galvani::surrogate
