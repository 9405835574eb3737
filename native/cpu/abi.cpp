// The C ABI over Population: checks what it is given, turns exceptions into a status and a text.
#include <cmath>
#include <cstddef>
#include <cstring>
#include <new>

#include "cpu/population.h"
#include "cpu/surrogate.h"
#include "galvani.h"

using namespace galvani;

struct gv_cell { Cell cell; };
struct gv_population { Population population; };
struct gv_plan { std::shared_ptr<SurrogatePlan> plan; };
struct gv_surrogates { std::unique_ptr<SurrogatePopulation> population; int32_t cells; };

namespace {

thread_local std::string last_error;

template <class F>
int32_t guarded(F&& f) {
  try {
    f();
    return GV_OK;
  } catch (const InvalidArgument& e) {
    last_error = e.what();
    return GV_INVALID;
  } catch (const Diverged& e) {
    last_error = e.what();
    return GV_DIVERGED;
  } catch (const std::bad_alloc&) {
    last_error = "out of memory";
    return GV_OUT_OF_MEMORY;
  } catch (const std::exception& e) {
    last_error = e.what();
    return GV_INTERNAL;
  }
}

void require(bool holds, const std::string& text) {
  if (!holds) throw InvalidArgument(text);
}

int best_isa() {
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw")) {
    return GV_AVX512;
  }
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? GV_AVX2 : GV_BASELINE;
}

const Kernels& kernels_of(int32_t isa) {
  require(isa >= GV_BASELINE && isa <= GV_AVX512, "isa " + std::to_string(isa) + " is not known");
  require(isa <= best_isa(), "this machine does not have instruction set " + std::to_string(isa));
  return isa == GV_AVX512 ? avx512_kernels() : isa == GV_AVX2 ? avx2_kernels() : baseline_kernels();
}

Layer layer_of(const gv_layer* l) {
  if (l == nullptr) return {};
  require(l->activation >= GV_LINEAR && l->activation <= GV_SELU, "layer: no such activation");
  require(l->taps == 0 || l->kernel != nullptr, "layer: it has no kernel");
  require((l->scale == nullptr) == (l->shift == nullptr), "layer: scale and shift need each other");
  return {l->taps, l->in, l->out, l->dilation, static_cast<Activation>(l->activation), l->gates != 0, l->kernel, l->bias, l->scale, l->shift};
}

const Mechanism& mechanism_of(const char* name) {
  const int i = find_mechanism(name == nullptr ? "" : name);
  require(i >= 0, std::string("no mechanism '") + (name == nullptr ? "" : name) + "'");
  return catalogue()[i];
}

// Nothing of a mechanism that no voltage gates.
PolyCurves poly_curves(const char* mechanism, double celsius, double dt, const PolyForm& form, int32_t single) {
  const Mechanism& m = mechanism_of(mechanism);
  require(std::isfinite(dt) && dt > 0, "dt must be positive");
  require(std::isfinite(celsius), "celsius must be finite");
  if (!m.voltage_gated) return {};
  RateContext context{};
  context.env = {dt, celsius};
  m.globals(context.env, context.globals);
  return fit_gates(m, context, form, single != 0 ? Precision::f32 : Precision::f64);
}

std::string at(const char* what, std::int64_t i) { return std::string(what) + " " + std::to_string(i); }

}  // namespace

