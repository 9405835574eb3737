// Plans of surrogates through the C ABI, on every ISA of this machine and in every format, against the whole window in plain loops.
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "check.h"
#include "galvani.h"

namespace {

using Numbers = std::vector<double>;

constexpr int kWindow = 7, kChannels = 3, kFilters = 20, kHidden = 18, kUnits = 17, kRepeats = 3;

// A causal convolution of two taps with dilation 2 behind one of one tap, the flattened window into an LSTM of three equal steps, a mean, and
// a matrix of one output, which is fed back to channel 0.
struct Network {
  std::vector<float> first, first_bias, second, second_bias, input, input_bias, recurrent, last, last_bias;

  Network() {
    std::mt19937 random(1);
    const auto fill = [&](std::vector<float>& w, int in, int out) {
      w.resize(static_cast<std::size_t>(in) * out);
      for (float& x : w) x = (static_cast<float>(random()) / 4294967296.f - 0.5f) * 2 / std::sqrt(static_cast<float>(in));
    };
    fill(first, kChannels, kFilters), fill(first_bias, 1, kFilters);
    fill(second, 2 * kFilters, kHidden), fill(second_bias, 1, kHidden);
    fill(input, kWindow * kHidden, 4 * kUnits), fill(input_bias, 1, 4 * kUnits);
    fill(recurrent, kUnits, 4 * kUnits);
    fill(last, kUnits, 1), fill(last_bias, 1, 1);
  }
};

// [rows][kChannels] of a window → the prediction.
double predict(const Network& n, const Numbers& window) {
  const auto sigmoid = [](double x) { return 1 / (1 + std::exp(-x)); };
  std::vector<Numbers> a(kWindow, Numbers(kFilters)), b(kWindow, Numbers(kHidden));
  for (int t = 0; t < kWindow; ++t) {
    for (int o = 0; o < kFilters; ++o) {
      double sum = n.first_bias[o];
      for (int i = 0; i < kChannels; ++i) sum += window[t * kChannels + i] * n.first[i * kFilters + o];
      a[t][o] = std::fmax(0, sum);
    }
    for (int o = 0; o < kHidden; ++o) {
      double sum = n.second_bias[o];
      for (int tap = 0; tap < 2; ++tap) {
        const int at = t - (1 - tap) * 2;
        for (int i = 0; at >= 0 && i < kFilters; ++i) sum += a[at][i] * n.second[(tap * kFilters + i) * kHidden + o];
      }
      b[t][o] = std::tanh(sum);
    }
  }
  Numbers h(kUnits), c(kUnits), mean(kUnits);
  for (int step = 0; step < kRepeats; ++step) {
    Numbers z(4 * kUnits);
    for (int j = 0; j < 4 * kUnits; ++j) {
      z[j] = n.input_bias[j];
      for (int t = 0; t < kWindow; ++t) {
        for (int i = 0; i < kHidden; ++i) z[j] += b[t][i] * n.input[(t * kHidden + i) * 4 * kUnits + j];
      }
      for (int i = 0; i < kUnits; ++i) z[j] += h[i] * n.recurrent[i * 4 * kUnits + j];
    }
    for (int u = 0; u < kUnits; ++u) {
      c[u] = sigmoid(z[kUnits + u]) * c[u] + sigmoid(z[u]) * std::tanh(z[2 * kUnits + u]);
      h[u] = sigmoid(z[3 * kUnits + u]) * std::tanh(c[u]);
      mean[u] += h[u] / kRepeats;
    }
  }
  double y = n.last_bias[0];
  for (int u = 0; u < kUnits; ++u) y += mean[u] * n.last[u];
  return y;
}

struct Free {
  void operator()(gv_plan* p) const { gv_plan_destroy(p); }
  void operator()(gv_surrogates* s) const { gv_surrogates_destroy(s); }
};
using Plan = std::unique_ptr<gv_plan, Free>;
using Surrogates = std::unique_ptr<gv_surrogates, Free>;

gv_layer layer(const std::vector<float>& kernel, const std::vector<float>& bias, int taps, int in, int out, int activation, int gates = 0) {
  return {kernel.data(), bias.data(), nullptr, nullptr, taps, in, out, 1, activation, gates};
}

int32_t stage(gv_plan* p, int32_t kind, const gv_layer* l = nullptr, const std::int32_t* classes = nullptr, const float* recurrent = nullptr,
              int32_t units = 0, int32_t steps = 0, int32_t sequences = 0) {
  const gv_stage s{l, nullptr, classes, recurrent, nullptr, kind, units, steps, sequences, 0, 0};
  return gv_plan_stage(p, &s);
}

Plan plan_of(const Network& n, int numbers, int isa) {
  gv_plan* p = nullptr;
  CHECK(gv_plan_create(kWindow, kChannels, numbers, isa, &p) == GV_OK);
  const gv_layer first = layer(n.first, n.first_bias, 1, kChannels, kFilters, GV_RELU);
  const gv_column_step one{-1, 0, 0, 0, 0, -1};
  CHECK(gv_plan_columns(p, &first, 1, 1, &one) == GV_OK);
  const gv_layer second = layer(n.second, n.second_bias, 2, kFilters, kHidden, GV_TANH);
  const gv_column_step both[] = {{-1, 1, 0, 0, 1, -1}, {-2, 0, 2, 0, 0, -1}};  // with the newest tap alone: class 1, at the left edge
  CHECK(gv_plan_columns(p, &second, 2, 2, both) == GV_OK);
  const gv_layer input = layer(n.input, n.input_bias, kWindow, kHidden, 4 * kUnits, GV_LINEAR, 1);
  const std::array<std::int32_t, kWindow> classes{1, 1, 0, 0, 0, 0, 0};
  CHECK(stage(p, GV_PROJECTION, &input, classes.data(), nullptr, 0, 0, 0) == GV_OK);
  CHECK(stage(p, GV_LSTM, nullptr, nullptr, n.recurrent.data(), kUnits, kRepeats, 1) == GV_OK);
  CHECK(stage(p, GV_MEAN, nullptr, nullptr, nullptr, 0, 0, 0) == GV_OK);
  const gv_layer last = layer(n.last, n.last_bias, 1, kUnits, 1, GV_LINEAR);
  CHECK(stage(p, GV_MATRIX, &last, nullptr, nullptr, 0, 0, 0) == GV_OK);
  return Plan(p);
}

constexpr gv_output kFedBack{1, 0, 0.5, 0.125, 1, 0, 0, 0, 0};

Surrogates surrogates(const Plan& p, int cells, int threads, int look_ahead) {
  gv_surrogates* s = nullptr;
  CHECK(gv_surrogates_create(p.get(), cells, threads, look_ahead, 0, 1, &kFedBack, &s) == GV_OK);
  return Surrogates(s);
}

Numbers start_of(int cells) {
  Numbers w(static_cast<std::size_t>(cells) * kWindow * kChannels);
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = i % 3 == 2 ? 0 : std::sin(static_cast<double>(i));
  return w;
}

// Each cell has one event a step, on channel 1 or 2.
struct Events {
  std::vector<std::int64_t> step;
  std::vector<std::int32_t> cell, channel;
  Numbers value;
  Events(int cells, int steps) {
    for (int s = 0; s < steps; ++s) {
      for (int c = 0; c < cells; ++c) step.push_back(s), cell.push_back(c), channel.push_back(1 + (s + c) % 2), value.push_back(0.25 * (c % 5));
    }
  }
};

Numbers advance(const Surrogates& s, int cells, int steps) {
  const Events e(cells, steps);
  Numbers recorded(static_cast<std::size_t>(cells) * steps);
  CHECK(gv_surrogates_advance(s.get(), steps, static_cast<std::int64_t>(e.step.size()), e.step.data(), e.cell.data(), e.channel.data(),
                              e.value.data(), recorded.data()) == GV_OK);
  return recorded;
}

Numbers expected(const Network& n, int cells, int steps) {
  const Numbers start = start_of(cells);
  const Events e(cells, steps);
  Numbers recorded(static_cast<std::size_t>(cells) * steps);
  for (int c = 0; c < cells; ++c) {
    Numbers w(start.begin() + c * kWindow * kChannels, start.begin() + (c + 1) * kWindow * kChannels);
    for (int s = 0; s < steps; ++s) {
      const std::size_t i = static_cast<std::size_t>(s) * cells + c;
      w[(kWindow - 1) * kChannels + e.channel[i]] += e.value[i];
      recorded[i] = predict(n, w);
      w.erase(w.begin(), w.begin() + kChannels);
      w.insert(w.end(), {kFedBack.c * recorded[i] + kFedBack.d, 0, 0});
    }
  }
  return recorded;
}

constexpr double kBound[] = {1e-14, 1e-6, 2e-2};  // by format; predictions are about 0.1

}  // namespace

