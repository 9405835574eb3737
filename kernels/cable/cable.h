// What the cable kernels and the host that launches them (io.galvani.device.cuda) agree on: how cells lie on the device.
//
// The cells of a population have one morphology. They are cut into packs of P cells, P a power of two, and a block of threads
// integrates one pack. In every array the cell of the pack is innermost, so that neighbouring threads touch neighbouring elements:
// loads coalesce, and shared memory has no bank conflicts.
//
//   voltage  [pack][row][cell]   S: v of each node, cai of each pool, eca, ica. Pools: nodes where something needs calcium
//   gate     [pack][row][cell]   G: of each group [state][instance]; in float32 slow gates are followed by their remainders
//   field    of each group, of each of its fields in turn: one value, [instance], or [pack][instance][cell]
//   axial, diagonal              S: [node] or [pack][node][cell]
//
// G is the type of gates, conductances and parameters, S that of voltages: f64 double, double; mixed float, double; f32 float, float.
// Nodes are in the order of the solve: rounds of nodes that do not depend on each other, parents in earlier rounds.
#pragma once

#include <cstdint>

#include "cable/cubics.h"

namespace galvani::cable {

inline constexpr int kFields = 24;  // the most that a mechanism has

// Places in the order of the solve; −1 for none.
struct Node {
  std::int32_t parent;   // the root's is itself
  std::int32_t child;    // its first
  std::int32_t sibling;  // the parent's next child
  std::int32_t pool;
};

// One mechanism, at most once a node. Field 0 is the scale: 1e-2·area of a density, 1 of a point process or a pool; then the mechanism's
// parameters and what it derives from them.
struct Group {
  std::int32_t mechanism;  // number in the catalogue
  std::int32_t instances;
  std::int32_t parameters, fields;  // fields: the scale, the parameters, what is derived
  std::int64_t gate;       // its first row
  std::int64_t node;       // in `index`: the node of each instance
  std::int64_t field;      // element of `field` at which field 0 begins
  std::int64_t described;  // element of Description::value: [scale and parameters][instance]
  std::int64_t table;      // element of Model::table at which the mechanism's begins; −1: its rates are not tabulated
  std::uint64_t by_instance, by_cell;  // bit f: how field f lies
  double globals[4];       // the mechanism's Globals; the device fills them in
  Cubics cubics;           // where rates are polynomials
};

// What holds from the first interval to the last.
template <class G, class S>
struct Model {
  const Node* node;           // [nodes]
  const std::int32_t* round;  // [rounds + 1]: its first node
  S* axial;                   // µS to the parent; 0 for the root
  S* diagonal;                // µS: capacitance/dt + axial conductances
  Group* group;               // [groups] in the order in which they act: pools, channels, synapses, stimuli
  const std::int32_t* index;
  G* field;
  double* table;              // NEURON's tables of rates (millivolt_table.h), of the groups that want them
  const Cubic* cubic;         // polynomials in place of rates (cubics.h), of the mechanisms that have such
  S* voltage;
  G* gate;
  S* scratch;                 // strategy `thread`: [pack][2·nodes + sources][cell]
  double dt, celsius, v_init;
  std::int32_t cells, packs, log_pack;  // P = 2^log_pack
  std::int32_t nodes, pools, rounds, gates;  // gates: rows
  std::int32_t groups, synapses, stimuli;    // groups from which on they are synapses, stimuli
  std::int32_t sources;
  std::int32_t geometry_by_cell;
};

// What the cell is described by, in double; read once, to make fields, geometry and the state at t = 0.
struct Variation {
  std::int32_t group;  // or geometry: −1 capacitance, −2 axial resistance
  std::int32_t field;
  std::int32_t scale;  // whether the values multiply
  std::int32_t reserved;
  std::int64_t rows;   // element of `row`: a byte for each instance or node, 1 where it is varied
  std::int64_t value;  // element of `value`: one a cell
};
struct Description {
  const double* value;
  const std::uint8_t* row;
  const Variation* variation;
  const double* area;  // µm² [node]
  const double* ri;    // MΩ to the parent [node]
  const double* cm;    // µF/cm² [node]
  std::int64_t variations;
};

// An event of a step, or the end of one: then the weight is negative.
struct Event {
  std::int32_t step;  // within the interval
  std::int32_t cell;  // within the pack
  std::int32_t group, instance;
  double weight;      // µS, or nA
  double age;         // ms from its onset to the middle of the step
};

// A place watched for spikes.
struct Source {
  double threshold;  // mV
  std::int32_t node;
  std::int32_t reserved;
};
struct Spike {
  double fraction;    // of the step, at which the line between the samples crosses the threshold
  std::int32_t step;  // within the interval, 1…: of the first sample at or above it
  std::int32_t cell, source;
  std::int32_t reserved;
};

enum class Quantity : std::int32_t { voltage, state, sodium, potassium, calcium, cai, eca, point_current };
struct Recording {
  std::int64_t sample;    // element of Interval::sample: [sample][cell]
  Quantity quantity;
  std::int32_t every;     // steps
  std::int32_t offset;    // steps since its last sample
  std::int32_t row;       // of `voltage`, or of `gate` for a state; for currents unused
  std::int32_t term, terms;  // for currents
};
// A mechanism whose current counts.
struct Term { std::int32_t group, instance; };

// One launch: steps that the host wants done before it looks again.
template <class S>
struct Interval {
  const Event* event;         // by pack, then step; of one cell in the order in which they act
  const std::int32_t* first;  // [packs + 1]: of `event`; null where there are none
  const Source* source;
  const Recording* recording;  // voltages, then states, then currents
  const Term* term;
  Spike* spike;               // in no order; as many as there can be
  std::int32_t* count;        // 0 at first: [0] spikes; [1] cells from the lowest on that has a voltage which is no longer finite
  S* sample;
  std::int64_t from;          // steps since t = 0
  std::int32_t steps;
  std::int32_t voltages, states, recordings;  // recordings before the end of each kind
};

// What the device says of each mechanism, so that the host lays out cells without knowing the physics.
struct Traits {
  std::int32_t parameters, fields, states;  // fields: as in Group
  std::int32_t kind;                        // Kind
  std::int32_t calcium;                     // whether it reads or keeps cai or eca
  std::int32_t slow;
  std::int32_t lifetime;                    // whether its events end
  std::int32_t table;                       // whether its rates can be tabulated
  char name[32];
};

static_assert(sizeof(Node) == 16 && sizeof(Group) == 120 && sizeof(Model<float, double>) == 168 && sizeof(Variation) == 32);
static_assert(sizeof(Description) == 56 && sizeof(Event) == 32 && sizeof(Source) == 16 && sizeof(Spike) == 24);
static_assert(sizeof(Recording) == 32 && sizeof(Term) == 8 && sizeof(Interval<float>) == 88 && sizeof(Traits) == 64);

}  // namespace galvani::cable
