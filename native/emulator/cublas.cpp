// A libcublas.so.12 for tests: what io.galvani.device.cuda.Cublas calls, and nothing else. Matrices are fetched from the emulated device
// and brought back by copies, which see ranges that are not allocated; a copy waits for all streams, so that a product has its place.
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <set>
#include <vector>

extern "C" {
int cuMemcpyDtoH_v2(void* to, std::uint64_t from, std::size_t bytes);
int cuMemcpyHtoD_v2(std::uint64_t to, const void* from, std::size_t bytes);
}

namespace {

enum Status { success = 0, not_initialized = 1, invalid_value = 7, execution_failed = 13 };
enum Transposition { none = 0 };

struct Handle { bool has_stream; };

std::mutex mutex;
std::set<Handle*> handles;

Status refuse(const char* why) {
  std::fprintf(stderr, "galvani emulator: cublas: %s\n", why);
  return invalid_value;
}

// A matrix as cuBLAS has it, columns first, on the host.
template <class T>
class Matrix {
 public:
  Matrix(std::uint64_t address, int rows, int columns, int stride)
      : address_(address), stride_(stride), numbers_(static_cast<std::size_t>(columns - 1) * stride + rows) {}
  bool fetch() { return cuMemcpyDtoH_v2(numbers_.data(), address_, bytes()) == 0; }
  bool bring() const { return cuMemcpyHtoD_v2(address_, numbers_.data(), bytes()) == 0; }
  T& at(int row, int column) { return numbers_[static_cast<std::size_t>(column) * stride_ + row]; }

 private:
  std::size_t bytes() const { return numbers_.size() * sizeof(T); }
  std::uint64_t address_;
  int stride_;
  std::vector<T> numbers_;
};

template <class T>
Status multiply(Handle* handle, int of_a, int of_b, int m, int n, int k, const T* alpha, std::uint64_t a, int lda, long long stride_a,
                std::uint64_t b, int ldb, long long stride_b, const T* beta, std::uint64_t c, int ldc, long long stride_c, int batch) {
  const std::lock_guard lock(mutex);
  if (handles.count(handle) == 0) return not_initialized;
  if (!handle->has_stream) return refuse("no stream was set");
  if (of_a != none || of_b != none) return refuse("transposition is not emulated");
  if (m < 1 || n < 1 || k < 1 || batch < 1) return refuse("an extent is below 1");
  if (lda < m || ldb < k || ldc < m) return refuse("a leading dimension is less than the rows");
  if (batch > 1 && stride_c < m) return refuse("products of a batch overlap");
  if (a % sizeof(T) != 0 || b % sizeof(T) != 0 || c % sizeof(T) != 0) return refuse("a matrix is not aligned to its numbers");
  if (alpha == nullptr || beta == nullptr) return refuse("alpha or beta is null");
  for (int i = 0; i < batch; ++i) {
    Matrix<T> ma(a + i * stride_a * sizeof(T), m, k, lda), mb(b + i * stride_b * sizeof(T), k, n, ldb);
    Matrix<T> mc(c + i * stride_c * sizeof(T), m, n, ldc);
    if (!ma.fetch() || !mb.fetch() || !mc.fetch()) return execution_failed;
    for (int column = 0; column < n; ++column) {
      for (int row = 0; row < m; ++row) {
        T sum = 0;
        for (int q = 0; q < k; ++q) sum += ma.at(row, q) * mb.at(q, column);
        mc.at(row, column) = *alpha * sum + *beta * mc.at(row, column);
      }
    }
    if (!mc.bring()) return execution_failed;
  }
  return success;
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

int cublasCreate_v2(Handle** handle) {
  if (handle == nullptr) return refuse("the handle is null");
  const std::lock_guard lock(mutex);
  *handle = *handles.insert(new Handle{}).first;
  return success;
}

int cublasDestroy_v2(Handle* handle) {
  const std::lock_guard lock(mutex);
  if (handles.erase(handle) == 0) return not_initialized;
  delete handle;
  return success;
}

int cublasSetStream_v2(Handle* handle, void* stream) {
  const std::lock_guard lock(mutex);
  if (handles.count(handle) == 0) return not_initialized;
  handle->has_stream = stream != nullptr;
  return success;
}

#define GALVANI_GEMM(name, T)                                                                                                     \
  int name(Handle* handle, int of_a, int of_b, int m, int n, int k, const T* alpha, std::uint64_t a, int lda, long long stride_a, \
           std::uint64_t b, int ldb, long long stride_b, const T* beta, std::uint64_t c, int ldc, long long stride_c, int batch) { \
    return multiply(handle, of_a, of_b, m, n, k, alpha, a, lda, stride_a, b, ldb, stride_b, beta, c, ldc, stride_c, batch);       \
  }
GALVANI_GEMM(cublasSgemmStridedBatched, float)
GALVANI_GEMM(cublasDgemmStridedBatched, double)

}
#pragma GCC visibility pop
