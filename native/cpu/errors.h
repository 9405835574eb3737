// What goes wrong in ways that the caller can tell apart.
#pragma once

#include <stdexcept>

namespace galvani {

// An argument that the caller got wrong; the text says which.
struct InvalidArgument : std::runtime_error {
  using std::runtime_error::runtime_error;
};
// A voltage or a prediction that is no longer finite.
struct Diverged : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace galvani
