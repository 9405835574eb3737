// The engine through the C ABI: the scheme against closed forms and a dense solve, and what must not change a result: layout of the
// blocks, instruction set, threads, cuts into intervals, saving and loading, one parameter a lane.
#include <random>

#include "cable/cubics.h"
#include "model.h"

using namespace galvani::test;

namespace {

template <class F>
void each_precision(F&& f) {
  for (int precision : {GV_F64, GV_MIXED, GV_F32}) {
    const Part part(kPrecisionNames[precision]);
    f(precision);
  }
}
template <class F>
void each_mode(F&& f) {  // precision and rates
  each_precision([&](int precision) {
    for (int rates : {GV_EXACT, GV_POLY}) {
      const Part part(kRateNames[rates]);
      f(precision, rates);
    }
  });
}
template <class F>
void each_isa(F&& f) {
  for (int isa = 0; isa <= gv_best_isa(); ++isa) {
    const Part part(kIsaNames[isa]);
    f(isa);
  }
}

// Largest difference of two recordings of cells [0, cells).
double distance(const Samples& a, const Samples& b, std::size_t cells) {
  double worst = 0;
  for (std::size_t c = 0; c < cells; ++c) {
    if (a[c].size() != b[c].size()) return HUGE_VAL;
    for (std::size_t i = 0; i < a[c].size(); ++i) {
      const double d = std::fabs(a[c][i] - b[c][i]);
      worst = std::isnan(d) ? HUGE_VAL : std::fmax(worst, d);
    }
  }
  return worst;
}

#if defined(__SANITIZE_ADDRESS__)
constexpr long kSteps = 100;  // the sanitizers are slow, and see in 2.5 ms what they would see in 20
#else
constexpr long kSteps = 800;  // 20 ms
#endif

// How far the order of operations may move a voltage (mV) or any other recorded quantity of the busy cell in 20 ms: its rounding,
// grown 10 to 100 times by the instability of two upstrokes. 5.5e-3 was measured in float32, which sums conductances and currents too.
double rounding(int precision) { return precision == GV_F64 ? 1e-10 : 8e-3; }

// All that comes out of the busy cell: spikes, state, recordings of every kind.
struct Outcome {
  std::vector<Spike> spikes;
  std::vector<char> state;
  std::vector<Samples> recorded;
  bool operator==(const Outcome&) const = default;
};

std::vector<gv_probe> probes(const Busy& busy) {
  return {voltage(Busy::soma), voltage(Busy::tip, 3), at_node(GV_SODIUM, Busy::soma), at_node(GV_POTASSIUM, Busy::soma, 2),
          at_node(GV_CALCIUM, 10), at_node(GV_CAI, 10), at_node(GV_ECA, 10, 7), state(busy.hh, 0, 2), state(busy.alpha, 0, 1),
          state(busy.nmda, 0, 2), point_current(busy.nmda, 0), point_current(busy.clamp, 0, 5)};
}

// Runs the busy cell in the given cuts.
Outcome run_busy(const Busy& busy, const Options& options, const std::vector<long>& cuts = {kSteps}) {
  Population p(busy.cell, options);
  for (const gv_probe& probe : probes(busy)) p.record(probe);
  const std::vector<Event> events = busy.events(options.cells);
  long now = 0;
  for (long cut : cuts) {
    p.advance(cut - now, due(events, options.dt, now, cut));
    now = cut;
  }
  Outcome r{p.spikes, p.save(), {}};
  for (std::size_t i = 0; i < probes(busy).size(); ++i) r.recorded.push_back(p.take(static_cast<int>(i)));
  return r;
}

// One step of backward Euler on a passive tree with a current at one node, by elimination on the full matrix.
void dense_step(const Cell& cell, double g, double e, int clamp, double nA, double dt, std::vector<long double>& v) {
  const int n = cell.nodes();
  std::vector<std::vector<long double>> a(n, std::vector<long double>(n + 1, 0));
  for (int i = 0; i < n; ++i) {
    a[i][i] += 1e-2L * cell.area[i] * (1e-3L * cell.cm[i] / dt + g);
    a[i][n] += -1e-2L * cell.area[i] * g * (v[i] - e) + (i == clamp ? nA : 0);
    if (i == 0) continue;
    const int p = cell.parent[i];
    const long double axial = 1 / static_cast<long double>(cell.ri[i]);
    a[i][i] += axial, a[p][p] += axial, a[i][p] -= axial, a[p][i] -= axial;
    a[i][n] += axial * (v[p] - v[i]), a[p][n] -= axial * (v[p] - v[i]);
  }
  for (int k = 0; k < n; ++k) {
    int pivot = k;
    for (int i = k + 1; i < n; ++i) {
      if (fabsl(a[i][k]) > fabsl(a[pivot][k])) pivot = i;
    }
    std::swap(a[k], a[pivot]);
    for (int i = k + 1; i < n; ++i) {
      const long double f = a[i][k] / a[k][k];
      if (f == 0) continue;
      for (int j = k; j <= n; ++j) a[i][j] -= f * a[k][j];
    }
  }
  std::vector<long double> dv(n);
  for (int i = n - 1; i >= 0; --i) {
    long double x = a[i][n];
    for (int j = i + 1; j < n; ++j) x -= a[i][j] * dv[j];
    dv[i] = x / a[i][i];
  }
  for (int i = 0; i < n; ++i) v[i] += dv[i];
}

}  // namespace

