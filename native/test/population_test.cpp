// What a caller of the C ABI may rely on: when events act, what a sample is, when a spike is, how a call is refused.
#include <atomic>
#include <new>
#include <tuple>

#include "cpu/threads.h"
#include "model.h"

using namespace galvani::test;

namespace {

constexpr double kDt = 0.025;

// A leaky compartment with one slot of a mechanism.
struct Synaptic {
  Cell cell = compartment();
  int synapse, slot;
  explicit Synaptic(const char* mechanism, double weight = 0.01, const std::map<std::string, double>& set = {}) {
    cell.insert("pas", {0}, {{"g", 1e-4}});
    synapse = cell.insert(mechanism, {0}, set);
    slot = cell.slot(synapse, 0, weight);
  }
};

// The state of an ExpSyn (µS) after each step, for events given over a run of 20 steps that is cut once.
std::vector<double> conductance(const std::vector<Event>& events, long cut) {
  Synaptic s("ExpSyn", 0.5, {{"tau", 1e9}});
  Population p(s.cell, {});
  p.record(state(s.synapse, 0, 0));
  p.advance(cut, due(events, kDt, 0, cut));
  p.advance(20 - cut, due(events, kDt, cut, 20));
  return p.take(0)[0];
}

// The first sample in which the conductance is there.
int first_step(double time) {
  const std::vector<double> g = conductance({{time, 0, 0, 1}}, 10);
  return static_cast<int>(std::find_if(g.begin(), g.end(), [](double x) { return x != 0; }) - g.begin());
}

// Of a status: GV_INVALID, with a text.
void refused(int status, const char* file, int line) {
  if (status != GV_INVALID || std::strlen(gv_last_error()) < 5) fail(file, line, "not refused");
}
#define REFUSED(call) refused(call, __FILE__, __LINE__)

}  // namespace

// ---- events ----------------------------------------------------------------------------------------------------------

// The step from t to t + dt takes the events in (t − dt/2, t + dt/2]; a sample is taken before the events of its own time.
TEST(events_act_in_the_step_around_them) {
  const double t = 10 * kDt;
  CHECK(first_step(t) == 11);
  CHECK(first_step(std::nextafter(9.5 * kDt, 1)) == 11);
  CHECK(first_step(9.5 * kDt) == 10);
  CHECK(first_step(10.5 * kDt) == 11);
  CHECK(first_step(std::nextafter(10.5 * kDt, 1)) == 12);
  CHECK(first_step(0) == 1);
}

TEST(events_outside_the_interval_are_refused) {
  Synaptic s("ExpSyn");
  Population p(s.cell, {});
  p.advance(10);
  REFUSED(p.try_advance(10, {{9.5 * kDt, 0, 0, 1}}));
  REFUSED(p.try_advance(10, {{std::nextafter(19.5 * kDt, 1), 0, 0, 1}}));
  REFUSED(p.try_advance(0, {{10 * kDt, 0, 0, 1}}));
  CHECK(p.try_advance(10, {{std::nextafter(9.5 * kDt, 1), 0, 0, 1}, {19.5 * kDt, 0, 0, 1}}) == GV_OK);
  CHECK(gv_population_steps(p.get()) == 20);
}

TEST(coincident_events_add) {
  const std::vector<double> once = conductance({{0.1, 0, 0, 0.75f}}, 3);
  const std::vector<double> thrice = conductance({{0.1, 0, 0, 0.25f}, {0.1, 0, 0, 0.25f}, {0.1, 0, 0, 0.25f}}, 3);
  CHECK(once == thrice);
}

TEST(a_weight_of_nan_is_the_slots_own) {
  CHECK(conductance({{0.1, 0, 0, NAN}}, 3) == conductance({{0.1, 0, 0, 0.5f}}, 3));
  CHECK(conductance({{0.1, 0, 0, 0}}, 3)[20] == 0);
}

