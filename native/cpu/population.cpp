#include "cpu/population.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

namespace galvani {
namespace {

// Scale, parameters and derived values of any mechanism.
constexpr int kMaxFields = 64;

// A block should hold this many node vectors, so that the calls per step do not weigh on small trees.
constexpr int kVectorsPerBlock = 24;

}  // namespace

Population::Population(const Cell& cell, const Options& options, const Kernels& kernels)
    : cell_(cell),
      options_(options),
      kernels_(kernels),
      W_(lanes_of(options.precision)),
      gate_bytes_(galvani::gate_bytes(options.precision)),
      voltage_bytes_(galvani::voltage_bytes(options.precision)) {
  choose_layout();

  // Pools act first, so that channels see the new cai; stimuli last.
  const auto rank = [&](int p) {
    switch (catalogue()[cell_.placements[p].mechanism].kind) {
      case Kind::pool: return 0;
      case Kind::channel: return 1;
      case Kind::synapse: return 2;
      default: return 3;
    }
  };
  std::vector<int> order(cell_.placements.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return rank(a) < rank(b); });

  // Calcium pools: on every node vector where something needs calcium.
  pool_of_.assign(node_vectors_ / sub_blocks_, -1);
  for (const Cell::Placement& p : cell_.placements) {
    if (!catalogue()[p.mechanism].uses_calcium) continue;
    for (std::int32_t node : p.node) {
      calcium_nodes_.push_back(node);
      std::int32_t& pool = pool_of_[across_nodes_ ? position_[node] / W_ : node];
      if (pool < 0) pool = pools_++;
    }
  }

  std::sort(calcium_nodes_.begin(), calcium_nodes_.end());
  calcium_nodes_.erase(std::unique(calcium_nodes_.begin(), calcium_nodes_.end()), calcium_nodes_.end());

  std::vector<char> touched(pool_of_.size(), 0);
  group_of_placement_.resize(order.size());
  for (int placement : order) {
    Group g;
    g.placement = placement;
    g.mechanism = &catalogue()[cell_.placements[placement].mechanism];
    g.stored = g.states() * (g.mechanism->slow && gate_bytes_ == 4 ? 2 : 1);
    lay_out(g, touched);
    build_rates(g);
    group_of_placement_[placement] = static_cast<int>(groups_.size());
    groups_.push_back(std::move(g));
  }
  for (std::size_t v = 0; v < touched.size(); ++v) {
    if (!touched[v]) bare_.push_back(static_cast<std::int32_t>(v));
  }
  for (std::size_t i = 0; i < flags_.size(); ++i) {
    if (flags_[i] & Tree::more_children) forks_.push_back(static_cast<std::int32_t>(i));
  }

  // Memory of a block: v, states, pools.
  std::size_t bytes = bytes_of_nodes(voltage_bytes_);
  for (Group& g : groups_) {
    g.state_offset = bytes;
    bytes += aligned(static_cast<std::size_t>(g.instances()) * sub_blocks_ * g.stored * W_ * gate_bytes_);
  }
  pool_offset_ = bytes;
  bytes += bytes_of_pools(voltage_bytes_) + 2 * bytes_of_pools(gate_bytes_);
  block_bytes_ = bytes;
  state_ = Slab(block_bytes_ * blocks_);
  expiries_.resize(blocks_);
  block_spikes_.resize(blocks_);
  diverged_.assign(blocks_, 0);
  threads_ = std::make_unique<Threads>(static_cast<int>(std::min<std::int64_t>(options.threads, blocks_)));
  for (int t = 0; t < threads_->count(); ++t) {
    scratch_.emplace_back(bytes_of_sums() + cell_.sources.size() * sub_blocks_ * bytes_of_vector());
  }
}

// ---- layout --------------------------------------------------------------------------------------------------------------

void Population::choose_layout() {
  const int n = cell_.nodes();
  // A vector across nodes costs about a sixth of a block across cells.
  across_nodes_ = n >= 2 * W_ && options_.cells <= W_ / 4 + 1;
  position_.resize(n);
  if (across_nodes_) {
    place_in_strips();
    sub_blocks_ = 1;
    blocks_ = options_.cells;
    node_vectors_ = (places_ + W_ - 1) / W_;
    return;
  }
  std::iota(position_.begin(), position_.end(), 0);
  places_ = n;
  const std::int64_t packs = (options_.cells + W_ - 1) / W_;
  // Two registers of voltages, so that the divisions of the solve overlap; for small trees more, but at least eight blocks to share
  // out. Never a matter of how many threads there are.
  const std::int64_t pair = std::min<std::int64_t>(packs, 16 / W_);
  sub_blocks_ = static_cast<int>(std::clamp<std::int64_t>(kVectorsPerBlock / n, pair, std::max(packs / 8, pair)));
  blocks_ = (packs + sub_blocks_ - 1) / sub_blocks_;
  node_vectors_ = n * sub_blocks_;
  flags_.assign(n, 0);
  for (int i = 1; i < n; ++i) {
    if (cell_.parent[i] == i - 1) {
      flags_[i] |= Tree::parent_precedes;
    } else {
      flags_[cell_.parent[i]] |= Tree::more_children;
    }
  }
}

