#include "emulator/checker.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <new>

namespace galvani::emulator {
namespace {

constexpr std::size_t word = 4;  // bytes a cell stands for

}  // namespace

Checker::Checker(const Memory& memory) : memory_(memory) {
  void* reserved = mmap(nullptr, Memory::arena / word * sizeof(Cell), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) throw std::bad_alloc();
  arena_ = static_cast<Cell*>(reserved);  // zero, which is a cell that nobody has touched
}

Checker::~Checker() { munmap(arena_, Memory::arena / word * sizeof(Cell)); }

void Checker::begin_launch(std::uint64_t blocks) {
  first_ = next_;
  next_ += blocks;
}

void Checker::begin_block(Block& block, std::uint64_t index, unsigned threads, std::size_t shared_bytes) {
  block.serial_ = first_ + index;
  block.barrier_ = 0;
  block.warps_.assign((threads + 31) / 32, {});
  block.shared_.assign((shared_bytes + word - 1) / word, {});
}

void Checker::sync_warp(Block& block, unsigned warp, unsigned lanes) {
  Block::Warp& w = block.warps_[warp];
  std::array<std::uint32_t, 32> all{};
  for (unsigned left = lanes; left != 0; left &= left - 1) {
    const auto& one = w.known[std::countr_zero(left)];
    for (unsigned other = 0; other < 32; ++other) all[other] = std::max(all[other], one[other]);
  }
  ++w.stamp;
  for (unsigned left = lanes; left != 0; left &= left - 1) all[std::countr_zero(left)] = w.stamp;
  for (unsigned left = lanes; left != 0; left &= left - 1) w.known[std::countr_zero(left)] = all;
}

Checker::Cell& Checker::device(std::uintptr_t at) {
  return memory_.in_arena(at * word) ? arena_[at - memory_.base() / word] : variables_[at];
}

// Whether one of the past accesses is not in order with one of this thread now.
bool Checker::conflicts(const Past& past, const Now& now, Conflict& conflict) const {
  if (past.block < now.since || (past.bytes & now.bytes) == 0) return false;
  const bool same_block = past.block == now.block.serial_, same_time = same_block && past.barrier == now.block.barrier_;
  const auto& known = now.block.warps_[now.thread / 32].known[now.thread % 32];
  for (unsigned left = past.lanes; left != 0; left &= left - 1) {
    const unsigned lane = static_cast<unsigned>(std::countr_zero(left)), other = past.warp * 32u + lane;
    const bool by_warp = other == now.thread || (past.warp == now.thread / 32 && known[lane] > past.stamp);
    const bool ordered = same_time ? by_warp && !past.several_warps : same_block;
    if (!ordered || past.several_blocks) {
      conflict.block = past.block - first_;
      conflict.thread = other;
      return true;
    }
  }
  return false;
}

// What is in order with this access is in order with those that this one is: they are forgotten. One stamp stands for all that stay, and
// so do the bytes: accesses to others are forgotten too.
void Checker::add(Past& past, const Now& now) const {
  const auto warp = static_cast<std::uint16_t>(now.thread / 32);
  Conflict first;
  if (past.bytes != now.bytes || !conflicts(past, now, first)) past = {};
  const bool any = past.lanes != 0, same_block = past.block == now.block.serial_;
  past.several_blocks = past.several_blocks || (any && !same_block);
  past.several_warps = past.several_warps || (any && past.warp != warp);
  past.lanes = (same_block && past.warp == warp ? past.lanes : 0) | 1u << now.thread % 32;
  past.bytes = now.bytes;
  past.block = now.block.serial_;
  past.barrier = now.block.barrier_;
  past.stamp = now.block.warps_[warp].stamp;
  past.warp = warp;
}

bool Checker::note(Cell& cell, const Now& now, Access access, Conflict& conflict) const {
  conflict.wrote = true;
  if (conflicts(cell.writes, now, conflict)) return true;
  if (access != Access::atomic && conflicts(cell.atomics, now, conflict)) return true;
  conflict.wrote = false;
  if (access != Access::read && conflicts(cell.reads, now, conflict)) return true;
  add(access == Access::read ? cell.reads : access == Access::atomic ? cell.atomics : cell.writes, now);
  return false;
}

namespace {

// Calls use(word, mask of its bytes) for each word of a range, until one gives true.
template <class F>
bool any_word(std::uintptr_t begin, unsigned bytes, F use) {
  for (std::uintptr_t at = begin / word; at <= (begin + bytes - 1) / word; ++at) {
    const auto low = std::max(begin, at * word) - at * word, high = std::min(begin + bytes, (at + 1) * word) - at * word;
    if (use(at, static_cast<std::uint8_t>((1u << high) - (1u << low)))) return true;
  }
  return false;
}

}  // namespace

bool Checker::note_shared(Block& block, unsigned thread, std::size_t offset, unsigned bytes, Access access, Conflict& conflict) {
  return any_word(offset, bytes, [&](std::size_t at, std::uint8_t mask) {
    return note(block.shared_[at], {block, thread, mask, block.serial_}, access, conflict);
  });
}

bool Checker::note_device(Block& block, unsigned thread, std::uintptr_t address, unsigned bytes, Access access, Conflict& conflict) {
  return any_word(address, bytes, [&](std::uintptr_t at, std::uint8_t mask) {
    return note(device(at), {block, thread, mask, first_}, access, conflict);
  });
}

void Checker::forget(std::uintptr_t address, std::size_t bytes) {
  constexpr std::uintptr_t page = 4096;
  const auto begin = (reinterpret_cast<std::uintptr_t>(&arena_[(address - memory_.base()) / word]) + page - 1) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(&arena_[(address + bytes - memory_.base()) / word]) / page * page;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace galvani::emulator
