// Linked into each checked twin, which is compiled with -fsanitize=thread and -fsanitize=bounds but not linked with their libraries: the
// compiler has each access call one of these.
#include "emulator/twin.h"

#define HIDDEN extern "C" __attribute__((visibility("hidden")))
#define GALVANI_ACCESS(bytes)                                                                                                   \
  HIDDEN void __tsan_read##bytes(void* p) { galvani_access(p, bytes, false, __builtin_return_address(0)); }                     \
  HIDDEN void __tsan_write##bytes(void* p) { galvani_access(p, bytes, true, __builtin_return_address(0)); }                     \
  HIDDEN void __tsan_unaligned_read##bytes(void* p) { galvani_access(p, bytes, false, __builtin_return_address(0)); }           \
  HIDDEN void __tsan_unaligned_write##bytes(void* p) { galvani_access(p, bytes, true, __builtin_return_address(0)); }
GALVANI_ACCESS(1)
GALVANI_ACCESS(2)
GALVANI_ACCESS(4)
GALVANI_ACCESS(8)
GALVANI_ACCESS(16)

HIDDEN void __tsan_read_range(void* p, unsigned long bytes) {
  galvani_access(p, static_cast<unsigned>(bytes), false, __builtin_return_address(0));
}
HIDDEN void __tsan_write_range(void* p, unsigned long bytes) {
  galvani_access(p, static_cast<unsigned>(bytes), true, __builtin_return_address(0));
}
HIDDEN void __tsan_init() {}
HIDDEN void __tsan_vptr_read(void**) {}
HIDDEN void __tsan_vptr_update(void**, void*) {}

namespace {

// As the compiler describes an array and an index beyond it.
struct Type {
  std::uint16_t kind, info;
  char name[1];
};
struct BeyondArray {
  galvani::emulator::Place place;  // the compiler's has a column besides
  const Type *array, *index;
};

}  // namespace

HIDDEN void __ubsan_handle_out_of_bounds(BeyondArray* what, std::uint64_t index) {
  galvani_beyond_array(what->place, index, what->array->name);
}
HIDDEN void __ubsan_handle_out_of_bounds_abort(BeyondArray* what, std::uint64_t index) {
  galvani_beyond_array(what->place, index, what->array->name);
}
