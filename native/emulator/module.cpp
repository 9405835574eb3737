#include "emulator/module.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "emulator/ptx.h"
#include "emulator/report.h"
#include "emulator/settings.h"
#include "emulator/status.h"

namespace galvani::emulator {
namespace {

constexpr unsigned shared_unasked = 48 << 10;  // bytes a block gets without cuFuncSetAttribute
constexpr std::string_view newest_ptx = "8.0";  // that R525 reads, as which the emulated driver poses

std::string contents(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

template <class T>
const T* at(const std::string& bytes, std::size_t offset) { return reinterpret_cast<const T*>(bytes.data() + offset); }

}  // namespace

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

std::unique_ptr<Module> load(std::string_view text_of_ptx) {
  const Ptx ptx = read_ptx(text_of_ptx);
  const std::string name = ptx.name + ".ptx: ";
  if (ptx.version.size() > newest_ptx.size() || (ptx.version.size() == newest_ptx.size() && ptx.version > newest_ptx)) {
    throw Refusal{unsupported_ptx_version, name + "PTX " + ptx.version + " is newer than " + std::string(newest_ptx)};
  }
  if (ptx.target > settings().compute_capability) {
    throw Refusal{no_binary_for_gpu, name + text("it is for sm_%d, the device is sm_%d", ptx.target, settings().compute_capability)};
  }
  const std::string folder = settings().kernels + (settings().check ? "/checked/" : "/");
  auto module = std::make_unique<Module>(Module{ptx.name, std::make_unique<Twin>(folder + ptx.name + ".so")});
  for (const PtxEntry& entry : ptx.entries) {
    const Entry* twin = module->twin->entry(entry.name);
    if (twin == nullptr) {
      throw Refusal{no_binary_for_gpu, name + "its twin has no " + entry.name + ": end the .cu with GALVANI_KERNEL(" + entry.name + ")"};
    }
    const bool alike = std::equal(entry.parameters.begin(), entry.parameters.end(), twin->parameters, twin->parameters + twin->count,
                                  [](std::uint32_t bytes, const Parameter& p) { return bytes == p.bytes; });
    if (!alike) throw Refusal{no_binary_for_gpu, name + entry.name + " and its twin have different parameters: make both anew"};
    const unsigned dynamic = shared_unasked - std::min(shared_unasked, entry.shared);
    module->kernels[entry.name] = {entry.name, module->twin.get(), twin, entry.max_threads, entry.shared, dynamic};
  }
  return module;
}

}  // namespace galvani::emulator