// ---- the scheme ------------------------------------------------------------------------------------------------------

// Backward Euler: v − e shrinks by 1 + dt/tau every step.
TEST(membrane_decays_by_its_time_constant) {
  Cell cell = compartment();
  cell.insert("pas", {0}, {{"g", 1e-4}, {"e", -70}});  // tau 10 ms
  each_isa([&](int isa) {
    each_precision([&](int precision) {
      Population p(cell, {.cells = 3, .precision = precision, .isa = isa, .v_init = -20});
      const int r = p.record(voltage(0));
      p.advance(1000);
      const Samples v = p.take(r);
      for (int k = 0; k <= 1000; ++k) {
        for (int c = 0; c < 3; ++c) CHECK_NEAR(v[c][k], -70 + 50 * std::pow(1 + 0.0025, -k), precision == GV_F32 ? 1e-3 : precision == GV_MIXED ? 2e-6 : 1e-12);
        if (precision == GV_F64) CHECK_NEAR(v[0][k], -70 + 50 * std::exp(-0.0025 * k), 50 * 0.0025 / 2 / 2.7);
      }
    });
  });
}

TEST(passive_tree_follows_a_dense_solve) {
  Cell cell = tree();
  cell.insert("pas", with_area(cell), {{"g", 2e-4}, {"e", -70}});
  const int clamp = 40;
  cell.insert("IClamp", {clamp}, {{"dur", 1e9}, {"amp", 0.3}});
  std::vector<long double> dense(cell.nodes(), -65);
  std::vector<std::vector<double>> exact(cell.nodes());
  for (int k = 0; k < 120; ++k) {
    dense_step(cell, 2e-4, -70, clamp, 0.3, 0.025, dense);
    for (int i = 0; i < cell.nodes(); ++i) exact[i].push_back(static_cast<double>(dense[i]));
  }
  each_isa([&](int isa) {
    each_precision([&](int precision) {
      for (int cells : {1, 64}) {
        const Part part(std::to_string(cells) + " cells");
        Population p(cell, {.cells = cells, .precision = precision, .isa = isa});
        for (int i = 0; i < cell.nodes(); ++i) p.record(voltage(i));
        p.advance(120);
        for (int i = 0; i < cell.nodes(); ++i) {
          const Samples v = p.take(i);
          for (int k = 0; k < 120; ++k) {
            CHECK_NEAR(v[cells / 2][k + 1], exact[i][k], precision == GV_F32 ? 2e-3 : precision == GV_MIXED ? 1e-5 : 1e-11);
          }
        }
      }
    });
  });
}

