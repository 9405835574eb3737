// Linked into each twin. language.h makes __shared__ variables thread-local of the model in which a compiler asks __tls_get_addr for
// each address; here it is the emulator that answers, with the copy of the block that runs.
#include "emulator/twin.h"

namespace {
struct TlsIndex { std::size_t module, offset; };  // as the ABI has it
}  // namespace

extern "C" __attribute__((visibility("hidden"))) void* __tls_get_addr(TlsIndex* variable) { return galvani_shared(variable->offset); }
