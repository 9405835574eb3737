// Cells and populations through the C ABI, in the few words that tests want.
#pragma once

#include <map>
#include <utility>

#include "check.h"
#include "galvani.h"
#include "galvani_catalogue.inc"

namespace galvani::test {

inline const char* const kPrecisionNames[] = {"f64", "mixed", "f32"};
inline const char* const kRateNames[] = {"exact", "poly"};
inline const char* const kIsaNames[] = {"baseline", "avx2", "avx512"};

// Names of a mechanism's parameters and their defaults, in order.
inline std::vector<std::pair<std::string, double>> parameters_of(const std::string& mechanism) {
  std::vector<std::pair<std::string, double>> all;
#define GALVANI_PARAMETERS_OF_(M)                                                                                    \
  if (mechanism == #M) {                                                                                             \
    M<double>::describe_parameters([&](const char* name, const char*, double value, const char*) { all.emplace_back(name, value); }); \
  }
  GALVANI_MECHANISMS(GALVANI_PARAMETERS_OF_)
  return all;
}

inline int parameter(const std::string& mechanism, const std::string& name) {
  const auto all = parameters_of(mechanism);
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].first == name) return static_cast<int>(i);
  }
  fail(__FILE__, __LINE__, mechanism + " has no parameter " + name);
  return 0;
}

class Cell {
 public:
  Cell(std::vector<int> parent, std::vector<double> area, std::vector<double> ri, std::vector<double> cm)
      : parent(std::move(parent)), area(std::move(area)), ri(std::move(ri)), cm(std::move(cm)) {
    CHECK(gv_cell_create(nodes(), this->parent.data(), this->area.data(), this->ri.data(), this->cm.data(), &cell_) == GV_OK);
  }
  ~Cell() { gv_cell_destroy(cell_); }
  Cell(Cell&& other) noexcept
      : parent(std::move(other.parent)), area(std::move(other.area)), ri(std::move(other.ri)), cm(std::move(other.cm)),
        cell_(std::exchange(other.cell_, nullptr)), slots_(std::move(other.slots_)), sources_(std::move(other.sources_)) {}

  int nodes() const { return static_cast<int>(parent.size()); }
  gv_cell* get() const { return cell_; }

  // The number of the placement; the same values on all its nodes, defaults but for those set.
  int insert(const std::string& mechanism, const std::vector<int>& on, const std::map<std::string, double>& set = {}) {
    std::vector<double> values;
    for (const auto& [name, value] : parameters_of(mechanism)) {
      values.insert(values.end(), on.size(), set.count(name) ? set.at(name) : value);
    }
    int placement = -1;
    CHECK(gv_cell_insert(cell_, mechanism.c_str(), static_cast<int>(on.size()), on.data(), values.data(), &placement) == GV_OK);
    return placement;
  }

  int slot(int placement, int row, double weight) {
    slots_.push_back({placement, row, weight});
    std::vector<int> p, r;
    std::vector<double> w;
    for (const auto& s : slots_) p.push_back(s.placement), r.push_back(s.row), w.push_back(s.weight);
    CHECK(gv_cell_slots(cell_, static_cast<int>(p.size()), p.data(), r.data(), w.data()) == GV_OK);
    return static_cast<int>(p.size()) - 1;
  }

  int source(int node, double threshold) {
    sources_.emplace_back(node, threshold);
    std::vector<int> n;
    std::vector<double> mV;
    for (const auto& [at, limit] : sources_) n.push_back(at), mV.push_back(limit);
    CHECK(gv_cell_sources(cell_, static_cast<int>(n.size()), n.data(), mV.data()) == GV_OK);
    return static_cast<int>(n.size()) - 1;
  }

  const std::vector<int> parent;
  const std::vector<double> area, ri, cm;

 private:
  struct Slot {
    int placement, row;
    double weight;
  };
  gv_cell* cell_ = nullptr;
  std::vector<Slot> slots_;
  std::vector<std::pair<int, double>> sources_;
};

struct Options {
  int cells = 1;
  int precision = GV_F64;
  int rates = GV_EXACT;
  int isa = gv_best_isa();
  int threads = 1;
  double dt = 0.025;
  double v_init = -65;
  double celsius = 6.3;

  operator gv_options() const { return {cells, precision, rates, isa, threads, 0, dt, v_init, celsius}; }
  std::string text() const {
    return std::string(kPrecisionNames[precision]) + " " + kRateNames[rates] + " " + kIsaNames[isa] + " " + std::to_string(cells) + " cells";
  }
};

struct Event {
  double time;
  int cell, slot;
  float weight = NAN;
};

