// The emulated driver by its own interface: right kernels give right answers under any schedule, each kind of fault is planted and must
// be found, each misuse of the driver is refused. GALVANI_EMULATOR_CHECK=1 runs the checked twins, which find more.
#include "test/check.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <numeric>

#include "emulator/api.h"
#include "emulator/asan.h"
#include "emulator/status.h"

using namespace galvani::test;
using namespace galvani::emulator;

namespace {

bool checked() {
  const char* value = std::getenv("GALVANI_EMULATOR_CHECK");
  return value != nullptr && std::strcmp(value, "1") == 0;
}

std::string said() { return galvani_emulator_said(); }
bool contains(const std::string& text, const char* part) { return text.find(part) != text.npos; }

void expect_status(CUresult found, CUresult right, const char* text, const char* file, int line) {
  if (found == right) return;
  const char* names[2] = {"?", "?"};
  cuGetErrorName(found, &names[0]);
  cuGetErrorName(right, &names[1]);
  fail(file, line, text + std::string(": ") + names[0] + ", not " + names[1] + ". Said: " + said());
}
#define STATUS(call, status) expect_status(call, status, #call, __FILE__, __LINE__)
#define OK(call) STATUS(call, success)

void expect_said(const std::string& text, std::initializer_list<const char*> parts, const char* file, int line) {
  for (const char* part : parts) {
    if (!contains(text, part)) fail(file, line, std::string("not said: ") + part + ", but: " + text);
  }
}
#define SAID(...) expect_said(said(), {__VA_ARGS__}, __FILE__, __LINE__)

// ---- the module of faults.cu ----------------------------------------------------------------------------------------

struct Entry { const char *name, *parameters; int threads, shared; };
constexpr Entry entries[] = {
    {"sum_f64", "u64 u64 u32", 1024, 256}, {"left_f32", "u64", 128, 512}, {"left_f64", "u64", 128, 1024}, {"number_3d", "u64", 256, 0},
    {"votes", "u64", 32, 0}, {"counts", "u64 u32", 256, 0}, {"atomics", "u64 u64 u64 u64", 64, 0}, {"reverse_dynamic", "u64 u32", 1024, 0},
    {"parameters", "u64 b24 u16 u8 u8", 32, 0}, {"pass_on", "u64", 32, 128}, {"add_one", "u64 u32", 256, 0},
    {"missing_barrier", "u64", 128, 512}, {"divergent_barrier", "u64", 64, 0}, {"two_barriers", "u64", 64, 0},
    {"barrier_and_warp", "u64", 64, 0}, {"foreign_mask", "u64", 32, 0}, {"beyond_static", "u64", 32, 128},
    {"beyond_static_by_pointer", "u64", 32, 128}, {"beyond_dynamic", "u64", 32, 0}, {"write_at", "u64 u64", 1024, 0},
    {"read_at", "u64 u64 u64", 1024, 0}, {"misaligned", "u64", 32, 0}, {"uninitialised", "u64 u64", 32, 256},
    {"missing_syncwarp", "u64", 32, 128}, {"write_after_read", "u64", 32, 128}, {"race_of_blocks", "u64", 32, 0},
    {"read_of_blocks", "u64", 32, 0}, {"atomic_and_read", "u64", 32, 0}, {"write_and_atomic", "u64", 32, 0},
    {"divides", "u64 u32", 32, 0}, {"traps", "u64", 32, 0}, {"endless", "u64 u32", 32, 0}};

// As nvcc would write it, as far as the emulator reads it.
std::string ptx(const char* name = "faults", const char* version = "8.0", const char* target = "sm_80") {
  std::string text = "// galvani: " + std::string(name) + "\n.version " + version + "\n.target " + target + "\n.address_size 64\n";
  for (const Entry& e : entries) {
    std::string parameters;
    const std::string types = e.parameters;
    for (std::size_t from = 0, i = 0; from < types.size(); ++i) {
      const std::size_t to = std::min(types.find(' ', from), types.size());
      const std::string type = types.substr(from, to - from), parameter = std::string(e.name) + "_param_" + std::to_string(i);
      parameters += parameters.empty() ? "" : ",\n";
      parameters += type[0] == 'b' ? "\t.param .align 8 .b8 " + parameter + "[" + type.substr(1) + "]"
                                   : "\t.param ." + type + " " + parameter;
      from = to + 1;
    }
    const std::string shared = std::string(e.name) + "_tile";
    if (e.shared > 0) text += ".shared .align 8 .b8 " + shared + "[" + std::to_string(e.shared) + "];\n";
    text += ".visible .entry " + std::string(e.name) + "(\n" + parameters + "\n)\n.maxntid " + std::to_string(e.threads) + ", 1, 1\n{\n";
    text += (e.shared > 0 ? "\tmov.u32 %r1, " + shared + ";\n" : "") + "\tret;\n}\n";
  }
  return text;
}

struct Dim {
  unsigned x = 1, y = 1, z = 1;
  Dim(unsigned x_, unsigned y_ = 1, unsigned z_ = 1) : x(x_), y(y_), z(z_) {}
};

// A device in use, with the module; another of the same device shares its context.
class Gpu {
 public:
  explicit Gpu(int device = 0) : device_(device) {
    OK(cuDevicePrimaryCtxRetain(&context_, device));
    OK(cuCtxPushCurrent_v2(context_));
    OK(cuModuleLoadData(&module, ptx().c_str()));
  }
  ~Gpu() {
    cuCtxPopCurrent_v2(nullptr);
    cuDevicePrimaryCtxRelease_v2(device_);
    said();
  }
  Gpu(const Gpu&) = delete;
  Gpu& operator=(const Gpu&) = delete;

  CUfunction kernel(const char* name) {
    CUfunction found = nullptr;
    OK(cuModuleGetFunction(&found, module, name));
    return found;
  }