// Unbranched runs as deep in the tree share strips, long ones with long ones.
void Population::place_in_strips() {
  const int n = cell_.nodes();
  struct Run { int first, depth, length; };
  std::vector<Run> runs;
  std::vector<int> children(n, 0), run_of(n, -1), next(n, -1);
  for (int i = 1; i < n; ++i) ++children[cell_.parent[i]];
  for (int i = 1; i < n; ++i) {
    const int parent = cell_.parent[i];
    if (parent == 0 || children[parent] > 1) {
      run_of[i] = static_cast<int>(runs.size());
      runs.push_back({i, parent == 0 ? 0 : runs[run_of[parent]].depth + 1, 1});
    } else {
      next[parent] = i;
      run_of[i] = run_of[parent];
      ++runs[run_of[i]].length;
    }
  }
  std::stable_sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) {
    return a.depth != b.depth ? a.depth < b.depth : a.length > b.length;
  });
  position_[0] = 0;
  places_ = 1;
  for (std::size_t from = 0; from < runs.size();) {
    Strip strip{};
    strip.first = places_;
    std::vector<int> row;  // the nodes of one, while they last
    for (; from < runs.size() && strip.runs < Strip::kRuns && runs[from].depth == runs[from - strip.runs].depth; ++from) {
      strip.parent[strip.runs++] = position_[cell_.parent[runs[from].first]];
      row.push_back(runs[from].first);
    }
    while (!row.empty()) {
      int width = Strip::kWidths - 1;
      while (Strip::kWidth[width] < static_cast<int>(row.size())) --width;
      for (std::size_t lane = 0; lane < row.size(); ++lane) position_[row[lane]] = places_ + static_cast<int>(lane);
      places_ += Strip::kWidth[width];
      ++strip.rows[width];
      for (int& node : row) node = next[node];
      while (!row.empty() && row.back() < 0) row.pop_back();
    }
    strips_.push_back(strip);
  }
}

void Population::lay_out(Group& g, std::vector<char>& touched) {
  const Cell::Placement& p = cell_.placements[g.placement];
  const bool stores = g.mechanism->kind != Kind::pool;
  g.instance.resize(p.rows());
  g.lane.assign(p.rows(), 0);
  struct Instance { std::int32_t node; std::uint32_t lanes; };
  std::vector<Instance> found;
  std::vector<std::vector<int>> at;  // instances on each node vector
  if (across_nodes_) at.resize(pool_of_.size());
  for (int row = 0; row < p.rows(); ++row) {
    if (across_cells()) {
      g.instance[row] = static_cast<std::int32_t>(found.size());
      found.push_back({p.node[row], 1});
      continue;
    }
    const int vector = position_[p.node[row]] / W_, lane = position_[p.node[row]] % W_;
    int chosen = -1;
    for (int i : at[vector]) {
      if (!(found[i].lanes >> lane & 1)) chosen = i;
    }
    if (chosen < 0) {
      chosen = static_cast<int>(found.size());
      found.push_back({vector, 0});
      at[vector].push_back(chosen);
    }
    found[chosen].lanes |= 1u << lane;
    g.instance[row] = chosen;
    g.lane[row] = lane;
  }
  // Those that are first on their vector come first: they store.
  std::vector<int> order(found.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<char> is_first(found.size(), 0);
  if (stores) {
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (!touched[found[i].node]) {
        touched[found[i].node] = 1;
        is_first[i] = 1;
      }
    }
  }
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    if (is_first[a] != is_first[b]) return is_first[a] > is_first[b];
    return found[a].node < found[b].node;
  });
  std::vector<std::int32_t> moved(found.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    moved[order[i]] = static_cast<std::int32_t>(i);
    g.node.push_back(found[order[i]].node);
    g.pool.push_back(pool_of_[found[order[i]].node]);
    g.first += is_first[order[i]];
  }
  for (std::int32_t& i : g.instance) i = moved[i];
}

Population::Place Population::place_of(std::int64_t cell) const {
  if (across_nodes_) return {cell, 0, 0};
  const std::int64_t pack = cell / W_;
  return {pack / sub_blocks_, static_cast<int>(pack % sub_blocks_), static_cast<int>(cell % W_)};
}

std::int64_t Population::first_cell(std::int64_t block) const { return across_nodes_ ? block : block * sub_blocks_ * W_; }
std::int64_t Population::cells_in(std::int64_t block) const {
  return across_nodes_ ? 1 : std::min<std::int64_t>(static_cast<std::int64_t>(sub_blocks_) * W_, options_.cells - first_cell(block));
}

template <class F>
void Population::each_place(F&& f) const {
  for (std::int64_t block = 0; block < blocks_; ++block) {
    const std::int64_t padded = across_nodes_ ? 1 : static_cast<std::int64_t>(sub_blocks_) * W_;
    for (std::int64_t c = 0; c < padded; ++c) {
      const Place at = across_nodes_ ? Place{block, 0, 0} : Place{block, static_cast<int>(c / W_), static_cast<int>(c % W_)};
      f(std::min<std::int64_t>(first_cell(block) + c, options_.cells - 1), at);
    }
  }
}

std::size_t Population::vector_with(int node, int sub_block) const {
  if (across_nodes_) return static_cast<std::size_t>(position_[node] / W_) * W_;
  return (static_cast<std::size_t>(node) * sub_blocks_ + sub_block) * W_;
}

int Population::lane_of(int node, const Place& at) const { return across_nodes_ ? position_[node] % W_ : at.lane; }

std::size_t Population::element_of_node(int node, const Place& at) const {
  return vector_with(node, at.sub_block) + lane_of(node, at);
}

std::size_t Population::element_of_pool(int node, const Place& at) const {
  const std::int32_t pool = pool_of_[across_nodes_ ? position_[node] / W_ : node];
  return (static_cast<std::size_t>(pool) * sub_blocks_ + at.sub_block) * W_ + lane_of(node, at);
}

std::size_t Population::bytes_of_vector() const { return aligned(static_cast<std::size_t>(W_) * voltage_bytes_); }
std::size_t Population::bytes_of_nodes(int value_bytes) const { return aligned(static_cast<std::size_t>(node_vectors_) * W_ * value_bytes); }
std::size_t Population::bytes_of_sums() const {
  return 2 * bytes_of_nodes(voltage_bytes_) + (gate_bytes_ == voltage_bytes_ ? 0 : 3 * bytes_of_nodes(gate_bytes_));
}
std::size_t Population::bytes_of_pools(int value_bytes) const { return aligned(static_cast<std::size_t>(pools_) * sub_blocks_ * W_ * value_bytes); }

std::size_t Population::element_of_row(const Group& g, int row, const Place& at) const {
  return (static_cast<std::size_t>(g.instance[row]) * sub_blocks_ + at.sub_block) * g.stored * W_ +
         (across_nodes_ ? g.lane[row] : at.lane);
}

