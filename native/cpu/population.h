// Cells of one kind, integrated together: lays them out in blocks, feeds events, and calls the steps of the chosen ISA.
#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "cpu/catalogue.h"
#include "cpu/errors.h"
#include "cpu/poly.h"
#include "cpu/slab.h"
#include "cpu/threads.h"

namespace galvani {

// A cell as it was described: NEURON's tree and what sits on it.
struct Cell {
  struct Placement {
    int mechanism;
    std::vector<std::int32_t> node;
    std::vector<double> values;  // [parameter][row]
    int rows() const { return static_cast<int>(node.size()); }
  };
  struct Slot {
    std::int32_t placement, row;
    double weight;
  };
  struct Source {
    std::int32_t node;
    double threshold;
  };
  std::vector<std::int32_t> parent;
  std::vector<double> area, ri, cm;
  std::vector<Placement> placements;
  std::vector<Slot> slots;
  std::vector<Source> sources;

  int nodes() const { return static_cast<int>(parent.size()); }
};

struct Options {
  std::int32_t cells;
  Precision precision;
  bool poly;
  int threads;
  Env env;
  double v_init;
};

enum class Quantity : std::int32_t { voltage, state, sodium, potassium, calcium, cai, eca, point_current };
struct Probe {
  Quantity quantity;
  std::int32_t node, placement, row, which, every;
};

struct Event {
  double time;
  std::int32_t cell, slot;
  double weight;
};
struct Spike {
  std::int64_t step;  // of the first sample at or above threshold
  std::int32_t cell, source;
  double crossing;  // ms
};

class Population {
 public:
  Population(const Cell&, const Options&, const Kernels&);

  void vary(int placement, int parameter, const std::vector<std::int32_t>& rows, bool scale, std::vector<double> values);

  // Events sorted by time, each within the interval.
  void advance(std::int64_t steps, std::vector<Event> events);
  const std::vector<Spike>& spikes() const { return spikes_; }

  int record(const Probe&);
  void waiting(int recording, std::int64_t& first, std::int64_t& samples) const;
  void take(int recording, double* samples);

  std::int64_t steps() const { return steps_; }
  std::int64_t memory() const;
  std::int64_t state_size() const;
  void save(char* to);
  void load(const char* from, std::int64_t size);

  const Cell& cell() const { return cell_; }
  const Options& options() const { return options_; }

 private:
  // One placement as the blocks hold it.
  struct Group {
    int placement;
    const Mechanism* mechanism;
    RateContext context{};
    StepFunction step = nullptr;
    std::vector<std::int32_t> node, pool;      // of each instance
    std::vector<Unit> units;                   // sub-blocks of instances
    std::vector<std::int32_t> instance, lane;  // of each row; lane is 0 across cells
    int first = 0;
    std::size_t state_offset = 0;  // within a block
    std::vector<double> row_fields;             // [row][field] of the cell as described
    std::vector<std::vector<int>> variations_of;  // of each row
    Slab parameters;               // one copy, or one a block
    std::size_t parameter_stride = 0;
    bool varied = false;
    Slab coefficients;
    std::vector<double> table;
    int instances() const { return static_cast<int>(node.size()); }
    int stored = 0;  // values an instance and lane: states, and in float32 the remainders of slow gates
    int states() const { return static_cast<int>(mechanism->states.size()); }
    bool is_density(int field) const {
      return field > 0 && field <= static_cast<int>(mechanism->parameters.size()) &&
             std::string("S/cm2") == mechanism->parameters[field - 1].unit;
    }
  };
  struct Variation {
    int placement, parameter;
    std::vector<std::int32_t> rows;
    bool scale;
    std::vector<double> values;
  };
  // Where a cell lives.
  struct Place {
    std::int64_t block;
    int sub_block, lane;
  };
  // An event that will be received once more, with the opposite sign, when its lifetime is over.
  struct Expiry {
    double due, onset, weight;
    std::int32_t cell, slot;
    bool operator<(const Expiry& o) const { return o.key() < key(); }  // heap with the earliest on top
    // Total, so that the order in which they leave does not depend on how they came.
    std::tuple<double, std::int32_t, std::int32_t, double, double> key() const { return {due, cell, slot, onset, weight}; }
  };
  struct Recording {
    Probe probe;
    std::vector<std::pair<int, int>> currents;  // group and row of each mechanism whose current counts
    std::int64_t first = 0;       // index of the first waiting sample
    std::int64_t count = 0;
    std::vector<double> samples;  // [sample][cell]
  };

