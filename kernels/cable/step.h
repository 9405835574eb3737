// The direct engine on the device: NEURON's fixed step (native/README.md, "A step"), all steps of an interval in one launch.
//
// A block of T threads integrates one pack of P cells (cable.h). A thread serves one cell of it, thread mod P: gates are flat over
// (instance, cell), T at a time; the mechanism is picked by a switch that is uniform over the block. One warp solves the trees,
// 32/P lanes a cell: a round eliminates nodes that do not depend on each other, each adds up what its children left, in their order.
// There are no atomics on floats: results do not depend on grid, pack, lanes or schedule.
//
//   strategy   nodes (v, d, r)   gates          threads   for
//   level      shared            shared         32…256    cells whose state fits a multiprocessor's shared memory
//   stream     shared            global         32…256    larger ones
//   thread     global            global         P = 128   very many small cells, and trees too large for the others; a thread a cell, no
//                                                         barrier
//
// What the strategies keep where is all that differs; in global memory the cell is innermost too, so that accesses coalesce.
//
//   rates      exact: the mechanisms' own functions, or NEURON's tables where a cell asks for them
//              poly: cubics (cubics.h); exact where they end
//   lanes      0: in the tree solve a cell has what one warp has for it, 32/P
//              1…64: so many; where lanes·P is more than a warp, all threads wait for each other after each round
//   cells      0: P is told at launch; 1…128: it is known to the compiler
#pragma once

#include <bit>

#include "cable/catalogue.h"
#include "cable/currents.h"
#include "cable/millivolt_table.h"

namespace galvani::cable {

enum class Strategy { level, stream, thread, none };  // none: looks at what lies in global memory, integrates nothing
enum class Rates { exact, poly };
inline constexpr int kWarp = 32;

// One pack of cells, as one thread sees it.
template <Strategy kStrategy, Rates kRates, int kLanes, int kCells, class G, class S>
struct Pack {
  static constexpr bool kOnChip = kStrategy == Strategy::level || kStrategy == Strategy::stream;
  static_assert(kOnChip || kLanes == 0, "a thread solves its cell alone");
  static_assert((kCells & (kCells - 1)) == 0, "P is a power of two");
  static constexpr int kLogCells = std::bit_width(static_cast<unsigned>(kCells)) - 1;

  const Model<G, S>& m;
  const Interval<S>& interval;
  int pack, thread, threads, cell;  // cell: within the pack
  S *v, *cai, *eca, *ica;
  S *d, *r;     // diagonal and right-hand side; after the solve's first half the factors of its second
  S* before;    // [source][cell]: v one step ago
  G* gate;
  int next_event, next_step;  // the next event and its step

  __device__ Pack(const Model<G, S>& model, const Interval<S>& i, unsigned char* shared)
      : m(model), interval(i), pack(static_cast<int>(blockIdx.x)), thread(static_cast<int>(threadIdx.x)),
        threads(static_cast<int>(blockDim.x)), cell(thread & ((1 << log_pack()) - 1)) {
    v = kOnChip ? reinterpret_cast<S*>(shared) : home_of_voltages();
    cai = v + items(m.nodes);
    eca = cai + items(m.pools);
    ica = eca + items(m.pools);
    gate = home_of_gates();
    if constexpr (kStrategy != Strategy::none) {
      d = kOnChip ? ica + items(m.pools) : m.scratch + pack * items(2 * m.nodes + m.sources);
      r = d + items(m.nodes);
      before = r + items(m.nodes);
      if constexpr (kStrategy == Strategy::level) gate = reinterpret_cast<G*>(before + items(m.sources));
    }
    next_event = interval.first == nullptr ? 0 : interval.first[pack];
    find_next_step();
  }

  __device__ int log_pack() const {
    if constexpr (kCells == 0) return m.log_pack;
    else return kLogCells;
  }

  // Elements of so many rows, one a cell.
  __device__ std::int64_t items(int rows) const { return static_cast<std::int64_t>(rows) << log_pack(); }
  __device__ S* home_of_voltages() const { return m.voltage + pack * items(m.nodes + 3 * m.pools); }
  __device__ G* home_of_gates() const { return m.gate + pack * items(m.gates); }
  __device__ bool exists() const { return (static_cast<std::int64_t>(pack) << log_pack()) + cell < m.cells; }
  __device__ int cell_of_population() const { return (pack << log_pack()) + cell; }

  // Between phases that hand values from thread to thread. A thread that serves its cell alone hands nothing on.
  __device__ void sync() const {
    if constexpr (kOnChip) __syncthreads();
  }