TEST(every_isa_and_format_computes_the_window) {
  const Network n;
  constexpr int steps = 20;
  for (int isa = 0; isa <= gv_best_isa(); ++isa) {
    for (int numbers : {GV_NUMBERS_F64, GV_NUMBERS_F32, GV_NUMBERS_BF16}) {
      const Plan p = plan_of(n, numbers, isa);
      for (int cells : {1, 2, 7, 40}) {
        const galvani::test::Part part("isa " + std::to_string(isa) + ", format " + std::to_string(numbers) + ", " + std::to_string(cells) + " cells");
        const Numbers right = expected(n, cells, steps), start = start_of(cells);
        Numbers one;
        for (int threads : {1, 2}) {
          for (int ahead : {1, 4, 50}) {
            const Surrogates s = surrogates(p, cells, threads, ahead);
            CHECK(gv_surrogates_start(s.get(), cells, start.data()) == GV_OK);
            const Numbers found = advance(s, cells, steps);
            for (std::size_t i = 0; i < found.size(); ++i) CHECK_NEAR(found[i], right[i], kBound[numbers]);
            if (ahead == 4 && threads == 1) one = found;
            if (ahead == 4) CHECK(found == one);
            CHECK(gv_surrogates_steps(s.get()) == steps && gv_surrogates_memory(s.get()) > 0);
          }
        }
      }
    }
  }
}

