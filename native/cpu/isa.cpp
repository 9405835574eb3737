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
  if (kVectorBytes == 64) return {W, 2};
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
GALVANI_FN void steps_exact(G v, const RateContext& context, const G* y, G* step) {
  Gate<G> gate[Mechanism<G>::states];
  // Beyond ±300 mV, where no gate moves any more, products of rates would overflow in float32.
  if constexpr (sizeof(typename G::Lane) == 4) v = clamp(v, G(-300), G(300));
  rates_of<Mechanism<G>>(v, context.globals, gate);
  unrolled<Mechanism<G>::states>([&](auto s) GALVANI_LAMBDA { step[s] = step_of_gate(y[s], gate[s], context.env.dt); });
}

template <int kDegree, template <class> class Mechanism, class F, class G>
GALVANI_FN void steps_poly_degree(F t, const PolyTable& table, const G* y, G* step) {
  constexpr int states = Mechanism<G>::states;
  F curve[2 * states];
  polynomials<2 * states, kDegree>(table.coefficients, segment_of(t, table.segments), curve);
  unrolled<states>([&](auto s) GALVANI_LAMBDA { step[s] = convert<G>(curve[2 * s + 1]) * (convert<G>(curve[2 * s]) - y[s]); });
}

// The states and steps of a mechanism, to be handed over by value: what a pointer leads to would be kept in memory throughout.
template <class G, int kStates>
struct Steps { G y[kStates], step[kStates]; };

// The exact steps where the table ends.
template <template <class> class Mechanism, class F, class G>
__attribute__((noinline)) Steps<G, Mechanism<G>::states> steps_outside(F t, G v, const RateContext& context, Steps<G, Mechanism<G>::states> in) {
  G exact[Mechanism<G>::states];
  steps_exact<Mechanism>(v, context, in.y, exact);
  const F segments(context.poly.segments);
  const auto inside = convert<G>(select(t < F(0), F(0), select(t < segments, F(1), F(0)))) > G(0.5);
  unrolled<Mechanism<G>::states>([&](auto s) GALVANI_LAMBDA { in.step[s] = select(inside, in.step[s], exact[s]); });
  return in;
}

template <template <class> class Mechanism, class G>
GALVANI_FN void steps_poly(G v, const RateContext& context, const G* y, G* step) {
  using F = Pack<float, G::size>;
  constexpr int states = Mechanism<G>::states, lowest = kPolyForm.lowest_degree, highest = kPolyForm.highest_degree;
  static_assert(highest - lowest <= 2);
  const PolyTable& table = context.poly;
  const F t = convert<F>(v) * F::broadcast(table.per_mV) + F::broadcast(table.origin);
  if (table.degree == lowest) steps_poly_degree<lowest, Mechanism>(t, table, y, step);
  else if (table.degree < highest) steps_poly_degree<lowest + 1, Mechanism>(t, table, y, step);
  else steps_poly_degree<highest, Mechanism>(t, table, y, step);
  if (!GALVANI_LIKELY(!any((t < F(0)) | (t >= F(table.segments))))) {
    Steps<G, states> s;
    unrolled<states>([&](auto k) GALVANI_LAMBDA { s.y[k] = y[k], s.step[k] = step[k]; });
    s = steps_outside<Mechanism>(t, v, context, s);
    unrolled<states>([&](auto k) GALVANI_LAMBDA { step[k] = s.step[k]; });
  }
}

