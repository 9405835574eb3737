#include "cpu/surrogate.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <numeric>
#include <string>
#include <type_traits>

#include "cpu/errors.h"
#include "cpu/slab.h"
#include "cpu/threads.h"

namespace galvani {

#define GALVANI_ISAS_(F) F(baseline) F(avx2) F(avx512)
#define GALVANI_DECLARE_(isa)                                 \
  namespace isa {                                             \
  const LayerKernels<double>& layer_kernels_f64();            \
  const LayerKernels<float>& layer_kernels_f32();             \
  const LayerKernels<BFloat16>& layer_kernels_bf16();         \
  }
GALVANI_ISAS_(GALVANI_DECLARE_)
namespace avx512bf16 {
const LayerKernels<BFloat16>& layer_kernels_bf16();
}

namespace {

template <class F>
auto of_isa(int isa, F baseline, F avx2, F avx512) {
  return isa == 2 ? avx512 : isa == 1 ? avx2 : baseline;
}

}  // namespace

template <>
const LayerKernels<double>& layer_kernels<double>(int isa) {
  return of_isa(isa, &baseline::layer_kernels_f64, &avx2::layer_kernels_f64, &avx512::layer_kernels_f64)();
}
template <>
const LayerKernels<float>& layer_kernels<float>(int isa) {
  return of_isa(isa, &baseline::layer_kernels_f32, &avx2::layer_kernels_f32, &avx512::layer_kernels_f32)();
}
template <>
const LayerKernels<BFloat16>& layer_kernels<BFloat16>(int isa) {
  const bool products = __builtin_cpu_supports("avx512bf16");
  return of_isa(isa, &baseline::layer_kernels_bf16, &avx2::layer_kernels_bf16,
                products ? &avx512bf16::layer_kernels_bf16 : &avx512::layer_kernels_bf16)();
}

namespace {

// Cells of a block: weights of a layer are read once for so many, while what lies between layers fits a cache.
constexpr int kBlockCells = 32;
// Fewer cells a thread, and threads share out columns instead of cells.
constexpr int kTeamCells = 4;

// Numbers of a row: whole blocks.
template <class E>
int padded(int n) {
  return (n + kBlock<E> - 1) / kBlock<E> * kBlock<E>;
}

void require(bool holds, const char* text) {
  if (!holds) throw InvalidArgument(text);
}

// ---- layers as they are multiplied ---------------------------------------------------------------------------------------------

// A matrix a tap, packed; for a projection, a tap is a column of the window.
template <class E>
struct Packed {
  using S = Sum<E>;
  int taps = 0, in = 0, out = 0, dilation = 1;
  int depth = 0;    // in, in whole groups
  int columns = 0;  // of sums: whole blocks
  Activation activation = Activation::linear;
  bool gates = false;
  Array<E> weights;  // [tap] as in layers.h
  Array<S> bias, scale, shift;

  const E* tap(int t) const { return weights.data() + static_cast<std::size_t>(t) * depth * columns; }
  Finish<E> finish() const { return {activation, scale.size() ? scale.data() : nullptr, shift.size() ? shift.data() : nullptr}; }

  // The number of the output that stands in a column; −1 if none does.
  int output_at(int column) const {
    if (!gates) return column < out ? column : -1;
    const int units = out / 4, gate = column / kBlock<E> % 4, unit = column / (4 * kBlock<E>) * kBlock<E> + column % kBlock<E>;
    return unit < units ? gate * units + unit : -1;
  }
};

template <class E>
Array<Sum<E>> arranged(const Packed<E>& p, const auto* values) {
  Array<Sum<E>> to(p.columns);
  for (int c = 0; c < p.columns; ++c) to[c] = p.output_at(c) < 0 ? 0 : static_cast<Sum<E>>(values[p.output_at(c)]);
  return to;
}

template <class E>
Packed<E> packed(const Layer& l, int panel) {
  Packed<E> p;
  p.taps = l.taps;
  p.in = l.in;
  p.out = l.out;
  p.dilation = l.dilation;
  p.activation = l.activation;
  p.gates = l.gates;
  p.depth = (l.in + kGroup<E> - 1) / kGroup<E> * kGroup<E>;
  p.columns = l.gates ? 4 * padded<E>(l.out / 4) : padded<E>(l.out);
  p.bias = l.bias == nullptr ? Array<Sum<E>>(p.columns) : arranged<E>(p, l.bias);
  if (l.scale != nullptr) {
    p.scale = arranged<E>(p, l.scale);
    p.shift = arranged<E>(p, l.shift);
  }
  p.weights = Array<E>(static_cast<std::size_t>(p.taps) * p.depth * p.columns);
  E* to = p.weights.data();
  for (int t = 0; t < p.taps; ++t) {
    const float* const kernel = l.kernel + static_cast<std::size_t>(t) * l.in * l.out;
    for (int first = 0; first < p.columns; first += panel) {
      const int width = std::min(panel, p.columns - first);
      for (int k = 0; k < p.depth; k += kGroup<E>) {
        for (int c = first; c < first + width; ++c) {
          const int o = p.output_at(c);
          for (int i = k; i < k + kGroup<E>; ++i) *to++ = stored<E>(o < 0 || i >= l.in ? 0 : kernel[static_cast<std::size_t>(i) * l.out + o]);
        }
      }
    }
  }
  return p;
}

template <class E>
struct ColumnLayer {
  Packed<E> layer;
  Array<Sum<E>> rows;  // [in][columns]: where samples are its source and one tap looks at them, for those that are not 0
  int classes, kept;
  std::vector<ColumnStep> steps;
};

template <class E>
struct HeadLayer {
  StageKind kind;
  Packed<E> layer, recurrent, update;
  Array<Sum<E>> decay;
  int units, steps;
  bool sequences, stateful;

  // Sums and stored numbers of a cell that it keeps from sample to sample.
  std::size_t kept_sums() const { return kind == StageKind::traces || kind == StageKind::elm || stateful ? padded<E>(units) : 0; }
  std::size_t kept_values() const { return stateful ? padded<E>(units) : 0; }
};

// What a number of cells need between two layers; one thread's, or that of a team.
struct Room {
  std::size_t sums = 0, kept = 0, values = 0, units = 0;  // of one cell
};

template <class E>
class PlanOf final : public SurrogatePlan {
 public:
  PlanOf(int window, int channels, const LayerKernels<E>& kernels) : window_(window), channels_(channels), kernels_(kernels) {}

