// What the portable driver (population.cpp) and the code of one ISA (isa.cpp) agree on: how a block of cells lies in memory and
// which functions step it.
//
// A block is integrated as node vectors of W lanes. Across cells (the rule): lane = cell, one vector a node, U sub-blocks of W
// cells side by side so that small trees fill a call. Across nodes (few cells): lane = node, a block is one cell.
//
//   v, d, r      [vector][W]          voltage, diagonal and right-hand side; vector = node·U + sub-block
//   u, g, i      [vector][W]          the same as mechanisms see them: voltage, sums of conductances (µS) and of inward currents (nA)
//   state        [instance][U][state][W]; slow gates in float32 are followed by their remainders
//   parameters   [instance][field], or [instance][U][field][W] where they differ by lane. Field 0 is 1 for point processes and
//                pools, 0 for a lane without them; for channels the density in mA/cm² that 1 nA is. Their own densities, in S/cm²,
//                stand as the conductances of the whole compartment in µS
//   cai eca ica  [pool][U][W]
//
// v, d, r and cai are as wide as voltages, all else as gates. Where these are equally wide, u, g and i are the arrays v, d and r.
#pragma once

#include <cstdint>

#include "cable/millivolt_table.h"

namespace galvani {

enum class Precision : std::int32_t { f64, mixed, f32 };
inline constexpr int kPrecisions = 3;
enum class Rates : std::int32_t { exact, poly, table };
inline constexpr int kRates = 3;

// Cells a vector holds, on every ISA.
constexpr int lanes_of(Precision p) { return p == Precision::f64 ? 8 : 16; }
// Bytes of a gate, conductance or parameter, and of a voltage.
constexpr int gate_bytes(Precision p) { return p == Precision::f64 ? 8 : 4; }
constexpr int voltage_bytes(Precision p) { return p == Precision::f32 ? 4 : 8; }

// How an ISA wants piecewise polynomials, which are read in float32 whatever the precision: of the lowest degree, then of the fewest
// segments, that keep the tolerance. `lanes` = 0, for registers that a permutation reads: [curve][coefficient][segment]. Else rows,
// [segment][chunk][coefficient][curve of the chunk]: a lane evaluates as many curves at once as a chunk holds.
struct PolyForm {
  int lowest_degree, highest_degree;
  int fewest_segments, most_segments;  // powers of two
  int lanes;                           // of a register: the curves of a chunk
  static constexpr int few = 4;        // of 16 bytes: the curves of the last chunk, where they suffice

  constexpr int chunk(int remaining) const { return remaining > few ? lanes : few; }
  constexpr int row(int curves, int degree) const {
    int size = 0;
    for (int first = 0; first < curves; first += chunk(curves - first)) size += chunk(curves - first) * (degree + 1);
    return size;
  }
  constexpr int size(int curves, int degree, int segments) const {
    return segments * (lanes == 0 ? curves * (degree + 1) : row(curves, degree));
  }
  constexpr int place(int curves, int degree, int segments, int curve, int segment, int coefficient) const {
    if (lanes == 0) return (curve * (degree + 1) + coefficient) * segments + segment;
    int first = 0;
    while (curve - first >= chunk(curves - first)) first += chunk(curves - first);
    return segment * row(curves, degree) + first * (degree + 1) + coefficient * chunk(curves - first) + curve - first;
  }
};

// The curves inf and 1 − exp(−dt/tau) of each gate of a mechanism, in the form of the ISA.
struct PolyTable {
  float per_mV, origin;  // v in segments from the middle of the first: per_mV·v + origin
  int degree, segments;
  const float* coefficients;
};

// What is the same for all blocks of a population.
struct RateContext {
  Env env;
  double globals[kGlobals];
  double part;  // of the way that its gates go in a step, where they have one time constant
  PolyTable poly;
  MillivoltTable table;
};

// W lanes of one mechanism: where they begin in node arrays, in those of pools and among its parameters.
struct Unit { std::int32_t node, pool, parameters; };

// One mechanism in one block.
struct Instances {
  std::int32_t count;
  std::int32_t first;         // units [0, first) are the first on their vector: they store, the others add
  bool lane_parameters;       // one value a lane, not one an instance
  const Unit* unit;           // in the order of states
  const void* parameters;
  void* state;
};

struct Block {
  void *v, *d, *r;
  void *u, *g, *i;
  void *cai, *eca, *ica;
};

struct Phase {
  bool advance;  // bring gates, pools and synapses to the time of v
  bool current;  // evaluate currents at v
  double t;      // ms: the middle of the step that begins
};

using StepFunction = void (*)(const Instances&, const Block&, const Phase&, const RateContext&);

// Across nodes, up to eight unbranched runs of nodes that are solved side by side. A row holds one node of each run that is long
// enough, longest runs first, its lanes in a row of 8, 4 or 1 places; the parent of a lane is the same lane of the row before.
struct Strip {
  static constexpr int kRuns = 8, kWidths = 3, kWidth[kWidths] = {8, 4, 1};
  std::int32_t first;          // place of the first row
  std::int32_t rows[kWidths];  // of each width, in this order
  std::int32_t runs;
  std::int32_t parent[kRuns];  // place, of each lane of the first row
};

// The tree of one block. Nodes are numbered so that a parent precedes its children.
struct Tree {
  enum Flag : std::uint8_t {
    parent_precedes = 1,  // node i−1 is the parent
    more_children = 2     // has children other than node i+1
  };
  std::int32_t nodes;          // across nodes: places, whole vectors of them
  std::int32_t sub_blocks;
  bool lane_geometry;          // conductance and diagonal have one value a lane
  const std::int32_t* parent;  // across cells: of each node
  const std::uint8_t* flags;
  const Strip* strips;         // across nodes: of all nodes but the root, which is at place 0
  std::int32_t strip_count;
  const void* axial;           // µS to the parent
  const void* diagonal;        // µS: capacitance/dt + axial conductances
  const std::int32_t* bare;    // vectors (across cells: nodes) that no mechanism stores to: the solve leaves their g and i at 0
  std::int32_t bare_count;
  const std::int32_t* forks;   // across cells: nodes with more_children, whose d and r it leaves at 0 if they are not g and i
  std::int32_t fork_count;
};
using SolveFunction = void (*)(const Tree&, const Block&);

// Lanes in which v crossed the threshold from below: bit l.
using CrossingFunction = std::uint32_t (*)(const void* before, const void* now, double threshold);

// What one ISA offers; indices: mechanism in catalogue order, precision, rates.
struct Kernels {
  const char* isa;
  PolyForm poly;
  StepFunction (*step)(int mechanism, Precision, Rates);  // null if the mechanism has no such form
  SolveFunction solve_cells[kPrecisions];
  SolveFunction solve_nodes[kPrecisions];
  CrossingFunction crossing[kPrecisions];
  // math.h over arrays, for its tests: function by position in kMathFunctions.
  void (*math_f64)(int function, std::int64_t n, const double* x, double* y);
  void (*math_f32)(int function, std::int64_t n, const float* x, float* y);
};
inline constexpr const char* kMathFunctions[] = {"exp", "expm1", "log", "linoid", "sigmoid", "pow4.8", "decayed"};

const Kernels& baseline_kernels();
const Kernels& avx2_kernels();
const Kernels& avx512_kernels();

}  // namespace galvani
