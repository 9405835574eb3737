// Streams, events and graphs.
#include <algorithm>
#include <utility>

#include "emulator/driver.h"
#include "emulator/report.h"

namespace galvani::emulator {
namespace {

constexpr unsigned non_blocking = 1;    // CU_STREAM_NON_BLOCKING
constexpr unsigned without_timing = 2;  // CU_EVENT_DISABLE_TIMING

void* const legacy = reinterpret_cast<void*>(1);  // CU_STREAM_LEGACY, the default stream by another name

// Refuses for the default stream what would have it wait for a stream that is captured.
void refuse_implicit(Context& context) {
  for (const auto& s : context.streams) {
    if (s->capture == nullptr || !s->blocking) continue;
    s->capture_failed = true;
    throw Refusal{capture_implicit, "the default stream would wait for a stream that is being captured"};
  }
}

void refuse_capturing(Stream& stream, const char* what) {
  if (stream.capture == nullptr) return;
  stream.capture_failed = true;
  throw Refusal{capture_unsupported, what + std::string(" of a stream that is being captured")};
}

std::shared_ptr<Event> event(const Context& context, void* handle) {
  auto found = driver().events.get(handle);
  if (found->context != &context) throw Refusal{invalid_context, "an event of another context"};
  return found;
}

}  // namespace

std::shared_ptr<Stream> stream(Context& context, void* handle) {
  if (handle == nullptr || handle == legacy) return context.standard;
  auto found = driver().streams.get(handle);
  if (found->context != &context) throw Refusal{invalid_context, "a stream of another context"};
  return found;
}

void put(Stream& into, Work work, std::vector<Position> after) {
  if (into.capture != nullptr) {
    into.capture->steps.push_back(std::move(work));
    return;
  }
  Context& context = *into.context;
  if (&into == context.standard.get()) {
    refuse_implicit(context);
    for (const auto& s : context.streams) {
      if (s->blocking && s.get() != &into) after.push_back({s, s->put});
    }
  } else if (into.blocking) {
    after.push_back({context.standard, context.standard->put});
  }
  into.queue.push_back({std::move(work), std::move(after)});
  ++into.put;
}

bool advance(Stream& stream) {
  if (stream.queue.empty()) return false;
  Stream::Item item = std::move(stream.queue.front());
  stream.queue.pop_front();
  for (const Position& p : item.after) finish(p);
  ++stream.done;
  if (stream.context->lost != success) return true;
  try {
    item.work();
  } catch (const Refusal& failure) {
    stream.context->lost = failure.status;
    throw;
  }
  return true;
}

void finish(const Position& until) {
  while (until.stream->done < until.count && advance(*until.stream)) {}
}

void finish(Stream& stream) {
  while (advance(stream)) {}
}

// Items of different streams in an order drawn anew: what should have waited for an event shows.
void finish(Context& context) {
  for (;;) {
    std::vector<Stream*> waiting;
    for (const auto& s : context.streams) {
      if (!s->queue.empty()) waiting.push_back(s.get());
    }
    if (waiting.empty()) break;
    advance(*waiting[driver().random.below(waiting.size())]);
  }
  // Streams that were destroyed with work left, which is done now.
  std::erase_if(context.streams, [](const auto& s) { return s.use_count() == 1; });
}

void finish_standard(Context& context) {
  put(*context.standard, [] {});
  finish(*context.standard);
}

}  // namespace galvani::emulator

using namespace galvani::emulator;

// ---- streams --------------------------------------------------------------------------------------------------------

CUresult cuStreamCreate(CUstream* handle, unsigned flags) {
  return call("cuStreamCreate", [&](Context& c) {
    if (flags > non_blocking) throw Refusal{invalid_value, text("flags %u", flags)};
    auto made = std::make_shared<Stream>(Stream{.context = &c, .blocking = flags != non_blocking});
    c.streams.push_back(made);
    given(handle) = driver().streams.add(std::move(made));
  });
}

CUresult cuStreamCreateWithPriority(CUstream* handle, unsigned flags, int) { return cuStreamCreate(handle, flags); }

CUresult cuStreamDestroy_v2(CUstream handle) {
  return call("cuStreamDestroy", [&](Context& c) {
    refuse_capturing(*stream(c, handle), "destruction");
    driver().streams.take(handle);  // its work goes on: it is destroyed once that is done
  });
}

CUresult cuStreamSynchronize(CUstream handle) {
  return call("cuStreamSynchronize", [&](Context& c) {
    const auto s = stream(c, handle);
    refuse_capturing(*s, "synchronisation");
    if (s == c.standard) {
      finish_standard(c);
    } else {
      finish(*s);
    }
  });
}

// Each question brings the stream one step on.
CUresult cuStreamQuery(CUstream handle) {
  return call("cuStreamQuery", [&](Context& c) {
    const auto s = stream(c, handle);
    refuse_capturing(*s, "a query");
    if (advance(*s)) throw Refusal{not_ready, ""};
  });
}