  __device__ void find_next_step() {
    const bool more = interval.first != nullptr && next_event < interval.first[pack + 1];
    next_step = more ? interval.event[next_event].step : -1;
  }

  // ---- memory: on the chip for the whole interval ------------------------------------------------------------------------

  __device__ void load() {
    if constexpr (!kOnChip) return;
    const S* const home = home_of_voltages();
    for (std::int64_t i = thread; i < items(m.nodes + 3 * m.pools); i += threads) v[i] = home[i];
    if constexpr (kStrategy == Strategy::level) {
      const G* const gates = home_of_gates();
      for (std::int64_t i = thread; i < items(m.gates); i += threads) gate[i] = gates[i];
    }
    sync();
  }

  __device__ void store() {
    if constexpr (!kOnChip) return;
    S* const home = home_of_voltages();
    for (std::int64_t i = thread; i < items(m.nodes + 3 * m.pools); i += threads) home[i] = v[i];
    if constexpr (kStrategy == Strategy::level) {
      G* const gates = home_of_gates();
      for (std::int64_t i = thread; i < items(m.gates); i += threads) gates[i] = gate[i];
    }
  }

  // ---- mechanisms --------------------------------------------------------------------------------------------------------

  // Brings the states of a group to the time of v, evaluates its currents at v into d and r, or both; t: ms, the middle of the step.
  __device__ void step(const Group& g, bool advance, bool current, double t) {
    with_mechanism(g.mechanism, [&](auto mechanism) { step_of<decltype(mechanism)>(g, advance, current, t); });
  }

  template <class Of>
  __device__ __forceinline__ void step_of(const Group& g, bool advance, bool current, double t) {
    using M = typename Of::template type<G>;
    constexpr int states = M::states;
    const int count = g.instances << log_pack();
    const std::int32_t* const node = m.index + g.node;
    for (int i = thread; i < count; i += threads) {
      const int instance = i >> log_pack(), place = node[instance];
      const int at = (place << log_pack()) + cell;
      int pool = 0;
      if constexpr (M::ion == Ion::ca || calcium_gated<M, G>) pool = (m.node[place].pool << log_pack()) + cell;
      if constexpr (M::kind == Kind::pool) {
        const auto f = read_fields<M, G>(m, g, pack, instance, i);
        if (advance) {  // concentrations are kept as voltages are: float32 would lose the slow approach to rest
          using W = typename Of::template type<S>;
          const auto wide = read_fields<W, S>(m, g, pack, instance, i);
          cai[pool] = W::advance(wide.p, cai[pool], ica[pool]);
        }
        if (current) {
          eca[pool] = static_cast<S>(M::reversal(f.p, static_cast<G>(cai[pool])));
          ica[pool] = 0;
        }
      } else {
        G y[states == 0 ? 1 : states];
        G* const mine = gate + items(static_cast<int>(g.gate)) + i;
        bool active = M::kind != Kind::synapse;
#pragma unroll
        for (int s = 0; s < states; ++s) {
          y[s] = mine[s * count];
          active |= !(y[s] == 0);
        }
        if (!active) continue;  // most synapses are at rest most of the time
        // Fields arrive while rates are worked out; after polynomials they take the registers of those.
        constexpr bool late = kRates == Rates::poly && M::kind != Kind::synapse && !has_shift<M>;
        Fields<M, G> f;
        if constexpr (!late) f = read_fields<M, G>(m, g, pack, instance, i);
        if constexpr (states > 0) {
          if (advance) {
            step_states<M>(f.p, v[at], calcium_gated<M, G> ? static_cast<G>(cai[pool]) : G(0), g, mine, count, y);
#pragma unroll
            for (int s = 0; s < states; ++s) mine[s * count] = y[s];
          }
        }
        if constexpr (late) f = read_fields<M, G>(m, g, pack, instance, i);
        if (current) add_current<Of>(f, y, at, pool, t);
      }
    }
  }

