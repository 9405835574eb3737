#include "emulator/grid.h"

#include <algorithm>
#include <bit>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <vector>

#include "emulator/asan.h"
#include "emulator/fiber.h"
#include "emulator/random.h"
#include "emulator/report.h"
#include "emulator/settings.h"
#include "emulator/signals.h"
#include "emulator/status.h"

galvani::emulator::Thread* galvani_thread = nullptr;

namespace galvani::emulator {
namespace {

constexpr std::uint64_t most_in_flight = 4;  // blocks
constexpr unsigned char nothing = 0xFF;      // shared memory never written: NaN

enum class State : unsigned char { ready, at_barrier, at_warp, ended };

struct Block;

struct Lane : Thread {
  Fiber fiber;
  Block* of = nullptr;
  State state = State::ended;
  // where and for what it waits
  Place place;
  bool predicate = false;
  WarpOperation operation = WarpOperation::sync;
  unsigned mask = 0, source = 0;
  std::uint64_t value = 0;  // brought to a warp operation, and taken from it
  BarrierResult result{};
};

struct Warp { unsigned alive = 0, waiting = 0; };  // lanes that have not ended; lanes in a warp operation

struct Block {
  std::uint64_t index = 0;  // in the grid, x fastest
  Extent position{};
  unsigned threads = 0, arrived = 0, ended = 0;  // at the barrier; for good
  std::vector<std::unique_ptr<Lane>> lanes;      // as many as any block had so far
  std::vector<Warp> warps;
  struct Free { void operator()(unsigned char* memory) const { std::free(memory); } };
  std::unique_ptr<unsigned char, Free> shared;
  std::size_t shared_bytes = 0, dynamic_begin = 0;
  Checker::Block checked;
};

std::uint64_t count(Extent e) { return std::uint64_t{e.x} * e.y * e.z; }
Extent position(std::uint64_t index, Extent of) {
  return {static_cast<unsigned>(index % of.x), static_cast<unsigned>(index / of.x % of.y),
          static_cast<unsigned>(index / (std::uint64_t{of.x} * of.y))};
}
std::string name(Extent e) { return text("(%u, %u, %u)", e.x, e.y, e.z); }
std::string name(Place p) {
  const char* file = std::strrchr(p.file, '/');
  return text("%s:%d", file == nullptr ? p.file : file + 1, p.line);
}

// Where in a kernel: an instruction, or a place that the twin has told.
struct Source {
  const void* code = nullptr;
  Place place{};
};

std::string misaligned(unsigned bytes) { return text("an access to %u bytes that are not aligned to as many", bytes); }

class Run {
 public:
  Run(const Grid& grid, const Memory& memory, Checker* checker, std::uint64_t seed)
      : grid_(grid), memory_(memory), checker_(checker), random_(seed) {
    // With 0 any thread that can go on is next; close to 1 the last that was let go, so that one warp runs far ahead.
    eagerness_ = random_.below(3) * 45;
  }

  void all();

  // ---- called by threads
  BarrierResult barrier(bool predicate, Place place);
  std::uint64_t warp(WarpOperation what, unsigned mask, std::uint64_t value, unsigned source, Place place);
  void atomic(void* address, unsigned bytes, Place place);
  void access(std::uintptr_t address, unsigned bytes, Checker::Access kind, Source source);
  void* shared(std::size_t linked) { return lane().of->shared.get() + grid_.kernel->twin->shared().place(linked); }
  void* dynamic_shared() { return lane().of->shared.get() + lane().of->dynamic_begin; }
  void trap(const Trap& trap);
  // Notes what this thread did wrong. The caller returns: the thread is then left, and nothing of it is destroyed.
  void fail(Status status, std::string what, Source source);
  void leave_if_failed() {
    if (failure_) lane().fiber.leave();
  }
  Lane& lane() { return *static_cast<Lane*>(galvani_thread); }
  bool in_device_code() const { return in_device_code_; }

 private:
  static void body(void* lane);

  void begin(Block& block, std::uint64_t index);
  void end(Block& block);
  void step();
  void make_ready(Lane& lane) {
    lane.state = State::ready;
    ready_.push_back(&lane);
  }
  void settle_barrier(Block& block);
  void settle_warp(Block& block, unsigned warp, unsigned mask);
  [[noreturn]] void deadlock() const;
  [[noreturn]] void throw_failure();
  std::string who(const Lane& lane) const {
    return "kernel " + grid_.kernel->name + ", block " + name(lane.block) + ", thread " + name(lane.thread);
  }
  void access_shared(std::size_t offset, unsigned bytes, Checker::Access kind, Source source);
  void access_device(std::uintptr_t address, unsigned bytes, Checker::Access kind, Source source);
  std::string race(Checker::Access kind, const char* memory, unsigned bytes, const Checker::Conflict& other) const;