struct Spike {
  int cell, source;
  double time, crossing;
  bool operator==(const Spike&) const = default;
};

inline gv_probe voltage(int node, int every = 1) { return {GV_VOLTAGE, node, 0, 0, 0, every}; }
inline gv_probe at_node(int quantity, int node, int every = 1) { return {quantity, node, 0, 0, 0, every}; }
inline gv_probe state(int placement, int row, int which, int every = 1) { return {GV_STATE, 0, placement, row, which, every}; }
inline gv_probe point_current(int placement, int row, int every = 1) { return {GV_POINT_CURRENT, 0, placement, row, 0, every}; }

using Samples = std::vector<std::vector<double>>;  // [cell][sample]

class Population {
 public:
  Population(const Cell& cell, const Options& o) : options(o) {
    const gv_options all = o;
    CHECK(gv_population_create(cell.get(), &all, &population_) == GV_OK);
  }
  ~Population() { gv_population_destroy(population_); }
  Population(const Population&) = delete;

  gv_population* get() const { return population_; }
  double time() const { return static_cast<double>(gv_population_steps(population_)) * options.dt; }

  void vary(int placement, int parameter, const std::vector<int>& rows, const std::vector<double>& values, bool scale = false) {
    CHECK(gv_population_vary(population_, placement, parameter, static_cast<int>(rows.size()), rows.data(), scale, values.data()) == GV_OK);
  }

  // The status; spikes are added to `spikes`.
  int try_advance(long steps, const std::vector<Event>& events = {}) {
    std::vector<double> time, crossing;
    std::vector<int> cell, slot, source;
    std::vector<float> weight;
    for (const Event& e : events) time.push_back(e.time), cell.push_back(e.cell), slot.push_back(e.slot), weight.push_back(e.weight);
    std::int64_t n = 0;
    const int status = gv_population_advance(population_, steps, static_cast<std::int64_t>(events.size()), time.data(), cell.data(),
                                             slot.data(), weight.data(), &n);
    if (status != GV_OK) return status;
    cell.resize(n), source.resize(n), time.resize(n), crossing.resize(n);
    CHECK(gv_population_spikes(population_, n, cell.data(), source.data(), time.data(), crossing.data()) == GV_OK);
    for (std::int64_t i = 0; i < n; ++i) spikes.push_back({cell[i], source[i], time[i], crossing[i]});
    return status;
  }
  void advance(long steps, const std::vector<Event>& events = {}) { CHECK(try_advance(steps, events) == GV_OK); }

  int record(const gv_probe& probe) {
    int recording = -1;
    CHECK(gv_population_record(population_, &probe, &recording) == GV_OK);
    return recording;
  }
  Samples take(int recording) {
    std::int64_t first, samples = 0;
    CHECK(gv_recording_waiting(population_, recording, &first, &samples) == GV_OK);
    std::vector<double> all(static_cast<std::size_t>(options.cells * samples));
    CHECK(gv_recording_take(population_, recording, all.data()) == GV_OK);
    Samples r(options.cells);
    for (int c = 0; c < options.cells; ++c) r[c].assign(all.begin() + c * samples, all.begin() + (c + 1) * samples);
    return r;
  }

  std::vector<char> save() {
    std::vector<char> state(gv_population_state_size(population_));
    CHECK(gv_population_save(population_, static_cast<std::int64_t>(state.size()), state.data()) == GV_OK);
    return state;
  }
  int load(const std::vector<char>& state) {
    return gv_population_load(population_, static_cast<std::int64_t>(state.size()), state.data());
  }

  std::vector<Spike> spikes;
  const Options options;

 private:
  gv_population* population_ = nullptr;
};

// ---- cells -----------------------------------------------------------------------------------------------------------

inline Cell compartment(double area = 1000, double cm = 1) { return Cell({-1}, {area}, {0}, {cm}); }

// As NEURON numbers it: a soma with its two ends, a trunk with a branch of 12 segments at its end and one of 11 in its middle, each
// section closed by a node without area; 45 nodes, enough for every precision to go across nodes.
inline Cell tree() {
  std::vector<int> parent = {-1, 0, 1};
  std::vector<double> area = {0, 1130, 0}, ri = {0, 0.04, 0.04}, cm = {0, 1, 0};
  const auto section = [&](int from, int nseg, double segment_area, double segment_ri) {
    for (int i = 0; i <= nseg; ++i) {
      parent.push_back(i == 0 ? from : static_cast<int>(parent.size()) - 1);
      area.push_back(i < nseg ? segment_area : 0);
      ri.push_back(i == 0 || i == nseg ? segment_ri / 2 : segment_ri);
      cm.push_back(i < nseg ? 2 : 0);
    }
    return static_cast<int>(parent.size()) - 1;
  };
  const int trunk = section(2, 16, 260, 3.1);
  section(trunk, 12, 140, 9.7);
  section(trunk - 8, 11, 120, 14.3);
  return Cell(parent, area, ri, cm);
}