  template <class M>
  __device__ __forceinline__ void step_states(const typename M::Parameters& p, S v_here, G cai_here, const Group& g, G* mine, int count, G* y) {
    if constexpr (M::kind == Kind::synapse) {
      M::decay(p, y);
    } else {
      Gate<G> rates[M::states];
      if constexpr (calcium_gated<M, G>) {
        M::calcium_rates(cai_here, rates);
      } else {
        if constexpr (has_shift<M>) v_here = static_cast<S>(seen_by_gates<M>(static_cast<G>(v_here), p));
        if constexpr (kRates == Rates::poly) {
          const auto [segment, u] = g.cubics.place(static_cast<float>(v_here));
          if (GALVANI_LIKELY(segment < g.cubics.segments)) {
            const Cubic* const curve = m.cubic + (g.cubics.first + static_cast<int>(segment) * 2 * M::states);
#pragma unroll
            for (int s = 0; s < M::states; ++s) {
              go<M>({static_cast<G>(curve[2 * s](u)), static_cast<G>(curve[2 * s + 1](u))}, y[s], mine + (M::states + s) * count);
            }
            return;
          }
        }
        G at = static_cast<G>(v_here);
        // Beyond ±300 mV, where no gate moves any more, products of rates would overflow in float32.
        if constexpr (sizeof(G) == 4) at = clamp(at, G(-300), G(300));
        if (has_table<M> && g.table >= 0) {
          for (int s = 0; s < M::states; ++s) {
            const Gate<double> gate = MillivoltTable{m.table + g.table}.gate(s, at);
            rates[s] = {static_cast<G>(gate.inf), static_cast<G>(gate.rate)};
          }
        } else {
          rates_of<M>(at, g.globals, rates);
        }
      }
#pragma unroll
      for (int s = 0; s < M::states; ++s) go<M>(approach_of(rates[s], m.dt), y[s], mine + (M::states + s) * count);
    }
  }

  // A step of a gate.
  template <class M>
  static __device__ __forceinline__ void go(const Approach<G>& to, G& y, [[maybe_unused]] G* remainder) {
    G whole = to.part * (to.inf - y);
    if constexpr (keeps_remainders<M, G>) {  // what rounding took from earlier steps goes into this one
      whole += *remainder;
      const G next = y + whole;
      *remainder = whole - (next - y);
      y = next;
    } else {
      y += whole;
    }
  }

  // µS to d, nA to −r, mA/cm² of calcium to its pool.
  template <class Of>
  __device__ __forceinline__ void add_current(const Fields<typename Of::template type<G>, G>& f, const G* y, int at, int pool, double t) {
    using M = typename Of::template type<G>;
    const G v_here = static_cast<G>(v[at]);
    S g, outward;
    if constexpr (carries_several<M, G>) {
      G sum(0), i(0);
      M::conductances(f.p, y, [&](Ion, G conductance, G reversal) {
        sum += conductance;
        i += conductance * (v_here - reversal);
      });
      g = static_cast<S>(f.scale * sum);
      outward = static_cast<S>(f.scale * i);
    } else if constexpr (M::kind == Kind::stimulus) {  // time in double, whatever the precision
      using D = typename Of::template type<double>;
      g = 0;
      outward = static_cast<S>(f.scale * D::current(widened<typename D::Parameters>(f.p), t));
    } else if constexpr (has_current<M, G>) {
      G i, slope;
      M::current(f.p, y, v_here, i, slope);
      g = static_cast<S>(f.scale * slope);
      outward = static_cast<S>(f.scale * i);
    } else {
      const G conductance = M::conductance(f.p, y);
      g = static_cast<S>(f.scale * conductance);
      if constexpr (M::ion == Ion::ca) {
        const S drive = v[at] - eca[pool];
        ica[pool] += static_cast<S>(conductance) * drive;
        outward = g * drive;
      } else {
        outward = static_cast<S>(f.scale * conductance * (v_here - M::reversal(f.p)));
      }
    }
    d[at] += g;
    r[at] -= outward;
  }

  // Parameters in double.
  template <class To, class From>
  static __device__ __forceinline__ To widened(const From& p) {
    constexpr int n = static_cast<int>(sizeof(From) / sizeof(G));
    G from[n];
    double to[n];
    std::memcpy(from, &p, sizeof p);
#pragma unroll
    for (int k = 0; k < n; ++k) to[k] = from[k];
    To r;
    std::memcpy(&r, to, sizeof r);
    return r;
  }

  // ---- events ------------------------------------------------------------------------------------------------------------

  // Those of step k. The first thread of each cell receives its events in their order: coincident ones add alike every time.
  __device__ void receive(int k) {
    const int end = interval.first[pack + 1];
    for (; next_event < end && interval.event[next_event].step == k; ++next_event) {
      const Event& e = interval.event[next_event];
      if (e.cell == thread) {
        const Group& g = m.group[e.group];
        with_mechanism(g.mechanism, [&](auto mechanism) { receive_by<decltype(mechanism)>(g, e); });
      }
    }
    find_next_step();
  }

