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

Checker::Cell& Checker::global(std::uintptr_t at) {
  return memory_.in_arena(at * word) ? arena_[at - memory_.base() / word] : variables_[at];
}

bool Checker::note(Cell& c, std::uint64_t since, Block& block, unsigned thread, std::uint8_t mask, Access access, Conflict& conflict) const {
  const unsigned warp = thread / 32, lane = thread % 32;
  const Block::Warp& mine = block.warps_[warp];
  // Whether an access of this launch by a lane of a warp is in order with one of this thread now.
  const auto ordered = [&](std::uint64_t its_block, std::uint32_t barrier, unsigned its_thread, std::uint32_t stamp) {
    if (its_block != block.serial_) return false;
    if (barrier != block.barrier_ || its_thread == thread) return true;
    return its_thread / 32 == warp && mine.known[lane][its_thread % 32] > stamp;
  };
  const bool written = c.writer_block >= since && (c.writer_bytes & mask) != 0;
  if (written && !(access == Access::atomic && c.writer_atomic) &&
      !ordered(c.writer_block, c.writer_barrier, c.writer_thread, c.writer_stamp)) {
    conflict = {c.writer_block - first_, c.writer_thread, true};
    return true;
  }
  const bool read = c.reader_block >= since;
  if (access == Access::read) {
    const bool by_another_block = read && (c.several_blocks || c.reader_block != block.serial_);
    const auto after_all = [&] {  // the stamp that is kept is the last reader's: readers with whom this one is in order are forgotten
      for (unsigned left = c.reader_lanes & ~(1u << lane); left != 0; left &= left - 1) {
        if (mine.known[lane][std::countr_zero(left)] <= c.reader_stamp) return false;
      }
      return !c.several_warps && c.reader_warp == warp;
    };
    const bool earlier = !read || c.reader_block != block.serial_ || c.reader_barrier != block.barrier_ || after_all();
    c.several_warps = !earlier && (c.several_warps || c.reader_warp != warp);
    c.several_blocks = by_another_block;
    c.reader_block = block.serial_;
    c.reader_barrier = block.barrier_;
    c.reader_stamp = mine.stamp;
    c.reader_warp = static_cast<std::uint16_t>(warp);
    c.reader_lanes = (earlier ? 0 : c.reader_lanes) | 1u << lane;
    c.reader_bytes = static_cast<std::uint8_t>((earlier && !by_another_block ? 0 : c.reader_bytes) | mask);
    return false;
  }
  if (read && (c.reader_bytes & mask) != 0) {
    const bool same_time = c.reader_block == block.serial_ && c.reader_barrier == block.barrier_;
    for (unsigned left = c.reader_lanes; left != 0; left &= left - 1) {
      const unsigned reader = c.reader_warp * 32u + static_cast<unsigned>(std::countr_zero(left));
      if (c.several_blocks || (c.several_warps && same_time) ||
          !ordered(c.reader_block, c.reader_barrier, reader, c.reader_stamp)) {
        conflict = {c.reader_block - first_, reader, false};
        return true;
      }
    }
  }
  c.writer_block = block.serial_;
  c.writer_barrier = block.barrier_;
  c.writer_stamp = mine.stamp;
  c.writer_thread = static_cast<std::uint16_t>(thread);
  c.writer_bytes = mask;
  c.writer_atomic = access == Access::atomic;
  return false;
}

bool Checker::note_shared(Block& block, unsigned thread, std::size_t offset, unsigned bytes, Access access, Conflict& conflict) {
  for (std::size_t at = offset / word; at <= (offset + bytes - 1) / word; ++at) {
    const std::size_t low = std::max(offset, at * word) - at * word, high = std::min(offset + bytes, (at + 1) * word) - at * word;
    if (note(block.shared_[at], block.serial_, block, thread, static_cast<std::uint8_t>((1u << high) - (1u << low)), access, conflict)) return true;
  }
  return false;
}

bool Checker::note_global(Block& block, unsigned thread, std::uintptr_t address, unsigned bytes, Access access, Conflict& conflict) {
  for (std::uintptr_t at = address / word; at <= (address + bytes - 1) / word; ++at) {
    const std::size_t low = std::max(address, at * word) - at * word, high = std::min(address + bytes, (at + 1) * word) - at * word;
    if (note(global(at), first_, block, thread, static_cast<std::uint8_t>((1u << high) - (1u << low)), access, conflict)) return true;
  }
  return false;
}

void Checker::forget(std::uintptr_t address, std::size_t bytes) {
  constexpr std::uintptr_t page = 4096;
  const auto begin = (reinterpret_cast<std::uintptr_t>(&arena_[(address - memory_.base()) / word]) + page - 1) / page * page;
  const auto end = reinterpret_cast<std::uintptr_t>(&arena_[(address + bytes - memory_.base()) / word]) / page * page;
  if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

}  // namespace galvani::emulator
