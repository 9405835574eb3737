// The memory of one emulated device: host memory between pages that fault, at addresses that are never given twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace galvani::emulator {

class Memory {
 public:
  static constexpr std::size_t arena = std::size_t{256} << 30;  // bytes of addresses; a process cannot allocate more in its life

  explicit Memory(std::size_t capacity);
  ~Memory();
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  struct Allocation {
    std::size_t bytes;
    const void* owner;  // a context
    bool borrowed;      // not in the arena: a variable of a module
  };

  // Memory aligned to 256 bytes and full of NaN; 0 where there is not as much.
  std::uintptr_t allocate(std::size_t bytes, const void* owner);
  // Frees what begins there.
  void free(std::uintptr_t address);
  // Takes a variable of a module for device memory, until it is taken back.
  void lend(std::uintptr_t address, std::size_t bytes, const void* owner) { live_[address] = {bytes, owner, true}; }
  void take_back(std::uintptr_t address) { live_.erase(address); }

  // The allocation that begins there; null if none does.
  const Allocation* at(std::uintptr_t address) const;
  // The owner of the allocation that holds the whole range; null if none does.
  const void* owner(std::uintptr_t address, std::size_t bytes) const;
  bool in_arena(std::uintptr_t address) const { return address - base_ < arena; }
  std::uintptr_t base() const { return base_; }
  // What lies at an address that cannot be used: freed memory, so many bytes beyond an allocation …
  std::string describe(std::uintptr_t address) const;
  // Which allocation a kernel without bounds checks has written beyond; empty if none.
  std::string overrun() const;

  std::size_t free_bytes() const { return capacity_ - used_; }
  std::size_t capacity() const { return capacity_; }
  const std::map<std::uintptr_t, Allocation>& allocations() const { return live_; }

 private:
  std::uintptr_t base_, next_;
  std::size_t capacity_, used_ = 0;
  std::map<std::uintptr_t, Allocation> live_;
  std::map<std::uintptr_t, std::size_t> freed_;
};

}  // namespace galvani::emulator