// g(t) at the middle of the step, from an onset between grid points, 0 beyond 10 tau; in two cells of many at once.
TEST(alpha_synapses_are_cut_off) {
  Synaptic s("AlphaSynapse", 0.01, {{"tau", 0.5}, {"e", 20}});
  for (int precision : {GV_F64, GV_MIXED, GV_F32}) {
    const Part part(kPrecisionNames[precision]);
    Population p(s.cell, {.cells = 40, .precision = precision});
    p.record(voltage(0));
    p.record(point_current(s.synapse, 0));
    const double onsets[] = {1.0, 1.0, 1.3141, 3.0};
    p.advance(20);
    p.advance(300, {{onsets[0], 7, 0}, {onsets[1], 7, 0}, {onsets[2], 7, 0}, {onsets[3], 7, 0}, {onsets[3], 39, 0}});
    p.advance(80);
    const Samples v = p.take(0), i = p.take(1);
    for (int k = 0; k < 400; ++k) {
      const double t = (k + 0.5) * kDt;
      double g = 0;
      bool none = true;
      for (double onset : onsets) {
        const double x = (t - onset) / 0.5;
        if (x >= 0 && x <= 10) g += 0.01 * x * std::exp(1 - x), none = false;
      }
      CHECK_NEAR(i[7][k + 1], g * (v[7][k] - 20), precision == GV_F64 ? 1e-13 : 1e-6);
      // What rounding leaves of a conductance that was added and taken away again.
      if (none) CHECK(std::fabs(i[7][k + 1]) < (precision == GV_F64 ? 1e-15 : 1e-6) && i[8][k + 1] == 0);
    }
  }
}

TEST(two_slots_of_one_row_share_its_state) {
  Synaptic s("ExpSyn", 0.5, {{"tau", 1e9}});
  s.cell.slot(s.synapse, 0, 0.25);
  Population p(s.cell, {});
  p.record(state(s.synapse, 0, 0));
  p.advance(2, {{0, 0, 0}, {0, 0, 1}});
  CHECK_NEAR(p.take(0)[0][1], 0.75, 1e-9);
}

// ---- recordings ------------------------------------------------------------------------------------------------------

// A sample k holds voltages, gates and cai at k·dt, and currents and eca as evaluated in the step that led to it.
TEST(every_quantity_is_what_its_formula_says) {
  const Busy busy;
  for (int cells : {1, 9}) {
    const Part part(std::to_string(cells) + " cells");
    Population p(busy.cell, {.cells = cells});
    const int dendrite = 10;
    const int v = p.record(voltage(Busy::soma)), m = p.record(state(busy.hh, 0, 0)), h = p.record(state(busy.hh, 0, 1)),
              nap_m = p.record(state(busy.nap, 0, 0)), nap_h = p.record(state(busy.nap, 0, 1)),
              na = p.record(at_node(GV_SODIUM, Busy::soma)), cai = p.record(at_node(GV_CAI, dendrite)),
              eca = p.record(at_node(GV_ECA, dendrite)), ica = p.record(at_node(GV_CALCIUM, dendrite)),
              clamp = p.record(point_current(busy.clamp, 0)), k = p.record(at_node(GV_POTASSIUM, Busy::tip)),
              v_exp1 = p.record(voltage(2)), g = p.record(state(busy.exp1, 0, 0)), i_exp1 = p.record(point_current(busy.exp1, 0));
    p.advance(130);
    p.advance(270, {{131 * kDt, 0, 5}});
    std::vector<std::vector<double>> s;
    for (int i = 0; i <= i_exp1; ++i) s.push_back(p.take(i)[0]);
    for (const auto& x : s) CHECK(x.size() == 401);
    double synaptic = 0;
    for (int n = 0; n < 400; ++n) {
      // The sodium of the soma is that of hh, Nap_Et2 and NaTs2_t; the last is what is left.
      const double known = (0.3 * std::pow(s[m][n], 3) * s[h][n] + 0.00172 * std::pow(s[nap_m][n], 3) * s[nap_h][n]) * (s[v][n] - 50);
      const double rest = s[na][n + 1] - known;
      CHECK(rest * (s[v][n] - 50) >= -1e-12 && std::fabs(rest) <= 0.98 * std::fabs(s[v][n] - 50));
      const double nernst = 1000 * 8.31446261815324 * (273.15 + 6.3) / (2 * 96485.33212331001) * std::log(2 / s[cai][n]);
      CHECK_NEAR(s[eca][n + 1], nernst, 1e-11);
      const double influx = -1e4 * s[ica][n + 1] * 0.000501 / (2 * 96485.33212331001 * 0.1);
      CHECK_NEAR(s[cai][n + 1], s[cai][n] - std::expm1(-kDt / 460) * (460 * influx + 1e-4 - s[cai][n]), 1e-15);
      const double t = (n + 0.5) * kDt;
      CHECK(s[clamp][n + 1] == (t >= 1 && t < 16 ? -1.2 : 0));
      const double conductance = s[g][n] + (n == 131 ? 0.003 : 0);  // the event acts in the step that begins with it
      CHECK_NEAR(s[i_exp1][n + 1], conductance * s[v_exp1][n], 1e-13);
      synaptic = std::fmax(synaptic, std::fabs(s[i_exp1][n + 1]));
    }
    CHECK(synaptic > 0.01);
    // Sample 0: as evaluated in the first step.
    for (int r : {na, eca, ica, k}) CHECK(s[r][0] == s[r][1]);
    CHECK_NEAR(s[eca][0], 127.58951061761749, 1e-11);
    CHECK(s[cai][0] == 5e-5 && s[v][0] == -65);
  }
}