// NEURON's tables, a lane at a time; not meant to be fast.
template <template <class> class Mechanism, class G>
GALVANI_FN void steps_table(G v, const RateContext& context, const G* y, G* step) {
  using T = typename G::Lane;
  alignas(64) T vs[G::size], inf[G::size], rate[G::size];
  v.store(vs);
  for (int s = 0; s < Mechanism<G>::states; ++s) {
    for (int l = 0; l < G::size; ++l) {
      const Gate<double> gate = context.table.gate(s, static_cast<double>(vs[l]));
      inf[l] = static_cast<T>(gate.inf);
      rate[l] = static_cast<T>(gate.rate);
    }
    step[s] = step_of_gate(y[s], Gate<G>{G::load(inf), G::load(rate)}, context.env.dt);
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

// Fields of an instance: the scale, then the mechanism's parameters.
template <class M, class G>
struct Fields {
  G scale;
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

// Where the lanes of one unit lie: in vectors of nodes, in those of pools, and its own.
template <class T>
struct Unit {
  std::int64_t node, pool;
  const T* parameters;
  T* y;
};

template <template <class> class Mechanism, class F, Rates kMode, bool kByLane>
GALVANI_FN void step_turn(const Unit<typename F::G::Lane>* unit, int units, bool first, const Block& block, const Phase& phase,
                          const RateContext& context) {
  using G = typename F::G;
  using S = typename F::S;
  using T = typename G::Lane;
  using M = Mechanism<G>;
  constexpr int W = F::W, kChunk = F::kChunk;
  constexpr int states = M::states;
  constexpr bool remainders = sizeof(T) == 4 && is_slow<M>;

  using VT = typename S::Lane;
  const auto node_at = [&](void* array) GALVANI_LAMBDA { return [=](int u) GALVANI_LAMBDA { return static_cast<VT*>(array) + unit[u].node; }; };
  const auto pool_at = [&](void* array) GALVANI_LAMBDA { return [=](int u) GALVANI_LAMBDA { return static_cast<VT*>(array) + unit[u].pool; }; };
  const auto cai_at = pool_at(block.cai), eca_at = pool_at(block.eca), ica_at = pool_at(block.ica);
  const S v = load<S, kChunk>(node_at(block.v));
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
    const auto present = convert<S>(f.scale) > S(0);
    if (phase.advance) {
      const S c = load<S, kChunk>(cai_at);
      const S next = Mechanism<S>::advance(converted<typename Mechanism<S>::Parameters, S, G>(f.p), c, load<S, kChunk>(ica_at));
      store<kChunk>(select(present, next, c), cai_at);
    }
    if (phase.current) {
      const S reversal = convert<S>(M::reversal(f.p, convert<G>(load<S, kChunk>(cai_at))));
      store<kChunk>(select(present, reversal, load<S, kChunk>(eca_at)), eca_at);
      store<kChunk>(S(0), ica_at);
    }
  } else {
    G ys[states == 0 ? 1 : states];
    unrolled<states>([&](auto s) GALVANI_LAMBDA { ys[s] = load<G, kChunk>(y_at(s)); });
    if constexpr (M::kind == Kind::synapse) {  // most are at rest most of the time
      auto active = ys[0] < G(0);
      unrolled<states>([&](auto s) GALVANI_LAMBDA { active = active | (ys[s] < G(0)) | (ys[s] > G(0)); });
      if (!any(active)) {
        if (phase.current && first) {
          store<kChunk>(S(0), node_at(block.d));
          store<kChunk>(S(0), node_at(block.r));
        }
        return;
      }
    }
    if (states > 0 && phase.advance) {
      if constexpr (M::kind == Kind::synapse) {
        M::decay(fields().p, ys);
      } else if constexpr (states > 0) {
        const G vg = convert<G>(v);
        G step[states];
        if constexpr (calcium_gated<M, G>) {
          Gate<G> gate[states];
          M::calcium_rates(convert<G>(load<S, kChunk>(cai_at)), gate);
          unrolled<states>([&](auto s) GALVANI_LAMBDA { step[s] = step_of_gate(ys[s], gate[s], context.env.dt); });
        } else if constexpr (kMode == Rates::poly) {
          steps_poly<Mechanism>(vg, context, ys, step);
        } else if constexpr (kMode == Rates::table) {
          steps_table<Mechanism>(vg, context, ys, step);
        } else {
          steps_exact<Mechanism>(vg, context, ys, step);
        }
        unrolled<states>([&](auto s) GALVANI_LAMBDA {
          if constexpr (remainders) {  // what rounding took from earlier steps goes into this one
            const G whole = step[s] + load<G, kChunk>(y_at(states + s));
            const G next = ys[s] + whole;
            store<kChunk>(whole - (next - ys[s]), y_at(states + s));
            ys[s] = next;
          } else {
            ys[s] = ys[s] + step[s];
          }
        });
      }
      unrolled<states>([&](auto s) GALVANI_LAMBDA { store<kChunk>(ys[s], y_at(s)); });
    }
    if (phase.current) {
      const auto f = fields();
      S g, i_out;  // µS and nA, outward
      const G vg = convert<G>(v);
      if constexpr (carries_several<M, G>) {
        G sum(0), current(0);
        M::conductances(f.p, ys, [&](Ion, G conductance, G reversal) GALVANI_LAMBDA {
          sum = sum + conductance;
          current = current + conductance * (vg - reversal);
        });
        g = convert<S>(f.scale * sum);
        i_out = convert<S>(f.scale * current);
      } else if constexpr (M::kind == Kind::stimulus) {
        using D = Pack<double, G::size>;  // time in float64, whatever the precision
        g = S(0);
        i_out = convert<S>(convert<D>(f.scale) * Mechanism<D>::current(converted<typename Mechanism<D>::Parameters, D, G>(f.p), D(phase.t)));
      } else if constexpr (has_current<M, G>) {
        G i_density, slope;
        M::current(f.p, ys, vg, i_density, slope);
        g = convert<S>(f.scale * slope);
        i_out = convert<S>(f.scale * i_density);
      } else {
        const G conductance = M::conductance(f.p, ys);
        g = convert<S>(f.scale * conductance);
        if constexpr (M::ion == Ion::ca) {
          const S drive = v - load<S, kChunk>(eca_at);
          add<kChunk>(convert<S>(conductance) * drive, ica_at, units);
          i_out = g * drive;
        } else {
          i_out = convert<S>(f.scale * conductance * (vg - M::reversal(f.p)));
        }
      }
      if (first) {
        store<kChunk>(g, node_at(block.d));
        store<kChunk>(-i_out, node_at(block.r));
      } else {
        add<kChunk>(g, node_at(block.d), units);
        add<kChunk>(-i_out, node_at(block.r), units);
      }
    }
  }
}

// Instances from `begin` to `end`.
template <template <class> class Mechanism, class F, Rates kMode, bool kByLane>
void step_range(const Instances& in, const Block& block, const Phase& phase, const RateContext& context, int begin, int end) {
  using G = typename F::G;
  using T = typename G::Lane;
  using M = Mechanism<G>;
  constexpr int W = F::W, kChunk = F::kChunk, kUnits = F::kUnits;
  constexpr int fields = Fields<M, G>::count;
  constexpr int stored = M::states * (sizeof(T) == 4 && is_slow<M> ? 2 : 1);
  static_assert(kChunk == W || kUnits == 1);
  const int U = in.sub_blocks;
  const T* parameters = static_cast<const T*>(in.parameters) + static_cast<std::int64_t>(begin) * fields * (kByLane ? U * W : 1);
  T* y = static_cast<T*>(in.state) + static_cast<std::int64_t>(begin) * U * stored * W;
  Unit<T> unit[kUnits] = {};

  for (int i = begin, u = 0; i < end;) {
    int units = 0;
    for (; units < kUnits && i < end; ++units) {
      unit[units].node = (static_cast<std::int64_t>(in.node[i]) * U + u) * W;
      if constexpr (M::ion == Ion::ca || calcium_gated<M, G>) unit[units].pool = (static_cast<std::int64_t>(in.pool[i]) * U + u) * W;
      unit[units].parameters = parameters;
      unit[units].y = y;
      y += stored * W;
      if (kByLane) parameters += fields * W;
      if (++u == U) {
        u = 0;
        ++i;
        if (!kByLane) parameters += fields;
      }
    }
    // A last turn of too few units does one of them again: what it stores is the same, and it adds once.
    for (int n = units; n < kUnits; ++n) unit[n] = unit[0];
    for (int l = 0; l < W; l += kChunk) {
      step_turn<Mechanism, F, kMode, kByLane>(unit, units, end <= in.first, block, phase, context);
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

// Across cells, the lanes from `lane` of every node vector. d and r arrive as the sums over mechanisms and leave as the factors of
// the back substitution. Along an unbranched run each diagonal waits for the division of the one before: carrying 1/d and g², not
// their product, leaves one fused multiply-add between the divisions.
template <class S, bool kByLane>
void solve_lanes(const Tree& tree, const Block& block, std::int64_t stride, std::int64_t lane) {
  using T = typename S::Lane;
  T* const v = static_cast<T*>(block.v) + lane;
  T* const d = static_cast<T*>(block.d) + lane;
  T* const r = static_cast<T*>(block.r) + lane;
  const std::int64_t step = kByLane ? stride : 1;
  S inverse(0), g2(0), carry_r(0);
  S vi = S::load(v + (tree.nodes - 1) * stride);
  for (std::int64_t i = tree.nodes - 1; i > 0; --i) {
    const int flags = tree.flags[i];
    const std::int64_t at = i * stride, parent = tree.parent[i] * stride;
    const S g = geometry<S, kByLane>(tree.axial, i * step, lane);
    S di = S::load(d + at) + geometry<S, kByLane>(tree.diagonal, i * step, lane);
    S ri = S::load(r + at);
    if (flags & Tree::child_follows) {
      di = di - inverse * g2;
      ri = ri + carry_r;
    }
    inverse = S(1) / di;
    g2 = g * g;
    const S vp = S::load(v + parent);
    const S flow = g * (vp - vi);
    ri = ri + flow;
    const S factor = g * inverse;
    factor.store(d + at);
    (ri * inverse).store(r + at);
    const S to_r = factor * ri - flow;
    if (flags & Tree::parent_precedes) {
      carry_r = to_r;
      vi = vp;
    } else {
      (S::load(d + parent) - inverse * g2).store(d + parent);
      (S::load(r + parent) + to_r).store(r + parent);
      vi = S::load(v + at - stride);
    }
  }
  S d0 = S::load(d) + geometry<S, kByLane>(tree.diagonal, 0, lane);
  S r0 = S::load(r);
  if (tree.flags[0] & Tree::child_follows) {
    d0 = d0 - inverse * g2;
    r0 = r0 + carry_r;
  }
  S dv = r0 / d0;
  (S::load(v) + dv).store(v);
  dv.store(r);
  for (std::int64_t i = 1; i < tree.nodes; ++i) {
    const int flags = tree.flags[i];
    const std::int64_t at = i * stride;
    if (!(flags & Tree::parent_precedes)) dv = S::load(r + tree.parent[i] * stride);
    dv = S::load(d + at) * dv + S::load(r + at);
    (S::load(v + at) + dv).store(v + at);
    if (flags & Tree::more_children) dv.store(r + at);
  }
  for (int k = 0; k < tree.bare_count; ++k) {
    S(0).store(d + tree.bare_vectors[k] * stride);
    S(0).store(r + tree.bare_vectors[k] * stride);
  }
}

template <class S>
void solve_lanes(const Tree& tree, const Block& block, std::int64_t stride, std::int64_t lane) {
  if (tree.lane_geometry) solve_lanes<S, true>(tree, block, stride, lane);
  else solve_lanes<S, false>(tree, block, stride, lane);
}

template <class T, int W>
void solve_cells(const Tree& tree, const Block& block) {
  using S = Pack<T, kLanes<T>>;
  const std::int64_t stride = static_cast<std::int64_t>(tree.sub_blocks) * W;
  std::int64_t lane = 0;
  for (; lane + 2 * S::size <= stride; lane += 2 * S::size) solve_lanes<Pack<T, 2 * S::size>>(tree, block, stride, lane);  // their divisions overlap
  for (; lane < stride; lane += S::size) solve_lanes<S>(tree, block, stride, lane);
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

template <class T, int W>
void solve_nodes(const Tree& tree, const Block& block) {
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
  for (int k = 0; k < tree.bare_count; ++k) {
    std::memset(a.d + tree.bare_vectors[k] * W, 0, W * sizeof(T));
    std::memset(a.r + tree.bare_vectors[k] * W, 0, W * sizeof(T));
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
      default: b = pow(a, P(4.8)); break;
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
      {&solve_cells<double, kW64>, &solve_cells<double, kWMixed>, &solve_cells<float, kW32>},
      {&solve_nodes<double, kW64>, &solve_nodes<double, kWMixed>, &solve_nodes<float, kW32>},
      {&crossing<double, kW64>, &crossing<double, kWMixed>, &crossing<float, kW32>},
      &math<F64<Rates::exact>::G>,
      &math<F32<Rates::exact>::G>,
  };
  return kernels;
}

}  // namespace galvani