Instances Population::instances_of(Group& g, std::int64_t block) {
  return {g.instances() * sub_blocks_, g.first * sub_blocks_, across_nodes_ || g.varied, g.units.data(),
          g.parameters.data() + block * g.parameter_stride, state_of(block) + g.state_offset};
}

double Population::load_gate(const char* base, std::size_t i) const {
  return gate_bytes_ == 8 ? reinterpret_cast<const double*>(base)[i] : static_cast<double>(reinterpret_cast<const float*>(base)[i]);
}
void Population::store_gate(char* base, std::size_t i, double x) const {
  if (gate_bytes_ == 8) reinterpret_cast<double*>(base)[i] = x;
  else reinterpret_cast<float*>(base)[i] = static_cast<float>(x);
}
double Population::load_voltage(const char* base, std::size_t i) const {
  return voltage_bytes_ == 8 ? reinterpret_cast<const double*>(base)[i] : static_cast<double>(reinterpret_cast<const float*>(base)[i]);
}
void Population::store_voltage(char* base, std::size_t i, double x) const {
  if (voltage_bytes_ == 8) reinterpret_cast<double*>(base)[i] = x;
  else reinterpret_cast<float*>(base)[i] = static_cast<float>(x);
}

Block Population::block_at(std::int64_t block, int thread) {
  char* const state = state_of(block);
  char* const d = scratch_[thread].data();
  char* const r = d + bytes_of_nodes(voltage_bytes_);
  char* const cai = state + pool_offset_;
  char* const eca = cai + bytes_of_pools(voltage_bytes_);
  char* const ica = eca + bytes_of_pools(gate_bytes_);
  if (gate_bytes_ == voltage_bytes_) return {state, d, r, state, d, r, cai, eca, ica};
  char* const u = r + bytes_of_nodes(voltage_bytes_);
  char* const g = u + bytes_of_nodes(gate_bytes_);
  return {state, d, r, u, g, g + bytes_of_nodes(gate_bytes_), cai, eca, ica};
}

// ---- rates, parameters, geometry -------------------------------------------------------------------------------------------

void Population::build_rates(Group& g) {
  const Mechanism& m = *g.mechanism;
  g.context.env = options_.env;
  m.globals(options_.env, g.context.globals);
  if (m.tau > 0) g.context.part = decayed(-options_.env.dt / m.tau);
  const int number = cell_.placements[g.placement].mechanism;
  Rates rates = options_.poly && m.voltage_gated ? Rates::poly : Rates::exact;

  // NEURON's tables, where a mechanism offers them and the cell asks.
  const Cell::Placement& p = cell_.placements[g.placement];
  for (std::size_t k = 0; k < m.parameters.size(); ++k) {
    if (std::string("usetable") != m.parameters[k].name) continue;
    const double* use = p.values.data() + k * p.rows();
    for (int row = 0; row < p.rows(); ++row) {
      if (use[row] != 0 && use[row] != 1) throw InvalidArgument(std::string(m.name) + ": usetable is neither 0 nor 1");
      if (use[row] != use[0]) throw InvalidArgument(std::string(m.name) + ": usetable must be the same everywhere");
    }
    if (p.rows() == 0 || use[0] == 0) continue;
    rates = Rates::table;
    g.table = millivolt_table(m, g.context);
    g.context.table.values = g.table.data();
  }
  if (rates == Rates::poly) {
    const PolyCurves poly = fit_gates(m, g.context, kernels_.poly, options_.precision);
    const std::vector<float> table = poly.table(kernels_.poly);
    g.coefficients = Slab(table.size() * sizeof(float));
    std::memcpy(g.coefficients.data(), table.data(), table.size() * sizeof(float));
    g.context.poly = poly.view(static_cast<const float*>(static_cast<const void*>(g.coefficients.data())));
  }
  g.step = kernels_.step(number, options_.precision, rates);
  if (g.step == nullptr) g.step = kernels_.step(number, options_.precision, Rates::exact);
}

void Population::vary(int placement, int parameter, const std::vector<std::int32_t>& rows, bool scale, std::vector<double> values) {
  if (prepared_) throw InvalidArgument("vary: the population has begun");
  if (static_cast<std::int64_t>(values.size()) != options_.cells) throw InvalidArgument("vary: one value a cell is needed");
  int limit = cell_.nodes();
  bool* varied = &varied_geometry_;
  if (placement >= 0) {
    if (placement >= static_cast<int>(cell_.placements.size())) throw InvalidArgument("vary: no such placement");
    limit = cell_.placements[placement].rows();
    Group& g = groups_[group_of_placement_[placement]];
    if (parameter < 0 || parameter >= static_cast<int>(g.mechanism->parameters.size())) throw InvalidArgument("vary: no such parameter");
    if (std::string("usetable") == g.mechanism->parameters[parameter].name) {
      throw InvalidArgument("vary: usetable is the same for all cells of a population");
    }
    varied = &g.varied;
  }
  for (std::int32_t row : rows) {
    if (row < 0 || row >= limit) throw InvalidArgument("vary: no such row");
  }
  *varied = true;
  variations_.push_back({placement, parameter, rows, scale, std::move(values)});
}

void Population::work_out_fields(Group& g) {
  const Cell::Placement& p = cell_.placements[g.placement];
  const std::size_t fields = 1 + g.mechanism->fields;
  g.row_fields.assign(fields * p.rows(), 0);
  g.variations_of.assign(p.rows(), {});
  for (std::size_t v = 0; v < variations_.size(); ++v) {
    if (variations_[v].placement != g.placement) continue;
    for (std::int32_t row : variations_[v].rows) g.variations_of[row].push_back(static_cast<int>(v));
  }
  for (int row = 0; row < p.rows(); ++row) {
    double* const f = &g.row_fields[fields * row];
    const double area = 1e-2 * cell_.area[p.node[row]];
    f[0] = g.mechanism->kind != Kind::channel ? 1 : area > 0 ? 1 / area : 0;
    for (std::size_t k = 0; k < g.mechanism->parameters.size(); ++k) f[1 + k] = p.values[k * p.rows() + row];
    if (g.variations_of[row].empty()) g.mechanism->derive(f + 1, options_.env);
  }
}

