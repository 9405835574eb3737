// Memory aligned for vectors, zeroed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

namespace galvani {

inline constexpr std::size_t kAlign = 64;

inline constexpr std::size_t aligned(std::size_t bytes) { return (bytes + kAlign - 1) / kAlign * kAlign; }

class Slab {
 public:
  Slab() = default;
  explicit Slab(std::size_t bytes) : bytes_(aligned(std::max<std::size_t>(bytes, 1))) {
    data_.reset(static_cast<char*>(std::aligned_alloc(kAlign, bytes_)));
    if (!data_) throw std::bad_alloc();
    std::memset(data_.get(), 0, bytes_);
  }
  char* data() { return data_.get(); }
  const char* data() const { return data_.get(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(char* p) const { std::free(p); }
  };
  std::unique_ptr<char, Free> data_;
  std::size_t bytes_ = 0;
};

// n numbers in a slab.
template <class T>
class Array {
 public:
  Array() = default;
  explicit Array(std::size_t n) : slab_(n * sizeof(T)), size_(n) {}
  T* data() { return reinterpret_cast<T*>(slab_.data()); }
  const T* data() const { return reinterpret_cast<const T*>(slab_.data()); }
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return data()[i]; }
  const T& operator[](std::size_t i) const { return data()[i]; }

 private:
  Slab slab_;
  std::size_t size_ = 0;
};

}  // namespace galvani