  template <class... A>
  CUresult launch(const char* name, Dim grid, Dim block, unsigned shared, CUstream stream, A... arguments) {
    std::array<void*, sizeof...(A)> pointers = {&arguments...};
    return cuLaunchKernel(kernel(name), grid.x, grid.y, grid.z, block.x, block.y, block.z, shared, stream, pointers.data(), nullptr);
  }
  // Launches and waits.
  template <class... A>
  CUresult run(const char* name, Dim grid, Dim block, unsigned shared, A... arguments) {
    const CUresult launched = launch(name, grid, block, shared, nullptr, arguments...);
    return launched != success ? launched : cuCtxSynchronize();
  }

  CUcontext context() const { return context_; }

  CUmodule module = nullptr;

 private:
  int device_;
  CUcontext context_ = nullptr;
};

// Device memory that holds values.
template <class T>
class Array {
 public:
  explicit Array(std::size_t n) : n_(n) { OK(cuMemAlloc_v2(&at, n * sizeof(T))); }
  explicit Array(const std::vector<T>& values) : Array(values.size()) { OK(cuMemcpyHtoD_v2(at, values.data(), n_ * sizeof(T))); }
  ~Array() { cuMemFree_v2(at); }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  std::vector<T> values() const {
    std::vector<T> copy(n_);
    OK(cuMemcpyDtoH_v2(copy.data(), at, n_ * sizeof(T)));
    return copy;
  }

  CUdeviceptr at = 0;

 private:
  std::size_t n_;
};

template <class T>
std::vector<T> counting(std::size_t n, T first = 0) {
  std::vector<T> v(n);
  std::iota(v.begin(), v.end(), first);
  return v;
}

constexpr int schedules = 20;  // a launch draws its own

}  // namespace

// ---- right answers --------------------------------------------------------------------------------------------------

TEST(a_reduction_is_right_under_any_schedule) {
  Gpu gpu;
  for (const unsigned block : {1u, 31u, 32u, 33u, 100u, 256u, 1024u}) {
    const Part part(std::to_string(block) + " threads");
    const int n = 1000;
    const Array<float> x(counting<float>(n));
    for (int i = 0; i < schedules; ++i) {
      const Array<double> sum(std::vector<double>{0});
      OK(gpu.run("sum_f64", (n + block - 1) / block, block, 0, x.at, sum.at, n));
      CHECK(sum.values()[0] == n * (n - 1) / 2.0);
    }
  }
}

TEST(blocks_in_flight_have_shared_memory_of_their_own) {
  Gpu gpu;
  const Array<float> single(10 * 128);
  const Array<double> twice(10 * 128);
  for (int i = 0; i < schedules; ++i) {
    OK(gpu.run("left_f32", 10, 128, 0, single.at));
    OK(gpu.run("left_f64", 10, 128, 0, twice.at));
    const auto s = single.values();
    const auto d = twice.values();
    for (int t = 0; t < 1280; ++t) CHECK(s[t] == t % 128 - 1 && d[t] == t % 128 - 1);
  }
}

TEST(grids_and_blocks_have_three_dimensions) {
  Gpu gpu;
  const Array<unsigned> out(3 * 2 * 4 * 5 * 3 * 7);
  OK(gpu.run("number_3d", {3, 2, 4}, {5, 3, 7}, 0, out.at));
  CHECK(out.values() == counting<unsigned>(3 * 2 * 4 * 5 * 3 * 7));
}

TEST(warps_vote_and_shuffle) {
  Gpu gpu;
  const Array<unsigned> out(7 * 32);
  for (int i = 0; i < schedules; ++i) {
    OK(gpu.run("votes", 1, 32, 0, out.at));
    const auto v = out.values();
    for (unsigned lane = 0; lane < 32; ++lane) {
      CHECK(v[lane] == 0x49249249u);
      CHECK(v[32 + lane] == 3);
      CHECK(v[64 + lane] == (lane < 16 ? 0x5555u : 0x55550000u));
      CHECK(v[96 + lane] == (lane < 3 ? lane : lane - 3));
      CHECK(v[128 + lane] == (lane ^ 5));
      CHECK(v[160 + lane] == lane / 8 * 8 + 1);
    }
    CHECK(v[192] == 496);
  }
}

TEST(barriers_count) {
  Gpu gpu;
  const Array<int> out(3);
  for (const auto& [n, right] : {std::pair{0, 0}, {1, 1001}, {77, 1077}, {100, 3100}}) {
    OK(gpu.run("counts", 3, 100, 0, out.at, n));
    CHECK(out.values() == std::vector<int>(3, right));
  }
}

TEST(atomics_lose_nothing) {
  Gpu gpu;
  const Array<int> i(std::vector<int>(4, 0));
  const Array<unsigned> u(std::vector<unsigned>(2, 0));
  const Array<float> f(std::vector<float>(1, 0));
  const Array<double> d(std::vector<double>(1, 0));
  OK(gpu.run("atomics", 5, 64, 0, i.at, u.at, f.at, d.at));
  CHECK((i.values() == std::vector<int>{320 * 319 / 2, 319, -319, 1}));
  CHECK((u.values() == std::vector<unsigned>{320, 0}));
  CHECK(f.values()[0] == 160 && d.values()[0] == 80);

  CUdeviceptr variable = 0;
  std::size_t bytes = 0;
  OK(cuModuleGetGlobal_v2(&variable, &bytes, gpu.module, "visits"));
  unsigned visits = 0;
  CHECK(bytes == 4);
  OK(cuMemcpyDtoH_v2(&visits, variable, 4));
  CHECK(visits == 320);
  STATUS(cuMemcpyDtoH_v2(&visits, variable, 5), invalid_value);
  STATUS(cuMemFree_v2(variable), invalid_value);
  STATUS(cuModuleGetGlobal_v2(&variable, &bytes, gpu.module, "no_variable"), not_found);
}

TEST(parameters_keep_type_and_alignment) {
  Gpu gpu;
  const Array<float> x(counting<float>(32)), out(32);
  struct { CUdeviceptr x; double slope; int offset; } line = {x.at, 2, 3};
  OK(gpu.run("parameters", 1, 32, 0, out.at, line, short{-5}, true, static_cast<unsigned char>(2)));
  const auto found = out.values();
  for (int t = 0; t < 32; ++t) CHECK(found[t] == (2 * t + 3) * 5 * 4);
}