TEST(a_state_goes_on_elsewhere) {
  const Network n;
  constexpr int cells = 5;
  const Numbers start = start_of(cells);
  for (int numbers : {GV_NUMBERS_F64, GV_NUMBERS_F32, GV_NUMBERS_BF16}) {
    const Plan p = plan_of(n, numbers, gv_best_isa());
    const Surrogates a = surrogates(p, cells, 1, 4), b = surrogates(p, cells, 2, 4);
    CHECK(gv_surrogates_start(a.get(), cells, start.data()) == GV_OK);
    advance(a, cells, 10);
    std::vector<char> state(gv_surrogates_state_size(a.get()));
    CHECK(gv_surrogates_save(a.get(), static_cast<std::int64_t>(state.size()), state.data()) == GV_OK);
    CHECK(gv_surrogates_load(b.get(), static_cast<std::int64_t>(state.size()), state.data()) == GV_OK);
    const Numbers found = advance(a, cells, 9);
    CHECK(advance(b, cells, 9) == found);
    for (int isa = 0; isa < gv_best_isa(); ++isa) {  // sums differ in their last digits
      const Surrogates other = surrogates(plan_of(n, numbers, isa), cells, 1, 4);
      CHECK(gv_surrogates_state_size(other.get()) == static_cast<std::int64_t>(state.size()));
      CHECK(gv_surrogates_load(other.get(), static_cast<std::int64_t>(state.size()), state.data()) == GV_OK);
      const Numbers there = advance(other, cells, 9);
      for (std::size_t i = 0; i < found.size(); ++i) CHECK_NEAR(there[i], found[i], kBound[numbers]);
    }
    CHECK(gv_surrogates_save(a.get(), static_cast<std::int64_t>(state.size()) - 1, state.data()) == GV_INVALID);
    CHECK(gv_surrogates_load(a.get(), 8, state.data()) == GV_INVALID);
  }
}

