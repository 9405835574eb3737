// The mechanisms by number, for kernels: the catalogue is the folder mechanisms/.
#pragma once

#include "cable/cable.h"
#include "galvani_catalogue.inc"
#include "mechanisms/mechanism.h"

namespace galvani::cable {

// A mechanism as a value: Of<hh>::type<float> is hh<float>.
template <template <class> class Mechanism>
struct Of {
  template <class R>
  using type = Mechanism<R>;
};

namespace number {
#define GALVANI_NUMBER_(M) M,
enum { GALVANI_MECHANISMS(GALVANI_NUMBER_) mechanisms };
#undef GALVANI_NUMBER_
}  // namespace number

// Calls f with the mechanism of that number. All threads of a block have the same: no warp diverges.
template <class F>
__device__ __forceinline__ void with_mechanism(int mechanism, F&& f) {
  switch (mechanism) {
#define GALVANI_CASE_(M) \
  case number::M: f(Of<galvani::M>()); break;
    GALVANI_MECHANISMS(GALVANI_CASE_)
#undef GALVANI_CASE_
    default: break;
  }
}

template <class M, class R>
constexpr int fields_of = 1 + static_cast<int>(sizeof(typename M::Parameters) / sizeof(R));

// Values a gate keeps: itself, and the remainder of its steps where rounding would lose it.
template <class M, class R>
constexpr bool keeps_remainders = sizeof(R) == 4 && is_slow<M>;

// A field of a group, by its number f = 0, 1, … in turn: where its values lie.
struct FieldCursor {
  std::int64_t at;  // element of Model::field
  std::int64_t items, all_items;  // instances, times cells of a pack, times packs
  const Group& group;

  template <class G, class S>
  __device__ FieldCursor(const Model<G, S>& m, const Group& g)
      : at(g.field), items(static_cast<std::int64_t>(g.instances) << m.log_pack), all_items(items * m.packs), group(g) {}
  // Element for an instance of a pack's cell; item = instance·P + cell.
  __device__ std::int64_t element(int f, int pack, int instance, int item) const {
    return at + (group.by_cell >> f & 1 ? pack * items + item : group.by_instance >> f & 1 ? instance : 0);
  }
  __device__ void next(int f) { at += group.by_cell >> f & 1 ? all_items : group.by_instance >> f & 1 ? group.instances : 1; }
};

// Fields of an instance as a mechanism takes them.
template <class M, class R>
struct Fields {
  R scale;
  typename M::Parameters p;
};

template <class M, class R, class G, class S>
__device__ __forceinline__ Fields<M, R> read_fields(const Model<G, S>& m, const Group& g, int pack, int instance, int item) {
  R value[fields_of<M, R>];
  FieldCursor cursor(m, g);
#pragma unroll
  for (int f = 0; f < fields_of<M, R>; ++f) {
    value[f] = static_cast<R>(m.field[cursor.element(f, pack, instance, item)]);
    cursor.next(f);
  }
  Fields<M, R> r;
  std::memcpy(&r, value, sizeof r);
  return r;
}

}  // namespace galvani::cable