  void add_columns(const Layer& l, int classes, std::vector<ColumnStep> steps) override {
    require(stages_.empty(), "columns come before stages");
    require(l.in == features_of_columns() && l.out >= 1, "columns: they do not take what the ones before make");
    require(classes >= 1, "columns: there is one class or more");
    const int sources = columns_.empty() ? 1 : columns_.back().classes;
    std::vector<bool> emitted(classes), known;
    ColumnLayer<E> c{packed<E>(l, kernels_.panel), {}, classes, 0, std::move(steps)};
    for (const ColumnStep& s : c.steps) {
      require(s.tap >= 0 && s.tap < std::max(1, l.taps) && s.delay >= 0 && s.delay < window_, "columns: a step looks at what is not there");
      require(s.source >= 0 && s.source < sources, "columns: a step's source has no such class");
      require(s.emits >= -1 && s.emits < classes && s.keeps >= -1 && s.keeps < 1024, "columns: a step makes what is not there");
      require(s.from == ColumnStep::kBias || (s.from == ColumnStep::kGoesOn && &s != c.steps.data()) ||
                  (s.from >= 0 && s.from < static_cast<int>(known.size()) && known[s.from]),
              "columns: a step goes on from what is not there");
      if (s.emits >= 0) emitted[s.emits] = true;
      if (s.keeps >= 0) known.resize(std::max<std::size_t>(known.size(), s.keeps + 1)), known[s.keeps] = true;
    }
    require(std::find(emitted.begin(), emitted.end(), false) == emitted.end(), "columns: a class is not computed");
    c.kept = static_cast<int>(known.size());
    if (columns_.empty() && l.taps == 1) {
      c.rows = Array<Sum<E>>(static_cast<std::size_t>(l.in) * c.layer.columns);
      for (int i = 0; i < l.in; ++i) {
        const auto row = arranged<E>(c.layer, l.kernel + static_cast<std::size_t>(i) * l.out);
        std::copy_n(row.data(), c.layer.columns, c.rows.data() + static_cast<std::size_t>(i) * c.layer.columns);
      }
    }
    const bool together = l.taps <= 1;
    room_.sums = std::max(room_.sums, static_cast<std::size_t>(together ? c.steps.size() : 1) * c.layer.columns);
    room_.kept = std::max(room_.kept, static_cast<std::size_t>(c.kept) * c.layer.columns);
    columns_.push_back(std::move(c));
  }

  void add_stage(const Stage& s, const std::int32_t* classes) override {
    const bool first = stages_.empty();
    const Layer& l = s.layer;
    const bool of_window = s.kind == StageKind::projection || s.kind == StageKind::window;
    require(first ? of_window || s.kind == StageKind::newest : !of_window, "stages: the window comes first, and only then");
    if (first) {
      const int all = columns_.empty() ? 1 : columns_.back().classes;
      classes_.assign(classes, classes + window_);
      for (int c : classes_) require(c >= 0 && c < all, "stages: a place of the window has a class that is not there");
      steps_ = window_;
      features_ = features_of_columns();
    }
    require(gates_ == 0 || s.kind == StageKind::lstm, "stages: the sums of gates are for an LSTM");
    HeadLayer<E> h{s.kind, {}, {}, {}, {}, s.units, s.steps, s.sequences, s.stateful};
    if (s.kind == StageKind::traces || s.kind == StageKind::elm) {
      require(s.units >= 1 && steps_ == 1, "stages: what goes on from sample to sample is of one step");
      h.decay = Array<Sum<E>>(padded<E>(s.units));
      std::copy_n(s.decay, s.units, h.decay.data());
    }
    switch (s.kind) {
      case StageKind::projection:
        require(l.taps == window_ && l.in == features_ && l.out >= 1, "projection: it is not of the window");
        h.layer = packed<E>(l, kernels_.panel);
        steps_ = 1;
        break;
      case StageKind::matrix:
        require(l.taps >= 1 && l.dilation >= 1 && l.in == features_ && l.out >= 1, "matrix: it does not take what is given");
        require(!l.gates || steps_ == 1, "matrix: the sums of gates are those of one step");
        h.layer = packed<E>(l, kernels_.panel);
        break;
      case StageKind::lstm: {
        require(s.units >= 1 && s.steps >= 1, "lstm: it has one unit or more, and one step or more");
        require(l.taps == 0 ? gates_ == 4 * s.units : l.in == features_ && l.out == 4 * s.units && l.gates && s.steps == steps_,
                "lstm: it does not take what is given");
        require(!s.stateful || (l.taps == 0 && s.steps == 1 && !s.sequences), "lstm: a stateful one is given the gates' sums of one step");
        if (l.taps != 0) h.layer = packed<E>(l, kernels_.panel);
        h.recurrent = packed<E>({1, s.units, 4 * s.units, 1, Activation::linear, true, s.recurrent, nullptr, nullptr, nullptr}, kernels_.panel);
        break;
      }
      case StageKind::scale:
        require(l.taps == 0 && l.in == features_ && l.out == features_, "scale: it does not take what is given");
        h.layer = packed<E>(l, kernels_.panel);
        break;
      case StageKind::repeat: require(s.steps >= 1 && steps_ == 1, "repeat: it repeats one step"); break;
      case StageKind::traces: require(s.units == features_, "traces: they do not take what is given"); break;
      case StageKind::elm:
        require(l.taps == 1 && l.in == features_ && s.update.taps == 1 && s.update.in == l.out && s.update.out == s.units,
                "elm: it does not take what is given");
        h.layer = packed<E>(l, kernels_.panel);
        h.recurrent = packed<E>({1, s.units, l.out, 1, Activation::linear, false, s.recurrent, nullptr, nullptr, nullptr}, kernels_.panel);
        h.update = packed<E>(s.update, kernels_.panel);
        break;
      case StageKind::newest:
      case StageKind::window:
      case StageKind::flatten:
      case StageKind::mean: break;
    }
    follow(h);
    stages_.push_back(std::move(h));
  }

  int numbers() const override { return steps_ * features_; }
  int channels() const override { return channels_; }
  std::unique_ptr<SurrogatePopulation> population(const SurrogateOptions&, std::vector<Output>) const override;

  int window() const { return window_; }
  const LayerKernels<E>& kernels() const { return kernels_; }
  const std::vector<ColumnLayer<E>>& columns() const { return columns_; }
  const std::vector<HeadLayer<E>>& stages() const { return stages_; }
  const std::vector<std::int32_t>& classes() const { return classes_; }
  const Room& room() const { return room_; }
  bool complete() const { return !stages_.empty() && gates_ == 0; }