const double* Population::fields_of(const Group& g, int row, std::int64_t cell, double* buffer) const {
  const std::size_t fields = 1 + g.mechanism->fields;
  const double* const f = &g.row_fields[fields * row];
  if (g.variations_of[row].empty()) return f;
  std::copy(f, f + fields, buffer);
  for (int v : g.variations_of[row]) {
    double& x = buffer[1 + variations_[v].parameter];
    x = variations_[v].scale ? x * variations_[v].values[cell] : variations_[v].values[cell];
  }
  g.mechanism->derive(buffer + 1, options_.env);
  return buffer;
}

void Population::fill_parameters(Group& g) {
  work_out_fields(g);
  double buffer[kMaxFields];
  const int fields = 1 + g.mechanism->fields;
  const Cell::Placement& placement = cell_.placements[g.placement];
  const int rows = placement.rows();
  const bool lanes = across_nodes_ || g.varied;
  const std::size_t one = static_cast<std::size_t>(g.instances()) * fields * (lanes ? sub_blocks_ * W_ : 1);
  g.parameter_stride = g.varied ? aligned(one * gate_bytes_) : 0;
  g.parameters = Slab(g.varied ? g.parameter_stride * blocks_ : one * gate_bytes_);
  for (std::int32_t i = 0; i < g.instances(); ++i) {
    for (std::int32_t u = 0; u < sub_blocks_; ++u) {
      g.units.push_back({(g.node[i] * sub_blocks_ + u) * W_, (g.pool[i] * sub_blocks_ + u) * W_,
                         lanes ? (i * sub_blocks_ + u) * fields * W_ : i * fields});
    }
  }
  // A field as blocks hold it.
  const auto whole = [&](int row, const double* f, int k) {
    return g.mechanism->kind == Kind::channel && g.is_density(k) ? f[k] * (1e-2 * cell_.area[placement.node[row]]) : f[k];
  };
  if (!lanes) {
    for (int row = 0; row < rows; ++row) {
      const double* const f = fields_of(g, row, 0, buffer);
      for (int k = 0; k < fields; ++k) store_gate(g.parameters.data(), static_cast<std::size_t>(g.instance[row]) * fields + k, whole(row, f, k));
    }
    return;
  }
  for (std::int64_t block = 0; block < (g.varied ? blocks_ : 1); ++block) {
    char* const to = g.parameters.data() + block * g.parameter_stride;
    std::vector<char> filled(g.instances(), 0);
    for (int row = 0; row < rows; ++row) {
      const std::size_t instance = g.instance[row];
      const auto put = [&](int sub_block, int lane, const double* f, bool absent) {
        for (int k = 0; k < fields; ++k) {
          const bool none = absent && (k == 0 || g.is_density(k));
          store_gate(to, ((instance * sub_blocks_ + sub_block) * fields + k) * W_ + lane, none ? 0 : whole(row, f, k));
        }
      };
      if (across_nodes_) {
        // Lanes without the mechanism get sound kinetics and no conductance.
        if (!filled[instance]) {
          for (int lane = 0; lane < W_; ++lane) put(0, lane, fields_of(g, row, block, buffer), true);
          filled[instance] = 1;
        }
        put(0, g.lane[row], fields_of(g, row, block, buffer), false);
      } else {
        for (std::int64_t c = 0; c < static_cast<std::int64_t>(sub_blocks_) * W_; ++c) {
          const std::int64_t cell = std::min<std::int64_t>(first_cell(block) + c, options_.cells - 1);
          put(static_cast<int>(c / W_), static_cast<int>(c % W_), fields_of(g, row, cell, buffer), false);
        }
      }
    }
  }
}

void Population::fill_geometry() {
  const int n = cell_.nodes();
  const bool lanes = varied_geometry_ && across_cells();
  const std::size_t one = static_cast<std::size_t>(places_) * (lanes ? sub_blocks_ * W_ : 1);
  geometry_stride_ = varied_geometry_ ? aligned(one * voltage_bytes_) : 0;
  const std::int64_t copies = varied_geometry_ ? blocks_ : 1;
  axial_ = Slab(std::max(geometry_stride_, one * voltage_bytes_) * copies);
  diagonal_ = Slab(std::max(geometry_stride_, one * voltage_bytes_) * copies);
  const auto fill = [&](std::int64_t block, std::int64_t cell, std::size_t stride, std::size_t offset) {
    std::vector<double> cm = cell_.cm, ri = cell_.ri;
    for (const Variation& v : variations_) {
      if (v.placement >= 0) continue;
      std::vector<double>& x = v.placement == -1 ? cm : ri;
      for (std::int32_t node : v.rows) x[node] = v.scale ? x[node] * v.values[cell] : v.values[cell];
    }
    std::vector<double> g(n, 0), diagonal(n, 0);
    for (int i = 0; i < n; ++i) {
      diagonal[i] += 1e-2 * cell_.area[i] * 1e-3 * cm[i] / options_.env.dt;
      if (i == 0) continue;
      g[i] = 1 / ri[i];
      diagonal[i] += g[i];
      diagonal[cell_.parent[i]] += g[i];
    }
    for (int place = 0; across_nodes_ && place < places_; ++place) store_voltage(diagonal_.data() + block * geometry_stride_, place, 1);
    for (int i = 0; i < n; ++i) {
      const std::size_t to = position_[i] * stride + offset;
      store_voltage(axial_.data() + block * geometry_stride_, to, g[i]);
      store_voltage(diagonal_.data() + block * geometry_stride_, to, diagonal[i]);
    }
  };
  if (!varied_geometry_) {
    fill(0, 0, 1, 0);
    return;
  }
  for (std::int64_t block = 0; block < blocks_; ++block) {
    if (across_nodes_) {
      fill(block, block, 1, 0);
      continue;
    }
    for (std::int64_t c = 0; c < static_cast<std::int64_t>(sub_blocks_) * W_; ++c) {
      fill(block, std::min<std::int64_t>(first_cell(block) + c, options_.cells - 1), static_cast<std::size_t>(sub_blocks_) * W_, c);
    }
  }
}

