// What happens to the window of each cell in a step: events, the new column of each layer, the product with the flattened window.
#pragma once

#include "surrogate/surrogate.h"
#include "surrogate/tile.h"

namespace galvani::surrogate {

__device__ inline std::int64_t global_thread() { return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; }

// The step that comes is now; its events are added to the present. One thread adds what coincides, in its order.
template <class S>
__device__ void receive(const Receive<S>& x) {
  const std::int64_t now = x.clock->next;
  if (global_thread() == 0) x.clock->now = now;
  const Call& call = *x.call;
  const int begin = call.begin[now - call.first], end = call.begin[now - call.first + 1];
  const auto coincide = [&](std::int64_t i, std::int64_t j) {
    return call.events[i].cell == call.events[j].cell && call.events[i].channel == call.events[j].channel;
  };
  for (std::int64_t i = begin + global_thread(); i < end; i += static_cast<std::int64_t>(gridDim.x) * blockDim.x) {
    if (i > begin && coincide(i, i - 1)) continue;
    S& number = x.present[static_cast<std::int64_t>(call.events[i].cell) * x.channels + call.events[i].channel];
    S sum = number;
    for (std::int64_t j = i; j < end && coincide(i, j); ++j) {
      const S value = static_cast<S>(call.events[j].value);
      sum = x.overwrite != 0 ? value : sum + value;
    }
    number = sum;
  }
}

// A thread a number.
template <class E>
__device__ void sample(const Sample<E>& x) {
  const std::int64_t i = global_thread();
  if (i >= static_cast<std::int64_t>(x.cells) * x.channels) return;
  x.to.at(i / x.channels, 0, x.clock->now + x.window - 1)[i % x.channels] = stored<E>(x.present[i]);
}

// Block (cell, part of the column), a thread a number of the column; a warp passes over zeros 32 at a time.
template <class E>
__device__ void sparse(const Sparse<E>& x) {
  using S = Sum<E>;
  const int cell = static_cast<int>(blockIdx.x), out = static_cast<int>(blockIdx.y * blockDim.x + threadIdx.x);
  const int lane = static_cast<int>(threadIdx.x) % 32;
  const bool mine = out < x.layer.out;
  S sum = mine ? x.layer.bias[out] : S(0);
  for (int first = 0; first < x.channels; first += 32) {
    const S number = first + lane < x.channels ? x.present[static_cast<std::int64_t>(cell) * x.channels + first + lane] : S(0);
    for (unsigned left = __ballot_sync(~0u, number != 0); left != 0; left &= left - 1) {
      const int i = __ffs(static_cast<int>(left)) - 1;
      const S factor = __shfl_sync(~0u, number, i);
      if (mine) sum += factor * x.rows[static_cast<std::int64_t>(first + i) * x.layer.out + out];
    }
  }
  if (mine) x.to.at(cell, 0, x.clock->now + x.window - 1)[out] = stored<E>(x.layer.finish(sum, out));
}

// A row is a cell: the column of a layer that a step looks at.
template <class E>
struct ColumnRows {
  using Row = const E*;
  Ring<E> ring;
  int class_of;
  std::int64_t step;