TEST(lanes_hand_on_between_syncwarps) {
  Gpu gpu;
  const Array<int> out(32);
  for (int i = 0; i < schedules; ++i) {
    OK(gpu.run("pass_on", 1, 32, 0, out.at));
    const auto found = out.values();
    for (int t = 0; t < 32; ++t) CHECK(found[t] == (t + 2) % 32);
  }
}

TEST(dynamic_shared_memory_is_as_large_as_was_asked_for) {
  Gpu gpu;
  const int most = 163 << 10;  // bytes: sm_80
  for (const int n : {1, 1000, 6144, most / 8}) {
    const Part part(std::to_string(n) + " doubles");
    const unsigned bytes = 8 * static_cast<unsigned>(n);
    const Array<double> x(counting<double>(n));
    if (bytes > 48 << 10) {
      STATUS(gpu.launch("reverse_dynamic", 1, 256, bytes, nullptr, x.at, n), invalid_value);
      SAID("bytes of dynamic shared memory", "49152 may be used");
      OK(cuFuncSetAttribute(gpu.kernel("reverse_dynamic"), 8, static_cast<int>(bytes)));
    }
    OK(gpu.run("reverse_dynamic", 1, 256, bytes, x.at, n));
    const auto found = x.values();
    for (int i = 0; i < n; ++i) CHECK(found[i] == n - 1 - i);
  }
  STATUS(cuFuncSetAttribute(gpu.kernel("reverse_dynamic"), 8, most + 1), invalid_value);
  STATUS(cuFuncSetAttribute(gpu.kernel("left_f32"), 8, most - 511), invalid_value);  // 512 are static
  OK(cuFuncSetAttribute(gpu.kernel("left_f32"), 8, most - 512));
}

// ---- planted faults -------------------------------------------------------------------------------------------------

// A kernel that fails takes the context with it, until it is ended.
TEST(a_failed_kernel_loses_the_context) {
  for (int i = 0; i < 2; ++i) {
    Gpu gpu;
    CUdeviceptr out = 0;
    OK(cuMemAlloc_v2(&out, 128));
    STATUS(gpu.run("traps", 1, 32, 0, out), launch_failed);
    SAID("kernel traps, block (0, 0, 0), thread (7, 0, 0): __trap() (faults.cu:", "GALVANI_EMULATOR_SEED=");
    STATUS(cuCtxSynchronize(), launch_failed);
    STATUS(cuMemFree_v2(out), launch_failed);
    STATUS(cuMemAlloc_v2(&out, 128), launch_failed);
    CHECK(said().empty());
  }
}

TEST(a_missing_barrier_is_found) {
  Gpu gpu;
  const Array<float> out(128);
  if (checked()) {
    STATUS(gpu.run("missing_barrier", 1, 128, 0, out.at), launch_failed);
    SAID("race: ", "of shared memory that thread", "without a barrier between (faults.cu:");
    return;
  }
  // Without checks a schedule shows it: some thread reads what was not written yet.
  int wrong = 0;
  for (int i = 0; i < schedules; ++i) {
    OK(gpu.run("missing_barrier", 1, 128, 0, out.at));
    const auto found = out.values();
    for (int t = 0; t < 128; ++t) wrong += found[t] != t - 1;
  }
  CHECK(wrong > schedules);
}

TEST(divergent_barriers_are_found) {
  for (int i = 0; i < schedules; ++i) {
    Gpu gpu;
    const Array<int> out(64);
    STATUS(gpu.run("divergent_barrier", 1, 64, 0, out.at), launch_failed);
    SAID("kernel divergent_barrier, block (0, 0, 0), thread (", "divergent barrier: it waits at __syncthreads (faults.cu:",
         "16 lanes of its warp have ended");
  }
  for (int i = 0; i < schedules; ++i) {
    Gpu gpu;
    const Array<int> out(64);
    STATUS(gpu.run("two_barriers", 1, 64, 0, out.at), launch_failed);
    SAID("divergent barrier: it waits at __syncthreads (faults.cu:", "of its block at another (faults.cu:");
  }
  Gpu gpu;
  const Array<int> out(64);
  STATUS(gpu.run("barrier_and_warp", 1, 64, 0, out.at), launch_failed);
  SAID("deadlock: 32 of 64 threads have ended", "waits at __syncthreads (faults.cu:",
       "in a warp operation with mask 0xffffffff (faults.cu:");
}

TEST(a_mask_without_its_lane_is_found) {
  Gpu gpu;
  const Array<int> out(32);
  STATUS(gpu.run("foreign_mask", 1, 32, 0, out.at), launch_failed);
  SAID("a warp operation whose mask 0x0000ffff does not name the lane that calls it", "(faults.cu:");
}

TEST(shared_memory_out_of_bounds_is_found) {
  if (asan::present) return;  // which ends the process: faults_under_asan
  for (const char* kernel : {"beyond_static", "beyond_static_by_pointer", "beyond_dynamic"}) {
    const Part part(kernel);
    Gpu gpu;
    const Array<float> out(32);
    STATUS(gpu.run(kernel, 1, 32, std::strcmp(kernel, "beyond_dynamic") == 0 ? 128 : 0, out.at), illegal_address);
    const std::string what = said();
    if (checked()) {
      CHECK(contains(what, "thread (31, 0, 0): out of bounds: ") && contains(what, "(faults.cu:"));
    } else {
      CHECK(contains(what, "has written beyond the end of a variable in shared memory"));
    }
  }
}