TEST(plans_refuse_what_does_not_fit) {
  const Network n;
  gv_plan* raw = nullptr;
  CHECK(gv_plan_create(0, 1, GV_NUMBERS_F64, 0, &raw) == GV_INVALID);
  CHECK(gv_plan_create(1, 0, GV_NUMBERS_F64, 0, &raw) == GV_INVALID);
  CHECK(gv_plan_create(1, 1, 3, 0, &raw) == GV_INVALID);
  CHECK(gv_plan_create(1, 1, 0, 3, &raw) == GV_INVALID);
  CHECK(gv_plan_create(kWindow, kChannels, GV_NUMBERS_F32, 0, &raw) == GV_OK);
  const Plan p(raw);
  const gv_layer first = layer(n.first, n.first_bias, 1, kChannels, kFilters, GV_RELU);
  gv_layer narrow = first, nameless = first, empty = first, scale = first;
  narrow.in = 2;
  nameless.activation = 5;
  empty.kernel = nullptr;
  const double factors[kFilters] = {};
  scale.scale = factors;
  const gv_column_step one{-1, 0, 0, 0, 0, -1};
  for (const gv_layer* bad : {&narrow, &nameless, &empty, &scale}) CHECK(gv_plan_columns(p.get(), bad, 1, 1, &one) == GV_INVALID);
  for (const gv_column_step& bad : {gv_column_step{0, 0, 0, 0, 0, -1}, {-2, 0, 0, 0, 0, -1}, {-1, 1, 0, 0, 0, -1}, {-1, 0, kWindow, 0, 0, -1},
                                    {-1, 0, 0, 1, 0, -1}, {-1, 0, 0, 0, 1, -1}, {-1, 0, 0, 0, -1, -1}, {-3, 0, 0, 0, 0, -1}}) {
    CHECK(gv_plan_columns(p.get(), &first, 1, 1, &bad) == GV_INVALID);
  }
  CHECK(gv_plan_columns(p.get(), &first, 0, 1, &one) == GV_INVALID);
  gv_surrogates* s = nullptr;
  CHECK(gv_surrogates_create(p.get(), 1, 1, 1, 0, 0, nullptr, &s) == GV_INVALID);  // not complete
  CHECK(stage(p.get(), GV_MEAN, nullptr, nullptr, nullptr, 0, 0, 0) == GV_INVALID);
  CHECK(stage(p.get(), 11, nullptr, nullptr, nullptr, 0, 0, 0) == GV_INVALID);
  const std::int32_t beyond[kWindow] = {0, 0, 0, 0, 0, 0, 1};
  CHECK(stage(p.get(), GV_WINDOW, nullptr, beyond, nullptr, 0, 0, 0) == GV_INVALID);

  const Plan whole = plan_of(n, GV_NUMBERS_F32, 0);
  const gv_layer last = layer(n.last, n.last_bias, 1, kUnits, 1, GV_LINEAR);
  CHECK(gv_plan_columns(whole.get(), &first, 1, 1, &one) == GV_INVALID);                                    // columns come first
  CHECK(stage(whole.get(), GV_MATRIX, &last, nullptr, nullptr, 0, 0, 0) == GV_INVALID);             // 1 number, not 17
  CHECK(stage(whole.get(), GV_LSTM, nullptr, nullptr, n.recurrent.data(), kUnits, 3, 1) == GV_INVALID);
  CHECK(stage(whole.get(), GV_REPEAT, nullptr, nullptr, nullptr, 0, 0, 0) == GV_INVALID);
  CHECK(gv_surrogates_create(whole.get(), 0, 1, 1, 0, 0, nullptr, &s) == GV_INVALID);
  CHECK(gv_surrogates_create(whole.get(), 1, 1, 0, 0, 0, nullptr, &s) == GV_INVALID);
  gv_output lost = kFedBack;
  lost.channel = kChannels;
  CHECK(gv_surrogates_create(whole.get(), 1, 1, 1, 0, 1, &lost, &s) == GV_INVALID);
  const gv_output two[] = {kFedBack, kFedBack};
  CHECK(gv_surrogates_create(whole.get(), 1, 1, 1, 0, 2, two, &s) == GV_INVALID);

  const Surrogates cells = surrogates(whole, 2, 1, 4);
  const Numbers start = start_of(3);
  CHECK(gv_surrogates_start(cells.get(), 3, start.data()) == GV_INVALID);
  CHECK(gv_surrogates_start(cells.get(), 1, start.data()) == GV_OK);
  double recorded[4];
  const std::int64_t step[] = {2};
  const std::int32_t zero[] = {0}, far[] = {3};
  const double value[] = {1};
  CHECK(gv_surrogates_advance(cells.get(), 2, 1, step, zero, zero, value, recorded) == GV_INVALID);
  const std::int64_t now[] = {0};
  CHECK(gv_surrogates_advance(cells.get(), 2, 1, now, far, zero, value, recorded) == GV_INVALID);
  CHECK(gv_surrogates_advance(cells.get(), 2, 1, now, zero, far, value, recorded) == GV_INVALID);
  CHECK(gv_surrogates_advance(cells.get(), -1, 0, nullptr, nullptr, nullptr, nullptr, recorded) == GV_INVALID);
  CHECK(gv_surrogates_steps(cells.get()) == 0);
  CHECK(gv_surrogates_advance(cells.get(), 2, 1, now, zero, zero, value, recorded) == GV_OK);
  const double huge[] = {1e300};
  CHECK(gv_surrogates_advance(cells.get(), 2, 1, now, zero, zero, huge, recorded) == GV_DIVERGED);
}

int main(int argc, char** argv) { return galvani::test::run(argc, argv); }