  __device__ Row row(int r) const { return ring.at(r, class_of, step); }
  __device__ E at(Row row, int k) const { return row[k]; }
};

// Block (cells, numbers of the column, group).
template <class E, class Core>
__device__ void columns(const Columns<E>& x) {
  using S = Sum<E>;
  __shared__ typename Core::Shared shared;
  const Layer<E>& l = x.layer;
  const std::int64_t newest = x.clock->now + x.window - 1;
  const auto kept = [&](int which, int cell, int i) -> S& {
    return x.kept[((static_cast<std::int64_t>(blockIdx.z) * x.keeps + which) * x.cells + cell) * l.out + i];
  };
  Tile<E, Core> tile(shared, x.cells, l.out);
  for (int s = x.groups[blockIdx.z]; s < x.groups[blockIdx.z + 1]; ++s) {
    const ColumnStep step = x.steps[s];
    // A row that was never pushed is never asked for: what would look at it is of a class that stands nearer the edge.
    const ColumnRows<E> rows{x.from, step.source, max(static_cast<std::int64_t>(0), newest - step.delay)};
    if (l.taps == 0) {
      tile.set([&](int cell, int i) { return summed(rows.row(cell)[i]); });
    } else {
      if (step.from == ColumnStep::kBias) tile.set([&](int, int i) { return l.bias[i]; });
      else if (step.from >= 0) tile.set([&](int cell, int i) { return kept(step.from, cell, i); });
      tile.add(rows, l.weights + static_cast<std::int64_t>(step.tap) * l.in * l.out, l.in);
    }
    if (step.keeps >= 0) tile.each([&](int cell, int i, S sum) { kept(step.keeps, cell, i) = sum; });
    if (step.emits >= 0) {
      tile.each([&](int cell, int i, S sum) { x.to.at(cell, step.emits, newest)[i] = stored<E>(l.finish(sum, i)); });
    }
  }
}

// A row is a cell's window `ahead` steps from now; number k is that of the columns from `first` on, one after the other.
template <class E>
struct WindowRows {
  struct Row {
    const E* cell;
    int ahead;
  };
  Ring<E> ring;
  const std::int32_t* classes;
  int now;  // the row of column 0 now, mod depth
  int first, rows_of_cell;

  __device__ Row row(int r) const { return {ring.data + r / rows_of_cell * ring.cell, r % rows_of_cell}; }
  __device__ E at(const Row& row, int k) const {
    const int column = first + k / ring.width;
    if (row.ahead > 0 && column + row.ahead + 1 >= ring.depth) return E{};  // not known yet
    int at = now + column + row.ahead;
    while (at >= ring.depth) at -= ring.depth;
    return row.cell[(static_cast<std::int64_t>(classes[column]) * ring.depth + at) * ring.width + k % ring.width];
  }
};

// What the columns that are there contribute to this step and to those that follow, once in `ahead` steps: a row is (cell, step).
template <class E, class Core>
__device__ void ahead(const Projection<E>& x) {
  __shared__ typename Core::Shared shared;
  const Layer<E>& l = x.layer;
  if (x.clock->now % x.ahead != 0) return;
  const WindowRows<E> rows{x.columns, x.classes, static_cast<int>(x.clock->now % l.taps), 0, x.ahead};
  Tile<E, Core> tile(shared, x.cells * x.ahead, l.out);
  tile.set([&](int, int i) { return l.bias[i]; });
  tile.add(rows, l.weights, (l.taps - 1) * l.in);
  tile.each([&](int row, int i, Sum<E> sum) { x.known[static_cast<std::int64_t>(row) * l.out + i] = sum; });
}

// What the columns that came since then contribute; then the sums are complete.
template <class E, class Core>
__device__ void project(const Projection<E>& x) {
  using S = Sum<E>;
  __shared__ typename Core::Shared shared;
  const Layer<E>& l = x.layer;
  const int since = static_cast<int>(x.clock->now % x.ahead), first = l.taps - 1 - since;
  const WindowRows<E> rows{x.columns, x.classes, static_cast<int>(x.clock->now % l.taps), first, 1};
  Tile<E, Core> tile(shared, x.cells, l.out);
  tile.set([&](int cell, int i) { return x.known[(static_cast<std::int64_t>(cell) * x.ahead + since) * l.out + i]; });
  tile.add(rows, l.weights + static_cast<std::int64_t>(first) * l.in * l.out, (since + 1) * l.in);
  tile.each([&](int cell, int i, S sum) {
    const std::int64_t at = static_cast<std::int64_t>(cell) * l.out + i;
    if (l.gates != 0) x.last[at] = sum;
    else if (x.last != nullptr) x.last[at] = l.finish(sum, i);
    else x.to[at] = stored<E>(l.finish(sum, i));
  });
}

// A thread a number.
template <class E>
__device__ void window(const Window<E>& x) {
  const std::int64_t i = global_thread(), width = x.columns.width;
  if (i >= x.cells * width * x.window) return;
  const int column = static_cast<int>(i / width % x.window);
  x.to[i] = x.columns.at(i / width / x.window, x.classes[column], x.clock->now + column)[i % width];
}

}  // namespace galvani::surrogate
