// What the race checker takes for in order, access by access. Whether a kernel's accesses come to it is for emulator_test.cpp.
#include "emulator/checker.h"

#include "test/check.h"

using namespace galvani::test;
using namespace galvani::emulator;

namespace {

using enum Checker::Access;

// Two blocks of three warps, and 64 bytes of shared and of device memory. An access gives whether it races.
class Scene {
 public:
  Scene() { launch(); }

  void launch() {
    checker_.begin_launch(2);
    for (unsigned b = 0; b < 2; ++b) checker_.begin_block(blocks_[b], b, 96, 64);
  }
  bool shared(unsigned thread, Checker::Access access, std::size_t offset = 0, unsigned bytes = 4, unsigned block = 0) {
    return checker_.note_shared(blocks_[block], thread, offset, bytes, access, conflict);
  }
  bool device(unsigned block, unsigned thread, Checker::Access access, std::size_t offset = 0, unsigned bytes = 4) {
    return checker_.note_device(blocks_[block], thread, device_ + offset, bytes, access, conflict);
  }
  void barrier(unsigned block = 0) { checker_.pass_barrier(blocks_[block]); }
  void sync(unsigned lanes, unsigned warp = 0) { checker_.sync_warp(blocks_[0], warp, lanes); }

  Checker::Conflict conflict{};

 private:
  Memory memory_{4096};
  std::uintptr_t device_ = memory_.allocate(64, this);
  Checker checker_{memory_};
  Checker::Block blocks_[2];
};

}  // namespace

TEST(a_thread_is_in_order_with_itself) {
  Scene s;
  for (const auto access : {write, read, write, atomic, read, atomic, write}) CHECK(!s.shared(5, access) && !s.device(0, 5, access));
}

TEST(two_accesses_race_if_one_writes) {
  const Checker::Access all[] = {read, write, atomic};
  for (const auto first : all) {
    for (const auto second : all) {
      const bool races = first != second || first == write;
      Scene s;
      CHECK(!s.shared(1, first));
      CHECK(s.shared(40, second) == races);
      CHECK(!s.device(0, 1, first));
      CHECK(s.device(1, 1, second) == races);
      CHECK(!races || (s.conflict.block == 0 && s.conflict.thread == 1 && s.conflict.wrote == (first != read)));
    }
  }
}

TEST(a_barrier_orders_its_block) {
  Scene s;
  CHECK(!s.shared(1, write) && !s.device(0, 1, write));
  s.barrier();
  CHECK(!s.shared(40, read) && !s.device(0, 40, read));
  CHECK(s.device(1, 40, read));  // of another block
  s.barrier();
  CHECK(!s.shared(2, write) && !s.device(0, 2, write, 4));
}

TEST(a_syncwarp_orders_the_lanes_it_names) {
  Scene s;
  CHECK(!s.shared(0, write));
  s.sync(0b0011);
  CHECK(!s.shared(1, read));
  CHECK(s.shared(2, read));
  s.sync(0b0110);  // what lane 1 knows lane 2 learns
  CHECK(!s.shared(2, read));
  CHECK(s.shared(33, read));
  CHECK(s.shared(3, read));
}

TEST(what_comes_after_a_syncwarp_is_not_ordered_by_it) {
  Scene s;
  s.sync(~0u);
  CHECK(!s.shared(0, write));
  CHECK(s.shared(1, read));
}

TEST(all_readers_count) {
  Scene s;
  CHECK(!s.shared(0, read) && !s.shared(1, read));
  CHECK(s.shared(1, write));  // not 1 itself, but 0
  CHECK(s.conflict.thread == 0);
  s.sync(~0u);
  CHECK(!s.shared(1, write));
  // of several warps, where only the last is kept
  CHECK(!s.shared(0, read, 8) && !s.shared(32, read, 8));
  CHECK(s.shared(32, write, 8));
  s.barrier();
  CHECK(!s.shared(32, write, 8));
}

// Lane 1 has waited for lane 0 before it reads and writes.
TEST(readers_in_order_with_a_later_one_are_forgotten) {
  Scene s;
  CHECK(!s.shared(0, read));
  s.sync(~0u);
  CHECK(!s.shared(1, read) && !s.shared(1, write));
  s.sync(~0u);
  CHECK(!s.shared(2, read) && !s.shared(3, read));
  CHECK(s.shared(3, write));
}

TEST(readers_of_several_blocks_count_for_a_launch) {
  Scene s;
  CHECK(!s.device(0, 1, read) && !s.device(1, 1, read));
  s.barrier(1);
  CHECK(!s.device(1, 1, read));
  CHECK(s.device(1, 1, write));
  s.launch();
  CHECK(!s.device(1, 1, write));
}

TEST(all_atomic_operations_count) {
  Scene s;
  CHECK(!s.device(0, 1, atomic) && !s.device(0, 2, atomic));
  CHECK(s.device(0, 2, read));
  s.barrier();
  CHECK(!s.device(0, 2, read));
  CHECK(!s.device(1, 2, atomic, 4) && !s.device(0, 2, atomic, 4));
  s.barrier();
  CHECK(s.device(0, 2, read, 4));
}

TEST(a_write_takes_the_place_of_the_one_before) {
  Scene s;
  CHECK(!s.shared(0, write));
  s.sync(~0u);
  CHECK(!s.shared(1, write) && !s.shared(1, write));
}

TEST(bytes_are_told_apart) {
  Scene s;
  CHECK(!s.shared(0, write, 0, 1) && !s.shared(1, write, 1, 1) && !s.shared(2, write, 2, 2));
  CHECK(s.shared(3, read, 3, 1));
  for (int i = 0; i < 2; ++i) {
    for (unsigned t = 0; t < 4; ++t) CHECK(!s.shared(t, read, 32 + t, 1) && !s.shared(t, write, 32 + t, 1));
  }
  CHECK(!s.shared(4, write, 6, 8));  // bytes of three words
  CHECK(!s.shared(5, write, 4, 2) && s.shared(5, read, 12, 2));
}

TEST(shared_memory_is_a_blocks_own) {
  Scene s;
  CHECK(!s.shared(1, write) && !s.shared(2, write, 0, 4, 1));
  s.launch();
  CHECK(!s.shared(3, write));
}

int main(int argc, char** argv) { return run(argc, argv); }
