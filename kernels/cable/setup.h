// What is worked out once, in double, from the mechanisms' own code: fields, geometry, the state at t = 0.
#pragma once

#include "cable/catalogue.h"
#include "cable/millivolt_table.h"

namespace galvani::cable {

// Number of this thread over the whole grid.
__device__ inline std::int64_t item_of_grid() { return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; }

// What a value is for one cell.
__device__ inline double varied(const Description& x, int group, int field, int row, int cell, double value) {
  for (std::int64_t k = 0; k < x.variations; ++k) {
    const Variation& v = x.variation[k];
    if (v.group != group || v.field != field || !x.row[v.rows + row]) continue;
    value = v.scale != 0 ? value * x.value[v.value + cell] : x.value[v.value + cell];
  }
  return value;
}

// Scale, parameters and derived values of an instance in one cell.
template <class G, class S>
__device__ __noinline__ void described(const Model<G, S>& m, const Description& x, int group, int instance, int cell, double* field) {
  const Group& g = m.group[group];
  for (int f = 0; f <= g.parameters; ++f) {
    field[f] = varied(x, group, f, instance, cell, x.value[g.described + static_cast<std::int64_t>(f) * g.instances + instance]);
  }
  with_mechanism(g.mechanism, [&](auto mechanism) {
    using M = typename decltype(mechanism)::template type<double>;
    static_assert(fields_of<M, double> <= kFields);
    if constexpr (has_derived<M>) {
      typename M::Parameters p;
      std::memcpy(&p, field + 1, M::parameters * sizeof(double));
      M::derive(p, Env{m.dt, m.celsius});
      std::memcpy(field + 1, &p, sizeof p);
    }
  });
}

// Where item = (pack·instances + instance)·P + cell of a group lies.
template <class G, class S>
struct Item {
  int pack, instance, within, cell;  // within the pack: instance·P + cell of the pack; cell of the population, the last for places beyond
  __device__ Item(const Model<G, S>& m, const Group& g, std::int64_t item) {
    const std::int64_t items = static_cast<std::int64_t>(g.instances) << m.log_pack;
    pack = static_cast<int>(item / items);
    within = static_cast<int>(item % items);
    instance = within >> m.log_pack;
    const int c = (pack << m.log_pack) + (within & ((1 << m.log_pack) - 1));
    cell = c < m.cells ? c : m.cells - 1;
  }
};

// A thread for each instance of each cell, or each instance where no field differs from cell to cell.
template <class G, class S>
__device__ void make_fields(const Model<G, S>& m, const Description& x, int group, std::int64_t count) {
  const std::int64_t n = item_of_grid();
  if (n >= count) return;
  Group& g = m.group[group];
  const Item<G, S> at(m, g, g.by_cell != 0 ? n : n << m.log_pack);
  double field[kFields];
  described(m, x, group, at.instance, at.cell, field);
  const bool first_cell = at.pack == 0 && (at.within & ((1 << m.log_pack) - 1)) == 0;
  FieldCursor cursor(m, g);
  for (int f = 0; f < g.fields; ++f) {
    const bool mine = g.by_cell >> f & 1 || (first_cell && (g.by_instance >> f & 1 || at.instance == 0));
    if (mine) m.field[cursor.element(f, at.pack, at.instance, at.within)] = static_cast<G>(field[f]);
    cursor.next(f);
  }
  if (n != 0) return;
  with_mechanism(g.mechanism, [&](auto mechanism) {
    using M = typename decltype(mechanism)::template type<double>;
    if constexpr (has_globals<M>) {
      static_assert(sizeof(typename M::Globals) <= sizeof g.globals);
      const typename M::Globals globals(Env{m.dt, m.celsius});
      std::memcpy(g.globals, &globals, sizeof globals);
    }
  });
}

// A thread for each mV of a group's tables.
template <class G, class S>
__device__ void make_tables(const Model<G, S>& m, int group, std::int64_t count) {
  const std::int64_t n = item_of_grid();
  const Group& g = m.group[group];
  if (n >= count) return;
  with_mechanism(g.mechanism, [&](auto mechanism) {
    using M = typename decltype(mechanism)::template type<double>;
    if constexpr (has_table<M>) {
      Gate<double> gate[M::states];
      rates_of<M>(static_cast<double>(n) - 100, g.globals, gate);
      for (int s = 0; s < M::states; ++s) MillivoltTable::set(m.table + g.table, s, static_cast<int>(n), gate[s]);
    }
  });
}

// A thread for each instance, and each cell where fields differ from cell to cell: ms after which an event ends, [instance][cell].
template <class G, class S>
__device__ void make_lifetimes(const Model<G, S>& m, const Description& x, int group, double* lifetime, std::int64_t count) {
  const std::int64_t n = item_of_grid();
  if (n >= count) return;
  const Group& g = m.group[group];
  const int cells = g.by_cell != 0 ? m.cells : 1;
  with_mechanism(g.mechanism, [&](auto mechanism) {
    using M = typename decltype(mechanism)::template type<double>;
    if constexpr (has_lifetime<M>) {
      double field[kFields];
      described(m, x, group, static_cast<int>(n / cells), static_cast<int>(n % cells), field);
      typename M::Parameters p;
      std::memcpy(&p, field + 1, sizeof p);
      lifetime[n] = M::lifetime(p);
    }
  });
}

// A thread for each node, and each cell where geometry differs from cell to cell.
template <class G, class S>
__device__ void make_geometry(const Model<G, S>& m, const Description& x, std::int64_t count) {
  const std::int64_t n = item_of_grid();
  if (n >= count) return;
  int node = static_cast<int>(n), cell = 0;
  if (m.geometry_by_cell != 0) {
    const std::int64_t items = static_cast<std::int64_t>(m.nodes) << m.log_pack;
    node = static_cast<int>(n % items >> m.log_pack);
    cell = static_cast<int>((n / items << m.log_pack) + (n & ((1 << m.log_pack) - 1)));
    if (cell >= m.cells) cell = m.cells - 1;
  }
  const auto g = [&](int i) { return 1 / varied(x, -2, 0, i, cell, x.ri[i]); };
  const bool root = node == 0;
  double diagonal = 1e-2 * x.area[node] * 1e-3 * varied(x, -1, 0, node, cell, x.cm[node]) / m.dt;
  if (!root) diagonal += g(node);
  for (int child = m.node[node].child; child >= 0; child = m.node[child].sibling) diagonal += g(child);
  m.axial[n] = static_cast<S>(root ? 0 : g(node));
  m.diagonal[n] = static_cast<S>(diagonal);
}

// A thread for each row of `voltage` in each cell: v_init, and calcium where nothing keeps it.
template <class G, class S>
__device__ void make_voltages(const Model<G, S>& m, std::int64_t count) {
  const std::int64_t n = item_of_grid();
  if (n >= count) return;
  const int row = static_cast<int>((n >> m.log_pack) % (m.nodes + 3 * m.pools)), beyond = row - m.nodes;
  m.voltage[n] = static_cast<S>(beyond < 0              ? m.v_init
                                : beyond < m.pools      ? constants::resting_cai
                                : beyond < 2 * m.pools  ? constants::resting_eca
                                                        : 0.0);
}

// A thread for each instance of each cell: the states of a group at rest. Pools come before what is gated by their calcium.
template <class G, class S>
__device__ void make_states(const Model<G, S>& m, const Description& x, int group, std::int64_t count) {
  const std::int64_t n = item_of_grid();
  if (n >= count) return;
  const Group& g = m.group[group];
  with_mechanism(g.mechanism, [&](auto mechanism) {
    using M = typename decltype(mechanism)::template type<double>;
    const Item<G, S> at(m, g, n);
    const int cell = at.within & ((1 << m.log_pack) - 1), place = m.index[g.node + at.instance];
    S* const calcium = m.voltage + ((static_cast<std::int64_t>(at.pack) * (m.nodes + 3 * m.pools) + m.nodes) << m.log_pack);
    const int pool = (m.node[place].pool << m.log_pack) + cell;
    if constexpr (M::kind == Kind::pool) {
      using Narrow = typename decltype(mechanism)::template type<G>;
      double field[kFields];
      described(m, x, group, at.instance, at.cell, field);
      typename M::Parameters p;
      std::memcpy(&p, field + 1, sizeof p);
      if constexpr (requires { p.cai0; }) calcium[pool] = static_cast<S>(p.cai0);
      const auto f = read_fields<Narrow, G>(m, g, at.pack, at.instance, at.within);
      calcium[(m.pools << m.log_pack) + pool] = static_cast<S>(Narrow::reversal(f.p, static_cast<G>(calcium[pool])));
    } else if constexpr (M::states > 0) {
      const std::int64_t items = static_cast<std::int64_t>(g.instances) << m.log_pack;
      G* const mine = m.gate + ((static_cast<std::int64_t>(at.pack) * m.gates + g.gate) << m.log_pack) + at.within;
      Gate<double> rest[M::states] = {};  // synapses begin at 0
      if constexpr (calcium_gated<M, double>) M::calcium_rates(static_cast<double>(calcium[pool]), rest);
      else if constexpr (has_shift<M>) {
        double field[kFields];
        described(m, x, group, at.instance, at.cell, field);
        typename M::Parameters p;
        std::memcpy(&p, field + 1, sizeof p);
        rates_of<M>(seen_by_gates<M>(m.v_init, p), g.globals, rest);
      } else if constexpr (voltage_gated<M, double>) rates_of<M>(m.v_init, g.globals, rest);
      for (int s = 0; has_table<M> && g.table >= 0 && s < M::states; ++s) rest[s] = MillivoltTable{m.table + g.table}.gate(s, m.v_init);
      for (int s = 0; s < M::states; ++s) {
        mine[s * items] = static_cast<G>(rest[s].inf);
        if constexpr (keeps_remainders<M, G>) mine[(M::states + s) * items] = 0;
      }
    }
  });
}

// A thread for each mechanism.
template <class G>
__device__ void describe(Traits* traits) {
  const std::int64_t n = item_of_grid();
  if (n >= number::mechanisms) return;
  with_mechanism(static_cast<int>(n), [&](auto mechanism) {
    using M = typename decltype(mechanism)::template type<double>;
    Traits t{M::parameters, fields_of<M, double>, M::states, static_cast<int>(M::kind), M::ion == Ion::ca || calcium_gated<M, double>,
             is_slow<M>, has_lifetime<M>, has_table<M>, {}};
    for (int i = 0; i + 1 < static_cast<int>(sizeof t.name) && M::name[i] != 0; ++i) t.name[i] = M::name[i];
    traits[n] = t;
  });
}

}  // namespace galvani::cable