TEST(samples_fall_on_multiples_of_every) {
  Synaptic s("ExpSyn");
  Population p(s.cell, {.cells = 2});
  std::int64_t first = -1, samples = -1;
  const auto waiting = [&](int r) { CHECK(gv_recording_waiting(p.get(), r, &first, &samples) == GV_OK); };
  const int all = p.record(voltage(0)), thirds = p.record(voltage(0, 3));
  waiting(thirds);
  CHECK(first == 0 && samples == 1);
  p.advance(7);
  waiting(thirds);
  CHECK(first == 0 && samples == 3);
  const Samples each = p.take(all), third = p.take(thirds);
  for (int k = 0; k < 3; ++k) CHECK(third[1][k] == each[1][3 * k]);
  waiting(thirds);
  CHECK(samples == 0);
  const int late = p.record(voltage(0, 5));  // at step 7: the next sample is at 10
  waiting(late);
  CHECK(samples == 0);
  p.advance(1);
  waiting(thirds);
  CHECK(samples == 0);
  p.advance(4);
  waiting(thirds);
  CHECK(first == 3 && samples == 2);
  waiting(late);
  CHECK(first == 2 && samples == 1);
  CHECK(p.take(late)[0][0] == p.take(all)[0][2]);
}

TEST(calcium_is_recorded_only_where_it_is_kept_or_used) {
  Cell cell = tree();
  cell.insert("pas", with_area(cell));
  cell.insert("CaDynamics_E2", {4});
  cell.insert("Ca_HVA", {9});
  for (int cells : {1, 20}) {
    Population p(cell, {.cells = cells});
    int r;
    for (int node : {4, 9}) p.record(at_node(GV_CAI, node));
    for (int quantity : {GV_CAI, GV_ECA}) {
      for (int node : {3, 5, 40}) {
        const gv_probe probe = at_node(quantity, node);
        REFUSED(gv_population_record(p.get(), &probe, &r));
      }
    }
    const int eca = p.record(at_node(GV_ECA, 9));
    p.advance(2);
    CHECK_NEAR(p.take(eca)[0][2], 132.4579341637009, 1e-12);  // NEURON's where nothing keeps calcium
  }
}