  template <class Of>
  __device__ __forceinline__ void receive_by(const Group& g, const Event& e) {
    using M = typename Of::template type<double>;
    if constexpr (M::kind == Kind::synapse) {
      const int item = (e.instance << log_pack()) + cell, count = g.instances << log_pack();
      G* const mine = gate + items(static_cast<int>(g.gate)) + item;
      const auto f = read_fields<M, double>(m, g, pack, e.instance, item);
      double y[M::states];
#pragma unroll
      for (int s = 0; s < M::states; ++s) y[s] = mine[s * count];
      M::receive(f.p, y, e.weight, e.age);
#pragma unroll
      for (int s = 0; s < M::states; ++s) mine[s * count] = static_cast<G>(y[s]);
    }
  }

  // ---- what the host asks for ----------------------------------------------------------------------------------------------

  // Hands the samples of recordings [begin, end) that fall on step k over; `value` gives that of one.
  template <class Value>
  __device__ __forceinline__ void sample(int begin, int end, int k, Value value) {
    for (int i = (begin << log_pack()) + thread; i < end << log_pack(); i += threads) {
      const Recording& r = interval.recording[i >> log_pack()];
      const int since = r.offset + k;
      if (since % r.every != 0 || !exists()) continue;
      interval.sample[r.sample + static_cast<std::int64_t>(since / r.every - 1) * m.cells + cell_of_population()] = value(r);
    }
  }

  __device__ void sample_voltages(int k) {
    sample(0, interval.voltages, k, [&](const Recording& r) { return v[items(r.row) + cell]; });
  }
  __device__ void sample_states(int k) {
    sample(interval.voltages, interval.states, k, [&](const Recording& r) {
      return r.quantity == Quantity::cai ? v[items(r.row) + cell] : static_cast<S>(gate[items(r.row) + cell]);
    });
  }
  // Those of the step that leads to k; t: ms, its middle.
  __device__ void sample_currents(int k, double t) {
    sample(interval.states, interval.recordings, k, [&](const Recording& r) {
      if (r.quantity == Quantity::eca) return v[items(r.row) + cell];  // follows cai when currents are evaluated
      S sum = 0;
      for (int term = r.term; term < r.term + r.terms; ++term) sum += current(interval.term[term], r.quantity, t);
      return sum;
    });
  }

  // All recordings as things are between two intervals, wherever they are kept; a thread serves any of the pack's cells.
  __device__ void sample_present() {
    sample_voltages(0);
    sample_states(0);
    sample_currents(0, static_cast<double>(interval.from) * m.dt);
  }

  __device__ S current(const Term& term, Quantity quantity, double t) {
    const Group& g = m.group[term.group];
    S sum = 0;
    with_mechanism(g.mechanism, [&](auto mechanism) {
      using M = typename decltype(mechanism)::template type<G>;
      if constexpr (M::kind != Kind::pool) {
        const int item = (term.instance << log_pack()) + cell, count = g.instances << log_pack();
        const int place = m.index[g.node + term.instance];
        const auto f = read_fields<M, G>(m, g, pack, term.instance, item);
        G y[M::states == 0 ? 1 : M::states];
#pragma unroll
        for (int s = 0; s < M::states; ++s) y[s] = gate[items(static_cast<int>(g.gate)) + s * count + item];
        if constexpr (M::kind == Kind::stimulus) {
          using D = typename decltype(mechanism)::template type<double>;
          sum = static_cast<S>(D::current(widened<typename D::Parameters>(f.p), t));
        } else {
          G reversal(0);
          if constexpr (M::ion == Ion::ca) reversal = static_cast<G>(eca[items(m.node[place].pool) + cell]);
          const auto i = currents<M, G>(f.p, y, static_cast<G>(v[items(place) + cell]), reversal, G(0));
          sum = static_cast<S>(quantity == Quantity::sodium ? i.na : quantity == Quantity::potassium ? i.k
                               : quantity == Quantity::calcium ? i.ca : i.total());
        }
      }
    });
    return sum;
  }

  // Spikes of the step that ended at k; then v is that of the step which begins.
  __device__ void watch(int k) {
    for (int i = thread; i < m.sources << log_pack(); i += threads) {
      const Source& s = interval.source[i >> log_pack()];
      const S now = v[items(s.node) + cell], was = before[i], threshold = static_cast<S>(s.threshold);
      before[i] = now;
      if (k == 0 || !(was < threshold && now >= threshold) || !exists()) continue;
      const double fraction = (s.threshold - static_cast<double>(was)) / (static_cast<double>(now) - static_cast<double>(was));
      interval.spike[atomicAdd(interval.count, 1)] = Spike{fraction, k, cell_of_population(), i >> log_pack(), 0};
    }
  }

