#include "emulator/memory.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "emulator/asan.h"
#include "emulator/report.h"

namespace galvani::emulator {
namespace {

constexpr std::size_t page = 4096, alignment = 256;
constexpr int nothing = 0xFF;  // the byte of memory never written: NaN in float and double, −1 in int

// The pages of an allocation: its end is as close to the page that faults as its alignment permits.
struct Pages { std::uintptr_t begin, end; };
Pages pages(std::uintptr_t address, std::size_t bytes) {
  return {address / page * page, (address + bytes + page - 1) / page * page};
}

bool untouched(std::uintptr_t begin, std::uintptr_t end) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(begin);
  return std::all_of(bytes, bytes + (end - begin), [](unsigned char b) { return b == nothing; });
}

}  // namespace

Memory::Memory(std::size_t capacity) : capacity_(capacity) {
  void* reserved = mmap(nullptr, arena, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) throw std::bad_alloc();
  base_ = reinterpret_cast<std::uintptr_t>(reserved);
  next_ = base_ + page;
}

Memory::~Memory() {
  for (const auto& [address, allocation] : std::map(live_)) {
    if (!allocation.borrowed) free(address);
  }
  munmap(reinterpret_cast<void*>(base_), arena);
}

std::uintptr_t Memory::allocate(std::size_t bytes, const void* owner) {
  if (bytes > free_bytes()) return 0;
  const std::size_t room = (bytes + page - 1) / page * page;
  if (next_ + room + page > base_ + arena) return 0;
  auto* begin = reinterpret_cast<unsigned char*>(next_);
  if (mprotect(begin, room, PROT_READ | PROT_WRITE) != 0) return 0;
  std::memset(begin, nothing, room);
  const std::uintptr_t address = (next_ + room - bytes) / alignment * alignment;
  asan::poison(begin, address - next_);
  asan::poison(reinterpret_cast<void*>(address + bytes), next_ + room - address - bytes);
  next_ += room + page;
  used_ += bytes;
  live_[address] = {bytes, owner, false};
  return address;
}

void Memory::free(std::uintptr_t address) {
  const auto found = live_.find(address);
  const auto [begin, end] = pages(address, found->second.bytes);
  asan::unpoison(reinterpret_cast<void*>(begin), end - begin);
  mmap(reinterpret_cast<void*>(begin), end - begin, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  used_ -= found->second.bytes;
  freed_[address] = found->second.bytes;
  live_.erase(found);
}

const Memory::Allocation* Memory::at(std::uintptr_t address) const {
  const auto found = live_.find(address);
  return found == live_.end() ? nullptr : &found->second;
}

const void* Memory::owner(std::uintptr_t address, std::size_t bytes) const {
  auto after = live_.upper_bound(address);
  if (after == live_.begin()) return nullptr;
  const auto& [begin, allocation] = *--after;
  const std::size_t offset = address - begin;
  return offset <= allocation.bytes && bytes <= allocation.bytes - offset ? allocation.owner : nullptr;
}

std::string Memory::describe(std::uintptr_t address) const {
  const auto within = [address](const auto& all, auto bytes) {
    auto after = all.upper_bound(address);
    return after != all.begin() && address - std::prev(after)->first < bytes(*std::prev(after)) ? std::prev(after) : all.end();
  };
  const auto hex = [](std::uintptr_t a) { return text("0x%llx", static_cast<unsigned long long>(a)); };
  if (address < page) return hex(address) + ", a null pointer";
  if (const auto f = within(freed_, [](const auto& e) { return e.second; }); f != freed_.end()) {
    return hex(address) + text(", in %zu bytes that were freed", f->second);
  }
  const auto after = live_.upper_bound(address);
  if (after != live_.begin()) {
    const auto& [begin, allocation] = *std::prev(after);
    const std::size_t end = begin + allocation.bytes;
    if (address < end) return hex(address) + text(", in an allocation of %zu bytes at offset %zu", allocation.bytes, address - begin);
    if (in_arena(address) && address - end < (std::size_t{1} << 20)) {
      return hex(address) + text(", %zu bytes beyond the end of an allocation of %zu bytes", address - end, allocation.bytes);
    }
  }
  if (after != live_.end() && in_arena(address) && after->first - address < page) {
    return hex(address) + text(", %zu bytes before an allocation of %zu bytes", after->first - address, after->second.bytes);
  }
  return hex(address) + ", which is no memory of this device";
}

std::string Memory::overrun() const {
  for (const auto& [address, allocation] : live_) {
    if (allocation.borrowed || asan::present) continue;
    const auto [begin, end] = pages(address, allocation.bytes);
    const std::size_t bytes = allocation.bytes;
    if (!untouched(begin, address)) return text("has written before the begin of an allocation of %zu bytes", bytes);
    if (!untouched(address + bytes, end)) return text("has written beyond the end of an allocation of %zu bytes", bytes);
  }
  return "";
}

}  // namespace galvani::emulator