// Across nodes a vector may hold compartments with a channel and without: calcium flows only in the former.
TEST(calcium_does_not_flow_without_a_channel) {
  Cell cell = tree();
  cell.insert("pas", with_area(cell));
  cell.insert("CaDynamics_E2", with_area(cell));
  cell.insert("Ca_HVA", {4}, {{"gCa_HVAbar", 1e-2}});
  cell.insert("Ca_LVAst", {5}, {{"gCa_LVAstbar", 1e-2}});
  for (int precision : {GV_F64, GV_MIXED, GV_F32}) {
    Population p(cell, {.precision = precision, .v_init = -30});
    for (int node : {4, 5, 6}) p.record(at_node(GV_CAI, node));
    p.advance(400);
    CHECK(p.take(0)[0][400] > 1.1e-4 && p.take(1)[0][400] > 1.1e-4);
    CHECK_NEAR(p.take(2)[0][400], 1e-4 - 5e-5 * std::exp(-10 / 80.0), precision == GV_F64 ? 1e-16 : 1e-10);
  }
}

// ---- spikes ----------------------------------------------------------------------------------------------------------

TEST(a_spike_is_the_first_sample_at_or_above_threshold) {
  Cell cell = compartment();
  cell.insert("hh", {0});
  cell.insert("IClamp", {0}, {{"del", 1}, {"dur", 60}, {"amp", 0.1}});
  cell.source(0, 0);
  cell.source(0, -20);
  for (int precision : {GV_F64, GV_MIXED, GV_F32}) {
    const Part part(kPrecisionNames[precision]);
    Population p(cell, {.cells = 19, .precision = precision});
    std::vector<double> amp(19);
    for (int c = 0; c < 19; ++c) amp[c] = 0.1 + 0.01 * c;
    p.vary(1, parameter("IClamp", "amp"), {0}, amp);
    p.record(voltage(0));
    for (int k = 0; k < 60; ++k) p.advance(40);
    const Samples v = p.take(0);
    std::vector<Spike> expected;
    for (int c = 0; c < 19; ++c) {
      for (int source = 0; source < 2; ++source) {
        const double threshold = source == 0 ? 0 : -20;
        for (std::size_t k = 1; k < v[c].size(); ++k) {
          const double a = v[c][k - 1], b = v[c][k];
          if (a < threshold && b >= threshold) {
            expected.push_back({c, source, static_cast<double>(k) * kDt, (static_cast<double>(k - 1) + (threshold - a) / (b - a)) * kDt});
          }
        }
      }
    }
    std::sort(expected.begin(), expected.end(), [](const Spike& a, const Spike& b) {
      return std::tie(a.time, a.cell, a.source) < std::tie(b.time, b.cell, b.source);
    });
    CHECK(expected.size() > 19 * 2 * 3);
    CHECK(p.spikes == expected);
  }
}

// ---- refusals --------------------------------------------------------------------------------------------------------