extern "C" {

int32_t gv_abi_version(void) { return GV_ABI_VERSION; }

int32_t gv_abi_layout(int32_t capacity, int64_t* layout) {
  const int64_t all[] = {
      sizeof(gv_options), offsetof(gv_options, cells), offsetof(gv_options, precision), offsetof(gv_options, rates),
      offsetof(gv_options, isa), offsetof(gv_options, threads), offsetof(gv_options, reserved), offsetof(gv_options, dt),
      offsetof(gv_options, v_init), offsetof(gv_options, celsius), sizeof(gv_probe), offsetof(gv_probe, quantity),
      offsetof(gv_probe, node), offsetof(gv_probe, placement), offsetof(gv_probe, row), offsetof(gv_probe, which),
      offsetof(gv_probe, every), sizeof(gv_layer), offsetof(gv_layer, kernel), offsetof(gv_layer, bias), offsetof(gv_layer, scale),
      offsetof(gv_layer, shift), offsetof(gv_layer, taps), offsetof(gv_layer, in), offsetof(gv_layer, out), offsetof(gv_layer, dilation),
      offsetof(gv_layer, activation), offsetof(gv_layer, gates), sizeof(gv_stage), offsetof(gv_stage, layer), offsetof(gv_stage, update),
      offsetof(gv_stage, column_class), offsetof(gv_stage, recurrent), offsetof(gv_stage, decay), offsetof(gv_stage, kind),
      offsetof(gv_stage, units), offsetof(gv_stage, steps), offsetof(gv_stage, sequences), offsetof(gv_stage, stateful),
      offsetof(gv_stage, reserved), sizeof(gv_column_step), offsetof(gv_column_step, from),
      offsetof(gv_column_step, tap), offsetof(gv_column_step, delay), offsetof(gv_column_step, source), offsetof(gv_column_step, emits),
      offsetof(gv_column_step, keeps), sizeof(gv_output), offsetof(gv_output, a), offsetof(gv_output, b), offsetof(gv_output, c),
      offsetof(gv_output, d), offsetof(gv_output, limit), offsetof(gv_output, amplitude), offsetof(gv_output, decay),
      offsetof(gv_output, channel), offsetof(gv_output, reserved)};
  constexpr int32_t n = sizeof all / sizeof all[0];
  for (int32_t i = 0; i < n && i < capacity; ++i) layout[i] = all[i];
  return n;
}

const char* gv_last_error(void) { return last_error.c_str(); }

int32_t gv_best_isa(void) { return best_isa(); }

int32_t gv_cell_create(int32_t nodes, const int32_t* parent, const double* area, const double* ri, const double* cm,
                       gv_cell** cell) {
  return guarded([&] {
    require(nodes >= 1, "a cell needs at least one node");
    auto c = std::make_unique<gv_cell>();
    for (int32_t i = 0; i < nodes; ++i) {
      require(i == 0 ? parent[i] == -1 : parent[i] >= 0 && parent[i] < i, at("node", i) + ": its parent must precede it");
      require(std::isfinite(area[i]) && area[i] >= 0, at("node", i) + ": area must be 0 or more");
      require(i == 0 || (std::isfinite(ri[i]) && ri[i] > 0), at("node", i) + ": axial resistance must be positive");
      require(std::isfinite(cm[i]) && cm[i] >= 0, at("node", i) + ": capacitance must be 0 or more");
    }
    require(nodes > 1 || area[0] * cm[0] > 0, "a single node needs area and capacitance");
    c->cell.parent.assign(parent, parent + nodes);
    c->cell.area.assign(area, area + nodes);
    c->cell.ri.assign(ri, ri + nodes);
    c->cell.cm.assign(cm, cm + nodes);
    *cell = c.release();
  });
}

void gv_cell_destroy(gv_cell* cell) { delete cell; }

int32_t gv_cell_insert(gv_cell* cell, const char* mechanism, int32_t rows, const int32_t* node, const double* values,
                       int32_t* placement) {
  return guarded([&] {
    const Mechanism& m = mechanism_of(mechanism);
    Cell::Placement p;
    p.mechanism = find_mechanism(mechanism);
    require(rows >= 0, "rows must be 0 or more");
    const std::size_t count = static_cast<std::size_t>(rows) * m.parameters.size();
    for (std::size_t i = 0; i < count; ++i) {
      require(std::isfinite(values[i]), std::string(m.name) + "." + m.parameters[i / rows].name + " is not finite");
    }
    std::vector<char> seen(cell->cell.nodes(), 0);
    for (int32_t i = 0; i < rows; ++i) {
      require(node[i] >= 0 && node[i] < cell->cell.nodes(), at("node", node[i]) + " does not exist");
      if (!m.is_point()) {
        require(!seen[node[i]], std::string(m.name) + " is twice on node " + std::to_string(node[i]));
        require(cell->cell.area[node[i]] > 0, std::string(m.name) + " is on node " + std::to_string(node[i]) + ", which has no area");
        seen[node[i]] = 1;
      }
    }
    p.node.assign(node, node + rows);
    p.values.assign(values, values + count);
    cell->cell.placements.push_back(std::move(p));
    *placement = static_cast<int32_t>(cell->cell.placements.size()) - 1;
  });
}

int32_t gv_cell_slots(gv_cell* cell, int32_t slots, const int32_t* placement, const int32_t* row, const double* weight) {
  return guarded([&] {
    require(slots >= 0, "slots must be 0 or more");
    std::vector<Cell::Slot> all;
    for (int32_t i = 0; i < slots; ++i) {
      require(placement[i] >= 0 && placement[i] < static_cast<int32_t>(cell->cell.placements.size()),
              at("slot", i) + ": no such placement");
      const Cell::Placement& p = cell->cell.placements[placement[i]];
      require(catalogue()[p.mechanism].kind == Kind::synapse, at("slot", i) + ": its placement is not a synapse");
      require(row[i] >= 0 && row[i] < p.rows(), at("slot", i) + ": no such row");
      require(std::isfinite(weight[i]), at("slot", i) + ": weight is not finite");
      all.push_back({placement[i], row[i], weight[i]});
    }
    cell->cell.slots = std::move(all);
  });
}

int32_t gv_cell_sources(gv_cell* cell, int32_t sources, const int32_t* node, const double* threshold) {
  return guarded([&] {
    require(sources >= 0, "sources must be 0 or more");
    std::vector<Cell::Source> all;
    for (int32_t i = 0; i < sources; ++i) {
      require(node[i] >= 0 && node[i] < cell->cell.nodes(), at("source", i) + ": no such node");
      require(std::isfinite(threshold[i]), at("source", i) + ": threshold is not finite");
      all.push_back({node[i], threshold[i]});
    }
    cell->cell.sources = std::move(all);
  });
}

int32_t gv_population_create(const gv_cell* cell, const gv_options* o, gv_population** population) {
  return guarded([&] {
    require(o->cells >= 1, "cells must be at least 1");
    require(o->precision >= GV_F64 && o->precision <= GV_F32, "precision is not known");
    require(o->rates == GV_EXACT || o->rates == GV_POLY, "rates are not known");
    require(o->threads >= 1, "threads must be at least 1");
    require(std::isfinite(o->dt) && o->dt > 0, "dt must be positive");
    require(std::isfinite(o->v_init) && std::isfinite(o->celsius), "v_init and celsius must be finite");
    *population = new gv_population{Population(
        cell->cell,
        Options{o->cells, static_cast<Precision>(o->precision), o->rates == GV_POLY, o->threads, Env{o->dt, o->celsius}, o->v_init},
        kernels_of(o->isa))};
  });
}

void gv_population_destroy(gv_population* population) { delete population; }

int32_t gv_population_vary(gv_population* population, int32_t placement, int32_t parameter, int32_t rows, const int32_t* row,
                           int32_t scale, const double* values) {
  return guarded([&] {
    Population& p = population->population;
    require(placement >= GV_RI, "vary: no such placement");
    require(rows >= 0, "vary: rows must be 0 or more");
    for (int32_t c = 0; c < p.options().cells; ++c) {
      require(std::isfinite(values[c]), "vary: the value of cell " + std::to_string(c) + " is not finite");
      if (placement == GV_RI) require(values[c] > 0, "vary: the axial resistance of cell " + std::to_string(c) + " is not positive");
      if (placement == GV_CM) require(values[c] >= 0, "vary: the capacitance of cell " + std::to_string(c) + " is negative");
    }
    p.vary(placement, parameter, {row, row + rows}, scale != 0, {values, values + p.options().cells});
  });
}

int32_t gv_population_advance(gv_population* population, int64_t steps, int64_t events, const double* time, const int32_t* cell,
                              const int32_t* slot, const float* weight, int64_t* spikes) {
  return guarded([&] {
    Population& p = population->population;
    require(steps >= 0, "steps must be 0 or more");
    require(events >= 0, "events must be 0 or more");
    const double dt = p.options().env.dt;
    const double from = (static_cast<double>(p.steps()) - 0.5) * dt;
    const double to = (static_cast<double>(p.steps() + steps) - 0.5) * dt;
    std::vector<Event> all;
    all.reserve(events);
    for (int64_t i = 0; i < events; ++i) {
      require(time[i] > from && time[i] <= to, at("event", i) + " at " + std::to_string(time[i]) + " ms is outside the interval");
      require(i == 0 || time[i] >= time[i - 1], at("event", i) + " is out of order");
      require(cell[i] >= 0 && cell[i] < p.options().cells, at("event", i) + ": cell " + std::to_string(cell[i]) + " does not exist");
      require(slot[i] >= 0 && slot[i] < static_cast<int32_t>(p.cell().slots.size()),
              at("event", i) + ": slot " + std::to_string(slot[i]) + " does not exist");
      require(!std::isinf(weight[i]), at("event", i) + ": weight is not finite");
      all.push_back({time[i], cell[i], slot[i], static_cast<double>(weight[i])});
    }
    p.advance(steps, std::move(all));
    *spikes = static_cast<int64_t>(p.spikes().size());
  });
}

int32_t gv_population_spikes(const gv_population* population, int64_t capacity, int32_t* cell, int32_t* source, double* time,
                             double* crossing) {
  return guarded([&] {
    const auto& all = population->population.spikes();
    require(capacity >= static_cast<int64_t>(all.size()), "spikes: the arrays are too short");
    const double dt = population->population.options().env.dt;
    for (std::size_t i = 0; i < all.size(); ++i) {
      cell[i] = all[i].cell;
      source[i] = all[i].source;
      time[i] = static_cast<double>(all[i].step) * dt;
      crossing[i] = all[i].crossing;
    }
  });
}

int32_t gv_population_record(gv_population* population, const gv_probe* probe, int32_t* recording) {
  return guarded([&] {
    require(probe->quantity >= GV_VOLTAGE && probe->quantity <= GV_POINT_CURRENT, "record: no such quantity");
    *recording = population->population.record({static_cast<Quantity>(probe->quantity), probe->node, probe->placement, probe->row,
                                                probe->which, probe->every});
  });
}

int32_t gv_recording_waiting(const gv_population* population, int32_t recording, int64_t* first, int64_t* samples) {
  return guarded([&] { population->population.waiting(recording, *first, *samples); });
}

int32_t gv_recording_take(gv_population* population, int32_t recording, double* samples) {
  return guarded([&] {
    int64_t first, count;
    population->population.waiting(recording, first, count);
    population->population.take(recording, samples);
  });
}

int64_t gv_population_steps(const gv_population* population) { return population->population.steps(); }

int64_t gv_population_memory(const gv_population* population) { return population->population.memory(); }

int64_t gv_population_state_size(const gv_population* population) { return population->population.state_size(); }

int32_t gv_population_save(gv_population* population, int64_t size, void* state) {
  return guarded([&] {
    require(size == population->population.state_size(), "save: wrong size");
    population->population.save(static_cast<char*>(state));
  });
}

int32_t gv_population_load(gv_population* population, int64_t size, const void* state) {
  return guarded([&] { population->population.load(static_cast<const char*>(state), size); });
}

int32_t gv_plan_create(int32_t window, int32_t channels, int32_t numbers, int32_t isa, gv_plan** plan) {
  return guarded([&] {
    require(numbers >= GV_NUMBERS_F64 && numbers <= GV_NUMBERS_BF16, "plan: no such numbers");
    kernels_of(isa);
    *plan = new gv_plan{SurrogatePlan::create(window, channels, static_cast<NumberFormat>(numbers), isa)};
  });
}

void gv_plan_destroy(gv_plan* plan) { delete plan; }

int32_t gv_plan_columns(gv_plan* plan, const gv_layer* layer, int32_t classes, int32_t steps, const gv_column_step* step) {
  return guarded([&] {
    std::vector<ColumnStep> all;
    for (int32_t i = 0; i < steps; ++i) {
      all.push_back({step[i].from, step[i].tap, step[i].delay, step[i].source, step[i].emits, step[i].keeps});
    }
    plan->plan->add_columns(layer_of(layer), classes, std::move(all));
  });
}

int32_t gv_plan_stage(gv_plan* plan, const gv_stage* stage) {
  return guarded([&] {
    require(stage->kind >= GV_PROJECTION && stage->kind <= GV_ELM, "plan: no such stage");
    plan->plan->add_stage({static_cast<StageKind>(stage->kind), layer_of(stage->layer), layer_of(stage->update), stage->recurrent, stage->decay,
                           stage->units, stage->steps, stage->sequences != 0, stage->stateful != 0},
                          stage->column_class);
  });
}

int32_t gv_surrogates_create(const gv_plan* plan, int32_t cells, int32_t threads, int32_t look_ahead, int32_t overwrite, int32_t outputs,
                             const gv_output* output, gv_surrogates** surrogates) {
  return guarded([&] {
    std::vector<Output> all;
    for (int32_t i = 0; i < outputs; ++i) {
      const gv_output& o = output[i];
      all.push_back({o.channel, o.a, o.b, o.c, o.d, o.limit, o.amplitude, o.decay});
    }
    *surrogates = new gv_surrogates{plan->plan->population({cells, threads, look_ahead, overwrite != 0}, std::move(all)), cells};
  });
}

void gv_surrogates_destroy(gv_surrogates* surrogates) { delete surrogates; }

int32_t gv_surrogates_start(gv_surrogates* surrogates, int64_t windows, const double* samples) {
  return guarded([&] { surrogates->population->start(windows, samples); });
}

int32_t gv_surrogates_advance(gv_surrogates* surrogates, int64_t steps, int64_t events, const int64_t* step, const int32_t* cell,
                              const int32_t* channel, const double* value, double* recorded) {
  return guarded([&] {
    require(steps >= 0, "steps must be 0 or more");
    require(events >= 0, "events must be 0 or more");
    surrogates->population->advance(steps, {static_cast<std::size_t>(events), step, cell, channel, value}, recorded);
  });
}

int64_t gv_surrogates_steps(const gv_surrogates* surrogates) { return surrogates->population->steps(); }

int64_t gv_surrogates_memory(const gv_surrogates* surrogates) { return surrogates->population->memory(); }

int64_t gv_surrogates_state_size(const gv_surrogates* surrogates) { return surrogates->population->state_size(); }

int32_t gv_surrogates_save(const gv_surrogates* surrogates, int64_t size, void* state) {
  return guarded([&] {
    require(size == surrogates->population->state_size(), "save: wrong size");
    surrogates->population->save(static_cast<char*>(state));
  });
}

int32_t gv_surrogates_load(gv_surrogates* surrogates, int64_t size, const void* state) {
  return guarded([&] { surrogates->population->load(static_cast<const char*>(state), size); });
}

int32_t gv_rates(const char* mechanism, const double* parameters, double celsius, int32_t n, const double* x, int32_t* gates,
                 double* out) {
  return guarded([&] {
    const Mechanism& m = mechanism_of(mechanism);
    require(n >= 0, "rates: n must be 0 or more");
    require(std::isfinite(celsius), "rates: celsius must be finite");
    *gates = m.rates == nullptr ? 0 : static_cast<int32_t>(m.states.size());
    if (n == 0 || *gates == 0) return;
    RateContext context{};
    context.env = {0.025, celsius};
    m.globals(context.env, context.globals);
    std::vector<double> table;
    for (std::size_t k = 0; k < m.parameters.size(); ++k) {
      if (std::string("usetable") == m.parameters[k].name && parameters[k] == 1) table = millivolt_table(m, context);
    }
    if (!table.empty()) context.table.values = table.data();
    std::vector<Gate<double>> gate(*gates);
    for (int32_t i = 0; i < n; ++i) {
      m.rates(m.shift < 0 ? x[i] : x[i] - parameters[m.shift], context, gate.data());
      for (int32_t g = 0; g < *gates; ++g) {
        out[static_cast<std::size_t>(2 * g) * n + i] = gate[g].inf;
        out[static_cast<std::size_t>(2 * g + 1) * n + i] = 1 / gate[g].rate;
      }
    }
  });
}

int32_t gv_poly_bound(const char* mechanism, double celsius, double dt, int32_t isa, int32_t single, int32_t* gates,
                      int32_t* segments, double* out) {
  return guarded([&] {
    const PolyCurves p = poly_curves(mechanism, celsius, dt, kernels_of(isa).poly, single);
    *gates = static_cast<int32_t>(p.bound.size() / 2);
    *segments = p.segments;
    std::copy(p.bound.begin(), p.bound.end(), out);
  });
}

int32_t gv_poly_cubics(const char* mechanism, double celsius, double dt, int32_t single, int32_t* gates, int32_t* segments,
                       float* place, float* coefficients, double* bound) {
  return guarded([&] {
    const PolyCurves p = poly_curves(mechanism, celsius, dt, PolyForm{3, 3, 64, GV_POLY_SEGMENTS, 0}, single);
    *gates = static_cast<int32_t>(p.bound.size() / 2);
    *segments = p.segments;
    if (*segments == 0) return;
    const PolyTable table = p.view(nullptr);
    place[0] = table.per_mV;
    place[1] = table.origin;
    const std::vector<float> rows = p.rows();
    std::copy(rows.begin(), rows.end(), coefficients);
    std::copy(p.bound.begin(), p.bound.end(), bound);
  });
}

int32_t gv_math(int32_t isa, int32_t function, int32_t single, int64_t n, const void* x, void* y) {
  return guarded([&] {
    require(function >= 0 && function < static_cast<int32_t>(std::size(kMathFunctions)), "math: no such function");
    require(n >= 0 && n % 16 == 0, "math: n must be a multiple of 16");
    const Kernels& k = kernels_of(isa);
    if (single != 0) k.math_f32(function, n, static_cast<const float*>(x), static_cast<float*>(y));
    else k.math_f64(function, n, static_cast<const double*>(x), static_cast<double*>(y));
  });
}

}  // extern "C"