void Population::prepare() {
  if (prepared_) return;
  for (Group& g : groups_) fill_parameters(g);
  fill_geometry();
  initialize();
  prepared_ = true;
}

void Population::initialize() {
  const double v = options_.v_init;
  double buffer[kMaxFields];
  // cai at rest of each pool vector and lane: what the pool's own mechanism says.
  for (std::int64_t block = 0; block < blocks_; ++block) {
    const Block b = block_at(block, 0);
    for (std::size_t i = 0; i < static_cast<std::size_t>(node_vectors_) * W_; ++i) store_voltage(static_cast<char*>(b.v), i, v);
    for (std::size_t i = 0; i < static_cast<std::size_t>(pools_) * sub_blocks_ * W_; ++i) {
      store_voltage(static_cast<char*>(b.cai), i, constants::resting_cai);
      store_gate(static_cast<char*>(b.eca), i, constants::resting_eca);
    }
  }
  const auto pool_element = [&](const Group& g, int row, const Place& at) {
    return element_of_pool(cell_.placements[g.placement].node[row], at);
  };
  for (Group& g : groups_) {
    const Mechanism& m = *g.mechanism;
    const int rows = cell_.placements[g.placement].rows();
    if (m.kind == Kind::pool) {
      int cai0 = -1;
      for (std::size_t k = 0; k < m.parameters.size(); ++k) {
        if (std::string("cai0") == m.parameters[k].name) cai0 = static_cast<int>(k);
      }
      for (int row = 0; row < rows && cai0 >= 0; ++row) {
        each_place([&](std::int64_t cell, const Place& at) {
          store_voltage(static_cast<char*>(block_at(at.block, 0).cai), pool_element(g, row, at), fields_of(g, row, cell, buffer)[1 + cai0]);
        });
      }
      for (std::int64_t block = 0; block < blocks_; ++block) {  // eca follows
        g.step(instances_of(g, block), block_at(block, 0), {false, true, 0}, g.context);
      }
      continue;
    }
    if (m.rates == nullptr) continue;  // synapses begin at 0
    std::vector<double> y(m.states.size());
    double last = std::nan("");
    for (int row = 0; row < rows; ++row) {
      each_place([&](std::int64_t cell, const Place& at) {
        const double cai = m.uses_calcium ? load_voltage(static_cast<char*>(block_at(at.block, 0).cai), pool_element(g, row, at)) : 0;
        const double seen = m.shift < 0 ? v : v - fields_of(g, row, cell, buffer)[1 + m.shift];
        if (cai != last || m.shift >= 0) m.initial(seen, cai, g.context, y.data());
        last = cai;
        const std::size_t e = element_of_row(g, row, at);
        for (std::size_t s = 0; s < y.size(); ++s) store_gate(state_of(at.block) + g.state_offset, e + s * W_, y[s]);
      });
    }
    if (across_nodes_ && rows > 0) {  // lanes without the mechanism: a sound state too
      for (std::int64_t block = 0; block < blocks_; ++block) {
        std::vector<char> present(static_cast<std::size_t>(g.instances()) * W_, 0);
        for (int row = 0; row < rows; ++row) present[static_cast<std::size_t>(g.instance[row]) * W_ + g.lane[row]] = 1;
        m.initial(v, constants::resting_cai, g.context, y.data());
        for (std::size_t k = 0; k < present.size(); ++k) {
          if (present[k]) continue;
          for (std::size_t s = 0; s < y.size(); ++s) {
            store_gate(state_of(block) + g.state_offset, (k / W_ * g.stored + s) * W_ + k % W_, y[s]);
          }
        }
      }
    }
  }
}

// ---- integration ---------------------------------------------------------------------------------------------------------

void Population::require_whole() const {
  if (torn_) throw InvalidArgument("an earlier interval did not end, for want of memory: restore a snapshot");
}

void Population::advance(std::int64_t steps, std::vector<Event> events) {
  require_whole();
  prepare();
  const double dt = options_.env.dt;
  const std::int64_t from = steps_, to = steps_ + steps;
  spikes_.clear();
  if (steps == 0) return;
  for (Recording& r : recordings_) {
    const std::int64_t every = r.probe.every;
    const std::int64_t added = to / every - from / every;
    if (r.count == 0) r.first = from / every + 1;
    r.count += added;
    r.samples.resize(static_cast<std::size_t>(r.count) * options_.cells);
  }
  for (Event& e : events) {
    if (std::isnan(e.weight)) e.weight = cell_.slots[e.slot].weight;
  }
  // By block, keeping the order of time.
  std::vector<std::size_t> begin(blocks_ + 1, 0);
  for (const Event& e : events) ++begin[place_of(e.cell).block + 1];
  for (std::int64_t b = 0; b < blocks_; ++b) begin[b + 1] += begin[b];
  std::vector<Event> sorted(events.size());
  {
    auto next = begin;
    for (const Event& e : events) sorted[next[place_of(e.cell).block]++] = e;
  }
  torn_ = true;
  threads_->run(blocks_, [&](std::int64_t block, int thread) {
    run_block(block, from, to, sorted, begin[block], begin[block + 1], thread);
  });
  torn_ = false;
  steps_ = to;
  for (auto& s : block_spikes_) {
    spikes_.insert(spikes_.end(), s.begin(), s.end());
    s.clear();
  }
  std::sort(spikes_.begin(), spikes_.end(), [](const Spike& a, const Spike& b) {
    return a.step != b.step ? a.step < b.step : a.cell != b.cell ? a.cell < b.cell : a.source < b.source;
  });
  for (std::int64_t b = 0; b < blocks_; ++b) {
    if (diverged_[b]) {
      throw Diverged("a voltage of cells " + std::to_string(first_cell(b)) + "…" + std::to_string(first_cell(b) + cells_in(b) - 1) +
                     " is no longer finite at " + std::to_string(to * dt) + " ms; look for a parameter out of range or a dt too long");
    }
  }
}