  // Reports the lowest cell with a voltage that is no longer finite.
  __device__ void check_finite() {
    S sum = 0;
    for (std::int64_t i = thread; i < items(m.nodes); i += threads) sum += v[i] - v[i];
    if (!(sum == 0) && exists()) atomicMax(interval.count + 1, m.cells - cell_of_population());
  }

  // ---- tree solve: dV of backward Euler by Gauss elimination, children to parents and back (Hines 1984) ---------------------

  // Whether one warp solves all trees of the pack while the others wait.
  __device__ bool solved_by_warp() const { return kLanes == 0 || kLanes << log_pack() <= kWarp; }

  // After a round.
  __device__ void sync_lanes() const {
    if constexpr (!kOnChip) return;
    else if (solved_by_warp()) __syncwarp();
    else __syncthreads();
  }

  // Of node i with parent p: g axial conductance, d and r as assembled. Eliminated, it leaves f = g/d in d and q = r/d in r, from which
  // its parent takes what it is owed: g·f of the diagonal, g·(q − (v_p − v_i)) of the right-hand side.
  __device__ void solve() {
    const S* const axial = m.axial + (m.geometry_by_cell != 0 ? pack * items(m.nodes) : 0);
    const int shift = m.geometry_by_cell != 0 ? 0 : log_pack();  // an element of `axial` is a node's, or a node's and cell's
    for (int round = m.rounds - 1; round >= 0; --round) {
      const int first = m.round[round] << log_pack();
      const int i = first + thread;
      if (i < m.round[round + 1] << log_pack()) {
        const Node n = m.node[i >> log_pack()];
        const S v_here = v[i];
        S d_here = d[i], r_here = r[i];
        for (int child = n.child; child >= 0; child = m.node[child].sibling) {
          const int c = (child << log_pack()) + cell;
          const S g = axial[c >> shift];
          d_here -= g * d[c];
          r_here += g * (r[c] - (v_here - v[c]));
        }
        const S g = axial[i >> shift];
        r_here += g * (v[(n.parent << log_pack()) + cell] - v_here);
        const S inverse = S(1) / d_here;
        d[i] = g * inverse;
        r[i] = r_here * inverse;
      }
      sync_lanes();
    }
    for (int round = 0; round < m.rounds; ++round) {
      const int first = m.round[round] << log_pack();
      const int i = first + thread;
      if (i < m.round[round + 1] << log_pack()) {
        const S dv = d[i] * r[(m.node[i >> log_pack()].parent << log_pack()) + cell] + r[i];
        r[i] = dv;
        v[i] += dv;
      }
      sync_lanes();
    }
  }

  // ---- the interval --------------------------------------------------------------------------------------------------------

  __device__ void begin_step() {
    const S* const diagonal = m.diagonal + (m.geometry_by_cell != 0 ? pack * items(m.nodes) : 0);
    const int shift = m.geometry_by_cell != 0 ? 0 : log_pack();
    for (int i = thread; i < m.nodes << log_pack(); i += threads) {
      d[i] = diagonal[i >> shift];
      r[i] = 0;
    }
  }

  __device__ void run() {
    load();
    for (int k = 0;; ++k) {  // v is that of step k; the last turn only brings the states to its time
      const bool last = k == interval.steps, advance = k > 0;
      const double t = (static_cast<double>(interval.from + k) + 0.5) * m.dt;
      watch(k);
      if (advance) sample_voltages(k);
      if (!last) begin_step();
      sync();
      bool due = next_step == k;  // events come between the decay of synapses and their currents
      const bool received = due;
      for (int g = 0; g < m.groups; ++g) {
        const bool synapse = g >= m.synapses && g < m.stimuli;
        step(m.group[g], advance && !(received && synapse && !due), !last && !(synapse && due), t);
        sync();
        if (due && g == m.stimuli - 1) {
          if (advance) sample_states(k);
          sync();
          receive(k);
          sync();
          due = false;
          g = m.synapses - 1;
        }
      }
      if (advance && !received) sample_states(k);
      if (last) break;
      sample_currents(k + 1, t);
      if (interval.recordings > interval.states) sync();
      if (!kOnChip || thread < kWarp || !solved_by_warp()) solve();
      sync();
    }
    check_finite();
    store();
  }
};

}  // namespace galvani::cable