TEST(cells_refuse) {
  gv_cell* cell = nullptr;
  const int parent[] = {-1, 0, 1}, late[] = {-1, 2, 0}, rootless[] = {0, 0, 1}, two_roots[] = {-1, -1, 0};
  const double area[] = {100, 100, 0}, negative[] = {100, -1, 0}, nan[] = {100, NAN, 0}, one[] = {1, 1, 1}, zero[] = {0, 0, 0};
  REFUSED(gv_cell_create(0, parent, area, one, one, &cell));
  REFUSED(gv_cell_create(-3, parent, area, one, one, &cell));
  for (const int* p : {late, rootless, two_roots}) REFUSED(gv_cell_create(3, p, area, one, one, &cell));
  for (const double* bad : {negative, nan}) {
    REFUSED(gv_cell_create(3, parent, bad, one, one, &cell));
    REFUSED(gv_cell_create(3, parent, area, bad, one, &cell));
    REFUSED(gv_cell_create(3, parent, area, one, bad, &cell));
  }
  REFUSED(gv_cell_create(3, parent, area, zero, one, &cell));
  REFUSED(gv_cell_create(1, parent, area, one, zero, &cell));
  CHECK(cell == nullptr);
  CHECK(gv_cell_create(3, parent, area, one, one, &cell) == GV_OK);

  int placement = -1;
  const int node[] = {0, 1}, twice[] = {1, 1}, none[] = {0, 3}, below[] = {-1, 0}, bare[] = {0, 2};
  const double pas[] = {1e-4, 1e-4, -70, -70}, infinite[] = {1e-4, INFINITY, -70, -70};
  REFUSED(gv_cell_insert(cell, "leak", 2, node, pas, &placement));
  REFUSED(gv_cell_insert(cell, nullptr, 2, node, pas, &placement));
  REFUSED(gv_cell_insert(cell, "pas", -1, node, pas, &placement));
  for (const int* bad : {twice, none, below, bare}) REFUSED(gv_cell_insert(cell, "pas", 2, bad, pas, &placement));
  REFUSED(gv_cell_insert(cell, "pas", 2, node, infinite, &placement));
  CHECK(placement == -1);
  CHECK(gv_cell_insert(cell, "pas", 2, node, pas, &placement) == GV_OK && placement == 0);
  const double synapse[] = {1, 1, 0, 0};
  CHECK(gv_cell_insert(cell, "ExpSyn", 2, bare, synapse, &placement) == GV_OK && placement == 1);
  CHECK(gv_cell_insert(cell, "hh", 0, nullptr, nullptr, &placement) == GV_OK && placement == 2);

  const int on_pas[] = {0}, on_synapse[] = {1}, beyond[] = {9}, row[] = {1}, no_row[] = {2}, minus[] = {-1};
  const double weight[] = {1}, bad_weight[] = {NAN};
  REFUSED(gv_cell_slots(cell, 1, on_pas, row, weight));
  REFUSED(gv_cell_slots(cell, 1, beyond, row, weight));
  REFUSED(gv_cell_slots(cell, 1, minus, row, weight));
  REFUSED(gv_cell_slots(cell, 1, on_synapse, no_row, weight));
  REFUSED(gv_cell_slots(cell, 1, on_synapse, minus, weight));
  REFUSED(gv_cell_slots(cell, 1, on_synapse, row, bad_weight));
  REFUSED(gv_cell_slots(cell, -1, on_synapse, row, weight));
  CHECK(gv_cell_slots(cell, 1, on_synapse, row, weight) == GV_OK);
  REFUSED(gv_cell_sources(cell, 1, beyond, weight));
  REFUSED(gv_cell_sources(cell, 1, minus, weight));
  REFUSED(gv_cell_sources(cell, 1, row, bad_weight));
  REFUSED(gv_cell_sources(cell, -1, row, weight));

  gv_population* population = nullptr;
  const auto create = [&](auto change) {
    gv_options o = Options{};
    change(o);
    return gv_population_create(cell, &o, &population);
  };
  REFUSED(create([](gv_options& o) { o.cells = 0; }));
  for (int bad : {-1, 3}) {
    REFUSED(create([&](gv_options& o) { o.precision = bad; }));
    REFUSED(create([&](gv_options& o) { o.rates = bad; }));
    REFUSED(create([&](gv_options& o) { o.isa = bad; }));
  }
  if (gv_best_isa() < GV_AVX512) REFUSED(create([](gv_options& o) { o.isa = GV_AVX512; }));
  REFUSED(create([](gv_options& o) { o.threads = 0; }));
  for (double bad : {0.0, -1.0, static_cast<double>(NAN), static_cast<double>(INFINITY)}) REFUSED(create([&](gv_options& o) { o.dt = bad; }));
  REFUSED(create([](gv_options& o) { o.v_init = NAN; }));
  REFUSED(create([](gv_options& o) { o.celsius = INFINITY; }));
  CHECK(population == nullptr);
  CHECK(create([](gv_options&) {}) == GV_OK);  // the cell is none the worse
  std::int64_t spikes;
  CHECK(gv_population_advance(population, 10, 0, nullptr, nullptr, nullptr, nullptr, &spikes) == GV_OK);
  gv_population_destroy(population);
  gv_cell_destroy(cell);
  gv_cell_destroy(nullptr);
  gv_population_destroy(nullptr);
}