TEST(device_memory_out_of_bounds_is_found) {
  if (asan::present) return;
  struct { const char* what; long long offset; bool faults; } cases[] = {
      {"beyond", 1, false}, {"before", -1, true}, {"far beyond", 1024, true}, {"far before", -1020, true}};
  for (const auto& [what, offset, faults] : cases) {
    const Part part(what);
    Gpu gpu;
    const Array<int> out(1000);
    STATUS(gpu.run("write_at", 1, 1000, 0, out.at, offset), illegal_address);
    const std::string found = said();
    CHECK(contains(found, offset > 0 ? "beyond the end of an allocation of 4000 bytes" : "an allocation of 4000 bytes"));
    CHECK(contains(found, checked() ? "out of bounds: writes 4 bytes at 0x" : faults ? "an access to 0x" : "has written "));
    CHECK((checked() || faults) == contains(found, "(faults.cu:"));
  }
  {
    Gpu gpu;
    const Array<int> x(1000), out(1000);
    // One beyond its end is read: only the checked twin sees that.
    STATUS(gpu.run("read_at", 1, 1000, 0, x.at, 1LL, out.at), checked() ? illegal_address : success);
  }
  Gpu gpu;
  const Array<int> out(32);
  STATUS(gpu.run("write_at", 1, 32, 0, CUdeviceptr{0}, 0LL), illegal_address);
  SAID("a null pointer", "(faults.cu:");
}

TEST(use_after_free_is_found) {
  Gpu gpu;
  CUdeviceptr gone = 0, later = 0;
  OK(cuMemAlloc_v2(&gone, 4096));
  OK(cuMemFree_v2(gone));
  OK(cuMemAlloc_v2(&later, 4096));
  CHECK(later != gone);
  STATUS(cuMemsetD8_v2(gone, 0, 1), invalid_value);
  SAID("cuMemsetD8: 1 bytes reach 0x", "in 4096 bytes that were freed");
  STATUS(gpu.run("write_at", 1, 32, 0, gone, 0LL), illegal_address);
  SAID("in 4096 bytes that were freed", "(faults.cu:");
}

TEST(misaligned_accesses_are_found) {
  if (!checked()) return;
  Gpu gpu;
  const Array<double> x(2);
  STATUS(gpu.run("misaligned", 1, 1, 0, x.at), misaligned_address);
  SAID("an access to 8 bytes that are not aligned");
}

TEST(memory_that_was_never_written_is_nan) {
  Gpu gpu;
  const Array<float> out(64), x(32);
  OK(gpu.run("uninitialised", 1, 32, 0, out.at, x.at));
  for (const float v : out.values()) CHECK(std::isnan(v));
}

TEST(a_missing_syncwarp_is_found) {
  Gpu gpu;
  const Array<int> out(32);
  if (checked()) {
    STATUS(gpu.run("missing_syncwarp", 1, 32, 0, out.at), launch_failed);
    SAID("race: ", "of shared memory that thread", "(faults.cu:");
    return;
  }
  int wrong = 0;
  for (int i = 0; i < schedules; ++i) {
    OK(gpu.run("missing_syncwarp", 1, 32, 0, out.at));
    const auto found = out.values();
    for (int t = 0; t < 32; ++t) wrong += found[t] != t;
  }
  CHECK(wrong > schedules);
}

TEST(races_are_found) {
  if (!checked()) return;
  struct { const char* kernel; unsigned blocks; std::initializer_list<const char*> parts; } cases[] = {
      {"write_after_read", 1, {"race: writes 4 bytes of shared memory that thread (", " of block (0, 0, 0) reads without a barrier"}},
      {"race_of_blocks", 2, {"race: ", " 4 bytes of device memory that thread (0, 0, 0) of block ("}},
      {"read_of_blocks", 2, {"race: ", " 4 bytes of device memory that thread (0, 0, 0) of block ("}},
      {"atomic_and_read", 1, {"race: ", " 4 bytes of device memory that thread ("}},
      {"write_and_atomic", 1, {"race: changes atomically 4 bytes of device memory that thread (0, 0, 0) of block (0, 0, 0) writes"}}};
  for (const auto& [kernel, blocks, parts] : cases) {
    const Part part(kernel);
    for (int i = 0; i < schedules; ++i) {
      Gpu gpu;
      const Array<int> x(std::vector<int>(32, 0));
      STATUS(gpu.run(kernel, blocks, 32, 0, x.at), launch_failed);
      expect_said(said(), parts, __FILE__, __LINE__);
    }
  }
}

TEST(what_would_end_the_process_fails_the_launch) {
  if (asan::present) return;
  {
    Gpu gpu;
    const Array<int> out(32);
    STATUS(gpu.run("divides", 1, 32, 0, out.at, 0), launch_failed);
    SAID("an integer division by zero", "(faults.cu:");
  }
  Gpu gpu;
  const Array<int> out(32);
  STATUS(gpu.run("endless", 1, 32, 0, out.at, 0), illegal_address);
  SAID("the stack of the thread is full");
}

// ---- misuse of the driver -------------------------------------------------------------------------------------------

TEST(launches_beyond_the_limits_are_refused) {
  Gpu gpu;
  const Array<float> out(128);
  STATUS(gpu.launch("left_f32", 0, 128, 0, nullptr, out.at), invalid_value);
  SAID("cuLaunchKernel: kernel left_f32: a grid of 0 × 1 × 1 blocks of 128 × 1 × 1 threads is empty");
  STATUS(gpu.launch("left_f32", {1, 65536}, 128, 0, nullptr, out.at), invalid_value);
  STATUS(gpu.launch("left_f32", {1, 1, 65536}, 128, 0, nullptr, out.at), invalid_value);
  STATUS(gpu.launch("left_f32", 0x80000000u, 128, 0, nullptr, out.at), invalid_value);
  STATUS(gpu.launch("left_f32", 1, {1, 1, 65}, 0, nullptr, out.at), invalid_value);
  STATUS(gpu.launch("sum_f64", 1, {32, 33}, 0, nullptr, out.at, out.at, 0), invalid_value);
  SAID("a block of 32 × 33 × 1 threads is too large");
  STATUS(gpu.launch("left_f32", 1, 129, 0, nullptr, out.at), invalid_value);
  SAID("a block of 129 threads is beyond its launch bounds of 128");
  STATUS(gpu.launch("left_f32", 1, 128, (48 << 10) - 511, nullptr, out.at), invalid_value);
  SAID("besides 512 static ones; 48640 may be used");
  OK(gpu.run("left_f32", 1, 128, (48 << 10) - 512, out.at));
  int blocks = 0;
  OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, gpu.kernel("left_f32"), 128, 0));
  CHECK(blocks == 16);
  OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, gpu.kernel("left_f32"), 128, 40 << 10));
  CHECK(blocks == 3);
}