  // Steps for which columns of the source of layer i are remembered.
  int memory(int i) const {
    if (i == static_cast<int>(columns_.size()) - 1) return stages_[0].kind == StageKind::newest ? 1 : window_;
    int most = 0;
    for (const ColumnStep& s : columns_[i + 1].steps) most = std::max(most, s.delay);
    return most + 1;
  }
  int features_of_columns() const { return columns_.empty() ? channels_ : columns_.back().layer.out; }

 private:
  // What is there after a stage, and room for it.
  void follow(const HeadLayer<E>& h) {
    const int given = steps_;
    gates_ = 0;
    switch (h.kind) {
      case StageKind::window: break;
      case StageKind::projection:
      case StageKind::matrix:
        if (h.layer.gates) gates_ = h.layer.out;
        features_ = h.layer.out;
        break;
      case StageKind::lstm:
        features_ = h.units;
        steps_ = h.sequences ? h.steps : 1;
        room_.units = std::max<std::size_t>(room_.units, padded<E>(h.units));
        break;
      case StageKind::scale: break;
      case StageKind::repeat: steps_ = h.steps; break;
      case StageKind::flatten:
        features_ *= steps_;
        steps_ = 1;
        break;
      case StageKind::newest:
      case StageKind::mean: steps_ = 1; break;
      case StageKind::traces: break;
      case StageKind::elm:
        features_ = h.units;
        room_.values = std::max<std::size_t>(room_.values, padded<E>(h.layer.out));
        break;
    }
    const int held = h.kind == StageKind::lstm ? h.steps : std::max(given, steps_);
    const int columns = std::max({padded<E>(features_), h.layer.columns, h.recurrent.columns, h.update.columns});
    room_.sums = std::max(room_.sums, static_cast<std::size_t>(held) * columns);
    room_.values = std::max(room_.values, static_cast<std::size_t>(held) * padded<E>(features_));
  }

  int window_, channels_;
  const LayerKernels<E>& kernels_;
  std::vector<ColumnLayer<E>> columns_;
  std::vector<HeadLayer<E>> stages_;
  std::vector<std::int32_t> classes_;
  Room room_;
  int steps_ = 0, features_ = 0, gates_ = 0;
};

// ---- windows of cells ----------------------------------------------------------------------------------------------------------

// The last columns of each cell: [cell][class][row mod depth][number].
template <class E>
struct Ring {
  E* data = nullptr;
  int classes = 0, depth = 0, width = 0;
  std::size_t stride = 0;  // of cells

  Ring() = default;
  Ring(int classes_of, int depth_of, int numbers)
      : classes(classes_of), depth(depth_of), width(padded<E>(numbers)), stride(static_cast<std::size_t>(classes) * depth * width) {
    if (stride * sizeof(E) / kAlign % 2 == 0) stride += kAlign / sizeof(E);  // or all cells' columns would compete for few lines of a cache
  }
  E* at(std::int64_t cell, int class_of, std::int64_t row) const {
    return data + static_cast<std::size_t>(cell) * stride + (static_cast<std::size_t>(class_of) * depth + row % depth) * width;
  }
};

// Who computes: one of so many threads that share out columns, and wait for each other.
class Team {
 public:
  explicit Team(int count) : count_(count) {}
  int count() const { return count_; }
  void wait() {
    if (count_ == 1) return;
    const unsigned round = round_.load(std::memory_order_acquire);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == count_) {
      arrived_.store(0, std::memory_order_relaxed);
      round_.store(round + 1, std::memory_order_release);
      round_.notify_all();
      return;
    }
    if (soon(count_, [&] { return round_.load(std::memory_order_acquire) != round; })) return;
    round_.wait(round, std::memory_order_acquire);
  }

 private:
  const int count_;
  std::atomic<int> arrived_{0};
  std::atomic<unsigned> round_{0};
};

// What is between layers, of the cells of a block.
template <class E>
struct Workspace {
  using S = Sum<E>;
  Array<S> sums, gates, kept, units, last;
  Array<E> values[3];  // of what is given, what is made, and in between
  std::vector<Array<E>> newest;  // of each column layer whose columns are not remembered

  Workspace(const PlanOf<E>& plan, std::int64_t cells) {
    const Room& r = plan.room();
    sums = Array<S>(cells * r.sums);
    gates = Array<S>(cells * r.sums);
    kept = Array<S>(cells * r.kept);
    units = Array<S>(cells * r.units);
    last = Array<S>(cells * r.sums);
    for (auto& v : values) v = Array<E>(cells * r.values);
    for (int i = 0; i < static_cast<int>(plan.columns().size()); ++i) {
      const auto& c = plan.columns()[i];
      newest.emplace_back(plan.memory(i) > 1 ? 0 : cells * Ring<E>(c.classes, 1, c.layer.out).stride);
    }
  }
};

template <class E>
class PopulationOf;

// One thread's way through the layers, for a block of cells.
template <class E>
class Run {
 public:
  using S = Sum<E>;

  Run(PopulationOf<E>& p, std::int64_t first, std::int64_t cells, Workspace<E>& w, Team& team, int member);

  void push(std::int64_t row);
  void step(std::int64_t n, double* recorded);
  void apply(const SurrogateEvents& events, std::size_t from, std::size_t to);

 private:
  struct Columns { int from, to; };

  Columns mine(int columns) const {
    constexpr int unit = 4 * kBlock<E>;
    const int units = (columns + unit - 1) / unit;
    return {units * member_ / team_.count() * unit, std::min(columns, units * (member_ + 1) / team_.count() * unit)};
  }
  void multiply(const Packed<E>& l, int tap) {
    const auto [from, to] = mine(l.columns);
    if (from >= to || a_.empty()) return;
    plan_.kernels().multiply({static_cast<std::int64_t>(a_.size()), a_.data(), start_.data(), c_.data(), l.depth, l.tap(tap), l.columns, from, to});
  }
  void begin() { a_.clear(), start_.clear(), c_.clear(); }
  void add_row(const E* a, const S* start, S* c) { a_.push_back(a), start_.push_back(start), c_.push_back(c); }
  template <class To>
  void finish(const Packed<E>& l, const S* x, To* y) {
    const auto [from, to] = mine(l.columns);
    if (from >= to) return;
    Finish<E> f = l.finish();
    if (f.scale != nullptr) f.scale += from, f.shift += from;
    if constexpr (std::is_same_v<To, E>) plan_.kernels().finish(f, to - from, x + from, y + from);
    else plan_.kernels().finish_sums(f, to - from, x + from, y + from);
  }