TEST(hh_tables_are_all_or_none) {
  gv_population* population = nullptr;
  const gv_options o = Options{};
  Cell cell = compartment();
  cell.insert("hh", {0}, {{"usetable", 0.5}});
  REFUSED(gv_population_create(cell.get(), &o, &population));
  Cell both = tree();
  both.insert("pas", with_area(both));
  std::vector<double> values;
  for (const auto& [name, value] : parameters_of("hh")) values.insert(values.end(), {value, name == "usetable" ? 1 : value});
  const int node[] = {1, 4};
  int placement;
  CHECK(gv_cell_insert(both.get(), "hh", 2, node, values.data(), &placement) == GV_OK);
  REFUSED(gv_population_create(both.get(), &o, &population));
}

// A population that has refused goes on as one that was never asked.
TEST(populations_refuse_and_go_on) {
  Busy busy;
  const Options options{.cells = 20, .threads = 2};
  Population p(busy.cell, options), undisturbed(busy.cell, options);
  const int soma = p.record(voltage(Busy::soma));
  undisturbed.record(voltage(Busy::soma));

  const std::vector<double> ones(20, 1);
  std::vector<double> bad = ones, negative = ones;
  bad[13] = NAN;
  negative[19] = -1;
  const int row[] = {0}, no_row[] = {0, 99}, minus[] = {-1};
  gv_population* const raw = p.get();
  {
    Population fresh(busy.cell, options), plain(busy.cell, options);
    REFUSED(gv_population_vary(fresh.get(), -3, 0, 1, row, 0, ones.data()));
    REFUSED(gv_population_vary(fresh.get(), 99, 0, 1, row, 0, ones.data()));
    REFUSED(gv_population_vary(fresh.get(), 0, -1, 1, row, 0, ones.data()));
    REFUSED(gv_population_vary(fresh.get(), 0, 2, 1, row, 0, ones.data()));
    REFUSED(gv_population_vary(fresh.get(), 0, 0, 2, no_row, 0, ones.data()));
    REFUSED(gv_population_vary(fresh.get(), 0, 0, 1, minus, 0, ones.data()));
    REFUSED(gv_population_vary(fresh.get(), 0, 0, -1, row, 0, ones.data()));
    REFUSED(gv_population_vary(fresh.get(), 0, 0, 1, row, 0, bad.data()));
    REFUSED(gv_population_vary(fresh.get(), GV_CM, 0, 1, row, 0, negative.data()));
    REFUSED(gv_population_vary(fresh.get(), GV_RI, 0, 1, row, 0, negative.data()));
    REFUSED(gv_population_vary(fresh.get(), GV_RI, 0, 2, no_row, 0, ones.data()));
    REFUSED(gv_population_vary(fresh.get(), busy.hh, parameter("hh", "usetable"), 1, row, 0, ones.data()));
    fresh.advance(10);
    plain.advance(10);
    CHECK(fresh.save() == plain.save());
    CHECK(gv_population_memory(fresh.get()) == gv_population_memory(plain.get()));
  }
  p.advance(40);
  undisturbed.advance(40);
  REFUSED(gv_population_vary(raw, 0, 0, 1, row, 0, ones.data()));

  std::int64_t n = -1, first = -1;
  REFUSED(p.try_advance(-1));
  REFUSED(gv_population_advance(raw, 1, -1, nullptr, nullptr, nullptr, nullptr, &n));
  for (double time : {0.5, 3.0, static_cast<double>(NAN)}) REFUSED(p.try_advance(40, {{1.2, 0, 0, 1}, {time, 0, 0, 1}}));
  for (int c : {-1, 20}) REFUSED(p.try_advance(40, {{1.2, 0, 0, 1}, {1.3, c, 0, 1}}));
  for (int slot : {-1, Busy::slots}) REFUSED(p.try_advance(40, {{1.2, 0, 0, 1}, {1.3, 0, slot, 1}}));
  REFUSED(p.try_advance(40, {{1.2, 0, 0, 1}, {1.3, 0, 0, INFINITY}}));
  REFUSED(p.try_advance(40, {{1.3, 0, 0, 1}, {1.2, 0, 0, 1}}));
  CHECK(gv_population_steps(raw) == 40);

  int r = -1;
  const gv_probe probes[] = {voltage(-1), voltage(45), voltage(0, 0), voltage(0, -1), at_node(-1, 0), at_node(8, 0),
                             at_node(GV_SODIUM, 99), at_node(GV_CAI, 2), at_node(GV_ECA, -1), state(-1, 0, 0), state(99, 0, 0),
                             state(busy.hh, 1, 0), state(busy.hh, -1, 0), state(busy.hh, 0, 3), state(busy.hh, 0, -1),
                             state(0, 0, 0), point_current(busy.hh, 0), point_current(busy.clamp, 1), point_current(99, 0)};
  for (const gv_probe& probe : probes) REFUSED(gv_population_record(raw, &probe, &r));
  double none[1];
  for (int number : {-1, soma + 1}) {
    REFUSED(gv_recording_waiting(raw, number, &first, &n));
    REFUSED(gv_recording_take(raw, number, none));
  }

  const std::vector<char> state = p.save();
  std::vector<char> wrong = state;
  REFUSED(gv_population_save(raw, static_cast<std::int64_t>(state.size()) - 1, wrong.data()));
  for (long size : {0L, 15L, static_cast<long>(state.size()) - 1, static_cast<long>(state.size()) + 1, static_cast<long>(state.size()) + 32}) {
    wrong.assign(size, 0);
    std::copy_n(state.begin(), std::min<std::size_t>(size, state.size()), wrong.begin());
    REFUSED(p.load(wrong));
  }
  for (std::int64_t lie : {-1L, 1L << 60}) {
    wrong = state;
    std::memcpy(wrong.data() + 8, &lie, 8);
    REFUSED(p.load(wrong));
  }
  wrong = state;
  std::memset(wrong.data(), 0xff, 8);
  REFUSED(p.load(wrong));

  const std::vector<Event> events = due(busy.events(20), kDt, 40, 400);
  p.spikes.clear();
  for (Population* q : {&p, &undisturbed}) q->advance(360, events);
  if (!p.spikes.empty()) {
    int cell, source;
    double time, crossing;
    REFUSED(gv_population_spikes(raw, static_cast<std::int64_t>(p.spikes.size()) - 1, &cell, &source, &time, &crossing));
  }
  CHECK(!p.spikes.empty() && p.spikes == undisturbed.spikes);
  CHECK(p.save() == undisturbed.save());
  CHECK(p.take(soma) == undisturbed.take(soma));
}