TEST(stale_and_foreign_handles_are_refused) {
  Gpu gpu;
  CUstream stream = nullptr;
  CUevent event = nullptr;
  OK(cuStreamCreate(&stream, 0));
  OK(cuEventCreate(&event, 0));
  const CUfunction kernel = gpu.kernel("left_f32");
  STATUS(cuStreamSynchronize(event), invalid_handle);
  SAID("a handle that is no stream, or was destroyed");
  OK(cuStreamDestroy_v2(stream));
  STATUS(cuStreamSynchronize(stream), invalid_handle);
  STATUS(cuStreamDestroy_v2(stream), invalid_handle);
  OK(cuEventDestroy_v2(event));
  STATUS(cuEventRecord(event, nullptr), invalid_handle);
  STATUS(cuEventDestroy_v2(event), invalid_handle);
  OK(cuModuleUnload(gpu.module));
  STATUS(cuModuleUnload(gpu.module), invalid_handle);
  int value = 0;
  STATUS(cuFuncGetAttribute(&value, 0, kernel), invalid_handle);
  CUdeviceptr memory = 0;
  OK(cuMemAlloc_v2(&memory, 100));
  STATUS(cuMemFree_v2(memory + 4), invalid_value);
  OK(cuMemFree_v2(memory));
  STATUS(cuMemFree_v2(memory), invalid_value);
  SAID("in 100 bytes that were freed");
  OK(cuMemFree_v2(0));
  void* pinned = nullptr;
  OK(cuMemAllocHost_v2(&pinned, 100));
  OK(cuMemFreeHost(pinned));
  STATUS(cuMemFreeHost(pinned), invalid_value);
  STATUS(cuMemFreeHost(&value), invalid_value);
}

TEST(copies_out_of_range_are_refused) {
  Gpu gpu;
  const Array<int> x(counting<int>(100));
  std::array<int, 200> host{};
  STATUS(cuMemcpyHtoD_v2(x.at, host.data(), 401), invalid_value);
  SAID("cuMemcpyHtoD: 401 bytes reach 0x", "1 bytes beyond the end of an allocation of 400 bytes");
  STATUS(cuMemcpyDtoH_v2(host.data(), x.at + 4, 400), invalid_value);
  STATUS(cuMemcpyDtoH_v2(host.data(), x.at - 4, 4), invalid_value);
  STATUS(cuMemcpyDtoH_v2(host.data(), reinterpret_cast<CUdeviceptr>(host.data()), 4), invalid_value);
  SAID("which is no memory of this device");
  STATUS(cuMemcpyDtoD_v2(x.at, x.at + 4, 8), invalid_value);
  SAID("overlap");
  STATUS(cuMemsetD32_v2(x.at, 0, 101), invalid_value);
  STATUS(cuMemsetD32_v2(x.at + 2, 0, 1), invalid_value);
  void* pinned = nullptr;
  OK(cuMemAllocHost_v2(&pinned, 100));
  STATUS(cuMemcpyDtoH_v2(pinned, x.at, 101), invalid_value);
  SAID("101 bytes reach beyond pinned host memory");
  OK(cuMemFreeHost(pinned));
  CHECK(x.values() == counting<int>(100));
}

TEST(contexts_are_needed_and_kept_apart) {
  CUdeviceptr memory = 0;
  STATUS(cuMemAlloc_v2(&memory, 4), invalid_context);
  SAID("no context is current in this thread");
  STATUS(cuCtxPopCurrent_v2(nullptr), invalid_context);
  int devices = 0;
  OK(cuDeviceGetCount(&devices));
  CHECK(devices == 2);
  STATUS(cuDeviceGet(&devices, 2), invalid_device);
  STATUS(cuDevicePrimaryCtxRelease_v2(0), invalid_context);
  CUstream stream = nullptr;
  Gpu first(0);
  OK(cuMemAlloc_v2(&memory, 4));
  OK(cuStreamCreate(&stream, 0));
  const CUfunction kernel = first.kernel("left_f32");
  {
    Gpu second(1);
    STATUS(cuMemFree_v2(memory), invalid_value);
    STATUS(cuMemsetD8_v2(memory, 0, 4), invalid_value);
    STATUS(cuStreamSynchronize(stream), invalid_context);
    STATUS(cuLaunchKernel(kernel, 1, 1, 1, 1, 1, 1, 0, nullptr, nullptr, nullptr), invalid_context);
  }
  CUcontext own = nullptr, current = nullptr;
  OK(cuCtxCreate_v2(&own, 0, 0));
  STATUS(cuMemsetD8_v2(memory, 0, 4), invalid_value);
  SAID("of another context");
  STATUS(cuMemFree_v2(memory), invalid_value);
  STATUS(cuStreamQuery(stream), invalid_context);
  OK(cuCtxGetCurrent(&current));
  CHECK(current == own);
  OK(cuCtxDestroy_v2(own));
  OK(cuMemFree_v2(memory));
  OK(cuStreamDestroy_v2(stream));
  STATUS(cuCtxPushCurrent_v2(own), invalid_context);
  STATUS(cuCtxDestroy_v2(first.context()), invalid_context);
}

TEST(what_is_left_open_is_said) {
  CUcontext context = nullptr;
  CUdeviceptr memory = 0;
  CUstream stream = nullptr;
  OK(cuCtxCreate_v2(&context, 0, 0));
  OK(cuMemAlloc_v2(&memory, 100));
  OK(cuMemAlloc_v2(&memory, 20));
  OK(cuStreamCreate(&stream, 0));
  said();
  OK(cuCtxDestroy_v2(context));
  SAID("a context has ended with 2 allocations of 120 bytes, 1 streams left open");
  OK(cuCtxCreate_v2(&context, 0, 0));
  OK(cuCtxDestroy_v2(context));
  CHECK(said().empty());
}

