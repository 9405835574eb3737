#include "emulator/ptx.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>

#include "emulator/status.h"

namespace galvani::emulator {
namespace {

constexpr unsigned most_threads = 1024;

// Words and marks, one after the other; comments and space are passed over.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : left_(text) {}

  // Empty at the end.
  std::string_view next() {
    pass_over();
    const auto length = std::find_if_not(left_.begin(), left_.end(), in_word) - left_.begin();
    return take(std::max<std::size_t>(static_cast<std::size_t>(length), left_.empty() ? 0 : 1));
  }
  // Whether that is next; takes it then.
  bool is_next(std::string_view token) {
    const std::string_view before = left_;
    if (next() == token) return true;
    left_ = before;
    return false;
  }
  unsigned number() {
    const std::string_view word = next();
    unsigned n = 0;
    if (std::from_chars(word.data(), word.data() + word.size(), n).ec != std::errc()) {
      throw Refusal{invalid_ptx, std::string(word) + " where a number belongs"};
    }
    return n;
  }

 private:
  static bool in_word(unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '$' || c == '.' || c == '%'; }

  std::string_view take(std::size_t n) {
    const std::string_view taken = left_.substr(0, n);
    left_.remove_prefix(n);
    return taken;
  }

  void pass_over() {
    for (;;) {
      const auto space = std::find_if_not(left_.begin(), left_.end(), [](unsigned char c) { return std::isspace(c) != 0; });
      left_.remove_prefix(static_cast<std::size_t>(space - left_.begin()));
      if (left_.starts_with("//")) {
        left_.remove_prefix(std::min(left_.find('\n'), left_.size()));
      } else if (left_.starts_with("/*")) {
        left_.remove_prefix(std::min(left_.find("*/"), left_.size() - 2) + 2);
      } else {
        return;
      }
    }
  }

  std::string_view left_;
};

using Sizes = std::map<std::string_view, unsigned>;  // of shared variables, bytes

// [.align n] .type [.ptr …] name [[n]]: what follows .param or .shared. Leaves the mark after it.
struct Declaration { std::string_view name; unsigned bytes; };
Declaration declaration(Tokens& tokens) {
  unsigned bits = 0;
  for (std::string_view word = tokens.next(); !word.empty(); word = tokens.next()) {
    if (word == ".align") {
      tokens.number();
    } else if (word[0] != '.') {
      unsigned count = 1;
      if (tokens.is_next("[")) {
        if (tokens.is_next("]")) return {word, 0};  // of a size given at launch
        count = tokens.number();
        tokens.is_next("]");
      }
      return {word, bits / 8 * count};
    } else if (const std::size_t digit = word.find_first_of("0123456789"); digit != word.npos) {
      std::from_chars(word.data() + digit, word.data() + word.size(), bits);
    }
  }
  throw Refusal{invalid_ptx, "it ends in a declaration"};
}

PtxEntry entry(Tokens& tokens, Sizes& shared) {
  PtxEntry e;
  e.name = tokens.next();
  if (tokens.is_next("(")) {
    while (tokens.is_next(".param") || tokens.is_next(",")) {
      if (!tokens.is_next(",")) e.parameters.push_back(declaration(tokens).bytes);
    }
    if (!tokens.is_next(")")) throw Refusal{invalid_ptx, "the parameters of " + e.name + " do not end"};
  }
  std::string_view word = tokens.next();
  for (; word != "{"; word = tokens.next()) {
    if (word.empty()) throw Refusal{invalid_ptx, e.name + " has no body"};
    if (word == ".maxntid" || word == ".reqntid") {
      e.max_threads = 1;
      do e.max_threads *= tokens.number(); while (tokens.is_next(","));
    }
  }
  Sizes used;
  for (int depth = 1; depth > 0;) {
    word = tokens.next();
    if (word.empty()) throw Refusal{invalid_ptx, "the body of " + e.name + " does not end"};
    depth += word == "{" ? 1 : word == "}" ? -1 : 0;
    if (word == ".shared") {
      const auto [name, bytes] = declaration(tokens);
      used[name] = bytes;
    } else if (const auto variable = shared.find(word); variable != shared.end()) {
      used.insert(*variable);
    }
  }
  for (const auto& [name, bytes] : used) e.shared += bytes;
  e.max_threads = std::min(e.max_threads, most_threads);
  return e;
}

}  // namespace

Ptx read_ptx(std::string_view text) {
  constexpr std::string_view head = "// galvani: ";
  Ptx ptx;
  if (text.starts_with(head)) ptx.name = text.substr(head.size(), text.find('\n') - head.size());
  if (ptx.name.empty() || ptx.name.find('/') != ptx.name.npos) {
    throw Refusal{invalid_ptx, "the first line of the PTX does not name its kernel: // galvani: NAME"};
  }
  try {
    Tokens tokens(text);
    Sizes shared;
    for (std::string_view word = tokens.next(); !word.empty(); word = tokens.next()) {
      if (word == ".version") {
        ptx.version = tokens.next();
      } else if (word == ".target") {
        const std::string_view target = tokens.next();
        if (target.starts_with("sm_")) std::from_chars(target.data() + 3, target.data() + target.size(), ptx.target);
      } else if (word == ".shared") {
        const auto [name, bytes] = declaration(tokens);
        shared[name] = bytes;
      } else if (word == ".entry") {
        ptx.entries.push_back(entry(tokens, shared));
      }
    }
    if (ptx.version.empty()) throw Refusal{invalid_ptx, "it has no .version"};
    if (ptx.target == 0) throw Refusal{invalid_ptx, "it has no .target"};
  } catch (Refusal& refusal) {
    refusal.why = ptx.name + ".ptx: " + refusal.why;
    throw;
  }
  return ptx;
}

}  // namespace galvani::emulator
