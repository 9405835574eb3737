// A pool of threads that share out numbered jobs. Which thread does a job never matters to its result.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace galvani {

// Whether it holds within some 100 µs, if `threads` of them can all run at once. Work that comes at once is begun at once: to be woken takes
// longer than small steps do.
template <class F>
bool soon(int threads, F&& holds) {
  static const int cores = static_cast<int>(std::thread::hardware_concurrency());
  for (int spin = threads <= cores ? 6000 : 1; spin > 0; --spin) {
    if (holds()) return true;
    __builtin_ia32_pause();
  }
  return false;
}

class Threads {
 public:
  explicit Threads(int count) : threads_(count) {
    try {
      for (int i = 1; i < count; ++i) workers_.emplace_back([this, i] { work(i); });
    } catch (...) {  // the system has no more threads
      stop();
      throw;
    }
  }
  ~Threads() { stop(); }
  Threads(const Threads&) = delete;
  Threads& operator=(const Threads&) = delete;

  int count() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls job(index, thread) for index 0…jobs−1. Throws what a job threw first; others may not have been done then.
  void run(std::int64_t jobs, const std::function<void(std::int64_t, int)>& job) {
    if (workers_.empty() || jobs <= 1) {
      for (std::int64_t i = 0; i < jobs; ++i) job(i, 0);
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      job_ = &job;
      jobs_ = jobs;
      next_ = 0;
      busy_ = static_cast<int>(workers_.size());
      ++round_;
    }
    start_.notify_all();
    drain(0);
    const auto done = [this] { return busy_ == 0; };
    if (!soon(threads_, done)) {
      std::unique_lock lock(mutex_);
      done_.wait(lock, done);
    }
    const std::lock_guard lock(mutex_);
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
  }

 private:
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    start_.notify_all();
    for (std::thread& t : workers_) t.join();
  }
  void drain(int thread) {
    try {
      for (std::int64_t i = next_++; i < jobs_; i = next_++) (*job_)(i, thread);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!error_) error_ = std::current_exception();
      next_ = jobs_;
    }
  }
  void work(int thread) {
    std::uint64_t seen = 0;
    for (;;) {
      soon(threads_, [&] { return stop_ || round_ != seen; });
      {
        std::unique_lock lock(mutex_);
        start_.wait(lock, [&] { return stop_ || round_ != seen; });
        if (stop_) return;
        seen = round_;
      }
      drain(thread);
      const std::lock_guard lock(mutex_);
      if (--busy_ == 0) done_.notify_one();
    }
  }

  const int threads_;
  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable start_, done_;
  const std::function<void(std::int64_t, int)>* job_ = nullptr;
  std::atomic<std::int64_t> next_{0};
  std::int64_t jobs_ = 0;
  std::atomic<std::uint64_t> round_{0};
  std::exception_ptr error_;
  std::atomic<int> busy_{0};
  std::atomic<bool> stop_{false};
};

}  // namespace galvani
