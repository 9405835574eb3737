// What the kernels of surrogates and the host that launches them (io.galvani.device.cuda) agree on: how windows, weights and what is
// between layers lie on the device. The plan that they carry out is io.galvani.surrogate.Plan.
//
//   present  [cell][channel]                         S: the newest sample, to which events add
//   ring     [cell][class][row mod depth][number]    E: the last columns of a layer, or samples
//   known    [cell][step mod ahead][number]          S: sums of the projection, as far as they are known ahead
//   values   [cell][step][number]                    E: between stages
//   weights  [tap][in][out]                          E: as Keras has them; of gates, out is i f c o, one after the other
//
// E is the type of what is multiplied, S that of sums: f64 double, double; f32 float, float; bf16 BFloat16, float. Row r of all samples
// since the first of the window at step 0 is column j of the window at step r − j.
#pragma once

#include "surrogate/layers.h"

namespace galvani::surrogate {

// Read by all kernels of a step, and moved on between steps.
struct Clock {
  std::int64_t now;   // the step that is computed
  std::int64_t next;  // the step that comes after; written when a step is over
};

template <class E>
struct Ring {
  E* data;
  std::int64_t cell;  // numbers of a cell
  std::int32_t depth, width;

  __device__ E* at(std::int64_t c, int class_of, std::int64_t row) const {
    return data + c * cell + (static_cast<std::int64_t>(class_of) * depth + row % depth) * width;
  }
};

// A matrix for each tap, the last one for the newest step; 0 taps: only scales.
template <class E>
struct Layer {
  const E* weights;
  const Sum<E>* bias;
  const Sum<E>*scale, *shift;  // [out]; null: 1 and 0
  std::int32_t taps, in, out, dilation;
  std::int32_t activation;
  std::int32_t gates;  // 1: the sums are wanted as they are

