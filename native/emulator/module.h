// A module: PTX that names its twin, the twin that is run in its place, and the kernels that are in both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/twin.h"

namespace galvani::emulator {

// Where the static shared variables of a twin lie in the shared memory of a block: apart, so that what is written beyond one is found
// between them.
class SharedLayout {
 public:
  struct Variable { std::size_t offset, bytes; };  // as laid out here

  SharedLayout() = default;
  // Reads the symbols of an ELF file.
  explicit SharedLayout(const std::string& file);

  static constexpr std::size_t gap = 128;  // bytes around each variable, and alignment

  // Where the variable lies that the linker placed at `linked`, or the byte within it.
  std::size_t place(std::size_t linked) const { return places_[linked]; }
  // Bytes of all static variables with their gaps; dynamic shared memory begins there.
  std::size_t bytes() const { return bytes_; }
  const std::vector<Variable>& variables() const { return variables_; }  // in order

 private:
  std::vector<std::uint32_t> places_;
  std::vector<Variable> variables_;
  std::size_t bytes_ = gap;
};

// A twin's library in memory.
class Twin {
 public:
  explicit Twin(const std::string& file);
  ~Twin();
  Twin(const Twin&) = delete;
  Twin& operator=(const Twin&) = delete;

  const Entry* entry(const std::string& name) const;  // null if there is none
  struct Variable { void* address; std::size_t bytes; };
  Variable find(const std::string& variable) const;  // null if there is none
  const SharedLayout& shared() const { return shared_; }
  // Whether the address lies in its constants, or its variables.
  bool constant(const void* address) const { return constants_.holds(address) && !variables_.holds(address); }
  bool variable(const void* address) const { return variables_.holds(address); }

 private:
  struct Range {
    const char *begin = nullptr, *end = nullptr;

    bool holds(const void* address) const { return address >= begin && address < end; }
    void include(const char* from, const char* to);
  };

  void* library_;
  SharedLayout shared_;
  Range constants_, variables_;  // segments of the image: all, and those that can be written
};

struct Kernel {
  std::string name;
  const Twin* twin;
  const Entry* entry;
  unsigned max_threads;      // of a block, by its launch bounds
  unsigned static_shared;    // bytes of a block, as the PTX has them
  unsigned dynamic_allowed;  // bytes; more must be asked for
};

struct Module {
  std::string name;
  std::unique_ptr<Twin> twin;
  std::map<std::string, Kernel, std::less<>> kernels{};
  bool unloaded = false;  // a graph may still have kernels of it
};

// Reads PTX as far as the emulator needs it and loads its twin. Throws a Refusal that says what does not fit.
std::unique_ptr<Module> load(std::string_view ptx);

}  // namespace galvani::emulator
