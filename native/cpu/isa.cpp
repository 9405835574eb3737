// Everything that is compiled once for each ISA: steps of all mechanisms, tree solves, threshold tests. No standard library and
// no inline function of others: a symbol compiled here for AVX-512 must never be the one that the portable code links to.
#include <type_traits>

#include "cpu/engine.h"
#include "cpu/simd.h"
#include "galvani_catalogue.inc"

#define GALVANI_STRING_(x) #x
#define GALVANI_STRING(x) GALVANI_STRING_(x)

namespace galvani {
namespace {

// What one turn of a loop works on, so that long chains of dependent operations overlap: kUnits runs of kChunk lanes that lie
// together, each in a vector of W. More registers than the ISA has names for would spill.
struct Turn { int chunk, units; };
constexpr Turn turn_of(Precision precision, Rates rates) {
  const int W = lanes_of(precision);
  if (kVectorBytes == 64) return {W, precision == Precision::f64 && rates == Rates::poly ? 4 : 2};
  if (precision == Precision::f64) return {rates == Rates::poly || kVectorBytes == 32 ? 2 * kLanes<double> : kLanes<double>, 1};
  return {rates != Rates::poly && kVectorBytes == 32 ? 2 * kLanes<float> : kLanes<float>, 1};
}

// The declared precisions: G for gates and conductances, S for voltage, as many lanes; W cells in a vector.
template <Precision kPrecision, Rates kMode, class TG, class TS>
struct Form {
  static constexpr int W = lanes_of(kPrecision), kChunk = turn_of(kPrecision, kMode).chunk, kUnits = turn_of(kPrecision, kMode).units;
  using G = Pack<TG, kChunk * kUnits>;
  using S = Pack<TS, kChunk * kUnits>;
};
template <Rates kMode>
using F64 = Form<Precision::f64, kMode, double, double>;
template <Rates kMode>
using Mixed = Form<Precision::mixed, kMode, float, double>;
template <Rates kMode>
using F32 = Form<Precision::f32, kMode, float, float>;

// ---- gates ---------------------------------------------------------------------------------------------------------------

template <template <class> class Mechanism, class G>
GALVANI_FN void approach_exactly(G v, const RateContext& context, Approach<G>* to) {
  Gate<G> gate[Mechanism<G>::states];
  // Beyond ±300 mV, where no gate moves any more, products of rates would overflow in float32.
  if constexpr (sizeof(typename G::Lane) == 4) v = clamp(v, G(-300), G(300));
  rates_of<Mechanism<G>>(v, context.globals, gate);
  unrolled<Mechanism<G>::states>([&](auto s) GALVANI_LAMBDA { to[s] = approach_of(gate[s], context.env.dt); });
}

// Those of a mechanism, to be handed over by value: what a pointer leads to would be kept in memory throughout.
template <class M, class G>
struct Approaches { Approach<G> of[M::states]; };

// Exactly where the table ends.
template <template <class> class Mechanism, class F, class G, class Gates = Approaches<Mechanism<G>, G>>
__attribute__((noinline)) Gates approach_beyond(F number, G v, const RateContext& context, Gates in) {
  Approach<G> exact[Mechanism<G>::states];
  approach_exactly<Mechanism>(v, context, exact);
  const F shift(0x1.8p23f), segment = number - shift;
  const auto inside = convert<G>(select(segment < F(0), F(0), select(segment < F(context.poly.segments), F(1), F(0)))) > G(0.5);
  unrolled<Mechanism<G>::states>([&](auto s) GALVANI_LAMBDA {
    in.of[s] = {select(inside, in.of[s].inf, exact[s].inf), select(inside, in.of[s].part, exact[s].part)};
  });
  return in;
}

template <int kDegree, template <class> class Mechanism, class F, class G>
GALVANI_FN void approach_by_degree(const Segment<F::size>& at, const PolyTable& table, Approach<G>* to) {
  constexpr int states = Mechanism<G>::states;
  F curve[2 * states];
  polynomials<2 * states, kDegree>(table.coefficients, table.segments, at, curve);
  unrolled<states>([&](auto s) GALVANI_LAMBDA { to[s] = {convert<G>(curve[2 * s]), convert<G>(curve[2 * s + 1])}; });
}

template <template <class> class Mechanism, class G>
GALVANI_FN void approach_by_polynomials(G v, const RateContext& context, Approach<G>* to) {
  using F = Pack<float, G::size>;
  using M = Mechanism<G>;
  constexpr int lowest = kPolyForm.lowest_degree, highest = kPolyForm.highest_degree;
  static_assert(highest - lowest <= 2);
  const PolyTable& table = context.poly;
  const Segment<F::size> at = segment_of(convert<F>(v) * F::broadcast(table.per_mV) + F::broadcast(table.origin));
  if (table.degree == lowest) approach_by_degree<lowest, Mechanism, F>(at, table, to);
  else if (table.degree < highest) approach_by_degree<lowest + 1, Mechanism, F>(at, table, to);
  else approach_by_degree<highest, Mechanism, F>(at, table, to);
  if (GALVANI_LIKELY(!any_beyond(at.number, table.segments))) return;
  Approaches<M, G> all;
  unrolled<M::states>([&](auto s) GALVANI_LAMBDA { all.of[s] = to[s]; });
  all = approach_beyond<Mechanism, F>(at.number, v, context, all);
  unrolled<M::states>([&](auto s) GALVANI_LAMBDA { to[s] = all.of[s]; });
}

// By NEURON's tables, a lane at a time; not meant to be fast.
template <template <class> class Mechanism, class G>
GALVANI_FN void approach_by_table(G v, const RateContext& context, Approach<G>* to) {
  using T = typename G::Lane;
  alignas(64) T vs[G::size], inf[G::size], rate[G::size];
  v.store(vs);
  for (int s = 0; s < Mechanism<G>::states; ++s) {
    for (int l = 0; l < G::size; ++l) {
      const Gate<double> gate = context.table.gate(s, static_cast<double>(vs[l]));
      inf[l] = static_cast<T>(gate.inf);
      rate[l] = static_cast<T>(gate.rate);
    }
    to[s] = approach_of(Gate<G>{G::load(inf), G::load(rate)}, context.env.dt);
  }
}

// ---- one mechanism over a block ------------------------------------------------------------------------------------------

// The values of a struct that is made of values of type G alone, by number. One at a time, they stay in registers; a struct copied
// as a whole goes through memory in pieces narrower than a register, and the loads wait for them.
template <class G, class Struct>
inline constexpr int kFields = static_cast<int>(sizeof(Struct) / sizeof(G));
template <class G, class Struct>
GALVANI_FN G& field(Struct& s, int number) {
  return reinterpret_cast<G*>(&s)[number];
}

// Fields of an instance: `one`, as field 0 in engine.h, then the mechanism's parameters.
template <class M, class G>
struct Fields {
  G one;
  typename M::Parameters p;
  static constexpr int count = 1 + kFields<G, typename M::Parameters>;