  bool across_cells() const { return !across_nodes_; }
  void choose_layout();
  void place_in_strips();
  void lay_out(Group&, std::vector<char>& touched);
  void build_rates(Group&);
  void prepare();
  void require_whole() const;
  void fill_parameters(Group&);
  void fill_geometry();
  void initialize();
  void work_out_fields(Group&);
  // Scale, parameters and derived values of a row; in `buffer` where they differ from cell to cell.
  const double* fields_of(const Group&, int row, std::int64_t cell, double* buffer) const;

  void run_block(std::int64_t block, std::int64_t from, std::int64_t to, const std::vector<Event>& events, std::size_t first_event,
                 std::size_t last_event, int thread);
  void receive(const Event&, double age);
  void sample(Recording&, std::int64_t block, std::int64_t index, double t);
  double value(const Recording&, std::int64_t cell, double t) const;
  double eca_at(int node, const Place&) const;
  double current_at(const Group&, int row, std::int64_t cell, double t, Quantity) const;

  Place place_of(std::int64_t cell) const;
  // Each place of every block, and the cell that is there: the last one in places beyond the end.
  template <class F>
  void each_place(F&& f) const;
  std::size_t vector_with(int node, int sub_block) const;      // first element of the vector that holds the node
  int lane_of(int node, const Place&) const;
  std::size_t element_of_node(int node, const Place&) const;  // of the node's value for that cell
  std::size_t element_of_pool(int node, const Place&) const;  // of its calcium
  std::size_t bytes_of_vector() const;                         // of voltages
  std::size_t bytes_of_nodes(int value_bytes) const;           // of one value a node of a block
  std::size_t bytes_of_sums() const;                           // of d, r, u, g, i where they are arrays of their own
  std::size_t bytes_of_pools(int value_bytes) const;           // of one value a pool
  std::size_t element_of_row(const Group&, int row, const Place&) const;  // of state 0; states are W apart
  Block block_at(std::int64_t block, int thread);
  Instances instances_of(Group&, std::int64_t block);
  std::int64_t values_of_cell() const;
  // Each value of a cell's state in the order of a snapshot: f(memory, element, whether it is a voltage or calcium). Null memory for
  // a remainder that this precision does not keep.
  template <class F>
  void each_value(const Place&, F&& f);
  double load_gate(const char* base, std::size_t index) const;
  void store_gate(char* base, std::size_t index, double x) const;
  double load_voltage(const char* base, std::size_t index) const;
  void store_voltage(char* base, std::size_t index, double x) const;
  char* state_of(std::int64_t block) { return state_.data() + block * block_bytes_; }
  const char* state_of(std::int64_t block) const { return state_.data() + block * block_bytes_; }
  std::int64_t first_cell(std::int64_t block) const;
  std::int64_t cells_in(std::int64_t block) const;

  Cell cell_;
  Options options_;
  const Kernels& kernels_;
  int W_, gate_bytes_, voltage_bytes_;
  bool across_nodes_ = false;
  int sub_blocks_ = 1;
  std::int64_t blocks_ = 0;
  int node_vectors_ = 0;                // of a block, times sub_blocks_
  int places_ = 0;                      // of nodes: across nodes some are empty
  std::vector<std::int32_t> position_;  // of each node: across cells itself, across nodes its place in a strip
  std::vector<std::int32_t> calcium_nodes_;  // where something needs cai or eca, ascending
  std::vector<std::int32_t> pool_of_;   // of each node vector, −1 for none
  int pools_ = 0;

  std::vector<Group> groups_;  // in the order in which they act: pools, channels, synapses, stimuli
  std::vector<int> group_of_placement_;
  std::vector<Variation> variations_;

  // Tree in the order of the blocks.
  std::vector<std::int32_t> bare_, forks_;
  std::vector<std::uint8_t> flags_;
  std::vector<Strip> strips_;
  Slab axial_, diagonal_;
  std::size_t geometry_stride_ = 0;
  bool varied_geometry_ = false;

  Slab state_;
  std::size_t block_bytes_ = 0, pool_offset_ = 0;
  std::vector<Slab> scratch_;  // d, r and the sources' last voltages, of each thread
  std::vector<std::vector<Expiry>> expiries_;  // of each block
  std::vector<std::vector<Spike>> block_spikes_;
  std::vector<Spike> spikes_;
  std::vector<Recording> recordings_;
  std::vector<char> diverged_;
  std::int64_t steps_ = 0;
  bool prepared_ = false;
  bool torn_ = false;  // an interval ended in the middle: the blocks are not of one time
  std::unique_ptr<Threads> threads_;
};

}  // namespace galvani
