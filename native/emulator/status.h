// The statuses of CUDA's that the emulator gives, and how a call is refused.
#pragma once

#include <string>

namespace galvani::emulator {

enum Status : int {
  success = 0,
  invalid_value = 1,
  out_of_memory = 2,
  not_initialized = 3,
  no_device = 100,
  invalid_device = 101,
  invalid_context = 201,
  no_binary_for_gpu = 209,
  invalid_ptx = 218,
  unsupported_ptx_version = 222,
  invalid_handle = 400,
  illegal_state = 401,
  not_found = 500,
  not_ready = 600,
  illegal_address = 700,
  launch_out_of_resources = 701,
  misaligned_address = 716,
  launch_failed = 719,
  not_supported = 801,
  capture_unsupported = 900,
  capture_invalidated = 901,
  capture_unmatched = 903,
  capture_implicit = 906,
};

// Thrown where a call is refused; or where a kernel has failed, by what runs kernels.
struct Refusal {
  Status status;
  std::string why;  // empty: not reported, the status says all
};

}  // namespace galvani::emulator