  template <class Read>
  static GALVANI_FN Fields read(Read&& value) {
    Fields r;
    unrolled<count>([&](auto f) GALVANI_LAMBDA { field<G>(r, f) = value(f); });
    return r;
  }
};

// The same parameters in another precision.
template <class To, class S, class G, class From>
GALVANI_FN To converted(From p) {
  static_assert(kFields<S, To> == kFields<G, From>);
  To r;
  unrolled<kFields<G, From>>([&](auto f) GALVANI_LAMBDA { field<S>(r, f) = convert<S>(field<G>(p, f)); });
  return r;
}

// A pack of units of kChunk lanes; at(unit) says where each lies.
template <class P, int kChunk, int kUnit = 0, class At>
GALVANI_FN P load(const At& at) {
  if constexpr (P::size == kChunk) return P::load(at(kUnit));
  else return {load<typename P::Half, kChunk, kUnit>(at), load<typename P::Half, kChunk, kUnit + P::size / 2 / kChunk>(at)};
}
template <class P, int kChunk, int kUnit = 0, class At>
GALVANI_FN P broadcast(const At& at) {
  if constexpr (P::size == kChunk) return P::broadcast(*at(kUnit));
  else return {broadcast<typename P::Half, kChunk, kUnit>(at), broadcast<typename P::Half, kChunk, kUnit + P::size / 2 / kChunk>(at)};
}
template <int kChunk, int kUnit = 0, class P, class At>
GALVANI_FN void store(P value, const At& at) {
  if constexpr (P::size == kChunk) {
    value.store(at(kUnit));
  } else {
    store<kChunk, kUnit>(value.low, at);
    store<kChunk, kUnit + P::size / 2 / kChunk>(value.high, at);
  }
}
// One unit after the other, as two may be the same place; the first `units` of them.
template <int kChunk, int kUnit = 0, class P, class At>
GALVANI_FN void add(P value, const At& at, int units) {
  if constexpr (P::size == kChunk) {
    if (kUnit < units) (P::load(at(kUnit)) + value).store(at(kUnit));
  } else {
    add<kChunk, kUnit>(value.low, at, units);
    add<kChunk, kUnit + P::size / 2 / kChunk>(value.high, at, units);
  }
}

// Of a mechanism that carries several ions: conductance and inward current.
template <class G>
struct Sums { G conductance, current; };
template <class M, class G>
GALVANI_FN Sums<G> sums_over_ions(const typename M::Parameters& p, const G* y, G v) {
  Sums<G> sums;
  bool begun = false;
  M::conductances(p, y, [&](Ion, G conductance, G reversal) GALVANI_LAMBDA {
    const G drive = reversal - v;
    sums = begun ? Sums<G>{sums.conductance + conductance, sums.current + conductance * drive} : Sums<G>{conductance, conductance * drive};
    begun = true;
  });
  return sums;
}

// A unit, or the chunk of it that a turn works on.
template <class T>
struct Lanes {
  std::int64_t node, pool;
  const T* parameters;
  T* y;
};

template <template <class> class Mechanism, class F, Rates kMode, bool kByLane>
GALVANI_FN void step_turn(const Lanes<typename F::G::Lane> (&unit)[F::kUnits], int units, bool first, const Block& block, const Phase& phase,
                          const RateContext& context) {
  using G = typename F::G;
  using S = typename F::S;
  using T = typename G::Lane;
  using M = Mechanism<G>;
  constexpr int W = F::W, kChunk = F::kChunk;
  constexpr int states = M::states;
  constexpr bool remainders = sizeof(T) == 4 && is_slow<M>;

  const auto node_at = [&](void* array) GALVANI_LAMBDA { return [=](int u) GALVANI_LAMBDA { return static_cast<T*>(array) + unit[u].node; }; };
  const auto pool_at = [&](auto* array) GALVANI_LAMBDA { return [=](int u) GALVANI_LAMBDA { return array + unit[u].pool; }; };
  const auto cai_at = pool_at(static_cast<typename S::Lane*>(block.cai));
  const auto eca_at = pool_at(static_cast<T*>(block.eca)), ica_at = pool_at(static_cast<T*>(block.ica));
  const G v = load<G, kChunk>(node_at(block.u));
  const auto y_at = [&](int s) GALVANI_LAMBDA { return [=](int u) GALVANI_LAMBDA { return unit[u].y + s * W; }; };
  // Read where they are used: the gates need none, and their registers.
  const auto fields = [&] GALVANI_LAMBDA {
    return Fields<M, G>::read([&](auto k) GALVANI_LAMBDA {
      const auto at = [=](int u) GALVANI_LAMBDA { return unit[u].parameters + (kByLane ? k * W : static_cast<int>(k)); };
      if constexpr (kByLane) return load<G, kChunk>(at);
      else return broadcast<G, kChunk>(at);
    });
  };

  if constexpr (M::kind == Kind::pool) {
    // Concentrations are kept as voltages are: in float32 the slow approach to rest would be lost to rounding.
    const auto f = fields();
    S cai = load<S, kChunk>(cai_at);
    if (phase.advance) {
      const S next = Mechanism<S>::advance(converted<typename Mechanism<S>::Parameters, S, G>(f.p), cai, convert<S>(load<G, kChunk>(ica_at)));
      cai = select(convert<S>(f.one) > S(0), next, cai);
      store<kChunk>(cai, cai_at);
    }
    if (phase.current) {
      store<kChunk>(select(f.one > G(0), M::reversal(f.p, convert<G>(cai)), load<G, kChunk>(eca_at)), eca_at);
      store<kChunk>(G(0), ica_at);
    }
  } else {
    G ys[states == 0 ? 1 : states];
    unrolled<states>([&](auto s) GALVANI_LAMBDA { ys[s] = load<G, kChunk>(y_at(s)); });
    if constexpr (M::kind == Kind::synapse) {  // most are at rest most of the time
      auto active = ys[0] < G(0);
      unrolled<states>([&](auto s) GALVANI_LAMBDA { active = active | (ys[s] < G(0)) | (ys[s] > G(0)); });
      if (!any(active)) {
        if (phase.current && first) {
          store<kChunk>(G(0), node_at(block.g));
          store<kChunk>(G(0), node_at(block.i));
        }
        return;
      }
    }
    if (states > 0 && phase.advance) {
      if constexpr (M::kind == Kind::synapse) {
        M::decay(fields().p, ys);
      } else if constexpr (states > 0) {
        Approach<G> to[states];
        G seen = v;
        if constexpr (has_shift<M>) seen = seen_by_gates<M>(v, fields().p);
        if constexpr (calcium_gated<M, G>) {
          Gate<G> gate[states];
          M::calcium_rates(convert<G>(load<S, kChunk>(cai_at)), gate);
          unrolled<states>([&](auto s) GALVANI_LAMBDA {
            if constexpr (has_tau<M>) to[s] = {gate[s].inf, G(context.part)};
            else to[s] = approach_of(gate[s], context.env.dt);
          });
        } else if constexpr (kMode == Rates::poly) {
          approach_by_polynomials<Mechanism>(seen, context, to);
        } else if constexpr (kMode == Rates::table) {
          approach_by_table<Mechanism>(seen, context, to);
        } else {
          approach_exactly<Mechanism>(seen, context, to);
        }
        unrolled<states>([&](auto s) GALVANI_LAMBDA {
          const G way = to[s].inf - ys[s];
          if constexpr (remainders) {  // what rounding took from earlier steps goes into this one
            const G whole = to[s].part * way + load<G, kChunk>(y_at(states + s));
            const G next = ys[s] + whole;
            store<kChunk>(whole - (next - ys[s]), y_at(states + s));
            ys[s] = next;
          } else {
            ys[s] = ys[s] + to[s].part * way;
          }
        });
      }
      unrolled<states>([&](auto s) GALVANI_LAMBDA { store<kChunk>(ys[s], y_at(s)); });
    }
    if (phase.current) {
      const auto f = fields();
      G g, i;  // µS and nA, inward
      if constexpr (carries_several<M, G>) {
        const Sums<G> sums = sums_over_ions<M>(f.p, ys, v);
        g = sums.conductance;
        i = sums.current;
      } else if constexpr (M::kind == Kind::stimulus) {
        using D = Pack<double, G::size>;  // time in float64, whatever the precision
        g = G(0);
        i = convert<G>(-(convert<D>(f.one) * Mechanism<D>::current(converted<typename Mechanism<D>::Parameters, D, G>(f.p), D(phase.t))));
      } else if constexpr (has_current<M, G>) {
        G outward, slope;
        M::current(f.p, ys, v, outward, slope);
        g = M::kind == Kind::channel ? slope : f.one * slope;
        i = -(M::kind == Kind::channel ? outward : f.one * outward);
      } else {
        g = M::conductance(f.p, ys);
        if constexpr (M::kind != Kind::channel) g = f.one * g;
        if constexpr (M::ion == Ion::ca) {
          i = g * (load<G, kChunk>(eca_at) - v);
          add<kChunk>(-(i * f.one), ica_at, units);
        } else {
          i = g * (M::reversal(f.p) - v);
        }
      }
      if (first) {
        store<kChunk>(g, node_at(block.g));
        store<kChunk>(i, node_at(block.i));
      } else {
        add<kChunk>(g, node_at(block.g), units);
        add<kChunk>(i, node_at(block.i), units);
      }
    }
  }
}

// Units from `begin` to `end`. What all turns read is copied: the compiler cannot tell that no store changes what lies elsewhere.
template <template <class> class Mechanism, class F, Rates kMode, bool kByLane>
void step_range(const Instances& in, Block block, Phase phase, const RateContext& context, int begin, int end) {
  using T = typename F::G::Lane;
  using M = Mechanism<typename F::G>;
  constexpr int W = F::W, kChunk = F::kChunk, kUnits = F::kUnits;
  constexpr int stored = M::states * (sizeof(T) == 4 && is_slow<M> ? 2 : 1);
  static_assert(kChunk == W || kUnits == 1);
  const bool first = end <= in.first;
  const Unit* const place = in.unit;
  const T* const parameters = static_cast<const T*>(in.parameters);
  T* const y = static_cast<T*>(in.state);
  for (int n = begin; n < end; n += kUnits) {
    // A last turn of too few units does one of them again: what it stores is the same, and it adds once.
    const int units = end - n;
    Lanes<T> unit[kUnits];
    unrolled<kUnits>([&](auto k) GALVANI_LAMBDA {
      const int at = k < units ? n + k : n;
      unit[k] = {place[at].node, place[at].pool, parameters + place[at].parameters, y + static_cast<std::int64_t>(at) * (stored * W)};
    });
    for (int l = 0; l < W; l += kChunk) {
      step_turn<Mechanism, F, kMode, kByLane>(unit, units, first, block, phase, context);
      if constexpr (kChunk < W) {
        unit->node += kChunk;
        unit->pool += kChunk;
        unit->parameters += kByLane ? kChunk : 0;
        unit->y += kChunk;
      }
    }
  }
}

template <template <class> class Mechanism, class F, Rates kMode>
void step(const Instances& in, const Block& block, const Phase& phase, const RateContext& context) {
  if (in.lane_parameters) {
    step_range<Mechanism, F, kMode, true>(in, block, phase, context, 0, in.first);
    step_range<Mechanism, F, kMode, true>(in, block, phase, context, in.first, in.count);
  } else {
    step_range<Mechanism, F, kMode, false>(in, block, phase, context, 0, in.first);
    step_range<Mechanism, F, kMode, false>(in, block, phase, context, in.first, in.count);
  }
}

// ---- tree solve: dV of backward Euler by Gauss elimination, children to parents and back (Hines 1984) -------------------------

// Geometry of node i for lanes from `lane`: one value, or one a lane.
template <class S, bool kByLane>
GALVANI_FN S geometry(const void* array, std::int64_t i, std::int64_t lane) {
  using T = typename S::Lane;
  if constexpr (kByLane) return S::load(static_cast<const T*>(array) + i + lane);
  else return S::broadcast(static_cast<const T*>(array)[i]);
}

// As many lanes as S in the precision of gates.
template <class S, class TG>
using GatesOf = Pack<TG, S::size>;

// Across cells, the lanes from `lane` of every node vector. d and r are left as the factors of the back substitution. Along an
// unbranched run each diagonal waits for the division of the one before: 1/d and g², not their product, leave one fused
// multiply-add between the divisions, and it stands before all else that waits for the division.
template <class S, class TG, bool kByLane>
void eliminate_lanes(Tree tree, Block block, std::int64_t stride, std::int64_t lane) {
  using T = typename S::Lane;
  constexpr bool apart = !std::is_same_v<T, TG>;  // what mechanisms give, and what children give
  const T* const v = static_cast<const T*>(block.v) + lane;
  const TG* const of_mechanisms_d = static_cast<const TG*>(block.g) + lane;
  const TG* const of_mechanisms_r = static_cast<const TG*>(block.i) + lane;
  T* const d = static_cast<T*>(block.d) + lane;
  T* const r = static_cast<T*>(block.r) + lane;
  const std::int64_t step = kByLane ? stride : 1;
  std::int64_t i = tree.nodes - 1, at = i * stride;
  const auto diagonal = [&](std::int64_t node, std::int64_t from) GALVANI_LAMBDA {
    return load_as<S>(of_mechanisms_d + from) + geometry<S, kByLane>(tree.diagonal, node * step, lane);
  };
  const auto right = [&](std::int64_t from) GALVANI_LAMBDA { return load_as<S>(of_mechanisms_r + from); };
  S vi = S::load(v + at), ri = right(at), di = diagonal(i, at);
  for (; i > 0; --i, at -= stride) {
    const std::int64_t parent = tree.parent[i] * stride;
    const S g = geometry<S, kByLane>(tree.axial, i * step, lane), g2 = g * g;
    const S vp = S::load(v + parent);
    const S flow = g * (vp - vi);
    if (apart && tree.flags[i] & Tree::more_children) {
      di = di + S::load(d + at);
      ri = ri + S::load(r + at);
    }
    ri = ri + flow;
    S inverse = S(1) / di;
    if (tree.flags[i] & Tree::parent_precedes) {
      di = diagonal(i - 1, at - stride) - inverse * g2;
      settle(di);
      settle(inverse);
      const S factor = g * inverse;
      factor.store(d + at);
      (ri * inverse).store(r + at);
      ri = right(at - stride) + (factor * ri - flow);
      vi = vp;
    } else {
      settle(inverse);
      (S::load(d + parent) - inverse * g2).store(d + parent);
      const S factor = g * inverse;
      factor.store(d + at);
      (ri * inverse).store(r + at);
      (S::load(r + parent) + (factor * ri - flow)).store(r + parent);
      di = diagonal(i - 1, at - stride);
      ri = right(at - stride);
      vi = S::load(v + at - stride);
    }
  }
  if (apart && tree.flags[0] & Tree::more_children) {
    di = di + S::load(d);
    ri = ri + S::load(r);
  }
  (ri / di).store(r);
}

template <class S, class TG>
void substitute_lanes(Tree tree, Block block, std::int64_t stride, std::int64_t lane) {
  using T = typename S::Lane;
  T* const v = static_cast<T*>(block.v) + lane;
  T* const d = static_cast<T*>(block.d) + lane;
  T* const r = static_cast<T*>(block.r) + lane;
  TG* const u = static_cast<TG*>(block.u) + lane;
  const auto move = [&](std::int64_t at, S dv) GALVANI_LAMBDA {
    const S moved = S::load(v + at) + dv;
    moved.store(v + at);
    if constexpr (!std::is_same_v<T, TG>) store_as(moved, u + at);
  };
  S dv = S::load(r);
  move(0, dv);
  for (std::int64_t i = 1; i < tree.nodes; ++i) {
    const int flags = tree.flags[i];
    const std::int64_t at = i * stride;
    if (!(flags & Tree::parent_precedes)) dv = S::load(r + tree.parent[i] * stride);
    dv = S::load(d + at) * dv + S::load(r + at);
    move(at, dv);
    if (flags & Tree::more_children) dv.store(r + at);
  }
  for (int k = 0; k < tree.bare_count; ++k) {
    const std::int64_t at = lane + tree.bare[k] * stride;
    GatesOf<S, TG>(0).store(static_cast<TG*>(block.g) + at);
    GatesOf<S, TG>(0).store(static_cast<TG*>(block.i) + at);
  }
  if constexpr (!std::is_same_v<T, TG>) {
    for (int k = 0; k < tree.fork_count; ++k) {
      S(0).store(d + tree.forks[k] * stride);
      S(0).store(r + tree.forks[k] * stride);
    }
  }
}

// One register of gates, or two where there are as many: their divisions overlap.
template <class T, class TG, int W>
void solve_cells(const Tree& tree, const Block& block) {
  const std::int64_t stride = static_cast<std::int64_t>(tree.sub_blocks) * W;
  const auto solve = [&]<class S>(std::int64_t lane) {
    if (tree.lane_geometry) eliminate_lanes<S, TG, true>(tree, block, stride, lane);
    else eliminate_lanes<S, TG, false>(tree, block, stride, lane);
    substitute_lanes<S, TG>(tree, block, stride, lane);
  };
  constexpr int pair = 2 * kLanes<T>;
  std::int64_t lane = 0;
  for (; lane + pair <= stride; lane += pair) solve.template operator()<Pack<T, pair>>(lane);
  if constexpr (W % pair != 0) {
    for (; lane < stride; lane += pair / 2) solve.template operator()<Pack<T, pair / 2>>(lane);
  }
}

// Across nodes: one cell, strip by strip, the runs of a strip side by side.
template <class T, int N>
struct Row {
  typedef T Value __attribute__((vector_size(N * sizeof(T))));
  static GALVANI_FN Value load(const T* from) {
    Value v;
    std::memcpy(&v, from, sizeof v);
    return v;
  }
  static GALVANI_FN void store(Value v, T* to) { std::memcpy(to, &v, sizeof v); }
};
template <class T>
struct Row<T, 1> {
  using Value = T;
  static GALVANI_FN T load(const T* from) { return *from; }
  static GALVANI_FN void store(T v, T* to) { *to = v; }
};

template <class T>
struct NodeArrays {
  T *v, *d, *r;
  const T *axial, *diagonal;
};

// What a row takes from the diagonal of the row before it, and gives to its right-hand side.
template <class T>
struct Carry {
  alignas(64) T diagonal[Strip::kRuns], right[Strip::kRuns];
};

// `rows` rows from place `first`, last to first; v_before: of the row before them.
template <class T, int N>
GALVANI_FN void eliminate(const NodeArrays<T>& a, int first, int rows, const T* v_before, Carry<T>& carry) {
  using R = Row<T, N>;
  using V = typename R::Value;
  V inverse = R::load(carry.diagonal), g2 = V{} + 1, right = R::load(carry.right);
  V v = R::load(a.v + first + N * (rows - 1));
  for (int row = rows - 1; row >= 0; --row) {
    const int at = first + N * row;
    const V g = R::load(a.axial + at);
    const V d = R::load(a.d + at) + R::load(a.diagonal + at) - inverse * g2;
    const V before = R::load(row > 0 ? a.v + at - N : v_before);
    const V flow = g * (before - v);
    const V r = R::load(a.r + at) + right + flow;
    inverse = T(1) / d;
    g2 = g * g;
    const V factor = g * inverse;
    R::store(factor, a.d + at);
    R::store(r * inverse, a.r + at);
    right = factor * r - flow;
    v = before;
  }
  R::store(inverse * g2, carry.diagonal);
  R::store(right, carry.right);
}

// First to last; dv_before: of the row before them. Leaves dV in r.
template <class T, int N>
GALVANI_FN void substitute(const NodeArrays<T>& a, int first, int rows, const T* dv_before) {
  using R = Row<T, N>;
  typename R::Value dv = R::load(dv_before);
  for (int row = 0; row < rows; ++row) {
    const int at = first + N * row;
    dv = R::load(a.d + at) * dv + R::load(a.r + at);
    R::store(dv, a.r + at);
    R::store(R::load(a.v + at) + dv, a.v + at);
  }
}

template <class T, class TG, int W>
void solve_nodes(const Tree& tree, const Block& block) {
  if constexpr (!std::is_same_v<T, TG>) {
    using S = Pack<T, 2 * kLanes<T>>;
    for (int at = 0; at < tree.nodes; at += S::size) {
      load_as<S>(static_cast<const TG*>(block.g) + at).store(static_cast<T*>(block.d) + at);
      load_as<S>(static_cast<const TG*>(block.i) + at).store(static_cast<T*>(block.r) + at);
    }
  }
  const NodeArrays<T> a = {static_cast<T*>(block.v), static_cast<T*>(block.d), static_cast<T*>(block.r), static_cast<const T*>(tree.axial),
                           static_cast<const T*>(tree.diagonal)};
  // Rows of each width of a strip: where they begin, and the values of the row before them in a node array.
  static_assert(Strip::kWidth[0] == 8 && Strip::kWidth[1] == 4 && Strip::kWidth[2] == 1);
  const auto second = [](const Strip& s) GALVANI_LAMBDA { return s.first + 8 * s.rows[0]; };
  const auto third = [&](const Strip& s) GALVANI_LAMBDA { return second(s) + 4 * s.rows[1]; };
  const auto parents = [](const Strip& s, const T* array, T* of) GALVANI_LAMBDA {
    for (int k = 0; k < Strip::kRuns; ++k) of[k] = array[s.parent[k]];
  };
  alignas(64) T above[Strip::kRuns];
  for (int n = tree.strip_count - 1; n >= 0; --n) {
    const Strip& s = tree.strips[n];
    parents(s, a.v, above);
    Carry<T> carry = {};
    if (s.rows[2] > 0) eliminate<T, 1>(a, third(s), s.rows[2], s.rows[1] > 0 ? a.v + third(s) - 4 : s.rows[0] > 0 ? a.v + third(s) - 8 : above, carry);
    if (s.rows[1] > 0) eliminate<T, 4>(a, second(s), s.rows[1], s.rows[0] > 0 ? a.v + second(s) - 8 : above, carry);
    if (s.rows[0] > 0) eliminate<T, 8>(a, s.first, s.rows[0], above, carry);
    for (int k = 0; k < s.runs; ++k) {
      a.d[s.parent[k]] -= carry.diagonal[k];
      a.r[s.parent[k]] += carry.right[k];
    }
  }
  a.r[0] /= a.d[0] + a.diagonal[0];
  a.v[0] += a.r[0];
  for (int n = 0; n < tree.strip_count; ++n) {
    const Strip& s = tree.strips[n];
    parents(s, a.r, above);
    if (s.rows[0] > 0) substitute<T, 8>(a, s.first, s.rows[0], above);
    if (s.rows[1] > 0) substitute<T, 4>(a, second(s), s.rows[1], s.rows[0] > 0 ? a.r + second(s) - 8 : above);
    if (s.rows[2] > 0) substitute<T, 1>(a, third(s), s.rows[2], s.rows[1] > 0 ? a.r + third(s) - 4 : s.rows[0] > 0 ? a.r + third(s) - 8 : above);
  }
  if constexpr (!std::is_same_v<T, TG>) {
    using S = Pack<T, 2 * kLanes<T>>;
    for (int at = 0; at < tree.nodes; at += S::size) {
      store_as(S::load(static_cast<const T*>(block.v) + at), static_cast<TG*>(block.u) + at);
    }
  }
  for (int k = 0; k < tree.bare_count; ++k) {
    std::memset(static_cast<TG*>(block.g) + tree.bare[k] * W, 0, W * sizeof(TG));
    std::memset(static_cast<TG*>(block.i) + tree.bare[k] * W, 0, W * sizeof(TG));
  }
}

template <class T, int W>
std::uint32_t crossing(const void* before, const void* now, double threshold) {
  using S = Pack<T, kLanes<T>>;
  const S limit(threshold);
  std::uint32_t r = 0;
  for (int l = 0; l < W; l += S::size) {
    const S was = S::load(static_cast<const T*>(before) + l), is = S::load(static_cast<const T*>(now) + l);
    r |= (bits(is >= limit) & bits(was < limit)) << l;
  }
  return r;
}

// ---- the table ---------------------------------------------------------------------------------------------------------------

template <template <class> class M, template <Rates> class F, Rates kMode>
constexpr StepFunction step_if_gated() {
  using G = typename F<kMode>::G;
  if constexpr (kMode == Rates::table && !has_table<M<G>>) return nullptr;
  else if constexpr (kMode == Rates::exact || (M<G>::states > 0 && voltage_gated<M<G>, G>)) return &step<M, F<kMode>, kMode>;
  else return nullptr;
}

#define GALVANI_STEPS_OF_(M, F) \
  {step_if_gated<M, F, Rates::exact>(), step_if_gated<M, F, Rates::poly>(), step_if_gated<M, F, Rates::table>()}
#define GALVANI_STEPS_(M) {GALVANI_STEPS_OF_(M, F64), GALVANI_STEPS_OF_(M, Mixed), GALVANI_STEPS_OF_(M, F32)},
constexpr StepFunction kSteps[][kPrecisions][galvani::kRates] = {GALVANI_MECHANISMS(GALVANI_STEPS_)};

StepFunction step_of(int mechanism, Precision precision, Rates rates) {
  return kSteps[mechanism][static_cast<int>(precision)][static_cast<int>(rates)];
}

template <class P>
void math(int function, std::int64_t n, const typename P::Lane* x, typename P::Lane* y) {
  for (std::int64_t i = 0; i + P::size <= n; i += P::size) {
    alignas(64) typename P::Lane in[P::size], out[P::size];
    std::memcpy(in, x + i, sizeof in);
    const P a = P::load(in);
    P b;
    switch (function) {
      case 0: b = exp(a); break;
      case 1: b = expm1(a); break;
      case 2: b = log(a); break;
      case 3: b = linoid(a); break;
      case 4: b = sigmoid(a); break;
      case 5: b = pow(a, P(4.8)); break;
      default: b = decayed(a); break;
    }
    b.store(out);
    std::memcpy(y + i, out, sizeof out);
  }
}

}  // namespace

const Kernels& GALVANI_KERNELS() {
  constexpr int kW64 = lanes_of(Precision::f64), kWMixed = lanes_of(Precision::mixed), kW32 = lanes_of(Precision::f32);
  static constexpr Kernels kernels = {
      GALVANI_STRING(GALVANI_ISA),
      kPolyForm,
      &step_of,
      {&solve_cells<double, double, kW64>, &solve_cells<double, float, kWMixed>, &solve_cells<float, float, kW32>},
      {&solve_nodes<double, double, kW64>, &solve_nodes<double, float, kWMixed>, &solve_nodes<float, float, kW32>},
      {&crossing<double, kW64>, &crossing<double, kWMixed>, &crossing<float, kW32>},
      &math<F64<Rates::exact>::G>,
      &math<F32<Rates::exact>::G>,
  };
  return kernels;
}

}  // namespace galvani