void Population::run_block(std::int64_t block, std::int64_t from, std::int64_t to, const std::vector<Event>& events,
                           std::size_t next_event, std::size_t last_event, int thread) {
  const double dt = options_.env.dt;
  double buffer[kMaxFields];
  const Block arrays = block_at(block, thread);
  char* const v = static_cast<char*>(arrays.v);
  char* const before = scratch_[thread].data() + bytes_of_sums();
  std::memset(scratch_[thread].data(), 0, bytes_of_sums());
  if (arrays.u != arrays.v) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(node_vectors_) * W_; ++i) store_gate(static_cast<char*>(arrays.u), i, load_voltage(v, i));
  }

  const Tree tree = {across_nodes_ ? node_vectors_ * W_ : cell_.nodes(),
                     sub_blocks_,
                     varied_geometry_ && across_cells(),
                     cell_.parent.data(),
                     flags_.data(),
                     strips_.data(),
                     static_cast<std::int32_t>(strips_.size()),
                     axial_.data() + block * geometry_stride_,
                     diagonal_.data() + block * geometry_stride_,
                     bare_.data(),
                     static_cast<std::int32_t>(bare_.size()),
                     forks_.data(),
                     static_cast<std::int32_t>(forks_.size())};
  const SolveFunction solve = (across_nodes_ ? kernels_.solve_nodes : kernels_.solve_cells)[static_cast<int>(options_.precision)];
  const CrossingFunction crossing = kernels_.crossing[static_cast<int>(options_.precision)];

  std::vector<Instances> instances;
  std::size_t synapses = groups_.size(), stimuli = groups_.size();
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    Group& g = groups_[i];
    instances.push_back(instances_of(g, block));
    if (g.mechanism->kind == Kind::synapse) synapses = std::min(synapses, i);
    if (g.mechanism->kind == Kind::stimulus) stimuli = std::min(stimuli, i);
  }
  synapses = std::min(synapses, stimuli);
  const auto step = [&](std::size_t begin, std::size_t end, const Phase& phase) {
    for (std::size_t i = begin; i < end; ++i) groups_[i].step(instances[i], arrays, phase, groups_[i].context);
  };
  // Records what falls on `index` of the given kind.
  enum class Moment { voltages, states, currents };
  const auto record = [&](Moment moment, std::int64_t index, double t) {
    for (Recording& r : recordings_) {
      if (index % r.probe.every != 0) continue;
      Moment m = Moment::states;
      switch (r.probe.quantity) {
        case Quantity::voltage: m = Moment::voltages; break;
        case Quantity::sodium: case Quantity::potassium: case Quantity::calcium: case Quantity::point_current:
        case Quantity::eca:  // follows cai when currents are evaluated
          m = Moment::currents; break;
        default: break;
      }
      if (m == moment) sample(r, block, index / r.probe.every, t);
    }
  };

  auto& expiries = expiries_[block];
  for (std::int64_t k = from; k < to; ++k) {
    const double t = (static_cast<double>(k) + 0.5) * dt;
    const bool advance = k > from;
    const bool due = (next_event < last_event && events[next_event].time <= t) || (!expiries.empty() && expiries.front().due < t);
    step(0, synapses, {advance, true, t});
    if (due) {
      if (advance) {
        step(synapses, stimuli, {true, false, t});
        record(Moment::states, k, t);  // before the events of the step
      }
      while (!expiries.empty() && expiries.front().due < t) {
        const Expiry e = expiries.front();
        std::pop_heap(expiries.begin(), expiries.end());
        expiries.pop_back();
        receive({e.onset, e.cell, e.slot, -e.weight}, t - e.onset);
      }
      for (; next_event < last_event && events[next_event].time <= t; ++next_event) {
        const Event& e = events[next_event];
        receive(e, t - e.time);
        const Cell::Slot& slot = cell_.slots[e.slot];
        const Group& g = groups_[group_of_placement_[slot.placement]];
        if (g.mechanism->lifetime != nullptr) {
          const double life = g.mechanism->lifetime(fields_of(g, slot.row, e.cell, buffer) + 1);
          expiries.push_back({e.time + life, e.time, e.weight, e.cell, e.slot});
          std::push_heap(expiries.begin(), expiries.end());
        }
      }
      step(synapses, stimuli, {false, true, t});
    } else {
      step(synapses, stimuli, {advance, true, t});
      if (advance) record(Moment::states, k, t);
    }
    step(stimuli, groups_.size(), {false, true, t});
    record(Moment::currents, k + 1, t);

    char* was = before;
    for (const Cell::Source& s : cell_.sources) {
      for (int u = 0; u < sub_blocks_; ++u, was += bytes_of_vector()) {
        std::memcpy(was, v + vector_with(s.node, u) * voltage_bytes_, static_cast<std::size_t>(W_) * voltage_bytes_);
      }
    }
    solve(tree, arrays);
    was = before;
    for (std::size_t source = 0; source < cell_.sources.size(); ++source) {
      const Cell::Source& s = cell_.sources[source];
      for (int u = 0; u < sub_blocks_; ++u, was += bytes_of_vector()) {
        const char* const now = v + vector_with(s.node, u) * voltage_bytes_;
        std::uint32_t fired = crossing(was, now, s.threshold);
        if (across_nodes_) fired &= 1u << position_[s.node] % W_;
        for (; fired != 0; fired &= fired - 1) {
          const int lane = __builtin_ctz(fired);
          const std::int64_t cell = across_nodes_ ? block : first_cell(block) + u * W_ + lane;
          if (cell >= options_.cells) continue;
          const double v0 = load_voltage(was, lane), v1 = load_voltage(now, lane);
          block_spikes_[block].push_back({k + 1, static_cast<std::int32_t>(cell), static_cast<std::int32_t>(source),
                                          (static_cast<double>(k) + (s.threshold - v0) / (v1 - v0)) * dt});
        }
      }
    }
    record(Moment::voltages, k + 1, t);
  }
  step(0, groups_.size(), {true, false, to * dt});
  record(Moment::states, to, to * dt);

  double sum = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(node_vectors_) * W_; ++i) sum += load_voltage(v, i);
  diverged_[block] = !std::isfinite(sum);
}