TEST(a_snapshot_in_flight_names_slots_that_exist) {
  Synaptic s("AlphaSynapse", 0.01, {{"tau", 1}});
  Population p(s.cell, {});
  p.advance(10, {{0.1, 0, 0}});
  const std::vector<char> state = p.save();
  for (int field : {0, 1}) {  // cell and slot of the one event, behind its three times
    for (int bad : {-1, 1, 1 << 30}) {
      std::vector<char> wrong = state;
      std::memcpy(wrong.data() + wrong.size() - 8 + 4 * field, &bad, 4);
      REFUSED(p.load(wrong));
    }
  }
  CHECK(p.load(state) == GV_OK);
}

// Saved by any engine, a state is loaded by any other and saved again as it was.
TEST(a_snapshot_is_of_the_cell_and_not_of_a_block) {
  const Busy busy;
  for (int cells : {1, 20}) {  // across nodes, across cells
    Population p(busy.cell, {.cells = cells});
    p.advance(80, due(busy.events(cells), kDt, 0, 80));
    const std::vector<char> state = p.save();
    for (const Options& o : {Options{.cells = cells}, Options{.cells = cells, .isa = GV_BASELINE}, Options{.cells = cells, .threads = 2}}) {
      Population q(busy.cell, o);
      CHECK(q.load(state) == GV_OK && q.save() == state);
    }
  }
}