  const Grid& grid_;
  const Memory& memory_;
  Checker* checker_;
  Random random_;
  std::uint64_t eagerness_;  // percent
  std::vector<Lane*> ready_;
  std::vector<Block*> in_flight_;
  struct Failure { Status status; std::string what; Source source; };
  std::optional<Failure> failure_;
  volatile bool in_device_code_ = false;  // read by a signal's handler
};

Run* now = nullptr;                           // the launch that runs
std::vector<std::unique_ptr<Block>> blocks;  // with their stacks, kept from launch to launch

// ---- the schedule ---------------------------------------------------------------------------------------------------

void Run::all() {
  const std::uint64_t total = count(grid_.blocks);
  if (checker_ != nullptr) checker_->begin_launch(total);
  // Blocks begin in the order first + i·stride, which meets each once.
  const std::uint64_t first = random_.below(total);
  std::uint64_t stride = 1 + random_.below(total);
  while (std::gcd(stride, total) != 1) ++stride;
  const std::uint64_t together = std::min(total, 1 + random_.below(most_in_flight));
  while (blocks.size() < together) blocks.push_back(std::make_unique<Block>());
  std::uint64_t begun = 0;
  const auto next = [&] { return static_cast<std::uint64_t>((first + static_cast<unsigned __int128>(begun++) * stride) % total); };
  for (std::uint64_t i = 0; i < together; ++i) begin(*blocks[i], next());
  while (!in_flight_.empty()) {
    if (ready_.empty()) deadlock();
    step();
    if (failure_) throw_failure();
    Block& block = *lane().of;
    if (block.ended == block.threads) {
      end(block);
      if (begun < total) begin(block, next());
    }
  }
}

void Run::begin(Block& block, std::uint64_t index) {
  const SharedLayout& layout = grid_.kernel->twin->shared();
  block.index = index;
  block.position = position(index, grid_.blocks);
  block.threads = static_cast<unsigned>(count(grid_.threads));
  block.arrived = block.ended = 0;
  block.warps.assign((block.threads + 31) / 32, {});
  block.dynamic_begin = layout.bytes();
  const std::size_t bytes = (layout.bytes() + grid_.dynamic_shared + 2 * SharedLayout::gap - 1) / SharedLayout::gap * SharedLayout::gap;
  if (block.shared_bytes < bytes || asan::present) {
    block.shared.reset(static_cast<unsigned char*>(std::aligned_alloc(SharedLayout::gap, bytes)));
  }
  block.shared_bytes = bytes;
  std::memset(block.shared.get(), nothing, bytes);
  if (asan::present) {
    asan::poison(block.shared.get(), bytes);
    for (const auto& [offset, size] : layout.variables()) asan::unpoison(block.shared.get() + offset, size);
    asan::unpoison(block.shared.get() + block.dynamic_begin, grid_.dynamic_shared);
  }
  if (checker_ != nullptr) checker_->begin_block(block.checked, index, block.threads, bytes);
  for (unsigned t = 0; t < block.threads; ++t) {
    if (block.lanes.size() <= t) block.lanes.push_back(std::make_unique<Lane>());
    Lane& lane = *block.lanes[t];
    static_cast<Thread&>(lane) = {position(t, grid_.threads), block.position, grid_.threads, grid_.blocks, t};
    lane.of = &block;
    lane.fiber.start(&Run::body, &lane);
    block.warps[lane.warp()].alive |= 1u << lane.lane();
    make_ready(lane);
  }
  in_flight_.push_back(&block);
}

void Run::body(void* argument) {
  Lane& lane = *static_cast<Lane*>(argument);
  now->grid_.kernel->entry->call(now->grid_.arguments);
  lane.state = State::ended;
  lane.fiber.leave();
}

void Run::end(Block& block) {
  std::erase(in_flight_, &block);
  if (checker_ != nullptr || asan::present) return;  // which have found it already
  const auto untouched = [&](std::size_t from, std::size_t to) {
    return std::all_of(block.shared.get() + from, block.shared.get() + to, [](unsigned char b) { return b == nothing; });
  };
  std::size_t free = 0;
  const auto check = [&](std::size_t offset, std::size_t bytes) {
    if (!untouched(free, offset)) {
      throw Refusal{illegal_address, "kernel " + grid_.kernel->name + ", block " + name(block.position) +
                                         ": has written beyond the end of a variable in shared memory"};
    }
    free = offset + bytes;
  };
  for (const auto& [offset, bytes] : grid_.kernel->twin->shared().variables()) check(offset, bytes);
  check(block.dynamic_begin, grid_.dynamic_shared);
  check(block.shared_bytes, 0);
}

// Runs one thread until it waits or ends.
void Run::step() {
  const bool last = random_.below(100) < eagerness_;
  std::swap(ready_[last ? ready_.size() - 1 : random_.below(ready_.size())], ready_.back());
  Lane& lane = *ready_.back();
  ready_.pop_back();
  galvani_thread = &lane;
  in_device_code_ = true;
  lane.fiber.resume();
  in_device_code_ = false;
  if (failure_) return;
  Block& block = *lane.of;
  Warp& warp = block.warps[lane.warp()];
  switch (lane.state) {
    case State::ready: ready_.push_back(&lane); break;
    case State::at_barrier:
      ++block.arrived;
      settle_barrier(block);
      break;
    case State::at_warp:
      warp.waiting |= 1u << lane.lane();
      settle_warp(block, lane.warp(), lane.mask);
      break;
    case State::ended:
      ++block.ended;
      warp.alive &= ~(1u << lane.lane());
      // Those who waited for it only may go on.
      for (unsigned left = warp.waiting; left != 0; left &= left - 1) {
        const Lane& other = *block.lanes[lane.warp() * 32 + static_cast<unsigned>(std::countr_zero(left))];
        if (other.state == State::at_warp) settle_warp(block, lane.warp(), other.mask);
      }
      settle_barrier(block);
      break;
  }
}

// ---- what threads wait for ------------------------------------------------------------------------------------------

BarrierResult Run::barrier(bool predicate, Place place) {
  Lane& me = lane();
  me.state = State::at_barrier;
  me.predicate = predicate;
  me.place = place;
  me.fiber.pause();
  return me.result;
}

// Lets all go on once all are there. Threads that have ended are not waited for, as on a GPU; but within a warp the barrier is one
// instruction, which all lanes must come to.
void Run::settle_barrier(Block& block) {
  if (block.arrived == 0 || block.arrived + block.ended < block.threads) return;
  BarrierResult result{0, block.arrived};
  const Lane* first = nullptr;
  for (unsigned t = 0; t < block.threads; ++t) {
    const Lane& lane = *block.lanes[t];
    if (lane.state != State::at_barrier) continue;
    result.holding += lane.predicate;
    if (first == nullptr) first = &lane;
    const unsigned there = block.threads - t / 32 * 32 >= 32 ? ~0u : (1u << block.threads % 32) - 1;
    const unsigned ended = there & ~block.warps[t / 32].alive;
    if (ended != 0) {
      failure_ = {launch_failed, who(lane) + ": divergent barrier: it waits at __syncthreads (" + name(lane.place) + "), and " +
                                     std::to_string(std::popcount(ended)) + " lanes of its warp have ended", {}};
      return;
    }
    if (lane.place.line != first->place.line || lane.place.file != first->place.file) {
      failure_ = {launch_failed, who(lane) + ": divergent barrier: it waits at __syncthreads (" + name(lane.place) + "), and thread " +
                                     name(first->thread) + " of its block at another (" + name(first->place) + ")", {}};
      return;
    }
  }
  block.arrived = 0;
  if (checker_ != nullptr) checker_->pass_barrier(block.checked);
  for (unsigned t = 0; t < block.threads; ++t) {
    Lane& lane = *block.lanes[t];
    if (lane.state != State::at_barrier) continue;
    lane.result = result;
    make_ready(lane);
  }
}

std::uint64_t Run::warp(WarpOperation what, unsigned mask, std::uint64_t value, unsigned source, Place place) {
  Lane& me = lane();
  if ((mask >> me.lane() & 1) == 0) {
    fail(launch_failed, text("a warp operation whose mask 0x%08x does not name the lane that calls it, %u", mask, me.lane()),
         {.place = place});
    return 0;
  }
  me.state = State::at_warp;
  me.operation = what;
  me.mask = mask;
  me.value = value;
  me.source = source;
  me.place = place;
  me.fiber.pause();
  return me.value;
}

// Lets the lanes of `mask` go on once all of them that have not ended wait with this mask in the same operation.
void Run::settle_warp(Block& block, unsigned index, unsigned mask) {
  Warp& warp = block.warps[index];
  const unsigned lanes = mask & warp.alive;
  if ((lanes & ~warp.waiting) != 0) return;
  const auto lane = [&](unsigned l) -> Lane& { return *block.lanes[index * 32 + l]; };
  const WarpOperation what = lane(static_cast<unsigned>(std::countr_zero(lanes))).operation;
  std::uint64_t values[32], ballot = 0;
  for (unsigned left = lanes; left != 0; left &= left - 1) {
    const unsigned l = static_cast<unsigned>(std::countr_zero(left));
    if (lane(l).mask != mask || lane(l).operation != what) return;
    values[l] = lane(l).value;
    ballot |= std::uint64_t{values[l] != 0} << l;
  }
  if (what == WarpOperation::sync && checker_ != nullptr) checker_->sync_warp(block.checked, index, lanes);
  warp.waiting &= ~lanes;
  for (unsigned left = lanes; left != 0; left &= left - 1) {
    Lane& one = lane(static_cast<unsigned>(std::countr_zero(left)));
    switch (what) {
      case WarpOperation::sync: break;
      // What a lane brings that does not take part is undefined: NaN.
      case WarpOperation::shuffle: one.value = (lanes >> one.source & 1) != 0 ? values[one.source] : ~std::uint64_t{0}; break;
      case WarpOperation::ballot: one.value = ballot; break;
    }
    make_ready(one);
  }
}

void Run::deadlock() const {
  const Block& block = *in_flight_.front();
  std::string waiting;
  std::vector<std::string> named;
  for (unsigned t = 0; t < block.threads; ++t) {
    const Lane& lane = *block.lanes[t];
    if (lane.state == State::ended) continue;
    const std::string where = lane.state == State::at_barrier
        ? "at __syncthreads (" + name(lane.place) + ")"
        : text("in a warp operation with mask 0x%08x (%s)", lane.mask, name(lane.place).c_str());
    if (std::ranges::find(named, where) != named.end()) continue;
    named.push_back(where);
    waiting += "; thread " + name(lane.thread) + " waits " + where;
  }
  throw Refusal{launch_failed, "kernel " + grid_.kernel->name + ", block " + name(block.position) + ": deadlock: " +
                                   text("%u of %u threads have ended", block.ended, block.threads) + waiting};
}

// ---- memory ---------------------------------------------------------------------------------------------------------

void Run::atomic(void* address, unsigned bytes, Place place) {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  if (at % bytes != 0) return fail(misaligned_address, misaligned(bytes), {.place = place});
  if (checker_ != nullptr) access(at, bytes, Checker::Access::atomic, {.place = place});
  if (!failure_ && random_.below(4) == 0) {  // others may come first
    lane().state = State::ready;
    lane().fiber.pause();
  }
}

std::string Run::race(Checker::Access kind, const char* memory, unsigned bytes, const Checker::Conflict& other) const {
  const char* verb = kind == Checker::Access::read ? "reads" : kind == Checker::Access::write ? "writes" : "changes atomically";
  return text("race: %s %u bytes of %s memory that thread ", verb, bytes, memory) + name(position(other.thread, grid_.threads)) +
         " of block " + name(position(other.block, grid_.blocks)) + (other.wrote ? " writes" : " reads") + " without a barrier between";
}

void Run::access(std::uintptr_t address, unsigned bytes, Checker::Access kind, Source source) {
  const Lane& me = lane();
  const auto* at = reinterpret_cast<const unsigned char*>(address);
  if (me.fiber.holds(at)) return;
  if (address % bytes != 0 && std::has_single_bit(bytes)) return fail(misaligned_address, misaligned(bytes), source);
  const unsigned char* shared = me.of->shared.get();
  if (at >= shared && at < shared + me.of->shared_bytes) {
    access_shared(static_cast<std::size_t>(at - shared), bytes, kind, source);
  } else if (!grid_.kernel->twin->constant(at)) {
    access_device(address, bytes, kind, source);
  }
}

void Run::access_shared(std::size_t offset, unsigned bytes, Checker::Access kind, Source source) {
  using Variable = SharedLayout::Variable;
  Block& block = *lane().of;
  // The last variable that begins before; what lies before the first is as far out of it as what lies behind.
  const auto& variables = grid_.kernel->twin->shared().variables();
  const auto after = std::ranges::upper_bound(variables, offset, {}, &Variable::offset);
  const bool dynamic = offset >= block.dynamic_begin || after == variables.begin();
  const Variable in = dynamic ? Variable{block.dynamic_begin, grid_.dynamic_shared} : *std::prev(after);
  if (offset < in.offset || offset + bytes > in.offset + in.bytes) {
    const auto byte = static_cast<long long>(offset - in.offset);
    const char* kind_of = dynamic ? "dynamic" : "static";
    return fail(illegal_address, text("out of bounds: byte %lld of %zu bytes of %s shared memory", byte, in.bytes, kind_of), source);
  }
  Checker::Conflict conflict;
  if (checker_->note_shared(block.checked, lane().number, offset, bytes, kind, conflict)) {
    fail(launch_failed, race(kind, "shared", bytes, conflict), source);
  }
}

void Run::access_device(std::uintptr_t address, unsigned bytes, Checker::Access kind, Source source) {
  if (memory_.owner(address, bytes) == nullptr && !grid_.kernel->twin->variable(reinterpret_cast<const void*>(address))) {
    const char* verb = kind == Checker::Access::read ? "reads" : "writes";
    return fail(illegal_address, text("out of bounds: %s %u bytes at ", verb, bytes) + memory_.describe(address), source);
  }
  Checker::Conflict conflict;
  if (checker_->note_device(lane().of->checked, lane().number, address, bytes, kind, conflict)) {
    fail(launch_failed, race(kind, "device", bytes, conflict), source);
  }
}

// ---- failures -------------------------------------------------------------------------------------------------------

void Run::fail(Status status, std::string what, Source source) { failure_ = {status, who(lane()) + ": " + what, source}; }

void Run::trap(const Trap& trap) {
  const Source source{.code = trap.code};
  if (trap.signal == SIGFPE) return fail(launch_failed, "an integer division by zero", source);
  if (trap.signal == SIGILL) return fail(launch_failed, "a trap", source);
  const auto bottom = reinterpret_cast<std::uintptr_t>(lane().fiber.bottom());
  constexpr std::uintptr_t guard = 4096;
  if (trap.address < bottom && bottom - trap.address <= guard) return fail(illegal_address, "the stack of the thread is full", source);
  fail(illegal_address, "an access to " + memory_.describe(trap.address), source);
}

void Run::throw_failure() {
  Failure failure = std::move(*failure_);
  if (failure.source.code != nullptr) failure.what += " (" + place_of(failure.source.code) + ")";
  if (failure.source.place.line != 0) failure.what += " (" + name(failure.source.place) + ")";
  throw Refusal{failure.status, std::move(failure.what)};
}

}  // namespace

void run(const Grid& grid, const Memory& memory, Checker* checker, std::uint64_t seed) {
  Run run(grid, memory, checker, seed);
  struct Scope {
    explicit Scope(Run* run) { now = run; }
    ~Scope() {
      now = nullptr;
      galvani_thread = nullptr;
    }
  } scope(&run);
  const SignalGuard guard({.in_device_code = [] { return now->in_device_code(); },
                           .stack_top = [] { return now->lane().fiber.top(); },
                           .handle = [](const Trap& trap) {
                             now->trap(trap);
                             now->leave_if_failed();
                           }});
  run.all();
  if (const std::string beyond = memory.overrun(); !beyond.empty()) {
    throw Refusal{illegal_address, "kernel " + grid.kernel->name + ": " + beyond};
  }
}

}  // namespace galvani::emulator