  void samples(std::int64_t row);
  void sparse(int layer, std::int64_t row);
  void scaled(int layer, std::int64_t row);
  void one_tap(int layer, std::int64_t row);
  void taps(int layer, std::int64_t row);
  void look_ahead(std::int64_t n);
  void project(std::int64_t n);
  void window(std::int64_t n);
  void matrix(const HeadLayer<E>& h, bool last);
  void newest(std::int64_t n);
  void lstm(const HeadLayer<E>& h, int stage);
  void traces(const HeadLayer<E>& h, int stage);
  void elm(const HeadLayer<E>& h, int stage);
  void scale(const HeadLayer<E>& h);
  void repeat(const HeadLayer<E>& h);
  void flatten();
  void mean();
  void conclude(std::int64_t n, double* recorded);

  E* other() { return w_.values[1 - current_].data(); }
  void taken(int steps, int features) {
    current_ = 1 - current_;
    values_ = w_.values[current_].data();
    steps_ = steps;
    features_ = features;
    width_ = padded<E>(features);
    stride_ = static_cast<std::size_t>(steps) * width_;
  }
  const E* value(std::int64_t cell, int step) const { return values_ + cell * stride_ + static_cast<std::size_t>(step) * width_; }

  PopulationOf<E>& p_;
  const PlanOf<E>& plan_;
  const std::int64_t first_, cells_;
  Workspace<E>& w_;
  Team& team_;
  const int member_;
  std::vector<Ring<E>> rings_;  // of the samples, then of each column layer; cells counted within the block
  std::vector<const E*> a_;
  std::vector<const S*> start_;
  std::vector<S*> c_;

  // The numbers between two stages: [cell][step][feature].
  int current_ = 0;
  const E* values_ = nullptr;
  int steps_ = 0, features_ = 0, width_ = 0;
  std::size_t stride_ = 0;
  std::vector<S*> gates_;  // of each cell, where the last stage made those
  bool final_ = false;     // they are in w_.last as sums
  std::vector<double> gain_;  // of each output at this step
};

template <class E>
class PopulationOf final : public SurrogatePopulation {
 public:
  using S = Sum<E>;

  PopulationOf(std::shared_ptr<const PlanOf<E>> plan, const SurrogateOptions& options, std::vector<Output> outputs)
      : plan_(std::move(plan)), options_(options), outputs_(std::move(outputs)), threads_(options.threads) {
    const PlanOf<E>& p = *plan_;
    require(p.complete(), "the plan is not complete");
    require(options.cells >= 1 && options.threads >= 1 && options.look_ahead >= 1, "cells, threads and steps ahead are 1 or more");
    require(outputs_.empty() || static_cast<int>(outputs_.size()) == p.numbers(), "outputs: there are not as many as predictions");
    for (const Output& o : outputs_) require(o.channel >= -1 && o.channel < p.channels(), "outputs: no such channel");
    const bool projects = p.stages()[0].kind == StageKind::projection;
    ahead_ = projects ? std::min(options.look_ahead, std::max(1, p.window() - 1)) : 1;
    row_ = padded<E>(p.channels());
    rows_ = Array<S>(static_cast<std::size_t>(options.cells) * row_);
    rings_.push_back(wants_samples() ? Ring<E>(1, p.memory(-1), p.channels()) : Ring<E>());
    for (int i = 0; i < static_cast<int>(p.columns().size()); ++i) {
      rings_.emplace_back(p.columns()[i].classes, p.memory(i), p.columns()[i].layer.out);
    }
    for (std::size_t i = 0; i < rings_.size(); ++i) {
      const bool lasts = i == 0 ? wants_samples() : rings_[i].depth > 1 || i + 1 == rings_.size();
      remembered_.emplace_back(lasts ? options.cells * rings_[i].stride : 0);
      rings_[i].data = lasts ? remembered_[i].data() : nullptr;
    }
    for (const auto& h : p.stages()) {
      kept_sums_.emplace_back(options.cells * h.kept_sums());
      kept_values_.emplace_back(options.cells * h.kept_values());
    }
    known_ = Array<S>(projects ? static_cast<std::size_t>(options.cells) * ahead_ * p.stages()[0].layer.columns : 0);
    share_out();
  }

  void start(std::int64_t windows, const double* rows) override {
    require(windows == 1 || windows == options_.cells, "start: one window, or one a cell");
    const int T = plan_->window(), C = plan_->channels();
    for (auto& r : remembered_) std::fill_n(reinterpret_cast<char*>(r.data()), r.size() * sizeof(E), 0);
    std::fill_n(known_.data(), known_.size(), S(0));
    for (auto& k : kept_sums_) std::fill_n(k.data(), k.size(), S(0));
    for (auto& k : kept_values_) std::fill_n(k.data(), k.size(), E{});
    steps_ = 0;
    const auto fill = [&](std::int64_t cell, int row) {
      const double* const from = rows + (static_cast<std::size_t>(windows == 1 ? 0 : cell) * T + row) * C;
      std::transform(from, from + C, rows_.data() + static_cast<std::size_t>(cell) * row_, [](double x) { return static_cast<S>(x); });
    };
    each_block(windows, [&](Run<E>& run, std::int64_t first, std::int64_t cells, Team& team, int member) {
      for (int row = 0; row + 1 < T; ++row) {
        for (std::int64_t c = first; member == 0 && c < first + cells; ++c) fill(c, row);
        team.wait();
        run.push(row);
      }
    });
    for (std::int64_t c = 0; c < options_.cells; ++c) {
      fill(c, T - 1);
      for (std::size_t i = 0; windows == 1 && c > 0 && i < rings_.size(); ++i) {
        if (remembered_[i].size() > 0) std::copy_n(remembered_[i].data(), rings_[i].stride, remembered_[i].data() + c * rings_[i].stride);
      }
    }
  }