TEST(memory_runs_out) {
  Gpu gpu;
  std::size_t free = 0, total = 0;
  OK(cuMemGetInfo_v2(&free, &total));
  CHECK(total == 64 << 20 && free == total);
  CUdeviceptr all = 0, more = 0;
  STATUS(cuMemAlloc_v2(&more, free + 1), out_of_memory);
  OK(cuMemAlloc_v2(&all, free));
  STATUS(cuMemAlloc_v2(&more, 1), out_of_memory);
  OK(cuMemFree_v2(all));
  OK(cuMemAlloc_v2(&more, 1));
  OK(cuMemFree_v2(more));
}

TEST(modules_that_do_not_fit_are_refused) {
  Gpu gpu;
  CUmodule module = nullptr;
  const auto load = [&module](const std::string& text) { return cuModuleLoadData(&module, text.c_str()); };
  STATUS(load("nonsense"), invalid_ptx);
  SAID("the first line of the PTX does not name its kernel");
  STATUS(load("// galvani: faults\nnonsense\n"), invalid_ptx);
  STATUS(load(ptx("absent")), no_binary_for_gpu);
  SAID("absent.so");
  STATUS(load(ptx("faults", "8.1")), unsupported_ptx_version);
  STATUS(load(ptx("faults", "8.0", "sm_90")), no_binary_for_gpu);
  SAID("it is for sm_90, the device is sm_80");
  STATUS(load(ptx() + ".visible .entry absent()\n{\n}\n"), no_binary_for_gpu);
  SAID("its twin has no absent: end the .cu with GALVANI_KERNEL(absent)");
  std::string other = ptx();
  other.replace(other.find(".param .u32 add_one"), 11, ".param .u64");
  STATUS(load(other), no_binary_for_gpu);
  SAID("add_one and its twin have different parameters");
  std::array<char, 40> log{};
  int options[] = {5, 6};
  void* values[] = {log.data(), reinterpret_cast<void*>(log.size())};
  STATUS(cuModuleLoadDataEx(&module, "nonsense", 2, options, values), invalid_ptx);
  CHECK(std::strlen(log.data()) == log.size() - 1);
  CUfunction function = nullptr;
  STATUS(cuModuleGetFunction(&function, gpu.module, "absent"), not_found);
}

// What nvcc writes in one way, and may in others: comments, bounds in three dimensions, shared memory of a body, of the launch.
TEST(ptx_is_read_by_its_words) {
  Gpu gpu;
  CUmodule module = nullptr;
  CUfunction function = nullptr;
  const std::string text =
      "// galvani: faults\n// .entry none ( {\n.version\t8.0 /* .version 9.9 */\n.target sm_80, debug\n"
      ".extern .shared .align 16 .b8 dynamic[];\n.shared .f64 one;\n.global .align 4 .b8 table[64] = {1, 2};\n"
      ".visible .entry left_f32(.param .u64 .ptr .global .align 4 p)\n.reqntid 8, 4, 2\n.minnctapersm 2\n"
      "{ .shared .align 4 .b8 tile[100];\n{ mov.u64 %rd1, one; mov.u64 %rd2, one; ld.shared.f32 %f1, [tile+4]; }\n}\n"
      ".entry left_f64\n(\n.param .u64 p\n)\n{\nret;\n}\n.visible .func other(.param .b32 x) { }\n";
  OK(cuModuleLoadData(&module, text.c_str()));
  const auto attribute = [&](const char* name, int which) {
    int value = -1;
    OK(cuModuleGetFunction(&function, module, name));
    OK(cuFuncGetAttribute(&value, which, function));
    return value;
  };
  CHECK(attribute("left_f32", 0) == 64 && attribute("left_f32", 1) == 108);
  CHECK(attribute("left_f64", 0) == 1024 && attribute("left_f64", 1) == 0);
  STATUS(cuModuleGetFunction(&function, module, "none"), not_found);
  OK(cuModuleUnload(module));
  for (const char* cut : {"{ mov", ".reqntid", "[100]", "8, 4", "ret;\n}"}) {
    const Part part(cut);
    STATUS(cuModuleLoadData(&module, text.substr(0, text.find(cut)).c_str()), invalid_ptx);
  }
}

// ---- streams, events, graphs ----------------------------------------------------------------------------------------

// Pinned memory and a stream.
class Pinned {
 public:
  explicit Pinned(std::size_t n) {
    OK(cuMemAllocHost_v2(reinterpret_cast<void**>(&at), n * sizeof(int)));
    OK(cuStreamCreate(&stream, 0));
  }
  ~Pinned() {
    cuMemFreeHost(at);
    cuStreamDestroy_v2(stream);
  }
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;

  int* at = nullptr;
  CUstream stream = nullptr;
};

TEST(a_missing_synchronisation_shows) {
  Gpu gpu;
  const Array<int> x(counting<int>(100));
  Pinned host(100);
  OK(gpu.launch("add_one", 1, 100, 0, host.stream, x.at, 100));
  OK(cuMemcpyDtoHAsync_v2(host.at, x.at, 400, host.stream));
  CHECK(host.at[10] == -1);  // not yet
  OK(cuStreamSynchronize(host.stream));
  CHECK(host.at[10] == 11);
  // What the host writes before the copy is done is what is copied.
  OK(cuMemcpyHtoDAsync_v2(x.at, host.at, 400, host.stream));
  host.at[10] = 77;
  OK(cuStreamSynchronize(host.stream));
  CHECK(x.values()[10] == 77);
  // Pageable memory is taken at once, and given when the call returns.
  std::vector<int> pageable(100, 5);
  OK(cuMemcpyHtoDAsync_v2(x.at, pageable.data(), 400, host.stream));
  pageable[10] = 6;
  OK(cuMemcpyDtoHAsync_v2(pageable.data(), x.at, 400, host.stream));
  CHECK(pageable[10] == 5);
}

TEST(host_memory_freed_under_a_copy_is_found) {
  Gpu gpu;
  const Array<int> x(100);
  void* host = nullptr;
  CUstream stream = nullptr;
  OK(cuMemAllocHost_v2(&host, 400));
  OK(cuStreamCreate(&stream, 0));
  OK(cuMemcpyDtoHAsync_v2(host, x.at, 400, stream));
  OK(cuMemFreeHost(host));
  STATUS(cuStreamSynchronize(stream), illegal_address);
  SAID("host memory was freed before a copy from or to it was done");
}

