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

// Registers whose work is interleaved, to fill the latency of the long chains of an exact gate; the chains of polynomials are short.
// More than the ISA has names for spills.
#if defined(__AVX2__) && !defined(__AVX512F__)
constexpr int interleaved(Rates rates) { return rates == Rates::poly ? 1 : 2; }
#else
constexpr int interleaved(Rates) { return 1; }
#endif

// The declared precisions: G for gates and conductances, S for voltage, as many lanes; W cells in a vector.
template <Rates kMode>
struct F64 {
  using G = Pack<double, interleaved(kMode) * kLanes<double>>;
  using S = G;
  static constexpr int W = lanes_of(Precision::f64);
};
template <Rates kMode>
struct Mixed {
  using G = Pack<float, interleaved(kMode) * kLanes<float>>;
  using S = Pack<double, G::size>;
  static constexpr int W = lanes_of(Precision::mixed);
};
template <Rates kMode>
struct F32 {
  using G = Pack<float, interleaved(kMode) * kLanes<float>>;
  using S = G;
  static constexpr int W = lanes_of(Precision::f32);
};

// ---- gates ---------------------------------------------------------------------------------------------------------------

template <template <class> class Mechanism, class G>
GALVANI_FN void rates_of(G v, const RateContext& context, Gate<G>* gate) {
  if constexpr (has_globals<Mechanism<G>>) {
    Mechanism<G>::rates(v, *reinterpret_cast<const typename Mechanism<G>::Globals*>(context.globals), gate);
  } else {
    Mechanism<G>::rates(v, gate);
  }
}

// The step of a gate: (1 − exp(−dt·rate)) (inf − y).
template <class G>
GALVANI_FN G step_of_gate(G y, const Gate<G>& gate, double dt) {
  return -(expm1(gate.rate * G(-dt)) * (gate.inf - y));
}

template <template <class> class Mechanism, class G>
GALVANI_FN void steps_exact(G v, const RateContext& context, const G* y, G* step) {
  Gate<G> gate[Mechanism<G>::states];
  rates_of<Mechanism>(v, context, gate);
  for (int s = 0; s < Mechanism<G>::states; ++s) step[s] = step_of_gate(y[s], gate[s], context.env.dt);
}

template <int kSegments, template <class> class Mechanism, class G>
GALVANI_FN void steps_poly_segments(G v, const PolyTable& table, const G* y, G* step) {
  using T = typename G::Lane;
  constexpr int n = kPolyForm<T>.degree + 1;
  const auto at = segment_of(v, static_cast<T>(table.low), static_cast<T>(kSegments / (table.high - table.low)), kSegments);
  const T* rows = static_cast<const T*>(table.coefficients);
  for (int s = 0; s < Mechanism<G>::states; ++s, rows += 2 * n * kSegments) {
    G c[2 * n];
    coefficients<2 * n, kSegments>(rows, at, c);
    G inf = c[n - 1], approach = c[2 * n - 1];
    unrolled<n - 1>([&](auto j) GALVANI_LAMBDA {
      inf = inf * at.u + c[n - 2 - j];
      approach = approach * at.u + c[2 * n - 2 - j];
    });
    step[s] = approach * (inf - y[s]);
  }
}

template <template <class> class Mechanism, class G>
__attribute__((noinline)) void steps_outside(const G* v, const Mask<typename G::Lane, G::size>* outside, const RateContext& context,
                                             const G* y, G* step) {
  G exact[Mechanism<G>::states];
  steps_exact<Mechanism>(*v, context, y, exact);
  for (int s = 0; s < Mechanism<G>::states; ++s) step[s] = select(*outside, exact[s], step[s]);
}

