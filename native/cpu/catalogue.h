// All mechanisms, by name and number, with what the portable code needs of each: descriptions and scalar float64 forms.
#pragma once

#include <string>
#include <vector>

#include "cable/currents.h"
#include "cpu/engine.h"

namespace galvani {

struct ParameterInfo {
  const char* name;
  const char* unit;
  double value;
  const char* about;
};

struct Mechanism {
  const char* name;
  const char* about;
  Kind kind;
  Ion ion;
  bool uses_calcium;  // reads or keeps cai or eca
  bool voltage_gated;
  bool slow;  // float32 keeps the remainders of its gates
  double tau;  // ms, of gates that have one time constant, else 0
  std::vector<ParameterInfo> parameters;
  std::vector<const char*> states;
  std::vector<double> kinks;  // mV at which a rate has a kink
  int fields;                 // parameters and what is derived from them
  int shift;                  // index of the parameter vshift; −1: none

  void (*globals)(const Env&, double* to);
  void (*derive)(double* fields, const Env&);
  // States at rest at v mV (less the shift) and cai mM.
  void (*initial)(double v, double cai, const RateContext&, double* y);
  // inf and rate (1/ms) of each gate at x: v in mV, or cai in mM for a calcium-gated one.
  void (*rates)(double x, const RateContext&, Gate<double>*);  // null where nothing is gated
  // An event of `weight` that arrived `age` ms before the middle of the step.
  void (*receive)(const double* fields, double* y, double weight, double age);  // synapses only
  double (*lifetime)(const double* fields);                                     // null: for ever
  IonCurrents<double> (*currents)(const double* fields, const double* y, double v, double eca, double t);

  bool is_point() const { return kind == Kind::synapse || kind == Kind::stimulus; }
};

const std::vector<Mechanism>& catalogue();
int find_mechanism(const std::string& name);  // −1 if there is none
std::string catalogue_json();

// NEURON's 1-mV tables of a mechanism: [gate][inf, tau][−100…100 mV].
std::vector<double> millivolt_table(const Mechanism&, const RateContext&);

}  // namespace galvani