TEST(streams_wait_for_events_only) {
  int early = 0;
  for (int i = 0; i < schedules; ++i) {
    Gpu gpu;
    const Array<int> x(std::vector<int>(1, 0)), y(std::vector<int>(1, 0));
    Pinned a(1), b(1);
    CUevent event = nullptr;
    OK(cuEventCreate(&event, 0));
    for (const bool waits : {false, true}) {
      OK(gpu.launch("add_one", 1, 1, 0, a.stream, x.at, 1));
      OK(cuEventRecord(event, a.stream));
      if (waits) OK(cuStreamWaitEvent(b.stream, event, 0));
      OK(cuMemcpyDtoDAsync_v2(y.at, x.at, 4, b.stream));
      OK(cuCtxSynchronize());
      if (waits) {
        CHECK(y.values()[0] == 2);
      } else {
        early += y.values()[0] == 0;
      }
    }
    OK(cuEventDestroy_v2(event));
  }
  CHECK(0 < early && early < schedules);
}

TEST(the_default_stream_waits_for_streams_and_they_for_it) {
  Gpu gpu;
  CUstream apart = nullptr;
  Pinned a(1);
  OK(cuStreamCreate(&apart, 1));
  for (int i = 0; i < schedules; ++i) {
    const Array<int> x(std::vector<int>(1, 0)), y(std::vector<int>(1, 0));
    OK(gpu.launch("add_one", 1, 1, 0, a.stream, x.at, 1));
    OK(cuMemcpyDtoDAsync_v2(y.at, x.at, 4, nullptr));
    OK(gpu.launch("add_one", 1, 1, 0, a.stream, y.at, 1));
    OK(cuCtxSynchronize());
    CHECK(y.values()[0] == 2);
    OK(gpu.launch("add_one", 1, 1, 0, apart, x.at, 1));
    CHECK(x.values()[0] == 1);  // a copy at once does not wait for a stream apart
    OK(cuStreamSynchronize(apart));
    CHECK(x.values()[0] == 2);
  }
  OK(cuStreamDestroy_v2(apart));
}

TEST(events_tell_when) {
  Gpu gpu;
  const Array<int> x(counting<int>(256));
  Pinned a(1);
  CUevent from = nullptr, to = nullptr, untimed = nullptr;
  OK(cuEventCreate(&from, 0));
  OK(cuEventCreate(&to, 0));
  OK(cuEventCreate(&untimed, 2));
  float ms = -1;
  STATUS(cuEventElapsedTime(&ms, from, to), invalid_handle);
  OK(cuEventQuery(from));
  OK(cuEventRecord(from, a.stream));
  STATUS(cuEventQuery(from), not_ready);
  OK(cuEventQuery(from));
  OK(gpu.launch("add_one", 1000, 256, 0, a.stream, x.at, 256));
  OK(cuEventRecord(to, a.stream));
  STATUS(cuEventElapsedTime(&ms, from, to), not_ready);
  OK(cuEventSynchronize(to));
  OK(cuEventElapsedTime(&ms, from, to));
  CHECK(ms > 0.1f);
  OK(cuEventRecord(untimed, a.stream));
  STATUS(cuEventElapsedTime(&ms, from, untimed), invalid_handle);
  // A stream that is asked comes on.
  OK(gpu.launch("add_one", 1, 256, 0, a.stream, x.at, 256));
  int asked = 0;
  while (cuStreamQuery(a.stream) == not_ready && asked < 10) ++asked;
  CHECK(asked == 2);
  for (const CUevent e : {from, to, untimed}) OK(cuEventDestroy_v2(e));
}

TEST(graphs_repeat_what_was_recorded) {
  Gpu gpu;
  const Array<int> x(std::vector<int>(100, 0));
  Pinned a(100);
  CUgraph graph = nullptr;
  CUgraphExec executable = nullptr;
  OK(cuStreamBeginCapture_v2(a.stream, 1));
  STATUS(cuStreamBeginCapture_v2(a.stream, 1), illegal_state);
  OK(gpu.launch("add_one", 1, 100, 0, a.stream, x.at, 100));
  OK(gpu.launch("add_one", 1, 100, 0, a.stream, x.at, 50));
  OK(cuMemcpyDtoHAsync_v2(a.at, x.at, 400, a.stream));
  int capturing = 0;
  OK(cuStreamIsCapturing(a.stream, &capturing));
  CHECK(capturing == 1);
  OK(cuStreamEndCapture(a.stream, &graph));
  OK(cuGraphInstantiateWithFlags(&executable, graph, 0));
  OK(cuGraphDestroy(graph));
  CHECK(x.values() == std::vector<int>(100, 0));
  for (int i = 1; i <= 3; ++i) {
    OK(cuGraphLaunch(executable, a.stream));
    OK(cuStreamSynchronize(a.stream));
    CHECK(a.at[0] == 2 * i && a.at[99] == i);
  }
  OK(cuModuleUnload(gpu.module));
  OK(cuGraphLaunch(executable, a.stream));
  STATUS(cuStreamSynchronize(a.stream), launch_failed);
  SAID("kernel add_one of a graph: its module was unloaded");
}

TEST(a_graph_that_was_destroyed_is_refused) {
  Gpu gpu;
  Pinned a(1);
  CUgraph graph = nullptr;
  CUgraphExec executable = nullptr;
  OK(cuStreamBeginCapture_v2(a.stream, 1));
  OK(cuStreamEndCapture(a.stream, &graph));
  OK(cuGraphInstantiateWithFlags(&executable, graph, 0));
  OK(cuGraphDestroy(graph));
  OK(cuGraphExecDestroy(executable));
  STATUS(cuGraphLaunch(executable, a.stream), invalid_handle);
  STATUS(cuGraphDestroy(graph), invalid_handle);
}