void Population::receive(const Event& e, double age) {
  const Cell::Slot& slot = cell_.slots[e.slot];
  const Group& g = groups_[group_of_placement_[slot.placement]];
  const Place at = place_of(e.cell);
  char* const base = state_of(at.block) + g.state_offset;
  const std::size_t element = element_of_row(g, slot.row, at);
  double y[16], buffer[kMaxFields];
  for (int s = 0; s < g.states(); ++s) y[s] = load_gate(base, element + static_cast<std::size_t>(s) * W_);
  g.mechanism->receive(fields_of(g, slot.row, e.cell, buffer) + 1, y, e.weight, age);
  for (int s = 0; s < g.states(); ++s) store_gate(base, element + static_cast<std::size_t>(s) * W_, y[s]);
}

// ---- recording -------------------------------------------------------------------------------------------------------------

int Population::record(const Probe& probe) {
  prepare();
  if (probe.every < 1) throw InvalidArgument("record: every must be at least 1");
  const auto need = [](bool holds, const char* what) {
    if (!holds) throw InvalidArgument(std::string("record: no such ") + what);
  };
  const bool by_row = probe.quantity == Quantity::state || probe.quantity == Quantity::point_current;
  if (by_row) {
    need(probe.placement >= 0 && probe.placement < static_cast<int>(cell_.placements.size()), "placement");
    const Group& g = groups_[group_of_placement_[probe.placement]];
    need(probe.row >= 0 && probe.row < cell_.placements[probe.placement].rows(), "row");
    if (probe.quantity == Quantity::state) need(probe.which >= 0 && probe.which < g.states(), "state");
    else need(g.mechanism->is_point(), "point process");
  } else {
    need(probe.node >= 0 && probe.node < cell_.nodes(), "node");
    if (probe.quantity == Quantity::cai || probe.quantity == Quantity::eca) {
      need(std::binary_search(calcium_nodes_.begin(), calcium_nodes_.end(), probe.node), "calcium on that node");
    }
  }
  Recording r;
  r.probe = probe;
  if (probe.quantity == Quantity::point_current) {
    r.currents.emplace_back(group_of_placement_[probe.placement], probe.row);
  } else if (!by_row) {
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      if (groups_[g].mechanism->is_point()) continue;
      const auto& nodes = cell_.placements[groups_[g].placement].node;
      for (std::size_t row = 0; row < nodes.size(); ++row) {
        if (nodes[row] == probe.node) r.currents.emplace_back(static_cast<int>(g), static_cast<int>(row));
      }
    }
  }
  if (steps_ % probe.every == 0) {
    r.first = steps_ / probe.every;
    r.count = 1;
    r.samples.resize(options_.cells);
    for (std::int64_t c = 0; c < options_.cells; ++c) r.samples[c] = value(r, c, static_cast<double>(steps_) * options_.env.dt);
  }
  recordings_.push_back(std::move(r));
  return static_cast<int>(recordings_.size()) - 1;
}

void Population::sample(Recording& r, std::int64_t block, std::int64_t index, double t) {
  double* const row = &r.samples[static_cast<std::size_t>(index - r.first) * options_.cells];
  const std::int64_t first = first_cell(block), n = cells_in(block);
  for (std::int64_t c = first; c < first + n; ++c) row[c] = value(r, c, t);
}

double Population::value(const Recording& r, std::int64_t cell, double t) const {
  const Probe& p = r.probe;
  const Place at = place_of(cell);
  const char* const state = state_of(at.block);
  switch (p.quantity) {
    case Quantity::voltage: return load_voltage(state, element_of_node(p.node, at));
    case Quantity::state: {
      const Group& g = groups_[group_of_placement_[p.placement]];
      return load_gate(state + g.state_offset, element_of_row(g, p.row, at) + static_cast<std::size_t>(p.which) * W_);
    }
    case Quantity::cai: return load_voltage(state + pool_offset_, element_of_pool(p.node, at));
    case Quantity::eca: return eca_at(p.node, at);
    default: {
      double sum = 0;
      for (const auto& [group, row] : r.currents) sum += current_at(groups_[group], row, cell, t, p.quantity);
      return sum;
    }
  }
}

double Population::eca_at(int node, const Place& at) const {
  return load_gate(state_of(at.block) + pool_offset_ + bytes_of_pools(voltage_bytes_), element_of_pool(node, at));
}

double Population::current_at(const Group& g, int row, std::int64_t cell, double t, Quantity quantity) const {
  const Place at = place_of(cell);
  const char* const state = state_of(at.block);
  const int node = cell_.placements[g.placement].node[row];
  double y[16] = {}, buffer[kMaxFields];
  const std::size_t element = element_of_row(g, row, at);
  for (int s = 0; s < g.states(); ++s) y[s] = load_gate(state + g.state_offset, element + static_cast<std::size_t>(s) * W_);
  const double eca = g.mechanism->uses_calcium ? eca_at(node, at) : 0;
  const double v = load_voltage(state, element_of_node(node, at));
  const IonCurrents<double> i = g.mechanism->currents(fields_of(g, row, cell, buffer) + 1, y, v, eca, t);
  switch (quantity) {
    case Quantity::sodium: return i.na;
    case Quantity::potassium: return i.k;
    case Quantity::calcium: return i.ca;
    default: return i.total();
  }
}

void Population::waiting(int recording, std::int64_t& first, std::int64_t& samples) const {
  if (recording < 0 || recording >= static_cast<int>(recordings_.size())) throw InvalidArgument("no such recording");
  first = recordings_[recording].first;
  samples = recordings_[recording].count;
}

