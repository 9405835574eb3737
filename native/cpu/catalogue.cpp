#include "cpu/catalogue.h"

#include <cstdio>
#include <type_traits>

#include "galvani_catalogue.inc"

namespace galvani {
namespace {

using D = double;

template <class M>
typename M::Parameters fields_of(const double* from) {
  typename M::Parameters p;
  std::memcpy(&p, from, sizeof p);
  return p;
}

template <class M>
void rates(double x, const RateContext& context, Gate<D>* gate) {
  if constexpr (has_globals<M>) {
    if (context.table.values != nullptr) {
      for (int s = 0; s < M::states; ++s) gate[s] = context.table.gate(s, x);
      return;
    }
  }
  if constexpr (voltage_gated<M, D>) {
    rates_of<M, D>(x, context.globals, gate);
  } else if constexpr (calcium_gated<M, D>) {
    M::calcium_rates(x, gate);
  }
}

template <template <class> class Template>
Mechanism describe() {
  using M = Template<double>;
  Mechanism m{};
  m.name = M::name;
  m.about = M::about;
  m.kind = M::kind;
  m.ion = M::ion;
  m.uses_calcium = M::ion == Ion::ca || calcium_gated<M, D>;
  m.voltage_gated = voltage_gated<M, D>;
  m.slow = is_slow<M>;
  if constexpr (has_tau<M>) m.tau = M::tau;
  M::describe_parameters([&](const char* name, const char* unit, double value, const char* about) {
    m.parameters.push_back({name, unit, value, about});
  });
  if constexpr (M::states > 0) m.states.assign(M::state_names, M::state_names + M::states);
  if constexpr (requires { M::kinks; }) m.kinks.assign(std::begin(M::kinks), std::end(M::kinks));
  m.fields = static_cast<int>(sizeof(typename M::Parameters) / sizeof(double));
  m.shift = -1;
  for (std::size_t k = 0; k < m.parameters.size(); ++k) {
    if (std::string("vshift") == m.parameters[k].name) m.shift = static_cast<int>(k);
  }
  m.globals = [](const Env& env, double* to) {
    if constexpr (has_globals<M>) {
      static_assert(sizeof(typename M::Globals) <= sizeof RateContext::globals);
      const typename M::Globals g(env);
      std::memcpy(to, &g, sizeof g);
    } else {
      (void)env;
      (void)to;
    }
  };
  m.derive = [](double* fields, const Env& env) {
    if constexpr (has_derived<M>) {
      auto p = fields_of<M>(fields);
      M::derive(p, env);
      std::memcpy(fields, &p, sizeof p);
    } else {
      (void)fields;
      (void)env;
    }
  };
  m.initial = [](double v, double cai, const RateContext& context, double* y) {
    if constexpr (voltage_gated<M, D> || calcium_gated<M, D>) {
      Gate<D> gate[M::states];
      rates<M>(calcium_gated<M, D> ? cai : v, context, gate);
      for (int s = 0; s < M::states; ++s) y[s] = gate[s].inf;
    } else {
      for (int s = 0; s < M::states; ++s) y[s] = 0;
      (void)v;
      (void)cai;
      (void)context;
    }
  };
  if constexpr (voltage_gated<M, D> || calcium_gated<M, D>) m.rates = &rates<M>;
  if constexpr (M::kind == Kind::synapse) {
    m.receive = [](const double* fields, double* y, double weight, double age) {
      M::receive(fields_of<M>(fields), y, weight, age);
    };
  }
  if constexpr (has_lifetime<M>) {
    m.lifetime = [](const double* fields) { return M::lifetime(fields_of<M>(fields)); };
  }
  m.currents = [](const double* fields, const double* y, double v, double eca, double t) {
    return currents<M, D>(fields_of<M>(fields), y, v, eca, t);
  };
  return m;
}

std::string quoted(const char* text) {
  std::string r = "\"";
  for (const char* c = text; *c != 0; ++c) {
    if (*c == '"' || *c == '\\') r += '\\';
    r += *c;
  }
  return r + '"';
}

const char* truth(bool holds) { return holds ? "true" : "false"; }

}  // namespace

const std::vector<Mechanism>& catalogue() {
#define GALVANI_DESCRIBE_MECHANISM_(M) describe<M>(),
  static const std::vector<Mechanism> all = {GALVANI_MECHANISMS(GALVANI_DESCRIBE_MECHANISM_)};
  return all;
}

int find_mechanism(const std::string& name) {
  const auto& all = catalogue();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (name == all[i].name) return static_cast<int>(i);
  }
  return -1;
}

std::vector<double> millivolt_table(const Mechanism& m, const RateContext& context) {
  constexpr int size = MillivoltTable::size;
  std::vector<double> table(m.states.size() * 2 * size);
  for (int i = 0; i < size; ++i) {
    Gate<double> gate[16];
    m.rates(i - 100, context, gate);
    for (std::size_t s = 0; s < m.states.size(); ++s) MillivoltTable::set(table.data(), static_cast<int>(s), i, gate[s]);
  }
  return table;
}

std::string catalogue_json() {
  static const char* const kinds[] = {"channel", "pool", "synapse", "stimulus"};
  static const char* const ions[] = {"", "na", "k", "ca"};
  std::string r = "[";
  const char* separator = "\n";
  for (const Mechanism& m : catalogue()) {
    r += separator + std::string(" {\"name\": ") + quoted(m.name) + ", \"kind\": \"" + kinds[static_cast<int>(m.kind)] +
         "\", \"ion\": \"" + ions[static_cast<int>(m.ion)] + "\", \"calcium\": " + truth(m.uses_calcium) +
         ", \"slow\": " + truth(m.slow) + ",\n  \"about\": " + quoted(m.about) + ",\n  \"parameters\": [";
    const char* comma = "\n";
    for (const ParameterInfo& p : m.parameters) {
      char value[40];
      std::snprintf(value, sizeof value, "%.17g", p.value);
      r += comma + std::string("   {\"name\": ") + quoted(p.name) + ", \"unit\": " + quoted(p.unit) + ", \"value\": " + value +
           ", \"about\": " + quoted(p.about) + "}";
      comma = ",\n";
    }
    r += "],\n  \"states\": [";
    comma = "";
    for (const char* s : m.states) {
      r += comma + quoted(s);
      comma = ", ";
    }
    r += "]}";
    separator = ",\n";
  }
  return r + "\n]\n";
}

}  // namespace galvani