  void advance(std::int64_t steps, const SurrogateEvents& events, double* recorded) override {
    const auto before = [&](std::size_t a, std::size_t b) {
      return events.step[a] != events.step[b] ? events.step[a] < events.step[b] : events.cell[a] < events.cell[b];
    };
    bool sorted = true;
    for (std::size_t i = 0; i < events.count; ++i) {
      require(events.step[i] >= 0 && events.step[i] < steps && events.cell[i] >= 0 && events.cell[i] < options_.cells &&
                  events.channel[i] >= 0 && events.channel[i] < plan_->channels(),
              "events: a step, cell or channel that is not there");
      sorted &= i == 0 || !before(i, i - 1);
    }
    if (!sorted) return advance_sorted(steps, events, before, recorded);
    // The first event of a cell at a step, or after it.
    const auto at = [&](std::int64_t step, std::int64_t cell) {
      std::size_t from = 0, to = events.count;
      while (from < to) {
        const std::size_t i = (from + to) / 2;
        if (events.step[i] < step || (events.step[i] == step && events.cell[i] < cell)) from = i + 1;
        else to = i;
      }
      return from;
    };
    const std::size_t numbers = plan_->numbers();
    each_block(options_.cells, [&](Run<E>& run, std::int64_t first, std::int64_t cells, Team& team, int member) {
      for (std::int64_t s = 0; s < steps; ++s) {
        if (member == 0) run.apply(events, at(s, first), at(s, first + cells));
        team.wait();
        run.step(steps_ + s, recorded + (static_cast<std::size_t>(s) * options_.cells + first) * numbers);
      }
    });
    steps_ += steps;
    const std::size_t all = static_cast<std::size_t>(steps) * options_.cells * numbers;
    const double* const bad = std::find_if_not(recorded, recorded + all, [](double x) { return std::isfinite(x); });
    if (bad != recorded + all) {
      const std::size_t i = (bad - recorded) / numbers;
      throw Diverged("the prediction of cell " + std::to_string(i % options_.cells) + " is no longer finite, " +
                     std::to_string(steps_ - steps + static_cast<std::int64_t>(i / options_.cells) + 1) + " samples after the start");
    }
  }

  std::int64_t steps() const override { return steps_; }

  std::int64_t memory() const override {
    std::int64_t bytes = rows_.size() * sizeof(S) + known_.size() * sizeof(S);
    for (const auto& r : remembered_) bytes += r.size() * sizeof(E);
    for (const auto& k : kept_sums_) bytes += k.size() * sizeof(S);
    for (const auto& k : kept_values_) bytes += k.size() * sizeof(E);
    for (const auto& w : workspaces_) {
      bytes += (w.sums.size() + w.gates.size() + w.kept.size() + w.units.size() + w.last.size()) * sizeof(S);
      for (const auto& v : w.values) bytes += v.size() * sizeof(E);
      for (const auto& n : w.newest) bytes += n.size() * sizeof(E);
    }
    return bytes;
  }

  std::int64_t state_size() const override {
    std::int64_t bytes = sizeof steps_;
    each_part(*this, [&](const auto& a) { bytes += a.size() * sizeof a[0]; });
    return bytes;
  }
  void save(char* to) const override {
    to = std::copy_n(reinterpret_cast<const char*>(&steps_), sizeof steps_, to);
    each_part(*this, [&](const auto& a) { to = std::copy_n(reinterpret_cast<const char*>(a.data()), a.size() * sizeof a[0], to); });
  }
  void load(const char* from, std::int64_t size) override {
    require(size == state_size(), "the state is of another population");
    std::memcpy(&steps_, from, sizeof steps_);
    from += sizeof steps_;
    each_part(*this, [&](auto& a) {
      std::memcpy(reinterpret_cast<char*>(a.data()), from, a.size() * sizeof a[0]);
      from += a.size() * sizeof a[0];
    });
  }

  const PlanOf<E>& plan() const { return *plan_; }
  const std::vector<Ring<E>>& rings() const { return rings_; }
  const std::vector<Output>& outputs() const { return outputs_; }
  const SurrogateOptions& options() const { return options_; }
  int ahead() const { return ahead_; }
  S* row(std::int64_t cell) { return rows_.data() + static_cast<std::size_t>(cell) * row_; }
  // Sums of the projection, step n: what is known of them.
  S* known(std::int64_t cell, std::int64_t n) {
    return known_.data() + (static_cast<std::size_t>(cell) * ahead_ + n % ahead_) * plan_->stages()[0].layer.columns;
  }
  // What a stage keeps of a cell from sample to sample.
  S* kept_sums(int stage, std::int64_t cell) { return kept_sums_[stage].data() + cell * plan_->stages()[stage].kept_sums(); }
  E* kept_values(int stage, std::int64_t cell) { return kept_values_[stage].data() + cell * plan_->stages()[stage].kept_values(); }
  bool wants_samples() const { return plan_->columns().empty() || plan_->columns()[0].rows.size() == 0; }

 private:
  void advance_sorted(std::int64_t steps, const SurrogateEvents& events, const auto& before, double* recorded) {
    std::vector<std::size_t> order(events.count);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), before);
    const auto arranged = [&](const auto* column) {
      std::vector<std::remove_cvref_t<decltype(*column)>> to(order.size());
      std::transform(order.begin(), order.end(), to.begin(), [&](std::size_t i) { return column[i]; });
      return to;
    };
    const auto step = arranged(events.step);
    const auto cell = arranged(events.cell), channel = arranged(events.channel);
    const auto value = arranged(events.value);
    advance(steps, {order.size(), step.data(), cell.data(), channel.data(), value.data()}, recorded);
  }

  template <class Self, class F>
  static void each_part(Self& self, F&& f) {
    f(self.rows_);
    for (auto& r : self.remembered_) f(r);
    for (auto& k : self.kept_sums_) f(k);
    for (auto& k : self.kept_values_) f(k);
    f(self.known_);
  }

  void share_out() {
    const std::int64_t cells = options_.cells;
    const int threads = options_.threads;
    team_ = threads > 1 && cells < static_cast<std::int64_t>(threads) * kTeamCells ? threads : 1;
    blocks_ = 1;
    if (team_ == 1) {
      blocks_ = (cells + kBlockCells - 1) / kBlockCells;
      blocks_ = std::min(cells, (blocks_ + threads - 1) / threads * threads);
    }
    const std::int64_t largest = (cells + blocks_ - 1) / blocks_;
    for (std::int64_t i = 0; i < (team_ > 1 ? 1 : std::min<std::int64_t>(threads, blocks_)); ++i) workspaces_.emplace_back(*plan_, largest);
  }

  // Calls f(run, first, cells, team, member) for each block of the first `cells` cells and each member of its team.
  template <class F>
  void each_block(std::int64_t cells, F&& f) {
    Team team(team_);
    const std::int64_t blocks = std::min(blocks_, cells);
    threads_.run(team_ > 1 ? team_ : blocks, [&](std::int64_t job, int thread) {
      const std::int64_t block = team_ > 1 ? 0 : job;
      const std::int64_t first = cells * block / blocks, end = cells * (block + 1) / blocks;
      const int member = team_ > 1 ? static_cast<int>(job) : 0;
      Run<E> run(*this, first, end - first, workspaces_[team_ > 1 ? 0 : thread], team, member);
      f(run, first, end - first, team, member);
    });
  }

  std::shared_ptr<const PlanOf<E>> plan_;
  SurrogateOptions options_;
  std::vector<Output> outputs_;
  Threads threads_;
  int ahead_ = 1, row_ = 0;
  Array<S> rows_;                    // [cell][channel]: the present
  std::vector<Array<E>> remembered_;  // of the samples, then of each column layer
  std::vector<Ring<E>> rings_;
  std::vector<Array<S>> kept_sums_;    // [stage][cell][unit]
  std::vector<Array<E>> kept_values_;
  Array<S> known_;                   // [cell][step mod ahead][column]
  std::vector<Workspace<E>> workspaces_;
  std::int64_t blocks_ = 1;
  int team_ = 1;
  std::int64_t steps_ = 0;
};