template <template <class> class Mechanism, class G>
GALVANI_FN void steps_poly(G v, const RateContext& context, const G* y, G* step) {
  constexpr int few = kPolyForm<typename G::Lane>.segments;
  if (context.poly.segments == few) steps_poly_segments<few, Mechanism>(v, context.poly, y, step);
  else steps_poly_segments<2 * few, Mechanism>(v, context.poly, y, step);
  const auto outside = (v < G(context.poly.low)) | (v > G(context.poly.high));
  if (__builtin_expect(any(outside), 0)) steps_outside<Mechanism>(&v, &outside, context, y, step);
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

// Fields of an instance: the scale, then the mechanism's parameters.
template <class M, class G>
struct Fields {
  static constexpr int count = 1 + static_cast<int>(sizeof(typename M::Parameters) / sizeof(G));
  G scale;
  typename M::Parameters p;

  static GALVANI_FN Fields load(const typename G::Lane* from, int stride) {
    G all[count];
    for (int f = 0; f < count; ++f) all[f] = G::load(from + f * stride);
    Fields r;
    std::memcpy(static_cast<void*>(&r), all, sizeof r);
    return r;
  }
  static GALVANI_FN Fields broadcast(const typename G::Lane* from) {
    G all[count];
    for (int f = 0; f < count; ++f) all[f] = G::broadcast(from[f]);
    Fields r;
    std::memcpy(static_cast<void*>(&r), all, sizeof r);
    return r;
  }
};

// The same parameters in another precision.
template <class S, class G, class To, class From>
GALVANI_FN To converted(const From& p) {
  constexpr int n = sizeof(From) / sizeof(G);
  static_assert(sizeof(To) == n * sizeof(S));
  G from[n];
  S to[n];
  std::memcpy(from, &p, sizeof p);
  for (int k = 0; k < n; ++k) to[k] = convert<S>(from[k]);
  To r;
  std::memcpy(static_cast<void*>(&r), to, sizeof r);
  return r;
}

template <template <class> class Mechanism, class Precision_, Rates kMode>
void step(const Instances& in, const Block& block, const Phase& phase, const RateContext& context) {
  using G = typename Precision_::G;
  using S = typename Precision_::S;
  using T = typename G::Lane;
  using VT = typename S::Lane;
  using M = Mechanism<G>;
  constexpr int W = Precision_::W;
  constexpr int states = M::states;
  constexpr int stored = states * (sizeof(T) == 4 && is_slow<M> ? 2 : 1);
  const int U = in.sub_blocks;
  const T* parameters = static_cast<const T*>(in.parameters);
  const std::int64_t stride = static_cast<std::int64_t>(Fields<M, G>::count) * (in.lane_parameters ? U * W : 1);
  VT* const vs = static_cast<VT*>(block.v);
  VT* const ds = static_cast<VT*>(block.d);
  VT* const rs = static_cast<VT*>(block.r);
  T* y = static_cast<T*>(in.state);

  for (int i = 0; i < in.count; ++i, parameters += stride) {
    for (int u = 0; u < U; ++u, y += stored * W) {
      for (int l = 0; l < W; l += G::size) {
        const auto f = in.lane_parameters ? Fields<M, G>::load(parameters + u * Fields<M, G>::count * W + l, W)
                                          : Fields<M, G>::broadcast(parameters);
        const std::int64_t at = (static_cast<std::int64_t>(in.node[i]) * U + u) * W + l;
        const S v = S::load(vs + at);
        const G vg = convert<G>(v);
        [[maybe_unused]] VT* cai = nullptr;
        [[maybe_unused]] VT* eca = nullptr;
        [[maybe_unused]] VT* ica = nullptr;
        if constexpr (M::ion == Ion::ca || calcium_gated<M, G>) {
          const std::int64_t pool = (static_cast<std::int64_t>(in.pool[i]) * U + u) * W + l;
          cai = static_cast<VT*>(block.cai) + pool;
          eca = static_cast<VT*>(block.eca) + pool;
          ica = static_cast<VT*>(block.ica) + pool;
        }

        if constexpr (M::kind == Kind::pool) {
          // Concentrations are kept as voltages are: in float32 the slow approach to rest would be lost to rounding.
          const auto present = convert<S>(f.scale) > S(0);
          if (phase.advance) {
            const S c = S::load(cai);
            select(present, Mechanism<S>::advance(converted<S, G, typename Mechanism<S>::Parameters>(f.p), c, S::load(ica)), c).store(cai);
          }
          if (phase.current) {
            select(present, convert<S>(M::reversal(f.p, convert<G>(S::load(cai)))), S::load(eca)).store(eca);
            S(0).store(ica);
          }
        } else {
          G ys[states == 0 ? 1 : states];
          for (int s = 0; s < states; ++s) ys[s] = G::load(y + s * W + l);
          if (states > 0 && phase.advance) {
            if constexpr (M::kind == Kind::synapse) {
              M::decay(f.p, ys);
            } else if constexpr (states > 0) {
              G step[states];
              if constexpr (calcium_gated<M, G>) {
                Gate<G> gate[states];
                M::calcium_rates(convert<G>(S::load(cai)), gate);
                for (int s = 0; s < states; ++s) step[s] = step_of_gate(ys[s], gate[s], context.env.dt);
              } else if constexpr (kMode == Rates::poly) {
                steps_poly<Mechanism>(vg, context, ys, step);
              } else if constexpr (kMode == Rates::table) {
                steps_table<Mechanism>(vg, context, ys, step);
              } else {
                steps_exact<Mechanism>(vg, context, ys, step);
              }
              for (int s = 0; s < states; ++s) {
                if constexpr (stored > states) {  // what rounding took from earlier steps goes into this one
                  T* const remainder = y + (states + s) * W + l;
                  const G whole = step[s] + G::load(remainder);
                  const G next = ys[s] + whole;
                  (whole - (next - ys[s])).store(remainder);
                  ys[s] = next;
                } else {
                  ys[s] = ys[s] + step[s];
                }
              }
            }
            for (int s = 0; s < states; ++s) ys[s].store(y + s * W + l);
          }
          if (phase.current) {
            S g, i_out;  // µS and nA, outward
            if constexpr (carries_several<M, G>) {
              g = S(0);
              i_out = S(0);
              M::conductances(f.p, ys, [&](Ion, G conductance, G reversal) GALVANI_LAMBDA {
                const S part = convert<S>(f.scale * conductance);
                g = g + part;
                i_out = i_out + part * (v - convert<S>(reversal));
              });
            } else if constexpr (M::kind == Kind::stimulus) {
              using D = Pack<double, G::size>;  // time in float64, whatever the precision
              g = S(0);
              i_out = convert<S>(convert<D>(f.scale) * Mechanism<D>::current(converted<D, G, typename Mechanism<D>::Parameters>(f.p), D(phase.t)));
            } else if constexpr (requires(G& a, G& b) { M::current(f.p, ys, vg, a, b); }) {
              G i_density, slope;
              M::current(f.p, ys, vg, i_density, slope);
              g = convert<S>(f.scale * slope);
              i_out = convert<S>(f.scale * i_density);
            } else {
              const G conductance = M::conductance(f.p, ys);
              g = convert<S>(f.scale * conductance);
              if constexpr (M::ion == Ion::ca) {
                const S drive = v - S::load(eca);
                (S::load(ica) + convert<S>(conductance) * drive).store(ica);
                i_out = g * drive;
              } else {
                i_out = g * (v - convert<S>(M::reversal(f.p)));
              }
            }
            if (i < in.first) {
              g.store(ds + at);
              (-i_out).store(rs + at);
            } else {
              (S::load(ds + at) + g).store(ds + at);
              (S::load(rs + at) - i_out).store(rs + at);
            }
          }
        }
      }
    }
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
// the back substitution.
template <class S, bool kByLane>
void solve_lanes(const Tree& tree, const Block& block, std::int64_t stride, std::int64_t lane) {
  using T = typename S::Lane;
  T* const v = static_cast<T*>(block.v) + lane;
  T* const d = static_cast<T*>(block.d) + lane;
  T* const r = static_cast<T*>(block.r) + lane;
  const std::int64_t step = kByLane ? stride : 1;
  S carry_d(0), carry_r(0);
  S vi = S::load(v + (tree.nodes - 1) * stride);
  for (std::int64_t i = tree.nodes - 1; i > 0; --i) {
    const int flags = tree.flags[i];
    const std::int64_t at = i * stride, parent = tree.parent[i] * stride;
    const S g = geometry<S, kByLane>(tree.axial, i * step, lane);
    S di = S::load(d + at) + geometry<S, kByLane>(tree.diagonal, i * step, lane);
    S ri = S::load(r + at);
    if (flags & Tree::child_follows) {
      di = di + carry_d;
      ri = ri + carry_r;
    }
    const S vp = S::load(v + parent);
    const S flow = g * (vp - vi);
    ri = ri + flow;
    const S inverse = S(1) / di;
    const S factor = g * inverse;
    factor.store(d + at);
    (ri * inverse).store(r + at);
    const S to_d = -(factor * g);
    const S to_r = factor * ri - flow;
    if (flags & Tree::parent_precedes) {
      carry_d = to_d;
      carry_r = to_r;
      vi = vp;
    } else {
      (S::load(d + parent) + to_d).store(d + parent);
      (S::load(r + parent) + to_r).store(r + parent);
      vi = S::load(v + at - stride);
    }
  }
  S d0 = S::load(d) + geometry<S, kByLane>(tree.diagonal, 0, lane);
  S r0 = S::load(r);
  if (tree.flags[0] & Tree::child_follows) {
    d0 = d0 + carry_d;
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

template <class T, int W>
void solve_cells(const Tree& tree, const Block& block) {
  using S = Pack<T, kLanes<T>>;
  const std::int64_t stride = static_cast<std::int64_t>(tree.sub_blocks) * W;
  for (std::int64_t lane = 0; lane < stride; lane += S::size) {
    if (tree.lane_geometry) solve_lanes<S, true>(tree, block, stride, lane);
    else solve_lanes<S, false>(tree, block, stride, lane);
  }
}

// Across nodes: one cell, nodes in order of level, so that the divisions of independent branches overlap.
template <class T, int W>
void solve_nodes(const Tree& tree, const Block& block) {
  T* const __restrict v = static_cast<T*>(block.v);
  T* const __restrict d = static_cast<T*>(block.d);
  T* const __restrict r = static_cast<T*>(block.r);
  const T* const __restrict axial = static_cast<const T*>(tree.axial);
  const T* const __restrict diagonal = static_cast<const T*>(tree.diagonal);
  const std::int32_t* const __restrict parent = tree.parent;
  for (int i = tree.nodes - 1; i > 0; --i) {
    const int p = parent[i];
    const T g = axial[i];
    const T flow = g * (v[p] - v[i]);
    const T ri = r[i] + flow;
    const T inverse = T(1) / (d[i] + diagonal[i]);
    const T factor = g * inverse;
    d[i] = factor;
    r[i] = ri * inverse;
    d[p] -= factor * g;
    r[p] += factor * ri - flow;
  }
  r[0] /= d[0] + diagonal[0];
  v[0] += r[0];
  for (int i = 1; i < tree.nodes; ++i) {
    const T dv = d[i] * r[parent[i]] + r[i];
    r[i] = dv;
    v[i] += dv;
  }
  for (int k = 0; k < tree.bare_count; ++k) {
    std::memset(d + tree.bare_vectors[k] * W, 0, W * sizeof(T));
    std::memset(r + tree.bare_vectors[k] * W, 0, W * sizeof(T));
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

template <template <class> class M, template <Rates> class P, Rates kMode>
constexpr StepFunction step_if_gated() {
  using G = typename P<kMode>::G;
  if constexpr (kMode == Rates::table && !requires(typename M<G>::Parameters p) { p.usetable; }) return nullptr;
  else if constexpr (kMode == Rates::exact || (M<G>::states > 0 && voltage_gated<M<G>, G>)) return &step<M, P<kMode>, kMode>;
  else return nullptr;
}

#define GALVANI_STEPS_OF_(M, P) \
  {step_if_gated<M, P, Rates::exact>(), step_if_gated<M, P, Rates::poly>(), step_if_gated<M, P, Rates::table>()}
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
      kTableByRow,
      kPolyForm<double>,
      kPolyForm<float>,
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
