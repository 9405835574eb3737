#include "emulator/module.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

#include "emulator/report.h"
#include "emulator/settings.h"
#include "emulator/status.h"

namespace galvani::emulator {
namespace {

constexpr unsigned shared_unasked = 48 << 10;  // bytes a block gets without cuFuncSetAttribute
constexpr unsigned most_threads = 1024;
constexpr int newest_ptx = 80;  // that R525 reads, as the emulated driver calls itself

std::string contents(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

template <class T>
const T* at(const std::string& bytes, std::size_t offset) { return reinterpret_cast<const T*>(bytes.data() + offset); }

// ---- PTX ----------------------------------------------------------------------------------------------------------------------

using Text = std::match_results<std::string_view::const_iterator>;

bool find(std::string_view in, const char* pattern, Text& match) {
  return std::regex_search(in.begin(), in.end(), match, std::regex(pattern, std::regex::multiline));
}

struct PtxEntry {
  std::string name;
  std::vector<std::uint32_t> parameters;  // bytes
  unsigned max_threads = most_threads;
  unsigned shared = 0;  // bytes, static
};

// The text between a bracket at `open` and its partner.
std::string_view bracketed(std::string_view ptx, std::size_t open) {
  const char opening = ptx[open], closing = opening == '(' ? ')' : '}';
  int depth = 0;
  for (std::size_t i = open; i < ptx.size(); ++i) {
    if (ptx[i] == opening) ++depth;
    if (ptx[i] == closing && --depth == 0) return ptx.substr(open + 1, i - open - 1);
  }
  throw Refusal{invalid_ptx, "a bracket is not closed"};
}

std::vector<std::uint32_t> parameters(std::string_view list) {
  static const std::regex parameter(R"(\.param\s+(?:\.align\s+\d+\s+)?\.[a-z]+(\d+)\s[^,\[]*(?:\[(\d+)\])?)");
  std::vector<std::uint32_t> bytes;
  for (std::regex_iterator p(list.begin(), list.end(), parameter), end = decltype(p)(); p != end; ++p) {
    bytes.push_back(static_cast<std::uint32_t>(std::stoul((*p)[1]) / 8 * ((*p)[2].matched ? std::stoul((*p)[2]) : 1)));
  }
  return bytes;
}

// Calls use(place) for each place at which a directive stands. Regular expressions read from there only: a module is megabytes of text.
template <class F>
void for_each(std::string_view directive, std::string_view ptx, F use) {
  for (std::size_t at = ptx.find(directive); at != ptx.npos; at = ptx.find(directive, at + 1)) use(at);
}

// Matches what stands at the begin of a text.
bool matches(std::string_view text, const std::regex& pattern, Text& match) {
  return std::regex_search(text.begin(), text.end(), match, pattern, std::regex_constants::match_continuous);
}

// Shared variables of the text, with their bytes.
std::map<std::string, unsigned, std::less<>> shared_variables(std::string_view ptx) {
  static const std::regex declaration(R"(\.shared\s+(?:\.align\s+\d+\s+)?\.[a-z]+(\d+)\s+([\w$]+)(?:\[(\d+)\])?\s*;)");
  std::map<std::string, unsigned, std::less<>> bytes;
  for_each(".shared", ptx, [&](std::size_t at) {
    Text d;
    if (!matches(ptx.substr(at), declaration, d)) return;  // dynamic, or an instruction
    bytes[d[2]] = static_cast<unsigned>(std::stoul(d[1]) / 8 * (d[3].matched ? std::stoul(d[3]) : 1));
  });
  return bytes;
}

std::set<std::string_view> words(std::string_view text) {
  const auto in_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; };
  std::set<std::string_view> all;
  for (auto end = text.begin(); end != text.end();) {
    const auto begin = std::find_if(end, text.end(), in_word);
    end = std::find_if_not(begin, text.end(), in_word);
    all.emplace(begin, end);
  }
  return all;
}

std::vector<PtxEntry> entries(std::string_view ptx) {
  const auto shared = shared_variables(ptx);
  static const std::regex head(R"(\.entry\s+([\w$]+)\s*)");
  std::vector<PtxEntry> all;
  for_each(".entry", ptx, [&](std::size_t at) {
    Text name;
    if (!matches(ptx.substr(at), head, name)) return;
    PtxEntry& entry = all.emplace_back();
    entry.name = name[1];
    std::size_t after = at + static_cast<std::size_t>(name.length());
    if (after < ptx.size() && ptx[after] == '(') {
      const std::string_view list = bracketed(ptx, after);
      entry.parameters = parameters(list);
      after += list.size() + 2;
    }
    const std::size_t open = ptx.find('{', after);
    if (open == ptx.npos) throw Refusal{invalid_ptx, entry.name + " has no body"};
    Text bounds;
    if (find(ptx.substr(after, open - after), R"(\.(?:max|req)ntid\s+(\d+)(?:\s*,\s*(\d+))?(?:\s*,\s*(\d+))?)", bounds)) {
      entry.max_threads = 1;
      for (int i = 1; i <= 3; ++i) entry.max_threads *= bounds[i].matched ? static_cast<unsigned>(std::stoul(bounds[i])) : 1;
    }
    if (shared.empty()) return;
    for (const std::string_view word : words(bracketed(ptx, open))) {
      if (const auto variable = shared.find(word); variable != shared.end()) entry.shared += variable->second;
    }
  });
  return all;
}

}  // namespace

// ---- twins ------------------------------------------------------------------------------------------------------------------------

SharedLayout::SharedLayout(const std::string& file) {
  const std::string elf = contents(file);
  const auto* header = at<ElfW(Ehdr)>(elf, 0);
  const auto* sections = at<ElfW(Shdr)>(elf, header->e_shoff);
  struct Symbol { std::size_t linked, bytes; };
  std::vector<Symbol> symbols;
  for (int s = 0; s < header->e_shnum; ++s) {
    if (sections[s].sh_type != SHT_SYMTAB) continue;
    const auto* first = at<ElfW(Sym)>(elf, sections[s].sh_offset);
    for (const auto* symbol = first; symbol < first + sections[s].sh_size / sizeof *symbol; ++symbol) {
      if (ELF64_ST_TYPE(symbol->st_info) == STT_TLS && symbol->st_size > 0) symbols.push_back({symbol->st_value, symbol->st_size});
    }
  }
  std::ranges::sort(symbols, {}, &Symbol::linked);
  for (const auto& [linked, bytes] : symbols) {
    variables_.push_back({bytes_, bytes});
    places_.resize(linked + bytes);
    for (std::size_t i = 0; i < bytes; ++i) places_[linked + i] = static_cast<std::uint32_t>(bytes_ + i);
    bytes_ = (bytes_ + bytes + gap - 1) / gap * gap + gap;
  }
}

void Twin::Range::include(const char* from, const char* to) {
  begin = begin == nullptr ? from : std::min(begin, from);
  end = std::max(end, to);
}

Twin::Twin(const std::string& file) : library_(dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
  if (library_ == nullptr) throw Refusal{no_binary_for_gpu, text("%s: %s", file.c_str(), dlerror())};
  shared_ = SharedLayout(file);
  link_map* map = nullptr;
  dlinfo(library_, RTLD_DI_LINKMAP, &map);
  struct Search { ElfW(Addr) base; Twin* twin; } search{map->l_addr, this};
  dl_iterate_phdr([](dl_phdr_info* image, std::size_t, void* argument) {
    auto [base, twin] = *static_cast<Search*>(argument);
    if (image->dlpi_addr != base) return 0;
    for (int i = 0; i < image->dlpi_phnum; ++i) {
      const auto& segment = image->dlpi_phdr[i];
      if (segment.p_type != PT_LOAD) continue;
      const auto* begin = reinterpret_cast<const char*>(base + segment.p_vaddr);
      twin->constants_.include(begin, begin + segment.p_memsz);
      if ((segment.p_flags & PF_W) != 0) twin->variables_.include(begin, begin + segment.p_memsz);
    }
    return 1;
  }, &search);
}

Twin::~Twin() { dlclose(library_); }

const Entry* Twin::entry(const std::string& name) const {
  return static_cast<const Entry*>(dlsym(library_, ("galvani_entry_" + name).c_str()));
}

Twin::Variable Twin::find(const std::string& variable) const {
  void* address = dlsym(library_, variable.c_str());
  Dl_info info;
  void* symbol = nullptr;
  if (!variables_.holds(address) && !constants_.holds(address)) return {};
  if (dladdr1(address, &info, &symbol, RTLD_DL_SYMENT) == 0 || symbol == nullptr) return {};
  return {address, static_cast<const ElfW(Sym)*>(symbol)->st_size};
}

std::unique_ptr<Module> load(std::string_view ptx) {
  Text found;
  if (!find(ptx, R"(^// galvani: (\w+)\n)", found) || found.position() != 0) {
    throw Refusal{invalid_ptx, "the first line of the PTX does not name its kernel: // galvani: NAME"};
  }
  auto module = std::make_unique<Module>();
  module->name = found[1];
  const std::string name = module->name + ".ptx: ";
  if (!find(ptx, R"(^\.version\s+(\d)\.(\d))", found)) throw Refusal{invalid_ptx, name + "it has no .version"};
  if (std::stoi(found[1]) * 10 + std::stoi(found[2]) > newest_ptx) {
    throw Refusal{unsupported_ptx_version, name + "PTX " + found.str() + " is newer than 8.0"};
  }
  if (!find(ptx, R"(^\.target\s+sm_(\d+))", found)) throw Refusal{invalid_ptx, name + "it has no .target"};
  if (std::stoi(found[1]) > settings().compute_capability) {
    throw Refusal{no_binary_for_gpu, name + "it is for sm_" + found.str(1) + text(", the device is sm_%d", settings().compute_capability)};
  }
  const std::string folder = settings().kernels + (settings().check ? "/checked" : "");
  module->twin = std::make_unique<Twin>(folder + "/" + module->name + ".so");
  for (const PtxEntry& entry : entries(ptx)) {
    const Entry* twin = module->twin->entry(entry.name);
    if (twin == nullptr) {
      throw Refusal{no_binary_for_gpu, name + "its twin has no " + entry.name + ": end the .cu with GALVANI_KERNEL(" + entry.name + ")"};
    }
    const bool alike = std::equal(entry.parameters.begin(), entry.parameters.end(), twin->parameters, twin->parameters + twin->count,
                                  [](std::uint32_t bytes, const Parameter& p) { return bytes == p.bytes; });
    if (!alike) throw Refusal{no_binary_for_gpu, name + entry.name + " and its twin have different parameters: make both anew"};
    module->kernels[entry.name] = {entry.name, module->twin.get(), twin, std::min(entry.max_threads, most_threads), entry.shared,
                                   shared_unasked - std::min(shared_unasked, entry.shared), module.get()};
  }
  return module;
}

}  // namespace galvani::emulator