template <class E>
std::unique_ptr<SurrogatePopulation> PlanOf<E>::population(const SurrogateOptions& options, std::vector<Output> outputs) const {
  return std::make_unique<PopulationOf<E>>(std::static_pointer_cast<const PlanOf<E>>(shared_from_this()), options, std::move(outputs));
}

// ---- through the layers --------------------------------------------------------------------------------------------------------

template <class E>
Run<E>::Run(PopulationOf<E>& p, std::int64_t first, std::int64_t cells, Workspace<E>& w, Team& team, int member)
    : p_(p), plan_(p.plan()), first_(first), cells_(cells), w_(w), team_(team), member_(member), rings_(p.rings()) {
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    if (rings_[i].data != nullptr) rings_[i].data += first * rings_[i].stride;
    else if (i > 0) rings_[i].data = w.newest[i - 1].data();
  }
}

// The new column of each layer. Row r of all that were pushed is column j of the window at step r − j.
template <class E>
void Run<E>::push(std::int64_t row) {
  if (p_.wants_samples()) samples(row);
  for (int i = 0; i < static_cast<int>(plan_.columns().size()); ++i) {
    const auto& c = plan_.columns()[i];
    if (c.rows.size() > 0) sparse(i, row);
    else if (c.layer.taps == 0) scaled(i, row);
    else if (c.layer.taps == 1) one_tap(i, row);
    else taps(i, row);
    team_.wait();
  }
}

template <class E>
void Run<E>::samples(std::int64_t row) {
  if (member_ == 0) {
    for (std::int64_t c = 0; c < cells_; ++c) {
      const S* const x = p_.row(first_ + c);
      std::transform(x, x + plan_.channels(), rings_[0].at(c, 0, row), [](S number) { return stored<E>(number); });
    }
  }
  team_.wait();
}

// One tap at samples, of which most numbers are 0: events are rare.
template <class E>
void Run<E>::sparse(int layer, std::int64_t row) {
  const auto& l = plan_.columns()[layer];
  const auto [from, to] = mine(l.layer.columns);
  for (std::int64_t c = 0; c < cells_; ++c) {
    S* const sums = w_.sums.data() + c * l.layer.columns;
    std::copy(l.layer.bias.data() + from, l.layer.bias.data() + to, sums + from);
    const S* const x = p_.row(first_ + c);
    plan_.kernels().gather(plan_.channels(), x, l.rows.data() + from, l.layer.columns, to - from, sums + from);
    finish(l.layer, sums, rings_[layer + 1].at(c, 0, row));
  }
}

template <class E>
void Run<E>::scaled(int layer, std::int64_t row) {
  const auto& l = plan_.columns()[layer];
  const auto [from, to] = mine(l.layer.columns);
  for (std::int64_t c = 0; c < cells_; ++c) {
    for (const ColumnStep& s : l.steps) {
      S* const sums = w_.sums.data() + c * l.layer.columns;
      const E* const x = rings_[layer].at(c, s.source, row);
      std::transform(x + from, x + to, sums + from, [](E x) { return summed(x); });
      finish(l.layer, sums, rings_[layer + 1].at(c, s.emits, row));
    }
  }
}

// All classes at once.
template <class E>
void Run<E>::one_tap(int layer, std::int64_t row) {
  const auto& l = plan_.columns()[layer];
  begin();
  S* sums = w_.sums.data();
  for (const ColumnStep& s : l.steps) {
    for (std::int64_t c = 0; c < cells_; ++c, sums += l.layer.columns) add_row(rings_[layer].at(c, s.source, row), l.layer.bias.data(), sums);
  }
  multiply(l.layer, 0);
  sums = w_.sums.data();
  for (const ColumnStep& s : l.steps) {
    for (std::int64_t c = 0; c < cells_; ++c, sums += l.layer.columns) finish(l.layer, sums, rings_[layer + 1].at(c, s.emits, row));
  }
}

template <class E>
void Run<E>::taps(int layer, std::int64_t row) {
  const auto& l = plan_.columns()[layer];
  const auto [from, to] = mine(l.layer.columns);
  const auto kept = [&](int k, std::int64_t c) { return w_.kept.data() + (static_cast<std::size_t>(k) * cells_ + c) * l.layer.columns; };
  for (const ColumnStep& s : l.steps) {
    begin();
    for (std::int64_t c = 0; c < cells_; ++c) {
      S* const sums = w_.sums.data() + c * l.layer.columns;
      // A row that was never pushed is never asked for: what would look at it is of a class that stands nearer the edge.
      const E* const x = rings_[layer].at(c, s.source, std::max<std::int64_t>(0, row - s.delay));
      add_row(x, s.from == ColumnStep::kBias ? l.layer.bias.data() : s.from == ColumnStep::kGoesOn ? sums : kept(s.from, c), sums);
    }
    multiply(l.layer, s.tap);
    for (std::int64_t c = 0; c < cells_; ++c) {
      const S* const sums = w_.sums.data() + c * l.layer.columns;
      if (s.keeps >= 0) std::copy(sums + from, sums + to, kept(s.keeps, c) + from);
      if (s.emits >= 0) finish(l.layer, sums, rings_[layer + 1].at(c, s.emits, row));
    }
  }
}

// What the columns that are there at step n contribute to it and to the steps that follow.
template <class E>
void Run<E>::look_ahead(std::int64_t n) {
  const Packed<E>& l = plan_.stages()[0].layer;
  const auto [from, to] = mine(l.columns);
  const int T = plan_.window(), ahead = p_.ahead();
  for (std::int64_t c = 0; c < cells_; ++c) {
    for (int b = 0; b < ahead; ++b) std::copy(l.bias.data() + from, l.bias.data() + to, p_.known(first_ + c, n + b) + from);
  }
  for (int j = 0; j + 1 < T; ++j) {
    begin();
    for (std::int64_t c = 0; c < cells_; ++c) {
      for (int b = 0; b < ahead && j + b + 1 < T; ++b) {
        S* const sums = p_.known(first_ + c, n + b);
        add_row(rings_.back().at(c, plan_.classes()[j], n + b + j), sums, sums);
      }
    }
    multiply(l, j);
  }
}

