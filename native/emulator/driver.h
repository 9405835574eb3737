// What the driver knows: devices, contexts and what was made in them. One lock guards all of it; a call holds it from begin to end.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "emulator/api.h"
#include "emulator/checker.h"
#include "emulator/memory.h"
#include "emulator/module.h"
#include "emulator/random.h"
#include "emulator/status.h"

namespace galvani::emulator {

struct Context;

void* next_handle();

// What was made and not yet destroyed, by its handle. A handle is never given again, so that a stale one is found.
template <class T>
class Handles {
 public:
  explicit Handles(const char* what) : what_(what) {}

  void* add(std::shared_ptr<T> made) {
    void* handle = next_handle();
    live_[handle] = std::move(made);
    return handle;
  }
  // Throws a Refusal where the handle is none, or no longer.
  std::shared_ptr<T> get(void* handle, Status otherwise = invalid_handle) const {
    const auto found = live_.find(handle);
    if (found == live_.end()) throw Refusal{otherwise, std::string("a handle that is no ") + what_ + ", or was destroyed"};
    return found->second;
  }
  std::shared_ptr<T> take(void* handle, Status otherwise = invalid_handle) {
    auto taken = get(handle, otherwise);
    live_.erase(handle);
    return taken;
  }
  // Forgets all of a context's; how many there were.
  std::size_t drop(const Context* context) {
    return std::erase_if(live_, [context](const auto& entry) { return entry.second->context == context; });
  }

 private:
  const char* what_;
  std::unordered_map<void*, std::shared_ptr<T>> live_;
};

// Whose calls that act at once a capture refuses: all threads', the capturing thread's, nobody's. As CUDA numbers them.
enum class CaptureMode { global, thread_local_, relaxed };

struct Stream;

// A place in a stream: what was put in before.
struct Position {
  std::shared_ptr<Stream> stream;
  std::uint64_t count;
};

using Work = std::function<void()>;  // throws a Refusal where it fails

// Work recorded from a stream.
struct Graph {
  const Context* context;
  std::vector<Work> steps;
};

struct Executable {
  const Context* context;
  std::vector<Work> steps;
};

// A queue that is lazy: nothing is done before somebody waits, so that a missing wait shows.
struct Stream {
  struct Item {
    Work work;
    std::vector<Position> after;
  };

  Context* context;
  bool blocking = true;  // waits for the default stream, and it for this one
  std::deque<Item> queue{};
  std::uint64_t put = 0, done = 0;
  std::shared_ptr<Graph> capture{};  // that is being recorded
  bool capture_failed = false;
  CaptureMode mode{};
  std::thread::id capturing{};       // the thread that began it
};

// The last place an event was recorded at, and when the stream came there.
struct Mark {
  Position position;
  bool reached = false;
  std::chrono::steady_clock::time_point time{};
};

struct Event {
  const Context* context;
  bool timed;
  std::shared_ptr<Mark> mark{};
};

struct Device {
  Device(int number, std::size_t bytes) : ordinal(number), memory(bytes) {}

  // Frees an allocation, with what the checker keeps of it.
  void free(std::uintptr_t address) {
    if (checker != nullptr) checker->forget(address, memory.at(address)->bytes);
    memory.free(address);
  }

  const int ordinal;
  Memory memory;
  std::unique_ptr<Checker> checker;
  std::shared_ptr<Context> primary{};
  void* primary_handle = nullptr;
  int retained = 0;
};

struct Context {
  Device* device;
  Status lost = success;                   // what a kernel that failed has left; every call answers it
  std::shared_ptr<Stream> standard{};      // the default stream
  std::vector<std::shared_ptr<Stream>> streams{};  // all that have work or can be given some
  Context* context = this;                 // as all that have handles
};

struct Function {
  const Context* context;
  Kernel* kernel;
  std::shared_ptr<Module> module;
};

// A module as the driver has it.
struct LoadedModule {
  const Context* context;
  std::shared_ptr<Module> module;
  std::unordered_map<std::string, void*> functions{};  // handles
  std::vector<CUdeviceptr> variables{};                // that were asked for
};

// What is known of GPUs of a compute capability.
struct Properties {
  int capability;
  int multiprocessors;
  int multiprocessor_threads, multiprocessor_blocks, multiprocessor_shared;  // that it holds at a time; bytes
  int block_shared;                                                          // bytes a block gets where it asks
};
const Properties& properties();  // of the one that is emulated

struct Driver {
  bool ready = false;  // cuInit was called
  Random random{0};
  std::uint64_t launches = 0;
  std::vector<std::unique_ptr<Device>> devices;
  std::map<std::uintptr_t, std::pair<std::size_t, const Context*>> host;  // pinned memory
  Handles<Context> contexts{"context"};
  Handles<LoadedModule> modules{"module"};
  Handles<Function> functions{"function"};
  Handles<Stream> streams{"stream"};
  Handles<Event> events{"event"};
  Handles<Graph> graphs{"graph"};
  Handles<Executable> executables{"executable graph"};
};

Driver& driver();

// Makes a call: under the lock, after cuInit, with refusals turned into a status and a report.
CUresult call(const char* name, const std::function<void()>& body);
// The same with the context that is current; refuses where there is none or its device is lost.
CUresult call(const char* name, const std::function<void(Context&)>& body);
// The same for what waits, allocates or acts at once, which some captures refuse.
CUresult call_at_once(const char* name, const std::function<void(Context&)>& body);

Device& device(int ordinal);
template <class T>
T& given(T* pointer) {
  if (pointer == nullptr) throw Refusal{invalid_value, "a null pointer for a result"};
  return *pointer;
}

// ---- streams.cpp
std::shared_ptr<Stream> stream(Context& context, void* handle);
// Puts work in, or records it.
void put(Stream& into, Work work, std::vector<Position> after = {});
// Does what was put in, up to a place or all.
void finish(const Position& until);
void finish(Stream& stream);
void finish(Context& context);
// As what acts at once on the default stream does: waits for it and all streams that are not apart from it.
void finish_standard(Context& context);
// Does one item; false if there is none.
bool advance(Stream& stream);

}  // namespace galvani::emulator
