// What a mechanism is: one header, one struct template over the value type R (float or double under nvcc, a SIMD pack of
// cells or compartments under g++). kernels/README.md shows how to add one.
//
// Conventions: v mV, t and dt ms, celsius degC, densities S/cm² and mA/cm², point conductances µS and currents nA,
// concentrations mM, currents positive outward. A struct holds no data: the engine owns states and parameters.
#pragma once

#include "common/math.h"

namespace galvani {

enum class Kind { channel, pool, synapse, stimulus };
enum class Ion { none, na, k, ca };

// What holds for a whole population. Functions of it are computed once, in double.
struct Env {
  double dt;       // ms
  double celsius;  // degC

  // Factor by which rates measured at `measured` degC run faster, at `base` per 10 degC.
  GALVANI_FN double q10(double base, double measured) const {
    return exp((celsius - measured) / 10 * log(base));
  }
};

// A gate obeys y' = (inf − y)·rate, rate = 1/tau in 1/ms.
template <class R>
struct Gate { R inf, rate; };

// Two quotients by one division, which costs as much as ten multiplications.
template <class R>
GALVANI_FN Gate<R> steady_rate(Quotient<R> inf, Quotient<R> rate) {
  const R both = R(1) / (inf.under * rate.under);
  return {inf.over * (rate.under * both), rate.over * (inf.under * both)};
}

// Opening rate a and closing rate b in 1/ms: inf = a/(a + b), rate = q·(a + b).
template <class R>
GALVANI_FN Gate<R> alpha_beta(R a, R b, R q = R(1)) {
  const R sum = a + b;
  return {a / sum, sum * q};
}
template <class R>
GALVANI_FN Gate<R> alpha_beta(Quotient<R> a, R b, R q = R(1)) {
  const R sum = a.over + b * a.under;
  return steady_rate<R>({a.over, sum}, {sum * q, a.under});
}
template <class R>
GALVANI_FN Gate<R> alpha_beta(R a, Quotient<R> b, R q = R(1)) {
  const R opening = a * b.under, sum = opening + b.over;
  return steady_rate<R>({opening, sum}, {sum * q, b.under});
}

namespace constants {
inline constexpr double faraday = 96485.33212331001;    // C/mol
inline constexpr double gas = 8.31446261815324;         // J/(mol K)
inline constexpr double zero_celsius = 273.15;          // K
inline constexpr double hay_q10 = 2.952882641412121;    // 2.3^1.3: rates at 21 degC brought to 34 degC, hard-wired
inline constexpr double resting_cai = 5e-5;             // mM, NEURON's default
inline constexpr double resting_eca = 132.4579341637009;  // mV, NEURON's default where nothing keeps cai
}  // namespace constants

// What a struct declares says what it is:
template <class M>
constexpr bool has_globals = requires { typename M::Globals; };
template <class M, class R>
constexpr bool voltage_gated = requires(R v, Gate<R>* gate) { M::rates(v, gate); } || has_globals<M>;
template <class M, class R>
constexpr bool calcium_gated = requires(R cai, Gate<R>* gate) { M::calcium_rates(cai, gate); };
struct EachIon {
  template <class R>
  GALVANI_FN void operator()(Ion, R, R) const {}
};
template <class M, class R>
constexpr bool carries_several = requires(typename M::Parameters p, const R* y, EachIon add) { M::conductances(p, y, add); };
template <class M, class R>
constexpr bool has_current = requires(const typename M::Parameters& p, const R* y, R v, R& i, R& slope) { M::current(p, y, v, i, slope); };
template <class M>
constexpr bool has_derived = requires(typename M::Parameters& p, const Env& env) { M::derive(p, env); };
template <class M>
constexpr bool has_lifetime = requires(const typename M::Parameters& p) { M::lifetime(p); };
template <class M>
constexpr bool has_table = requires(typename M::Parameters p) { p.usetable; };
// Gates that see v − vshift.
template <class M>
constexpr bool has_shift = requires(typename M::Parameters p) { p.vshift; };
template <class M>
constexpr bool is_slow = requires { M::slow; };
template <class M>
constexpr bool has_tau = requires { M::tau; };

// Doubles that hold the Globals of any mechanism.
inline constexpr int kGlobals = 4;

// inf and rate of each gate at v; `globals` holds the mechanism's Globals, if it has any.
template <class M, class R>
GALVANI_FN void rates_of(R v, [[maybe_unused]] const double* globals, Gate<R>* gate) {
  if constexpr (has_globals<M>) M::rates(v, *reinterpret_cast<const typename M::Globals*>(globals), gate);
  else M::rates(v, gate);
}

// The voltage that the gates of an instance see.
template <class M, class R>
GALVANI_FN R seen_by_gates(R v, [[maybe_unused]] const typename M::Parameters& p) {
  if constexpr (has_shift<M>) return v - p.vshift;
  else return v;
}

// What a gate does in dt: it goes the part 1 − exp(−dt·rate) of the way to inf.
template <class R>
struct Approach { R inf, part; };

template <class R>
GALVANI_FN Approach<R> approach_of(const Gate<R>& gate, double dt) {
  return {gate.inf, decayed(gate.rate * R(-dt))};
}

}  // namespace galvani

// GALVANI_PARAMETERS(TABLE) with TABLE(P) = P(name, unit, default, about)… declares
//   struct Parameters { R name…; }, their number `parameters`, and   describe_parameters(visitor)   in the same order.
// GALVANI_DERIVED(TABLE) with TABLE(D) = D(name)… appends values that derive() fills in once.
// `static constexpr bool slow = true` says that a time constant exceeds some 20 ms: one step is then so small a part of a gate that
// float32 would lose it to rounding, and the engine carries the remainder of each step on.
//
// A parameter `vshift` in mV shifts all gates of an instance to the right: their rates are those at v − vshift.
//
// `static constexpr double tau` in ms is the time constant of gates that have but one.
//
// R in Parameters is the value type; derive() runs in double, on the host and on the device. A struct may further have `struct Globals`, built from Env once a population.
#define GALVANI_FIELD_(name, unit, value, about) R name;
#define GALVANI_DESCRIBE_(name, unit, value, about) visit(#name, unit, static_cast<double>(value), about);
#define GALVANI_ONE_(name, unit, value, about) + 1
#define GALVANI_DERIVED_FIELD_(name) R name;
#define GALVANI_NONE_(D)

#define GALVANI_PARAMETERS(TABLE) GALVANI_PARAMETERS_AND_DERIVED(TABLE, GALVANI_NONE_)
#define GALVANI_PARAMETERS_AND_DERIVED(TABLE, DERIVED) \
  struct Parameters { TABLE(GALVANI_FIELD_) DERIVED(GALVANI_DERIVED_FIELD_) }; \
  static constexpr int parameters = 0 TABLE(GALVANI_ONE_); \
  template <class Visitor> static void describe_parameters(Visitor visit) { TABLE(GALVANI_DESCRIBE_) }
