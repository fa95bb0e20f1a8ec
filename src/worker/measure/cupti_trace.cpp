#include "worker/measure/cupti_trace.h"

#include <cupti.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string>
#include <utility>

namespace gemmtune::measure {

namespace {

#if CUPTI_API_VERSION >= 130000
using CuptiKernel = CUpti_ActivityKernel10;
#else
using CuptiKernel = CUpti_ActivityKernel9;
#endif

constexpr auto kLaunchKind = CUPTI_EXTERNAL_CORRELATION_KIND_CUSTOM0;

/// Launches are tied to kernels through the API calls between them, so these are recorded too. Memsets are
/// not: the flush would be one.
constexpr CUpti_ActivityKind kKinds[] = {CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION,
                                         CUPTI_ACTIVITY_KIND_RUNTIME, CUPTI_ACTIVITY_KIND_DRIVER,
                                         CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL};

/// Thousands of records: more than a round makes.
constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

void check(CUptiResult result, const char* what) {
  if (result == CUPTI_SUCCESS) return;
  const char* name = nullptr;
  cuptiGetResultString(result, &name);
  throw CuptiError(std::string(what) + ": " + (name == nullptr ? "unknown error" : name) +
                   (result == CUPTI_ERROR_MULTIPLE_SUBSCRIBERS_NOT_SUPPORTED
                        ? " (is this under a profiler or a sanitizer?)"
                        : ""));
}

/// What has been delivered; CUPTI delivers from a thread of its own too.
struct Inbox {
  std::mutex mutex;
  CuptiRecords records;
};

Inbox& inbox() {
  static Inbox box;
  return box;
}

void append(CuptiRecords& records, const CUpti_Activity* activity) {
  if (activity->kind == CUPTI_ACTIVITY_KIND_EXTERNAL_CORRELATION) {
    const auto* record = reinterpret_cast<const CUpti_ActivityExternalCorrelation*>(activity);
    if (record->externalKind == kLaunchKind)
      records.launches.push_back({record->correlationId, record->externalId});
  } else if (activity->kind == CUPTI_ACTIVITY_KIND_CONCURRENT_KERNEL) {
    const auto* record = reinterpret_cast<const CuptiKernel*>(activity);
    records.kernels.push_back({record->correlationId, record->start, record->end, record->name});
  }
}

/// A buffer that cannot be had (size 0) costs records, which CUPTI counts as dropped.
void CUPTIAPI give_buffer(std::uint8_t** buffer, std::size_t* bytes, std::size_t* most_records) {
  *buffer = static_cast<std::uint8_t*>(std::malloc(kBufferBytes));
  *bytes = *buffer == nullptr ? 0 : kBufferBytes;
  *most_records = 0;  // as many as fit
}

void CUPTIAPI take_buffer(CUcontext context, std::uint32_t stream, std::uint8_t* buffer, std::size_t,
                          std::size_t valid_bytes) {
  const std::lock_guard lock(inbox().mutex);
  CuptiRecords& records = inbox().records;
  CUpti_Activity* activity = nullptr;
  CUptiResult result = CUPTI_SUCCESS;
  while (valid_bytes > 0 &&
         (result = cuptiActivityGetNextRecord(buffer, valid_bytes, &activity)) == CUPTI_SUCCESS)
    append(records, activity);
  if (result != CUPTI_SUCCESS && result != CUPTI_ERROR_MAX_LIMIT_REACHED) ++records.lost;
  std::size_t dropped = 0;
  if (cuptiActivityGetNumDroppedRecords(context, stream, &dropped) == CUPTI_SUCCESS) records.lost += dropped;
  std::free(buffer);
}

void CUPTIAPI ignore(void*, CUpti_CallbackDomain, CUpti_CallbackId, const void*) {}

void disable_all() {
  for (const CUpti_ActivityKind kind : kKinds) cuptiActivityDisable(kind);
}

}  // namespace

CuptiTrace::CuptiTrace() {
  check(cuptiActivityRegisterCallbacks(give_buffer, take_buffer), "cuptiActivityRegisterCallbacks");
  try {
    for (const CUpti_ActivityKind kind : kKinds) check(cuptiActivityEnable(kind), "cuptiActivityEnable");
  } catch (const CuptiError&) {
    disable_all();
    throw;
  }
}

CuptiTrace::~CuptiTrace() {
  disable_all();
  cuptiActivityFlushAll(CUPTI_ACTIVITY_FLAG_FLUSH_FORCED);
  const std::lock_guard lock(inbox().mutex);
  inbox().records = {};
}

CuptiRecords CuptiTrace::take() {
  check(cuptiActivityFlushAll(0), "cuptiActivityFlushAll");
  const std::lock_guard lock(inbox().mutex);
  return std::exchange(inbox().records, {});
}

bool cupti_works() {
  // Some versions refuse a second client only here, and then record nothing.
  CUpti_SubscriberHandle subscriber = nullptr;
  if (cuptiSubscribe(&subscriber, ignore, nullptr) != CUPTI_SUCCESS) return false;
  cuptiUnsubscribe(subscriber);
  try {
    const CuptiTrace trace;
    return true;
  } catch (const CuptiError&) {
    return false;
  }
}

CuptiLaunch::CuptiLaunch() {
  static std::atomic<std::uint64_t> last_id = 0;
  id_ = ++last_id;
  check(cuptiActivityPushExternalCorrelationId(kLaunchKind, id_), "cuptiActivityPushExternalCorrelationId");
}

CuptiLaunch::~CuptiLaunch() {
  cuptiActivityPopExternalCorrelationId(kLaunchKind, nullptr);
}

}  // namespace gemmtune::measure