TEST(what_a_graph_cannot_hold_is_refused) {
  Gpu gpu;
  const Array<int> x(counting<int>(1));
  Pinned a(1);
  CUgraph graph = nullptr;
  int host = 0;
  STATUS(cuStreamBeginCapture_v2(nullptr, 1), capture_unsupported);
  STATUS(cuStreamEndCapture(a.stream, &graph), illegal_state);
  const auto refuses = [&](auto call) {
    OK(cuStreamBeginCapture_v2(a.stream, 1));
    CHECK(call() == capture_unsupported);
    STATUS(cuStreamEndCapture(a.stream, &graph), capture_invalidated);
    CHECK(graph == nullptr);
  };
  CUdeviceptr memory = 0;
  refuses([&] { return cuMemAlloc_v2(&memory, 4); });
  refuses([&] { return cuMemcpyDtoH_v2(&host, x.at, 4); });
  refuses([&] { return cuStreamSynchronize(a.stream); });
  refuses([&] { return cuStreamQuery(a.stream); });
  refuses([&] { return cuCtxSynchronize(); });
  OK(cuStreamBeginCapture_v2(a.stream, 2));  // relaxed
  OK(cuMemAlloc_v2(&memory, 4));
  STATUS(cuMemcpyDtoH_v2(&host, x.at, 4), capture_implicit);
  STATUS(cuStreamEndCapture(a.stream, &graph), capture_invalidated);
  OK(cuMemFree_v2(memory));
}

// ---- what needs a process of its own --------------------------------------------------------------------------------

namespace {

// What this program prints, run with some environment on one case.
std::string output_of(const std::string& environment, const char* name) {
  std::array<char, 4096> self{};
  CHECK(readlink("/proc/self/exe", self.data(), self.size() - 1) > 0);
  std::FILE* pipe = popen((environment + " GALVANI_TEST_CHILD=1 '" + self.data() + "' " + name + " 2>&1").c_str(), "r");
  std::string output;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output += static_cast<char>(c);
  pclose(pipe);
  return output;
}

bool child() { return std::getenv("GALVANI_TEST_CHILD") != nullptr; }

}  // namespace

TEST(a_device_is_lost_when_that_is_asked_for) {
  if (!child()) {
    expect_said(output_of("GALVANI_EMULATOR_LOSE_AFTER=3", "a_device_is_lost"), {"ok   a_device_is_lost"}, __FILE__, __LINE__);
    return;
  }
  Gpu gpu;
  const Array<int> x(counting<int>(1));
  for (int i = 1; i <= 2; ++i) OK(gpu.run("add_one", 1, 1, 0, x.at, 1));
  STATUS(gpu.run("add_one", 1, 1, 0, x.at, 1), launch_failed);
  SAID("the device is lost at launch 3, of kernel add_one");
}

TEST(the_same_seed_gives_the_same_schedule) {
  if (child()) {  // prints what a race makes of a schedule
    Gpu gpu;
    const Array<int> out(32);
    gpu.run("missing_syncwarp", 1, 32, 0, out.at);
    std::string line;
    for (const int v : out.values()) line += std::to_string(v) + " ";
    std::printf("%s\n", line.c_str());
    return;
  }
  const auto with = [](int seed) {
    const std::string output = output_of("GALVANI_EMULATOR_CHECK=0 GALVANI_EMULATOR_SEED=" + std::to_string(seed), "the_same_seed");
    return output.substr(0, output.find('\n'));
  };
  const std::string first = with(1);
  CHECK(with(1) == first);
  CHECK(with(2) != first || with(3) != first);
}

TEST(settings_that_are_not_understood_are_refused) {
  if (child()) {
    std::printf("%d\n", cuInit(0));
    return;
  }
  const char* name = "settings_that";
  CHECK(output_of("GALVANI_EMULATOR_CC=90", name).starts_with("0\n"));
  for (const char* bad : {"GALVANI_EMULATOR_CC=sm_90", "GALVANI_EMULATOR_MEMORY=0", "GALVANI_EMULATOR_SEED=-"}) {
    const Part part(bad);
    CHECK(output_of(bad, name).starts_with("1\n"));
  }
  CHECK(output_of("GALVANI_EMULATOR_DEVICES=0", name).starts_with("100\n"));
  CHECK(contains(output_of("GALVANI_EMULATOR_QUIET=0 GALVANI_EMULATOR_SEED=-1", name), "GALVANI_EMULATOR_SEED=-1 is not a number"));
}

// What the checked twins find elsewhere, AddressSanitizer finds in plain ones, and ends the process.
TEST(address_sanitizer_sees_shared_and_device_memory) {
  if (!asan::present) return;
  if (const char* kernel = std::getenv("GALVANI_TEST_KERNEL")) {
    Gpu gpu;
    const Array<float> out(31);
    const bool shared = std::strcmp(kernel, "write_at") != 0;
    shared ? gpu.run(kernel, 1, 32, 128, out.at) : gpu.run(kernel, 1, 32, 0, out.at, 0LL);
    return;
  }
  for (const char* kernel : {"beyond_static", "beyond_static_by_pointer", "beyond_dynamic", "write_at"}) {
    const Part part(kernel);
    const std::string output = output_of(std::string("GALVANI_TEST_KERNEL=") + kernel, "address_sanitizer");
    CHECK(contains(output, "faults.cu:"));
    CHECK(contains(output, "AddressSanitizer: use-after-poison") || contains(output, "index 32 out of bounds for type 'float [32]'") ||
          contains(output, "with insufficient space for an object of type"));
  }
}

extern "C" int cuArrayDestroy(void*);

TEST(what_is_not_emulated_says_so) {
  STATUS(cuArrayDestroy(nullptr), not_supported);
  SAID("cuArrayDestroy is not emulated");
}

int main(int argc, char** argv) {
  setenv("GALVANI_EMULATED_KERNELS", GALVANI_TEST_KERNELS, 0);
  setenv("GALVANI_EMULATOR_DEVICES", "2", 0);
  setenv("GALVANI_EMULATOR_MEMORY", "64", 0);
  setenv("GALVANI_EMULATOR_QUIET", "1", 0);
  cuInit(0);
  const std::string start = said();
  const int failed = run(argc, argv);
  if (failed != 0) std::printf("%s", start.c_str());
  return failed;
}