TEST(functions_of_mechanisms_refuse) {
  int gates, segments;
  double x[] = {-65}, out[8], parameters[8] = {};
  REFUSED(gv_rates("NaT", parameters, 6.3, 1, x, &gates, out));
  REFUSED(gv_rates(nullptr, parameters, 6.3, 1, x, &gates, out));
  REFUSED(gv_rates("NaTa_t", parameters, 6.3, -1, x, &gates, out));
  REFUSED(gv_rates("NaTa_t", parameters, NAN, 1, x, &gates, out));
  CHECK(gv_rates("pas", parameters, 6.3, 1, x, &gates, out) == GV_OK && gates == 0);
  CHECK(gv_rates("hh", parameters, 6.3, 0, x, &gates, nullptr) == GV_OK && gates == 3);
  REFUSED(gv_poly_bound("NaT", 6.3, 0.025, gv_best_isa(), 0, &gates, &segments, out));
  for (double bad : {0.0, -1.0, static_cast<double>(NAN)}) REFUSED(gv_poly_bound("NaTa_t", 6.3, bad, gv_best_isa(), 0, &gates, &segments, out));
  REFUSED(gv_poly_bound("hh", NAN, 0.025, gv_best_isa(), 0, &gates, &segments, out));
  CHECK(gv_poly_bound("SK_E2", 6.3, 0.025, gv_best_isa(), 0, &gates, &segments, out) == GV_OK && gates == 0);
  float place[2], coefficients[4];
  REFUSED(gv_poly_cubics("NaT", 6.3, 0.025, 0, &gates, &segments, place, coefficients, out));
  REFUSED(gv_poly_cubics("hh", 6.3, 0, 0, &gates, &segments, place, coefficients, out));
  CHECK(gv_poly_cubics("SK_E2", 6.3, 0.025, 0, &gates, &segments, place, coefficients, out) == GV_OK && gates == 0 && segments == 0);
  double many[16] = {}, y[16];
  REFUSED(gv_math(-1, 0, 0, 16, many, y));
  REFUSED(gv_math(3, 0, 0, 16, many, y));
  for (int function : {-1, 7}) REFUSED(gv_math(0, function, 0, 16, many, y));
  for (int n : {-16, 15}) REFUSED(gv_math(0, 0, 0, n, many, y));
}

TEST(what_a_job_throws_reaches_the_caller) {
  for (int count : {1, 4}) {
    galvani::Threads threads(count);
    for (int bad : {0, 57, 99}) {
      std::atomic<int> done{0};
      bool thrown = false;
      try {
        threads.run(100, [&](std::int64_t job, int) {
          if (job == bad) throw std::bad_alloc();
          ++done;
        });
      } catch (const std::bad_alloc&) {
        thrown = true;
      }
      CHECK(thrown);
      CHECK(done < 100);
      done = 0;
      threads.run(100, [&](std::int64_t, int) { ++done; });
      CHECK(done == 100);
    }
  }
}

TEST(abi_layout_fits_any_capacity) {
  std::int64_t some[4] = {-1, -1, -1, -1};
  const int n = gv_abi_layout(3, some);
  CHECK(n == 57 && some[0] == sizeof(gv_options) && some[3] == -1);
  CHECK(gv_abi_layout(0, nullptr) == n);
  CHECK(gv_abi_version() == GV_ABI_VERSION);
}

// ---- divergence ------------------------------------------------------------------------------------------------------

TEST(divergence_is_told_and_a_snapshot_leads_back) {
  Cell cell = compartment();
  cell.insert("pas", {0}, {{"g", 1e-4}});
  for (int precision : {GV_F64, GV_MIXED, GV_F32}) {
    const Part part(kPrecisionNames[precision]);
    Population p(cell, {.cells = 40, .precision = precision});
    std::vector<double> g(40, 1e-4);
    g[33] = -0.03;  // S/cm²: grows fourfold a step
    p.vary(0, 0, {0}, g);
    p.advance(10);
    const std::vector<char> state = p.save();
    CHECK(p.try_advance(2000) == GV_DIVERGED);
    const std::string text = gv_last_error();
    CHECK(text.find("no longer finite") != std::string::npos);
    CHECK(p.try_advance(1) == GV_DIVERGED);
    CHECK(p.load(state) == GV_OK);
    CHECK(p.try_advance(1) == GV_OK);
  }
}

int main(int argc, char** argv) { return run(argc, argv); }