// The step of a slow gate in float32 is too small for the gate long before it has arrived, unless its remainder is kept.
TEST(slow_gates_approach_by_their_time_constant) {
  Cell cell = compartment();
  cell.insert("pas", {0}, {{"g", 1e3}, {"e", -40}});
  const char* const names[] = {"K_Pst", "Nap_Et2"};
  const int placement[] = {cell.insert("K_Pst", {0}, {{"gK_Pstbar", 0}}), cell.insert("Nap_Et2", {0}, {{"gNap_Et2bar", 0}})};
  each_mode([&](int precision, int rates) {
    Population p(cell, {.cells = 2, .precision = precision, .rates = rates, .v_init = -90});
    for (int i : {0, 1}) p.record(state(placement[i], 0, 1, 40'000));
    p.advance(80'000);
    for (int i : {0, 1}) {
      int gates;
      double at[] = {-90, -40}, parameters[8] = {}, rate[8];  // [gate][inf, tau][2]
      CHECK(gv_rates(names[i], parameters, 6.3, 2, at, &gates, rate) == GV_OK && gates == 2);
      const double rest = rate[4], inf = rate[5], tau = rate[7];
      const Samples h = p.take(i);
      for (int s : {1, 2}) CHECK_NEAR(h[1][s], inf + (rest - inf) * std::exp(-1000 * s / tau), precision == GV_F64 && rates == GV_EXACT ? 1e-8 : 1e-6);
    }
  });
}

// ---- what must not change a result -----------------------------------------------------------------------------------

TEST(the_busy_cell_fires) {
  const Busy busy;
  each_mode([&](int precision, int rates) {
    const Outcome r = run_busy(busy, {.cells = 3, .precision = precision, .rates = rates});
    int somatic = 0;
    for (const Spike& s : r.spikes) somatic += s.cell == 0 && s.source == 0;
    CHECK(somatic >= (kSteps == 800 ? 2 : 1));
    for (const Samples& s : r.recorded) {
      double low = HUGE_VAL, high = -HUGE_VAL;
      for (double x : s[0]) low = std::fmin(low, x), high = std::fmax(high, x);
      CHECK(std::isfinite(low) && high > low);
    }
  });
}

TEST(threads_do_not_matter) {
  const Busy busy;
  each_mode([&](int precision, int rates) {
    const Outcome one = run_busy(busy, {.cells = 40, .precision = precision, .rates = rates}, {kSteps / 4});
    for (int threads : {2, 4}) CHECK(run_busy(busy, {.cells = 40, .precision = precision, .rates = rates, .threads = threads}, {kSteps / 4}) == one);
  });
  CHECK(run_busy(busy, {.cells = 3}, {200}) == run_busy(busy, {.cells = 3, .threads = 2}, {200}));
}

TEST(cuts_into_intervals_do_not_matter) {
  const Busy busy;
  std::vector<long> every, uneven;
  const long steps = kSteps / 2;
  for (long k = 1; k <= steps; ++k) every.push_back(k);
  for (long k = 0; k < steps; k += 37) uneven.push_back(k);
  uneven.push_back(steps);
  each_mode([&](int precision, int rates) {
    for (int cells : {1, 20}) {
      const Part part(std::to_string(cells) + " cells");
      const Options options{.cells = cells, .precision = precision, .rates = rates};
      const Outcome whole = run_busy(busy, options, {steps});
      for (const auto& cuts : {every, uneven}) {
        const Outcome cut = run_busy(busy, options, cuts);
        CHECK(cut.spikes == whole.spikes);
        CHECK(cut.state == whole.state);
        for (std::size_t i = 0; i < whole.recorded.size(); ++i) {
          const Part probe("probe " + std::to_string(i));
          CHECK(cut.recorded[i] == whole.recorded[i]);
        }
      }
    }
  });
}

TEST(a_loaded_population_continues_bit_for_bit) {
  const Busy busy;
  each_mode([&](int precision, int rates) {
    for (int cells : {1, 20}) {
      const Options options{.cells = cells, .precision = precision, .rates = rates};
      const std::vector<Event> events = busy.events(cells);
      for (long at : {0L, 1L, kSteps / 4 + 3}) {
        const Part part(std::to_string(cells) + " cells, saved at step " + std::to_string(at));
        Population first(busy.cell, options), second(busy.cell, options);
        if (at > 0) first.advance(at, due(events, options.dt, 0, at));  // at 0: saved before anything else
        const std::vector<char> state = first.save();
        second.advance(31);  // to another state, in which events wait to be cut off
        for (const gv_probe& probe : probes(busy)) first.record(probe), second.record(probe);
        CHECK(second.load(state) == GV_OK);
        CHECK(gv_population_steps(second.get()) == at);
        for (Population* p : {&first, &second}) {
          p->spikes.clear();
          p->advance(kSteps / 2 - at, due(events, options.dt, at, kSteps / 2));
        }
        CHECK(first.spikes == second.spikes);
        CHECK(first.save() == second.save());
        for (std::size_t i = 0; i < probes(busy).size(); ++i) {
          const Part probe("probe " + std::to_string(i));
          const Samples a = first.take(static_cast<int>(i)), b = second.take(static_cast<int>(i));
          for (int c = 0; c < cells; ++c) {
            // The first has the sample of the moment at which it was told to record, if there is one.
            const auto extra = static_cast<long>(a[c].size()) - static_cast<long>(b[c].size());
            CHECK(extra == (at % probes(busy)[i].every == 0));
            CHECK(std::equal(a[c].begin() + extra, a[c].end(), b[c].begin(), b[c].end()));
          }
        }
      }
    }
  });
}

// Many events of one time and unlike weights are cut off together: in what order must not depend on where the state has been.
TEST(events_in_flight_keep_their_order) {
  Cell cell = compartment();
  cell.insert("pas", {0});
  const int alpha = cell.insert("AlphaSynapse", {0}, {{"tau", 0.2}});
  for (int i = 0; i < 40; ++i) cell.slot(alpha, 0, 0.001 / (i + 3));
  Population first(cell, {}), second(cell, {});
  std::vector<Event> events;
  for (int i = 0; i < 40; ++i) events.push_back({0.1, 0, (i * 17) % 40});
  first.advance(20, events);
  CHECK(second.load(first.save()) == GV_OK);
  first.advance(100);
  second.advance(100);
  CHECK(first.save() == second.save());
}

TEST(nodes_as_lanes_and_cells_as_lanes_agree) {
  const Busy busy;
  each_mode([&](int precision, int rates) {
    // One cell across nodes, 64 copies across cells; events only where both have them.
    const Options few{.cells = 1, .precision = precision, .rates = rates}, many{.cells = 64, .precision = precision, .rates = rates};
    Population one(busy.cell, few), all(busy.cell, many);
    std::vector<Event> copies;
    const std::vector<Event> events = due(busy.events(1), 0.025, 0, kSteps);
    for (const Event& e : events) {
      for (int c = 0; c < 64; ++c) copies.push_back({e.time, c, e.slot, e.weight});
    }
    const std::vector<gv_probe> what = probes(busy);
    for (const gv_probe& probe : what) one.record(probe), all.record(probe);
    one.advance(kSteps, events);
    all.advance(kSteps, copies);
    for (std::size_t i = 0; i < what.size(); ++i) {
      const Part part("probe " + std::to_string(i));
      const Samples a = one.take(static_cast<int>(i)), b = all.take(static_cast<int>(i));
      for (int c = 1; c < 64; ++c) CHECK(b[c] == b[0]);
      CHECK_NEAR(distance(a, b, 1), 0, rounding(precision));
    }
    CHECK(all.spikes.size() == 64 * one.spikes.size());
    for (std::size_t s = 0; s < one.spikes.size() && 64 * s < all.spikes.size(); ++s) {
      CHECK_NEAR(all.spikes[64 * s].crossing, one.spikes[s].crossing, rounding(precision));
    }
  });
}

TEST(instruction_sets_agree) {
  const Busy busy;
  each_mode([&](int precision, int rates) {
    // AVX-512 has polynomials of another form: as near to the exact rates, but not to these.
    const double tolerance = rates == GV_POLY && gv_best_isa() == GV_AVX512 ? (precision == GV_F64 ? 0.02 : 0.05) : rounding(precision);
    for (int cells : {1, 20}) {
      const Outcome best = run_busy(busy, {.cells = cells, .precision = precision, .rates = rates});
      for (int isa = 0; isa < gv_best_isa(); ++isa) {
        const Part part(kIsaNames[isa] + (", " + std::to_string(cells)) + " cells");
        const Outcome other = run_busy(busy, {.cells = cells, .precision = precision, .rates = rates, .isa = isa});
        CHECK(other.spikes.size() == best.spikes.size());
        for (std::size_t i = 0; i < best.recorded.size(); ++i) {
          CHECK_NEAR(distance(other.recorded[i], best.recorded[i], cells), 0, tolerance);
        }
      }
    }
  });
}

// Every cell of a varied population is a cell of a uniform one with its values: the same arithmetic, so the same bits.
TEST(a_varied_cell_is_a_uniform_one) {
  struct Values { double g, cm, ri, amp, tau; };
  const auto values = [](int c) { return Values{4e-5 + 1e-6 * c, 1 + 0.01 * c, 1 + 0.05 * c, 0.5 + 0.03 * c, 1 + 0.1 * c}; };
  const auto build = [](const Values& x) {
    Cell shape = tree();
    std::vector<double> cm = shape.cm, ri = shape.ri;
    for (int i = 0; i < shape.nodes(); ++i) cm[i] = cm[i] > 0 ? x.cm : 0, ri[i] *= x.ri;
    Cell cell(shape.parent, shape.area, ri, cm);
    cell.insert("pas", with_area(cell), {{"g", x.g}, {"e", -70}});
    cell.insert("hh", {1}, {{"gnabar", 0.3}});
    cell.insert("K_Pst", {1}, {{"gK_Pstbar", 0.001}});
    cell.insert("IClamp", {1}, {{"del", 1}, {"dur", 8}, {"amp", x.amp}});
    cell.slot(cell.insert("AlphaSynapse", {20}, {{"tau", x.tau}}), 0, 0.005);
    cell.source(1, 0);
    return cell;
  };
  const Cell base = build(values(0));
  std::vector<int> areas = with_area(base), all(base.nodes() - 1);
  for (int i = 1; i < base.nodes(); ++i) all[i - 1] = i;
  std::vector<int> rows(areas.size());
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<int>(i);
  each_mode([&](int precision, int rates) {
    for (int cells : {2, 37}) {  // across nodes, across cells
      const Options options{.cells = cells, .precision = precision, .rates = rates};
      std::vector<Event> events;
      for (int c = 0; c < cells; ++c) events.push_back({3, c, 0});
      Population varied(base, options);
      const auto each = [&](auto&& f) {
        std::vector<double> r;
        for (int c = 0; c < cells; ++c) r.push_back(f(values(c)));
        return r;
      };
      varied.vary(0, parameter("pas", "g"), rows, each([](Values x) { return x.g; }));
      varied.vary(GV_CM, 0, areas, each([](Values x) { return x.cm; }));
      varied.vary(GV_RI, 0, all, each([](Values x) { return x.ri; }), true);
      varied.vary(3, parameter("IClamp", "amp"), {0}, each([](Values x) { return x.amp; }));
      varied.vary(4, parameter("AlphaSynapse", "tau"), {0}, each([](Values x) { return x.tau; }));
      for (int i = 0; i < base.nodes(); ++i) varied.record(voltage(i));
      varied.advance(600, events);
      std::vector<Samples> v;
      for (int i = 0; i < base.nodes(); ++i) v.push_back(varied.take(i));
      for (int c : {0, 1, cells - 1}) {
        const Part part("cell " + std::to_string(c) + " of " + std::to_string(cells));
        Population uniform(build(values(c)), options);
        for (int i = 0; i < base.nodes(); ++i) uniform.record(voltage(i));
        uniform.advance(600, events);
        for (int i = 0; i < base.nodes(); ++i) CHECK(uniform.take(i)[c] == v[i][c]);
        std::vector<double> a, b;
        for (const Spike& s : varied.spikes) if (s.cell == c) a.push_back(s.crossing);
        for (const Spike& s : uniform.spikes) if (s.cell == c) b.push_back(s.crossing);
        CHECK(a == b && !a.empty());
      }
    }
  });
}

// ---- polynomial rates ------------------------------------------------------------------------------------------------

// Cells are held at voltages over −200…150 mV by a strong leak of their own and make one step: of dt, which shows the error of both
// curves, and of 1e5 ms, after which a gate is at its steady state.
TEST(polynomial_rates_keep_their_bound) {
  constexpr int kCells = 4000;
  std::vector<double> hold(kCells);
  for (int c = 0; c < kCells; ++c) hold[c] = c < 200 ? -200 + 0.4 * c : c < 3800 ? -121 + 202.0 * (c - 200) / 3599 : 80.01 + 0.35 * (c - 3800);
  const double corners[] = {-120, 80, 79.99, -60, std::nextafter(-60.0, -70), std::nextafter(-60.0, 0)};
  std::copy(std::begin(corners), std::end(corners), hold.begin() + 1000);
  each_isa([&](int isa) {
    each_precision([&](int precision) {
      for (const char* name : {"NaTa_t", "NaTs2_t", "Nap_Et2", "K_Tst", "K_Pst", "SKv3_1", "Im", "Ih", "Ca_HVA", "Ca_LVAst", "hh", "hh_k"}) {
        for (double dt : {0.025, 1e5}) {
          const Part part(std::string(name) + (dt < 1 ? " one step" : " steady state"));
          Cell cell = compartment(1000, 1e-3);
          cell.insert("pas", {0}, {{"g", 1e3}});
          std::map<std::string, double> silent;  // gates only, no current
          for (const auto& [p, value] : parameters_of(name)) {
            if (p[0] == 'g') silent[p] = 0;
          }
          const int channel = cell.insert(name, {0}, silent);
          int gates = 0, segments = 0;
          double bound[6];
          CHECK(gv_poly_bound(name, 6.3, dt, isa, precision != GV_F64, &gates, &segments, bound) == GV_OK);
          Samples v[2], y[2][3];
          for (int rates : {GV_EXACT, GV_POLY}) {
            Population p(cell, {.cells = kCells, .precision = precision, .rates = rates, .isa = isa, .dt = dt});
            p.vary(0, parameter("pas", "e"), {0}, hold);
            p.record(voltage(0));
            for (int g = 0; g < gates; ++g) p.record(state(channel, 0, g));
            p.advance(1);
            v[rates] = p.take(0);
            for (int g = 0; g < gates; ++g) y[rates][g] = p.take(1 + g);
          }
          // The voltage is rounded to float32 for the polynomial, and in `mixed` and `f32` the exact rate it is compared with is in float32.
          const double rounding = precision == GV_F64 ? 7e-7 : 2e-6, exact_rounding = precision == GV_F64 ? 1e-13 : 2e-7;
          for (int c = 0; c < kCells; ++c) {
            const double mV = v[0][c][1];
            CHECK(v[1][c][1] == mV);
            CHECK_NEAR(mV, hold[c], 1e-3);
            for (int g = 0; g < gates; ++g) {
              const double error = std::fabs(y[GV_POLY][g][c][1] - y[GV_EXACT][g][c][1]);
              const bool beyond = mV < -130 || mV > 95;
              if (!(error <= (beyond ? exact_rounding : 1.01 * (bound[2 * g] + bound[2 * g + 1]) + rounding))) {
                fail(__FILE__, __LINE__, "gate " + std::to_string(g) + " at " + std::to_string(mV) + " mV is off by " + std::to_string(error * 1e6) + "e-6");
              }
            }
          }
        }
      }
    });
  });
}

// What a GPU is given, read as kernels/cable/cubics.h does, keeps its bound, and that is as low as promised.
TEST(cubics_of_a_gpu_keep_their_bound) {
  constexpr double dt = 0.025;
  for (const char* name : {"NaTa_t", "NaTs2_t", "Nap_Et2", "K_Tst", "K_Pst", "SKv3_1", "Im", "Ih", "Ca_HVA", "Ca_LVAst", "hh", "hh_k"}) {
    for (int single : {0, 1}) {
      const Part part(std::string(name) + (single != 0 ? " float32" : " float64"));
      int gates = 0, segments = 0;
      float place[2];
      double bound[6];
      std::vector<float> row(4 * 6 * GV_POLY_SEGMENTS);
      CHECK(gv_poly_cubics(name, 6.3, dt, single, &gates, &segments, place, row.data(), bound) == GV_OK);
      CHECK(gates >= 1 && segments <= GV_POLY_SEGMENTS);
      for (int curve = 0; curve < 2 * gates; ++curve) CHECK(bound[curve] <= (single != 0 ? 3e-5 : 3e-6));
      const std::vector<double> parameters(16, 0);
      for (double mV = -119.99; mV < 80; mV += 0.0137) {
        double exact[6];
        CHECK(gv_rates(name, parameters.data(), 6.3, 1, &mV, &gates, exact) == GV_OK);
        const galvani::Cubics cubics{place[0], place[1], static_cast<std::uint32_t>(segments), 0};
        const auto [segment, u] = cubics.place(static_cast<float>(mV));
        CHECK(segment < cubics.segments);
        for (int curve = 0; curve < 2 * gates; ++curve) {
          galvani::Cubic cubic;
          std::memcpy(&cubic, &row[4 * (segment * 2 * gates + curve)], sizeof cubic);
          const double tau = exact[curve | 1], expected = curve % 2 == 0 ? exact[curve] : -std::expm1(-dt / tau);
          CHECK_NEAR(cubic(u), expected, 1.01 * bound[curve] + 7e-7);
        }
      }
    }
  }
}

int main(int argc, char** argv) { return run(argc, argv); }