void Population::take(int recording, double* to) {
  Recording& r = recordings_.at(recording);
  for (std::int64_t s = 0; s < r.count; ++s) {
    for (std::int64_t c = 0; c < options_.cells; ++c) to[c * r.count + s] = r.samples[static_cast<std::size_t>(s) * options_.cells + c];
  }
  r.first += r.count;
  r.count = 0;
  r.samples.clear();
}

// ---- state ---------------------------------------------------------------------------------------------------------------

std::int64_t Population::memory() const {
  std::size_t n = state_.bytes() + axial_.bytes() + diagonal_.bytes();
  for (const Slab& s : scratch_) n += s.bytes();
  for (const Group& g : groups_) n += g.parameters.bytes() + g.coefficients.bytes();
  for (const Recording& r : recordings_) n += r.samples.capacity() * sizeof(double);
  return static_cast<std::int64_t>(n);
}

// A snapshot is of the cell as it was described, in float64 (galvani.h): blocks, lanes and instruction sets do not show in it.
std::int64_t Population::values_of_cell() const {
  std::int64_t n = cell_.nodes() + 2 * static_cast<std::int64_t>(calcium_nodes_.size());
  for (const Group& g : groups_) n += static_cast<std::int64_t>(g.states()) * cell_.placements[g.placement].rows() * (g.mechanism->slow ? 2 : 1);
  return n;
}

template <class F>
void Population::each_value(const Place& at, F&& f) {
  char* const state = state_of(at.block);
  for (int node = 0; node < cell_.nodes(); ++node) f(state, element_of_node(node, at), true);
  char* const cai = state + pool_offset_;
  char* const eca = cai + bytes_of_pools(voltage_bytes_);
  for (std::int32_t node : calcium_nodes_) f(cai, element_of_pool(node, at), true);
  for (std::int32_t node : calcium_nodes_) f(eca, element_of_pool(node, at), false);
  for (int placement = 0; placement < static_cast<int>(cell_.placements.size()); ++placement) {
    const Group& g = groups_[group_of_placement_[placement]];
    for (int first = 0; first < g.states() * (g.mechanism->slow ? 2 : 1); first += g.states()) {  // gates, then remainders
      for (int row = 0; row < cell_.placements[placement].rows(); ++row) {
        for (int s = first; s < first + g.states(); ++s) {
          f(first < g.stored ? state + g.state_offset : nullptr, element_of_row(g, row, at) + static_cast<std::size_t>(s) * W_, false);
        }
      }
    }
  }
}

std::int64_t Population::state_size() const {
  std::size_t expiries = 0;
  for (const auto& e : expiries_) expiries += e.size();
  return static_cast<std::int64_t>(2 * sizeof(std::int64_t) + expiries * sizeof(Expiry)) +
         values_of_cell() * options_.cells * static_cast<std::int64_t>(sizeof(double));
}

void Population::save(char* to) {
  require_whole();
  prepare();
  std::vector<Expiry> all;
  for (const auto& e : expiries_) all.insert(all.end(), e.begin(), e.end());
  std::sort(all.begin(), all.end(), [](const Expiry& a, const Expiry& b) { return a.key() < b.key(); });
  const auto count = static_cast<std::int64_t>(all.size());
  std::memcpy(to, &steps_, sizeof steps_);
  std::memcpy(to + 8, &count, sizeof count);
  to += 16;
  for (std::int64_t cell = 0; cell < options_.cells; ++cell) {
    each_value(place_of(cell), [&](const char* memory, std::size_t element, bool wide) {
      const double x = memory == nullptr ? 0 : wide ? load_voltage(memory, element) : load_gate(memory, element);
      std::memcpy(to, &x, sizeof x);
      to += sizeof x;
    });
  }
  if (count > 0) std::memcpy(to, all.data(), all.size() * sizeof(Expiry));
}

void Population::load(const char* from, std::int64_t size) {
  prepare();
  std::int64_t steps, count;
  const std::int64_t cell_bytes = values_of_cell() * static_cast<std::int64_t>(sizeof(double));
  const std::int64_t fixed = 16 + cell_bytes * options_.cells;
  if (size < fixed) throw InvalidArgument("the snapshot is " + std::to_string(size) + " bytes, " + std::to_string(fixed) + " are needed");
  std::memcpy(&steps, from, 8);
  std::memcpy(&count, from + 8, 8);
  if (steps < 0 || count < 0 || count > (size - fixed) / static_cast<std::int64_t>(sizeof(Expiry)) ||
      size != fixed + count * static_cast<std::int64_t>(sizeof(Expiry))) {
    throw InvalidArgument("the snapshot is not of this population");
  }
  std::vector<Expiry> all(static_cast<std::size_t>(count));
  if (count > 0) std::memcpy(all.data(), from + fixed, all.size() * sizeof(Expiry));
  std::vector<std::vector<Expiry>> expiries(blocks_);
  for (const Expiry& e : all) {
    if (e.cell < 0 || e.cell >= options_.cells || e.slot < 0 || e.slot >= static_cast<std::int32_t>(cell_.slots.size()) ||
        !std::isfinite(e.due)) {
      throw InvalidArgument("the snapshot is not of this population");
    }
    expiries[place_of(e.cell).block].push_back(e);
  }
  for (auto& e : expiries) std::make_heap(e.begin(), e.end());
  each_place([&](std::int64_t cell, const Place& at) {
    const char* value = from + 16 + cell * cell_bytes;
    each_value(at, [&](char* memory, std::size_t element, bool wide) {
      double x;
      std::memcpy(&x, value, sizeof x);
      value += sizeof x;
      if (memory == nullptr) return;
      if (wide) store_voltage(memory, element, x);
      else store_gate(memory, element, x);
    });
  });
  expiries_ = std::move(expiries);
  steps_ = steps;
  torn_ = false;
  for (auto& spikes : block_spikes_) spikes.clear();
  for (Recording& r : recordings_) {
    r.samples.clear();
    r.count = 0;
    r.first = steps / r.probe.every + 1;
  }
}

}  // namespace galvani