// ---- what twins call ------------------------------------------------------------------------------------------------

using namespace galvani::emulator;

BarrierResult galvani_barrier(bool predicate, Place place) { return now->barrier(predicate, place); }
std::uint64_t galvani_warp(WarpOperation what, unsigned mask, std::uint64_t value, unsigned source, Place place) {
  const std::uint64_t result = now->warp(what, mask, value, source, place);
  now->leave_if_failed();
  return result;
}
void galvani_atomic(void* address, unsigned bytes, Place place) {
  now->atomic(address, bytes, place);
  now->leave_if_failed();
}
void* galvani_shared(std::size_t offset) { return now->shared(offset); }
void* galvani_dynamic_shared() { return now->dynamic_shared(); }
void galvani_access(const void* address, unsigned bytes, bool write, const void* code) {
  now->access(reinterpret_cast<std::uintptr_t>(address), bytes, write ? Checker::Access::write : Checker::Access::read, {.code = code});
  now->leave_if_failed();
}
void galvani_trap(const char* why, Place place) {
  now->fail(launch_failed, why, {.place = place});
  now->lane().fiber.leave();
}
void galvani_beyond_array(Place place, std::uint64_t index, const char* array) {
  now->fail(illegal_address, text("out of bounds: index %lld of %s", static_cast<long long>(index), array), {.place = place});
  now->lane().fiber.leave();
}