// What the columns that came since then contribute.
template <class E>
void Run<E>::project(std::int64_t n) {
  const HeadLayer<E>& h = plan_.stages()[0];
  const int T = plan_.window();
  const int b = static_cast<int>(n % p_.ahead());
  if (b == 0) look_ahead(n);
  for (int j = T - 1 - b; j < T; ++j) {
    begin();
    for (std::int64_t c = 0; c < cells_; ++c) {
      S* const sums = p_.known(first_ + c, n);
      add_row(rings_.back().at(c, plan_.classes()[j], n + j), sums, sums);
    }
    multiply(h.layer, j);
  }
  gates_.clear();
  if (h.layer.gates) {
    for (std::int64_t c = 0; c < cells_; ++c) gates_.push_back(p_.known(first_ + c, n));
    return;
  }
  final_ = plan_.stages().size() == 1;
  E* const to = other();
  for (std::int64_t c = 0; c < cells_; ++c) {
    if (final_) finish(h.layer, p_.known(first_ + c, n), w_.last.data() + c * h.layer.columns);
    else finish(h.layer, p_.known(first_ + c, n), to + c * h.layer.columns);
  }
  taken(1, h.layer.out);
  team_.wait();
}

template <class E>
void Run<E>::window(std::int64_t n) {
  const int T = plan_.window(), features = plan_.features_of_columns();
  E* const to = other();
  const int width = padded<E>(features);
  for (std::int64_t c = 0; member_ == 0 && c < cells_; ++c) {
    for (int j = 0; j < T; ++j) {
      std::copy_n(rings_.back().at(c, plan_.classes()[j], n + j), width, to + (static_cast<std::size_t>(c) * T + j) * width);
    }
  }
  taken(T, features);
  team_.wait();
}

// As the first stage the newest column, later on the last step: both are there.
template <class E>
void Run<E>::newest(std::int64_t n) {
  if (values_ == nullptr) {
    values_ = rings_.back().at(0, plan_.classes().back(), n + plan_.window() - 1);
    stride_ = rings_.back().stride;
    features_ = plan_.features_of_columns();
    width_ = padded<E>(features_);
  } else {
    values_ += static_cast<std::size_t>(steps_ - 1) * width_;
  }
  steps_ = 1;
}

template <class E>
void Run<E>::traces(const HeadLayer<E>& h, int stage) {
  const auto [from, to] = mine(padded<E>(h.units));
  E* const out = other();
  for (std::int64_t c = 0; c < cells_; ++c) {
    plan_.kernels().leak(to - from, h.decay.data() + from, value(c, 0) + from, p_.kept_sums(stage, first_ + c) + from, out + c * width_ + from);
  }
  taken(1, h.units);
  team_.wait();
}

template <class E>
void Run<E>::elm(const HeadLayer<E>& h, int stage) {
  const int width = padded<E>(h.units);
  const auto [from, to] = mine(width);
  E *const leaked = w_.values[2].data(), *const out = other();
  S* const sums = w_.sums.data();
  for (std::int64_t c = 0; c < cells_; ++c) {
    plan_.kernels().leak(to - from, h.decay.data() + from, nullptr, p_.kept_sums(stage, first_ + c) + from, leaked + c * width + from);
  }
  team_.wait();
  begin();
  for (std::int64_t c = 0; c < cells_; ++c) add_row(value(c, 0), h.layer.bias.data(), sums + c * h.layer.columns);
  multiply(h.layer, 0);
  begin();
  for (std::int64_t c = 0; c < cells_; ++c) add_row(leaked + c * width, sums + c * h.layer.columns, sums + c * h.layer.columns);
  multiply(h.recurrent, 0);
  team_.wait();  // by now all have read what lies where the hidden layer is written
  E* const hidden = leaked;
  for (std::int64_t c = 0; c < cells_; ++c) finish(h.layer, sums + c * h.layer.columns, hidden + c * h.layer.columns);
  team_.wait();
  begin();
  for (std::int64_t c = 0; c < cells_; ++c) add_row(hidden + c * h.layer.columns, h.update.bias.data(), sums + c * width);
  multiply(h.update, 0);
  for (std::int64_t c = 0; c < cells_; ++c) {
    S* const added = sums + c * width;
    finish(h.update, added, added);
    plan_.kernels().accumulate(to - from, added + from, p_.kept_sums(stage, first_ + c) + from, out + c * width + from);
  }
  taken(1, h.units);
  team_.wait();
}

template <class E>
void Run<E>::matrix(const HeadLayer<E>& h, bool last) {
  const Packed<E>& l = h.layer;
  S* const sums = l.gates ? w_.gates.data() : w_.sums.data();
  for (int q = 0; q < l.taps; ++q) {  // the newest first
    begin();
    for (std::int64_t c = 0; c < cells_; ++c) {
      for (std::int64_t t = static_cast<std::int64_t>(q) * l.dilation; t < steps_; ++t) {
        S* const to = sums + (c * steps_ + t) * l.columns;
        add_row(value(c, static_cast<int>(t - static_cast<std::int64_t>(q) * l.dilation)), q == 0 ? l.bias.data() : to, to);
      }
    }
    multiply(l, l.taps - 1 - q);
  }
  gates_.clear();
  if (l.gates) {
    for (std::int64_t c = 0; c < cells_; ++c) gates_.push_back(sums + c * l.columns);
    return;
  }
  final_ = last;
  E* const to = other();
  for (std::int64_t r = 0; r < cells_ * steps_; ++r) {
    if (last) finish(l, sums + r * l.columns, w_.last.data() + r * l.columns);
    else finish(l, sums + r * l.columns, to + r * l.columns);
  }
  taken(steps_, l.out);
  team_.wait();
}

