// Surrogates of one kind, run together: a plan (io.galvani.surrogate.Plan) with its weights, and the windows of many cells.
//
// Cells are taken in blocks, which threads share out; few cells are one block, within which they share out columns of matrices. Neither
// matters to a result: each sum is of the same numbers in the same order.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "cpu/layers.h"

namespace galvani {

enum class NumberFormat : std::int32_t { f64, f32, bf16 };

// A layer as it is described; what it lacks is null. kernel: [taps][in][out].
struct Layer {
  int taps, in, out, dilation;
  Activation activation;
  bool gates;  // the sums are those of an LSTM's gates, in the order i f c o
  const float *kernel, *bias;
  const double *scale, *shift;
};

// As io.galvani.surrogate.Plan.ColumnStep.
struct ColumnStep {
  static constexpr int kGoesOn = -2, kBias = -1, kNone = -1;
  std::int32_t from, tap, delay, source, emits, keeps;
};

enum class StageKind : std::int32_t { projection, window, matrix, lstm, scale, repeat, flatten, mean, newest, traces, elm };

struct Stage {
  StageKind kind;
  Layer layer;             // of a projection, matrix, LSTM (its input; taps = 0: it is given the gates' sums), scale or ELM (its hidden one)
  Layer update;            // ELM
  const float* recurrent;  // LSTM: [units][4 units]; ELM: [units][hidden]
  const float* decay;      // traces, ELM: [units]
  int units, steps;        // LSTM; repeat: steps
  bool sequences;
  bool stateful;           // LSTM: h and c go on from sample to sample
};

// What becomes of a number of each prediction: recorded = gain(n) (a y + b); the channel's next = c recorded + d.
struct Output {
  std::int32_t channel;  // −1: fed back to none
  double a, b, c, d, limit, amplitude, decay;
};

// Columns of so many.
struct SurrogateEvents {
  std::size_t count;
  const std::int64_t* step;  // 0 for the present
  const std::int32_t *cell, *channel;
  const double* value;
};

struct SurrogateOptions {
  std::int32_t cells;
  int threads;
  int look_ahead;  // steps for which the window's known share is computed at once
  bool overwrite;  // of coincident events the last one counts
};

class SurrogatePopulation {
 public:
  virtual ~SurrogatePopulation() = default;
  // windows: [1 or cells][window][channels]; the last row is the present, to which events may add.
  virtual void start(std::int64_t windows, const double* rows) = 0;
  // recorded: [steps][cells][numbers]. Events of a step and cell are taken in their order; by step and cell they are the fastest.
  virtual void advance(std::int64_t steps, const SurrogateEvents& events, double* recorded) = 0;
  virtual std::int64_t steps() const = 0;
  virtual std::int64_t memory() const = 0;
  virtual std::int64_t state_size() const = 0;
  virtual void save(char* to) const = 0;
  virtual void load(const char* from, std::int64_t size) = 0;
};

class SurrogatePlan : public std::enable_shared_from_this<SurrogatePlan> {
 public:
  static std::shared_ptr<SurrogatePlan> create(int window, int channels, NumberFormat format, int isa);
  virtual ~SurrogatePlan() = default;
  // In the order of computation: columns, then stages, the first of which is a projection, the window or its newest column.
  virtual void add_columns(const Layer&, int classes, std::vector<ColumnStep> steps) = 0;
  // classes: of the column at each place of the window; wanted by the first stage.
  virtual void add_stage(const Stage&, const std::int32_t* classes) = 0;
  // Numbers that a step makes of a cell: of all repeats, if these are not averaged.
  virtual int numbers() const = 0;
  virtual int channels() const = 0;
  virtual std::unique_ptr<SurrogatePopulation> population(const SurrogateOptions&, std::vector<Output>) const = 0;
};

}  // namespace galvani