inline std::vector<int> with_area(const Cell& cell, int from = 0) {
  std::vector<int> all;
  for (int i = from; i < cell.nodes(); ++i) {
    if (cell.area[i] > 0) all.push_back(i);
  }
  return all;
}

// The tree with one of every mechanism, kicked so that it fires a few times in 20 ms.
struct Busy {
  Cell cell = tree();
  int alpha, exp2, nmda, gaba, exp1, clamp, hh, calcium, nap;
  static constexpr int soma = 1, tip = 31, slots = 6;

  Busy() {
    const std::vector<int> all = with_area(cell), dend = with_area(cell, 3), half(dend.begin(), dend.begin() + 20);
    const std::vector<int> at_soma = {soma};
    cell.insert("pas", all, {{"g", 5e-5}, {"e", -90}});
    calcium = cell.insert("CaDynamics_E2", with_area(cell, 0), {{"gamma", 0.000501}, {"decay", 460}});
    cell.insert("NaTa_t", half, {{"gNaTa_tbar", 0.0213}});
    cell.insert("NaTs2_t", at_soma, {{"gNaTs2_tbar", 0.98}});
    nap = cell.insert("Nap_Et2", at_soma, {{"gNap_Et2bar", 0.00172}});
    cell.insert("K_Tst", at_soma, {{"gK_Tstbar", 0.0812}});
    cell.insert("K_Pst", at_soma, {{"gK_Pstbar", 0.00223}});
    cell.insert("SKv3_1", half, {{"gSKv3_1bar", 0.000261}});
    cell.insert("SK_E2", all, {{"gSK_E2bar", 0.0012}});
    cell.insert("Im", dend, {{"gImbar", 6.75e-5}});
    cell.insert("Ih", dend, {{"gIhbar", 2e-4}});
    cell.insert("Ca_HVA", half, {{"gCa_HVAbar", 1e-4}});
    cell.insert("Ca_LVAst", dend, {{"gCa_LVAstbar", 2e-4}});
    hh = cell.insert("hh", at_soma, {{"gnabar", 0.3}, {"gkbar", 0.1}});
    alpha = cell.insert("AlphaSynapse", {tip, tip}, {{"tau", 0.3}});
    exp2 = cell.insert("Exp2Syn", {tip, 8}, {{"tau1", 0.5}, {"tau2", 3}});
    nmda = cell.insert("AmpaNmda", {40, 5});
    gaba = cell.insert("GABA", {4});
    exp1 = cell.insert("ExpSyn", {2}, {{"tau", 2}});
    clamp = cell.insert("IClamp", at_soma, {{"del", 1}, {"dur", 15}, {"amp", 1.2}});
    cell.insert("epsp", {tip}, {{"onset", 3}, {"tau0", 0.5}, {"tau1", 5}, {"imax", 0.2}});
    cell.slot(alpha, 0, 0.002);
    cell.slot(alpha, 1, 0.004);
    cell.slot(exp2, 1, 0.001);
    cell.slot(nmda, 0, 0.0008);
    cell.slot(gaba, 0, 0.001);
    cell.slot(exp1, 0, 0.003);
    cell.source(soma, 0);
    cell.source(tip, -55);
  }

  // Events of 20 ms, on and off the grid, some at one time.
  std::vector<Event> events(int cells) const {
    std::vector<Event> all;
    for (int k = 0; k < 60; ++k) {
      for (int copy = 0; copy < 1 + k % 3; ++copy) {
        for (int c = 0; c < cells; c += 1 + k % 7) {
          const double time = k % 2 == 0 ? k * 13 * 0.025 : k * 0.3217;
          all.push_back({time, c, (k + copy) % slots, k % 5 == 0 ? NAN : static_cast<float>(0.0003 * (1 + copy))});
        }
      }
    }
    std::stable_sort(all.begin(), all.end(), [](const Event& a, const Event& b) { return a.time < b.time; });
    return all;
  }
};

// The events due in steps [from, to).
inline std::vector<Event> due(const std::vector<Event>& events, double dt, long from, long to) {
  std::vector<Event> r;
  for (const Event& e : events) {
    if (e.time > (static_cast<double>(from) - 0.5) * dt && e.time <= (static_cast<double>(to) - 0.5) * dt) r.push_back(e);
  }
  return r;
}

}  // namespace galvani::test