template <class E>
void Run<E>::lstm(const HeadLayer<E>& h, int stage) {
  const Packed<E>& u = h.recurrent;
  const auto [from, to] = mine(u.columns);
  const int width = padded<E>(h.units), T = h.steps;
  const bool given = h.layer.taps == 0;
  if (!given) {
    begin();
    for (std::int64_t r = 0; r < cells_ * T; ++r) add_row(value(r / T, static_cast<int>(r % T)), h.layer.bias.data(), w_.sums.data() + r * u.columns);
    multiply(h.layer, 0);
  }
  E* const out = other();
  const auto hidden = [&](std::int64_t c, int t) { return out + (c * T + t) * width; };
  const auto before = [&](std::int64_t c, int t) { return t > 0 ? hidden(c, t - 1) : p_.kept_values(stage, first_ + c); };
  const auto state = [&](std::int64_t c) { return h.stateful ? p_.kept_sums(stage, first_ + c) : w_.units.data() + c * width; };
  for (std::int64_t c = 0; !h.stateful && c < cells_; ++c) std::fill(state(c) + from / 4, state(c) + to / 4, S(0));
  for (int t = 0; t < T; ++t) {
    const auto sums = [&](std::int64_t c) { return w_.sums.data() + (given ? c : c * T + t) * u.columns; };
    const auto input = [&](std::int64_t c) { return given ? gates_[c] : sums(c); };
    const bool goes_on = t > 0 || h.stateful;  // else h is 0 before the first
    if (goes_on) {
      begin();
      for (std::int64_t c = 0; c < cells_; ++c) add_row(before(c, t), input(c), sums(c));
      multiply(u, 0);
    }
    for (std::int64_t c = 0; from < to && c < cells_; ++c) {
      plan_.kernels().lstm((to - from) / (4 * kBlock<E>), (goes_on ? sums(c) : input(c)) + from, state(c) + from / 4, hidden(c, t) + from / 4);
    }
    team_.wait();
  }
  for (std::int64_t c = 0; h.stateful && c < cells_; ++c) std::copy(hidden(c, 0) + from / 4, hidden(c, 0) + to / 4, before(c, 0) + from / 4);
  taken(T, h.units);
  if (!h.sequences) {
    values_ += static_cast<std::size_t>(T - 1) * width;
    steps_ = 1;
  }
}

template <class E>
void Run<E>::scale(const HeadLayer<E>& h) {
  const Packed<E>& l = h.layer;
  const auto [from, to] = mine(l.columns);
  E* const out = other();
  for (std::int64_t r = 0; r < cells_ * steps_; ++r) {
    const E* const x = value(r / steps_, static_cast<int>(r % steps_));
    S* const sums = w_.sums.data() + r * l.columns;
    std::transform(x + from, x + to, sums + from, [](E x) { return summed(x); });
    finish(l, sums, out + r * l.columns);
  }
  taken(steps_, l.out);
  team_.wait();
}

template <class E>
void Run<E>::repeat(const HeadLayer<E>& h) {
  E* const out = other();
  for (std::int64_t r = 0; member_ == 0 && r < cells_ * h.steps; ++r) std::copy_n(value(r / h.steps, 0), width_, out + r * width_);
  taken(h.steps, features_);
  team_.wait();
}

template <class E>
void Run<E>::flatten() {
  const int features = features_ * steps_;
  const int width = padded<E>(features);
  E* const out = other();
  for (std::int64_t c = 0; member_ == 0 && c < cells_; ++c) {
    E* to = std::fill_n(out + c * width, 0, E{});
    for (int t = 0; t < steps_; ++t) to = std::copy_n(value(c, t), features_, to);
    std::fill(to, out + (c + 1) * width, E{});
  }
  taken(1, features);
  team_.wait();
}

template <class E>
void Run<E>::mean() {
  E* const out = other();
  for (std::int64_t c = 0; member_ == 0 && c < cells_; ++c) {
    for (int i = 0; i < width_; ++i) {
      S sum = 0;
      for (int t = 0; t < steps_; ++t) sum += summed(value(c, t)[i]);
      out[c * width_ + i] = stored<E>(sum / static_cast<S>(steps_));
    }
  }
  taken(1, features_);
  team_.wait();
}

template <class E>
void Run<E>::apply(const SurrogateEvents& events, std::size_t from, std::size_t to) {
  const bool overwrite = p_.options().overwrite;
  for (; from != to; ++from) {
    S& x = p_.row(events.cell[from])[events.channel[from]];
    const S value = static_cast<S>(events.value[from]);
    x = overwrite ? value : x + value;
  }
}

// The prediction of step n: recorded, and fed back into the next sample.
template <class E>
void Run<E>::conclude(std::int64_t n, double* recorded) {
  gain_.clear();
  for (const Output& o : p_.outputs()) gain_.push_back(o.limit + o.amplitude * std::pow(o.decay, static_cast<double>(n)));
  for (std::int64_t c = 0; c < cells_; ++c) {
    S* const next = p_.row(first_ + c);
    std::fill_n(next, plan_.channels(), S(0));
    for (int t = 0; t < steps_; ++t) {
      const std::size_t at = (c * steps_ + t) * width_;
      for (int i = 0; i < features_; ++i, ++recorded) {
        double y = static_cast<double>(final_ ? w_.last[at + i] : summed(value(c, t)[i]));
        if (!p_.outputs().empty()) {
          const Output& o = p_.outputs()[t * features_ + i];
          y = gain_[t * features_ + i] * (o.a * y + o.b);
          if (o.channel >= 0) next[o.channel] = static_cast<S>(o.c * y + o.d);
        }
        *recorded = y;
      }
    }
  }
}

template <class E>
void Run<E>::step(std::int64_t n, double* recorded) {
  push(n + plan_.window() - 1);
  const auto& stages = plan_.stages();
  final_ = false;
  values_ = nullptr;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    const HeadLayer<E>& h = stages[i];
    switch (h.kind) {
      case StageKind::projection: project(n); break;
      case StageKind::window: window(n); break;
      case StageKind::matrix: matrix(h, i + 1 == stages.size()); break;
      case StageKind::lstm: lstm(h, static_cast<int>(i)); break;
      case StageKind::newest: newest(n); break;
      case StageKind::traces: traces(h, static_cast<int>(i)); break;
      case StageKind::elm: elm(h, static_cast<int>(i)); break;
      case StageKind::scale: scale(h); break;
      case StageKind::repeat: repeat(h); break;
      case StageKind::flatten: flatten(); break;
      case StageKind::mean: mean(); break;
    }
  }
  if (member_ == 0) conclude(n, recorded);
  team_.wait();
}

}  // namespace

std::shared_ptr<SurrogatePlan> SurrogatePlan::create(int window, int channels, NumberFormat format, int isa) {
  require(window >= 1 && channels >= 1, "a window has 1 sample or more, and a sample 1 channel or more");
  switch (format) {
    case NumberFormat::f64: return std::make_shared<PlanOf<double>>(window, channels, layer_kernels<double>(isa));
    case NumberFormat::f32: return std::make_shared<PlanOf<float>>(window, channels, layer_kernels<float>(isa));
    default: return std::make_shared<PlanOf<BFloat16>>(window, channels, layer_kernels<BFloat16>(isa));
  }
}

}  // namespace galvani
