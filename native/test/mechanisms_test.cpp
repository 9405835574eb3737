// The mechanisms against their published formulas, written here once more in long double and in the form of the papers: rates in
// double (as gv_rates gives them) and float (as precision mixed and f32 use them), synapses and stimuli against closed forms.
#include <functional>
#include <map>

#include "check.h"
#include "galvani.h"
#include "galvani_catalogue.inc"

using namespace galvani;
using namespace galvani::test;
using Real = long double;

namespace {

struct Rate { Real inf, tau; };

// x/(1 − exp(−x/k)), and its series where the quotient is 0/0.
Real X(Real x, Real k) { return fabsl(x) < 1e-4L ? k + x / 2 + x * x / (12 * k) : x / (1 - expl(-x / k)); }
Real boltzmann(Real x) { return 1 / (1 + expl(-x)); }
Real square(Real x) { return x * x; }
Rate opening_closing(Real a, Real b, Real q = 1) { return {a / (a + b), 1 / ((a + b) * q)}; }
const Real qt = powl(2.3L, 1.3L);

Rate sodium_m(Real v, Real s) { return opening_closing(0.182L * X(v + s, 6), 0.124L * X(-(v + s), 6), qt); }
Rate sodium_h(Real v, Real s) { return opening_closing(0.015L * X(-(v + s + 28), 6), 0.015L * X(v + s + 28, 6), qt); }

struct Formulas {
  const char* mechanism;
  std::vector<std::function<Rate(Real v)>> gates;
};

const std::vector<Formulas> kVoltageGates = {
    {"NaTa_t", {[](Real v) { return sodium_m(v, 38); }, [](Real v) { return sodium_h(v, 38); }}},
    {"NaTs2_t", {[](Real v) { return sodium_m(v, 32); }, [](Real v) { return sodium_h(v, 32); }}},
    {"Nap_Et2",
     {[](Real v) { return Rate{boltzmann((v + 52.6L) / 4.6L), 6 * sodium_m(v, 38).tau}; },
      [](Real v) {
        const Real a = 2.88e-6L * X(-(v + 17), 4.63L), b = 6.94e-6L * X(v + 64.4L, 2.63L);
        return Rate{boltzmann(-(v + 48.8L) / 10), 1 / ((a + b) * qt)};
      }}},
    {"K_Tst",
     {[](Real v) { return Rate{boltzmann((v + 10) / 19), (0.34L + 0.92L * expl(-square((v + 81) / 59))) / qt}; },
      [](Real v) { return Rate{boltzmann(-(v + 76) / 10), (8 + 49 * expl(-square((v + 83) / 23))) / qt}; }}},
    {"K_Pst",
     {[](Real v) {
        const Real u = v + 10;
        return Rate{boltzmann((u + 1) / 12),
                    (u < -50 ? 1.25L + 175.03L * expl(0.026L * u) : 1.25L + 13 * expl(-0.026L * u)) / qt};
      },
      [](Real v) {
        const Real u = v + 10;
        return Rate{boltzmann(-(u + 54) / 11), (360 + (1010 + 24 * (u + 55)) * expl(-square((u + 75) / 48))) / qt};
      }}},
    {"SKv3_1", {[](Real v) { return Rate{boltzmann((v - 18.7L) / 9.7L), 4 * boltzmann((v + 46.56L) / 44.14L)}; }}},
    {"Im", {[](Real v) { return opening_closing(0.0033L * expl(0.1L * (v + 35)), 0.0033L * expl(-0.1L * (v + 35)), qt); }}},
    {"Ih", {[](Real v) { return opening_closing(0.00643L * X(-(v + 154.9L), 11.9L), 0.193L * expl(v / 33.1L)); }}},
    {"Ca_HVA",
     {[](Real v) { return opening_closing(0.055L * X(v + 27, 3.8L), 0.94L * expl(-(v + 75) / 17)); },
      [](Real v) { return opening_closing(0.000457L * expl(-(v + 13) / 50), 0.0065L * boltzmann((v + 15) / 28)); }}},
    {"Ca_LVAst",
     {[](Real v) { return Rate{boltzmann((v + 40) / 6), (5 + 20 * boltzmann(-(v + 35) / 5)) / qt}; },
      [](Real v) { return Rate{boltzmann(-(v + 90) / 6.4L), (20 + 50 * boltzmann(-(v + 50) / 7)) / qt}; }}},
    {"hh",
     {[](Real v) { return opening_closing(0.1L * X(v + 40, 10), 4 * expl(-(v + 65) / 18)); },
      [](Real v) { return opening_closing(0.07L * expl(-(v + 65) / 20), boltzmann((v + 35) / 10)); },
      [](Real v) { return opening_closing(0.01L * X(v + 55, 10), 0.125L * expl(-(v + 65) / 80)); }}},
    {"hh_k", {[](Real v) { return opening_closing(0.01L * X(v + 55, 10), 0.125L * expl(-(v + 65) / 80)); }}},
};

// −150…60 mV, and close to every voltage at which a quotient of the papers is 0/0.
std::vector<double> voltages() {
  std::vector<double> v;
  for (int i = 0; i <= 21'000; ++i) v.push_back(-150 + 0.01 * i);
  for (double singular : {-38.0, -66.0, -32.0, -60.0, -27.0, -17.0, -64.4, -154.9, -40.0, -55.0}) {
    for (double off = 1e-7; off < 3; off *= 1.3) v.insert(v.end(), {singular - off, singular + off});
    v.push_back(singular);
  }
  return v;
}

template <class M>
std::vector<double> defaults() {
  std::vector<double> all;
  M::describe_parameters([&](const char*, const char*, double value, const char*) { all.push_back(value); });
  return all;
}

std::vector<double> defaults_of(const char* mechanism) {
#define GALVANI_DEFAULTS_(M) \
  if (std::strcmp(mechanism, #M) == 0) return defaults<M<double>>();
  GALVANI_MECHANISMS(GALVANI_DEFAULTS_)
  return {};
}

// [gate][inf, tau][voltage] through the C ABI.
std::vector<double> rates(const char* mechanism, const std::vector<double>& x, double celsius = 6.3, double usetable = 0) {
  std::vector<double> parameters = defaults_of(mechanism);
  if (usetable != 0) parameters.back() = usetable;  // of hh
  int gates = -1;
  std::vector<double> out(8 * x.size());
  CHECK(gv_rates(mechanism, parameters.data(), celsius, static_cast<int>(x.size()), x.data(), &gates, out.data()) == GV_OK);
  out.resize(2 * gates * x.size());
  return out;
}

// The same in float, on a scalar.
template <template <class> class Mechanism>
void float_rates(float v, std::vector<Rate>& to) {
  using M = Mechanism<float>;
  Gate<float> gate[8]{};
  if constexpr (has_globals<M>) M::rates(v, typename M::Globals(Env{0.025, 6.3}), gate);
  else if constexpr (voltage_gated<M, float>) M::rates(v, gate);
  for (std::size_t g = 0; g < to.size(); ++g) to[g] = {gate[g].inf, 1 / static_cast<Real>(gate[g].rate)};
}

void float_rates(const char* mechanism, float v, std::vector<Rate>& to) {
#define GALVANI_FLOAT_(M) \
  if (std::strcmp(mechanism, #M) == 0) float_rates<M>(v, to);
  GALVANI_MECHANISMS(GALVANI_FLOAT_)
}

double relative(Real a, Real b) { return static_cast<double>(fabsl((a - b) / b)); }

// Parameters of a mechanism, defaults but for those set by `change`, with what is derived from them.
template <class M, class Change>
typename M::Parameters parameters(const Env& env, Change change) {
  typename M::Parameters p{};
  const std::vector<double> values = defaults<M>();
  std::memcpy(static_cast<void*>(&p), values.data(), values.size() * sizeof(double));
  change(p);
  M::derive(p, env);
  return p;
}

const Env kEnv{0.025, 6.3};

}  // namespace

TEST(every_voltage_gate_has_a_formula_here) {
  const auto formulas = [](const char* mechanism) {
    for (const Formulas& f : kVoltageGates) {
      if (std::strcmp(f.mechanism, mechanism) == 0) return f.gates.size();
    }
    return std::size_t{0};
  };
#define GALVANI_COUNT_(M) \
  if constexpr (voltage_gated<M<double>, double>) CHECK(formulas(#M) == static_cast<std::size_t>(M<double>::states));
  GALVANI_MECHANISMS(GALVANI_COUNT_)
}

// The worst is 5e-13, of the series of x/(exp(x) − 1).
TEST(rates_in_double) {
  const std::vector<double> v = voltages();
  double worst = 0;
  for (const Formulas& m : kVoltageGates) {
    const std::vector<double> r = rates(m.mechanism, v);
    CHECK(r.size() == 2 * m.gates.size() * v.size());
    for (std::size_t g = 0; g < m.gates.size(); ++g) {
      const Part part(m.mechanism + std::string(" gate ") + std::to_string(g));
      for (std::size_t i = 0; i < v.size(); ++i) {
        const Rate exact = m.gates[g](v[i]);
        const double error = std::fmax(relative(r[2 * g * v.size() + i], exact.inf), relative(r[(2 * g + 1) * v.size() + i], exact.tau));
        worst = std::fmax(worst, error);
        CHECK(error < 6e-13);
      }
    }
  }
  std::printf("  worst relative error %.1e\n", worst);
}

// Every exponential has the rounding of its argument, at most 30·2⁻²⁴; nothing is lost near the singular voltages.
TEST(rates_in_float) {
  const std::vector<double> vs = voltages();
  double worst = 0, worst_near = 0;
  for (const Formulas& m : kVoltageGates) {
    std::vector<Rate> r(m.gates.size());
    for (double x : vs) {
      const float v = static_cast<float>(x);
      float_rates(m.mechanism, v, r);
      for (std::size_t g = 0; g < m.gates.size(); ++g) {
        const Part part(m.mechanism + std::string(" gate ") + std::to_string(g) + " at " + std::to_string(v));
        const Rate exact = m.gates[g](v);
        const double error = std::fmax(relative(r[g].inf, exact.inf), relative(r[g].tau, exact.tau));
        worst = std::fmax(worst, error);
        CHECK(error < 6e-6);
        if (v > -70 && v < -15) {
          worst_near = std::fmax(worst_near, error);
          CHECK(error < 2e-6);
        }
      }
    }
  }
  std::printf("  worst relative error %.1e, between -70 and -15 mV %.1e\n", worst, worst_near);
}

TEST(hh_runs_faster_by_3_every_10_degC) {
  const std::vector<double> v = {-80, -65, -40, 0, 40};
  const std::vector<double> cold = rates("hh", v), warm = rates("hh", v, 26.3);
  for (std::size_t g = 0; g < 3; ++g) {
    for (std::size_t i = 0; i < v.size(); ++i) {
      CHECK(warm[2 * g * v.size() + i] == cold[2 * g * v.size() + i]);
      CHECK_NEAR(warm[(2 * g + 1) * v.size() + i] * 9 / cold[(2 * g + 1) * v.size() + i], 1, 1e-14);
    }
  }
}

TEST(hh_tables_are_linear_between_whole_millivolts) {
  std::vector<double> whole, v = {-200, -100, -100.0001, 100, 100.5, 1e6};
  for (int mV = -100; mV <= 100; ++mV) whole.push_back(mV);
  for (int i = 0; i < 1000; ++i) v.push_back(-101 + 0.2017 * i);
  const std::vector<double> exact = rates("hh", whole), table = rates("hh", v, 6.3, 1);
  for (std::size_t row = 0; row < 6; ++row) {
    const double* at = &exact[row * 201];
    for (std::size_t i = 0; i < v.size(); ++i) {
      const double x = std::clamp(v[i], -100.0, 100.0) + 100;
      const int k = std::min(static_cast<int>(x), 199);
      CHECK_NEAR(table[row * v.size() + i], at[k] + (x - k) * (at[k + 1] - at[k]), 1e-14 * at[k]);
    }
  }
}

TEST(sk_follows_calcium) {
  std::vector<double> cai = {0, 1e-9, 9.99e-8, 1e-7};
  for (double c = 1e-7; c < 1e-2; c *= 1.1) cai.push_back(c);
  const std::vector<double> r = rates("SK_E2", cai);
  for (std::size_t i = 0; i < cai.size(); ++i) {
    const Real c = cai[i] < 1e-7 ? cai[i] + 1e-7L : cai[i];
    const Real exact = 1 / (1 + powl(0.00043L / c, 4.8L));
    CHECK(relative(r[i], exact) < 3e-14);
    CHECK(r[cai.size() + i] == 1);
  }
}

TEST(two_exponential_synapses_peak_at_the_weight) {
  const auto p = parameters<Exp2Syn<double>>(kEnv, [](auto& q) { q.tau1 = 0.5, q.tau2 = 3; });
  const auto gaba = parameters<GABA<double>>(kEnv, [](auto&) {});
  double y[2] = {0, 0}, z[2] = {0, 0}, top = 0, gaba_top = 0;
  Exp2Syn<double>::receive(p, y, 0.002, 0);
  GABA<double>::receive(gaba, z, 0.001, 0);
  const Real tp = 0.5L * 3 / 2.5L * logl(6), f = 1 / (expl(-tp / 3) - expl(-tp / 0.5L));
  for (int k = 0; k < 4000; ++k) {
    const Real t = k * 0.025L;
    CHECK_NEAR(Exp2Syn<double>::conductance(p, y), static_cast<double>(0.002L * f * (expl(-t / 3) - expl(-t / 0.5L))), 1e-15);
    top = std::fmax(top, Exp2Syn<double>::conductance(p, y));
    gaba_top = std::fmax(gaba_top, GABA<double>::conductance(gaba, z));
    Exp2Syn<double>::decay(p, y);
    GABA<double>::decay(gaba, z);
  }
  CHECK_NEAR(top, 0.002, 1e-6);
  CHECK_NEAR(gaba_top, 0.001, 1e-7);
}

TEST(equal_rise_and_decay_are_kept_apart) {
  const auto p = parameters<Exp2Syn<double>>(kEnv, [](auto& q) { q.tau1 = q.tau2 = 2; });
  double y[2] = {0, 0}, top = 0;
  Exp2Syn<double>::receive(p, y, 1, 0);
  for (int k = 0; k < 1000; ++k, Exp2Syn<double>::decay(p, y)) top = std::fmax(top, Exp2Syn<double>::conductance(p, y));
  CHECK_NEAR(top, 1, 1e-3);
}

TEST(exponential_synapse_decays) {
  const auto p = parameters<ExpSyn<double>>(kEnv, [](auto& q) { q.tau = 2; });
  double y[1] = {0};
  ExpSyn<double>::receive(p, y, 0.01, 0);
  for (int k = 0; k < 400; ++k, ExpSyn<double>::decay(p, y)) CHECK_NEAR(y[0], 0.01 * std::exp(-k * 0.0125), 1e-16);
}

TEST(alpha_synapse_from_an_onset_between_steps) {
  const auto p = parameters<AlphaSynapse<double>>(kEnv, [](auto& q) { q.tau = 2; });
  CHECK(AlphaSynapse<double>::lifetime(p) == 20);
  double y[2] = {0, 0};
  const double age = 0.0041;
  AlphaSynapse<double>::receive(p, y, 0.0025, age);
  for (int k = 0; k < 800; ++k, AlphaSynapse<double>::decay(p, y)) {
    const Real x = (age + k * 0.025L) / 2;
    CHECK_NEAR(AlphaSynapse<double>::conductance(p, y), static_cast<double>(0.0025L * x * expl(1 - x)), 1e-16);
  }
}

// i is the formula's; the slope NEURON's difference over 0.001 mV, in float the derivative, which differs by half of 0.001 mV times
// the curvature.
TEST(ampa_nmda_current_and_slope) {
  const auto p = parameters<AmpaNmda<double>>(kEnv, [](auto&) {});
  const auto single = [&] {
    AmpaNmda<float>::Parameters q;
    double from[sizeof p / sizeof(double)];
    float to[sizeof p / sizeof(double)];
    std::memcpy(from, &p, sizeof p);
    std::copy(std::begin(from), std::end(from), to);
    std::memcpy(static_cast<void*>(&q), to, sizeof q);
    return q;
  }();
  const double y[4] = {0.0001, 0.0011, 0.0003, 0.0017};
  const float yf[4] = {0.0001f, 0.0011f, 0.0003f, 0.0017f};
  const auto exact = [&](Real v) { return 0.001L * v + 0.0014L * v / (1 + expl(-0.062L * v) / 3.57L); };
  for (int mV = -120; mV <= 60; ++mV) {
    double i, slope;
    float fi, fslope;
    AmpaNmda<double>::current(p, y, mV, i, slope);
    AmpaNmda<float>::current(single, yf, static_cast<float>(mV), fi, fslope);
    const double difference = static_cast<double>((exact(mV + 0.001L) - exact(mV)) / 0.001L);
    CHECK_NEAR(i, static_cast<double>(exact(mV)), 1e-16);
    CHECK_NEAR(slope, difference, 1e-13);
    CHECK_NEAR(fi, i, 1e-7 * 0.15);
    CHECK_NEAR(fslope, difference, 2.5e-8);
  }
}

TEST(clamp_is_on_for_its_duration) {
  IClamp<double>::Parameters p{1, 1, 0.5};
  int first = -1, last = -1;
  for (int k = 0; k < 200; ++k) {
    const double i = IClamp<double>::current(p, (k + 0.5) * 0.025);
    CHECK(i == 0 || i == -0.5);
    if (i != 0) last = k;
    if (i != 0 && first < 0) first = k;
  }
  CHECK(first == 40 && last == 79);
}

TEST(epsp_current_peaks_at_imax) {
  const auto p = parameters<epsp<double>>(kEnv, [](auto& q) { q.onset = 3, q.tau0 = 0.5, q.tau1 = 5, q.imax = 0.7; });
  const Real tp = 0.5L * 5 * logl(0.1L) / (0.5L - 5), k = 1 / (expl(-tp / 5) - expl(-tp / 0.5L));
  for (int n = 0; n < 40'000; ++n) {
    const double t = n * 0.0125;
    const Real s = t - 3;
    const auto term = [&](Real tau) { return s / tau > 100 ? 0 : expl(-s / tau); };
    CHECK_NEAR(epsp<double>::current(p, t), static_cast<double>(s < 0 ? 0 : -0.7L * k * (term(5) - term(0.5L))), 1e-15);
  }
  CHECK_NEAR(epsp<double>::current(p, 3 + static_cast<double>(tp)), -0.7, 1e-14);
}

// The engine multiplies densities by the area of a compartment beforehand.
template <class M>
void check_that_conductance_follows_densities() {
  const auto conductance = [](double factor) {
    typename M::Parameters p{};
    double* field = reinterpret_cast<double*>(&p);
    M::describe_parameters([&](const char*, const char* unit, double value, const char*) {
      *field++ = value * (std::strcmp(unit, "S/cm2") == 0 ? factor : 1);
    });
    const double y[] = {0.3, 0.4, 0.5, 0.6};
    double sum = 0;
    if constexpr (carries_several<M, double>) M::conductances(p, y, [&](Ion, double g, double) { sum += g; });
    else sum = M::conductance(p, y);
    return sum;
  };
  CHECK(conductance(1) != 0);
  CHECK_NEAR(conductance(3), 3 * conductance(1), 1e-12 * std::fabs(conductance(1)));
}

TEST(conductances_of_channels_are_proportional_to_densities) {
#define GALVANI_PROPORTIONAL_(M)                              \
  if constexpr (M<double>::kind == Kind::channel) {           \
    Part part(#M);                                            \
    check_that_conductance_follows_densities<M<double>>();    \
  }
  GALVANI_MECHANISMS(GALVANI_PROPORTIONAL_)
}

TEST(calcium_shell_and_nernst) {
  const auto p = parameters<CaDynamics_E2<double>>(kEnv, [](auto& q) { q.gamma = 0.000501, q.decay = 460; });
  CHECK_NEAR(CaDynamics_E2<double>::reversal(p, 5e-5), 127.58951061761749, 1e-12);
  const auto warm = parameters<CaDynamics_E2<double>>({0.025, 34}, [](auto&) {});
  CHECK_NEAR(CaDynamics_E2<double>::reversal(warm, 5e-5), 140.2366, 5e-5);
  const Real drive = 1e4L * 0.01L * 0.000501L / (2 * 96485.33212331001L * 0.1L);  // mM/ms at −0.01 mA/cm²
  Real exact = 5e-5L;
  double cai = 5e-5;
  for (int k = 0; k < 1000; ++k) {
    cai = CaDynamics_E2<double>::advance(p, cai, -0.01);
    exact += (1 - expl(-0.025L / 460)) * (460 * (drive + 1e-4L / 460) - exact);
    CHECK_NEAR(cai, static_cast<double>(exact), 1e-16);
  }
}

int main(int argc, char** argv) { return run(argc, argv); }