  // What follows the sum of number i.
  __device__ Sum<E> finish(Sum<E> x, int i) const {
    switch (static_cast<Activation>(activation)) {
      case Activation::relu: x = relu(x); break;
      case Activation::tanh: x = galvani::tanh(x); break;
      case Activation::sigmoid: x = sigmoid(x); break;
      case Activation::selu: x = selu(x); break;
      case Activation::linear: break;
    }
    return scale == nullptr ? x : scale[i] * x + shift[i];
  }
};

// As io.galvani.surrogate.Plan.ColumnStep.
struct ColumnStep {
  static constexpr int kGoesOn = -2, kBias = -1;
  std::int32_t from, tap, delay, source, emits, keeps;
};

struct Event {
  std::int32_t cell, channel;
  double value;
};

// One call of the host's: its events and where its samples go.
struct Call {
  std::int64_t first;         // its first step
  const std::int32_t* begin;  // [steps + 1]: the first event of each
  const Event* events;        // by step, cell, channel; coincident ones as they came
  double* recorded;           // [step][cell][number]
};

template <class S>
struct Receive {
  Clock* clock;
  const Call* call;
  S* present;
  std::int32_t channels;
  std::int32_t overwrite;  // 1: of coincident events the last one counts
};

// The newest sample into a ring of samples.
template <class E>
struct Sample {
  const Clock* clock;
  const Sum<E>* present;
  Ring<E> to;
  std::int32_t cells, channels, window;
};

// The first layer where it has one tap: most numbers of a sample are 0.
template <class E>
struct Sparse {
  const Clock* clock;
  const Sum<E>* present;
  const Sum<E>* rows;  // [channel][out]: its weights
  Layer<E> layer;
  Ring<E> to;
  std::int32_t channels, window;
};

// The new column of a layer over the window, in all its classes.
template <class E>
struct Columns {
  const Clock* clock;
  Layer<E> layer;
  Ring<E> from, to;
  const ColumnStep* steps;
  const std::int32_t* groups;  // [groups + 1]: the first step of each; no group needs another's sums
  Sum<E>* kept;                // [group][kept][cell][out]
  std::int32_t keeps;          // of a group
  std::int32_t cells, window;
};

// The flattened window times a matrix: layer.taps is its columns, layer.in the numbers of one.
template <class E>
struct Projection {
  const Clock* clock;
  Layer<E> layer;
  Ring<E> columns;
  const std::int32_t* classes;  // [window]: of the column at each place
  Sum<E>* known;
  E* to;                        // [cell][out]; or
  Sum<E>* last;                 // where nothing follows, or gates: sums
  std::int32_t cells, ahead;
};

// The window itself: [cell][column][number]. Of a ring of depth 1 a window of 1, the newest column.
template <class E>
struct Window {
  const Clock* clock;
  Ring<E> columns;
  const std::int32_t* classes;
  E* to;
  std::int32_t cells, window;
};

// A matrix, or a causal convolution over steps.
template <class E>
struct Matrix {
  Layer<E> layer;
  const E* from;  // [cell][step][in]
  E* to;          // [cell][step][out]; or
  Sum<E>* last;
  std::int32_t cells, steps;
};

inline constexpr int kLstmLayers = 4;  // the most that one launch computes

template <class E>
struct LstmLayer {
  const E* kernel;  // [units below][4·units]; of the lowest null
  const E* recurrent;
  const Sum<E>* bias;
  std::int64_t units;
};

// LSTMs on top of each other, over all their steps; or one step of one that goes on from sample to sample.
template <class E>
struct Lstm {
  LstmLayer<E> layer[kLstmLayers];
  const Sum<E>* gates;         // [cell][step or 1][4·units]: sums of the lowest's gates, but for what h adds
  E* to;                       // [cell][step or 1][units]: h of the topmost
  E* kept_h;                   // [cell][units]: where it goes on; else null
  Sum<E>* kept_c;              // likewise
  std::int64_t gates_of_step;  // 4·units; 0: the same at each step
  std::int32_t layers, steps, cells;
  std::int32_t cells_of_block;  // a multiple of kUnitCells, or 1
  std::int32_t sequences;       // 1: h of each step is wanted; 0: of the last
};

// Traces from sample to sample: y ← decay y + x.
template <class E>
struct Traces {
  const E* from;        // [cell][number]
  E* to;                // likewise
  Sum<E>* kept;         // likewise: y
  const Sum<E>* decay;  // [number]
  std::int32_t cells, numbers;
};

// Memories that leak from sample to sample, and a hidden layer that decides what is added: d = decay m, u = relu(x kernel + d recurrent +
// bias), m ← d + gain tanh(u update + update_bias).
template <class E>
struct Elm {
  const E *kernel, *recurrent, *update;      // [in][hidden], [units][hidden], [hidden][units]
  const Sum<E> *bias, *update_bias;          // [hidden], [units]
  const Sum<E> *decay, *gain;                // [units]
  const E* from;                             // [cell][in]: x
  E* to;                                     // [cell][units]: m
  Sum<E>* kept;                              // likewise
  std::int32_t in, hidden, units, cells;
  std::int32_t cells_of_block;               // a multiple of kUnitCells, or 1
};

// [cell][from][number] to [cell][to][number]: one step many times, the mean of many, or the last of many.
template <class E>
struct Steps {
  const E* from;
  E* to;
  std::int32_t cells, numbers, steps;
};

// What becomes of a number of each prediction: recorded = gain(n) (a y + b); the channel's next = c recorded + d.
struct Output {
  std::int64_t channel;  // −1: fed back to none
  double a, b, c, d, limit, amplitude, decay;
};

template <class E>
struct Conclude {
  Clock* clock;
  const Call* call;
  const E* values;     // [cell][number]; or
  const Sum<E>* last;
  const Output* outputs;  // [number]; null: recorded as they are
  Sum<E>* present;
  std::int32_t cells, numbers, channels;
};

}  // namespace galvani::surrogate