CUresult cuStreamWaitEvent(CUstream handle, CUevent of, unsigned) {
  return call("cuStreamWaitEvent", [&](Context& c) {
    const auto s = stream(c, handle);
    refuse_capturing(*s, "waiting for an event");  // a graph's dependencies are not emulated: it is done in the order it was recorded
    if (const auto mark = event(c, of)->mark) put(*s, [] {}, {mark->position});
  });
}

// ---- events ---------------------------------------------------------------------------------------------------------

CUresult cuEventCreate(CUevent* handle, unsigned flags) {
  return call("cuEventCreate", [&](Context& c) {
    given(handle) = driver().events.add(std::make_shared<Event>(Event{.context = &c, .timed = (flags & without_timing) == 0}));
  });
}

CUresult cuEventDestroy_v2(CUevent handle) {
  return call("cuEventDestroy", [&](Context& c) {
    event(c, handle);
    driver().events.take(handle);
  });
}

CUresult cuEventRecord(CUevent handle, CUstream in) {
  return call("cuEventRecord", [&](Context& c) {
    const auto e = event(c, handle);
    const auto s = stream(c, in);
    refuse_capturing(*s, "an event");
    auto mark = std::make_shared<Mark>();
    put(*s, [mark] {
      mark->reached = true;
      mark->time = std::chrono::steady_clock::now();
    });
    mark->position = {s, s->put};
    e->mark = std::move(mark);
  });
}

CUresult cuEventSynchronize(CUevent handle) {
  return call_at_once("cuEventSynchronize", [&](Context& c) {
    if (const auto mark = event(c, handle)->mark) finish(mark->position);
  });
}

CUresult cuEventQuery(CUevent handle) {
  return call("cuEventQuery", [&](Context& c) {
    const auto mark = event(c, handle)->mark;
    if (mark == nullptr || mark->reached) return;
    advance(*mark->position.stream);
    throw Refusal{not_ready, ""};
  });
}

CUresult cuEventElapsedTime(float* milliseconds, CUevent from, CUevent to) {
  return call("cuEventElapsedTime", [&](Context& c) {
    const auto a = event(c, from), b = event(c, to);
    if (!a->timed || !b->timed) throw Refusal{invalid_handle, "an event that was made without timing"};
    if (a->mark == nullptr || b->mark == nullptr) throw Refusal{invalid_handle, "an event that was not recorded"};
    if (!a->mark->reached || !b->mark->reached) throw Refusal{not_ready, ""};
    given(milliseconds) = std::chrono::duration<float, std::milli>(b->mark->time - a->mark->time).count();
  });
}

// ---- graphs ---------------------------------------------------------------------------------------------------------

CUresult cuStreamBeginCapture_v2(CUstream handle, int mode) {
  return call("cuStreamBeginCapture", [&](Context& c) {
    const auto s = stream(c, handle);
    if (s == c.standard) throw Refusal{capture_unsupported, "the default stream"};
    if (s->capture != nullptr) throw Refusal{illegal_state, "the stream is being captured already"};
    if (mode < 0 || mode > 2) throw Refusal{invalid_value, text("mode %d", mode)};
    s->capture = std::make_shared<Graph>(Graph{&c, {}});
    s->capture_failed = false;
    s->mode = static_cast<CaptureMode>(mode);
    s->capturing = std::this_thread::get_id();
  });
}

CUresult cuStreamEndCapture(CUstream handle, CUgraph* graph) {
  return call("cuStreamEndCapture", [&](Context& c) {
    const auto s = stream(c, handle);
    if (s->capture == nullptr) throw Refusal{illegal_state, "the stream is not being captured"};
    const auto recorded = std::exchange(s->capture, nullptr);
    given(graph) = nullptr;
    if (s->capture_failed) throw Refusal{capture_invalidated, "a call that a capture does not permit was made meanwhile"};
    *graph = driver().graphs.add(recorded);
  });
}

CUresult cuStreamIsCapturing(CUstream handle, int* status) {
  return call("cuStreamIsCapturing", [&](Context& c) {
    const auto s = stream(c, handle);
    given(status) = s->capture == nullptr ? 0 : s->capture_failed ? 2 : 1;
  });
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec* executable, CUgraph graph, unsigned long long) {
  return call("cuGraphInstantiate", [&](Context& c) {
    given(executable) = driver().executables.add(std::make_shared<Executable>(Executable{&c, driver().graphs.get(graph)->steps}));
  });
}

CUresult cuGraphLaunch(CUgraphExec executable, CUstream in) {
  return call("cuGraphLaunch", [&](Context& c) {
    const auto s = stream(c, in);
    const auto graph = driver().executables.get(executable);
    if (graph->context != &c) throw Refusal{invalid_context, "a graph of another context"};
    for (const Work& step : graph->steps) put(*s, step);
  });
}

CUresult cuGraphDestroy(CUgraph graph) {
  return call("cuGraphDestroy", [&](Context&) { driver().graphs.take(graph); });
}

CUresult cuGraphExecDestroy(CUgraphExec executable) {
  return call("cuGraphExecDestroy", [&](Context&) { driver().executables.take(executable); });
}
