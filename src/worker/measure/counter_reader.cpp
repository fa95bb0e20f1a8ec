#include "worker/measure/counter_reader.h"

#include "worker/gpu/check.h"
#include "worker/gpu/device.h"

#include <cupti_profiler_target.h>
#include <cupti_range_profiler.h>
#include <cupti_target.h>

#include <cmath>

namespace gemmtune::measure {

namespace {

/// So many launches for one set of counters are a loop that does not end.
constexpr int kMostPasses = 100;

std::string chip_name() {
  CUpti_Device_GetChipName_Params params{};
  params.structSize = CUpti_Device_GetChipName_Params_STRUCT_SIZE;
  params.deviceIndex = 0;
  check(cuptiDeviceGetChipName(&params), "cuptiDeviceGetChipName");
  return params.pChipName;
}

/// Where the privilege is missing, this call says so.
Image counters_available(CUcontext context) {
  CUpti_Profiler_GetCounterAvailability_Params params{};
  params.structSize = CUpti_Profiler_GetCounterAvailability_Params_STRUCT_SIZE;
  params.ctx = context;
  check(cuptiProfilerGetCounterAvailability(&params), "cuptiProfilerGetCounterAvailability");
  Image image(params.counterAvailabilityImageSize);
  params.pCounterAvailabilityImage = image.data();
  check(cuptiProfilerGetCounterAvailability(&params), "cuptiProfilerGetCounterAvailability");
  image.resize(params.counterAvailabilityImageSize);
  return image;
}

/// While it lives the context's launches can be counted. One range a pass, named by us, launched again for
/// each pass: the caller brings the caches into their state, which CUPTI's own replay would not.
class RangeProfiler {
 public:
  RangeProfiler(CUcontext context, const Image& config, const std::vector<const char*>& metrics) {
    CUpti_RangeProfiler_Enable_Params enable{};
    enable.structSize = CUpti_RangeProfiler_Enable_Params_STRUCT_SIZE;
    enable.ctx = context;
    check(cuptiRangeProfilerEnable(&enable), "cuptiRangeProfilerEnable");
    object_ = enable.pRangeProfilerObject;
    try {
      make_room(metrics);
      set(config);
    } catch (const CounterError&) {
      disable();
      throw;
    }
  }
  ~RangeProfiler() { disable(); }
  RangeProfiler(const RangeProfiler&) = delete;
  RangeProfiler& operator=(const RangeProfiler&) = delete;

  void start() {
    CUpti_RangeProfiler_Start_Params start{};
    start.structSize = CUpti_RangeProfiler_Start_Params_STRUCT_SIZE;
    start.pRangeProfilerObject = object_;
    check(cuptiRangeProfilerStart(&start), "cuptiRangeProfilerStart");
    CUpti_RangeProfiler_PushRange_Params push{};
    push.structSize = CUpti_RangeProfiler_PushRange_Params_STRUCT_SIZE;
    push.pRangeProfilerObject = object_;
    push.pRangeName = "launch";
    check(cuptiRangeProfilerPushRange(&push), "cuptiRangeProfilerPushRange");
  }

  /// True when that was the last pass.
  bool stop() {
    CUpti_RangeProfiler_PopRange_Params pop{};
    pop.structSize = CUpti_RangeProfiler_PopRange_Params_STRUCT_SIZE;
    pop.pRangeProfilerObject = object_;
    check(cuptiRangeProfilerPopRange(&pop), "cuptiRangeProfilerPopRange");
    CUpti_RangeProfiler_Stop_Params stop{};
    stop.structSize = CUpti_RangeProfiler_Stop_Params_STRUCT_SIZE;
    stop.pRangeProfilerObject = object_;
    check(cuptiRangeProfilerStop(&stop), "cuptiRangeProfilerStop");
    return stop.isAllPassSubmitted != 0;
  }

  /// What was counted, of one range.
  const Image& counted() {
    CUpti_RangeProfiler_DecodeData_Params decode{};
    decode.structSize = CUpti_RangeProfiler_DecodeData_Params_STRUCT_SIZE;
    decode.pRangeProfilerObject = object_;
    check(cuptiRangeProfilerDecodeData(&decode), "cuptiRangeProfilerDecodeData");
    CUpti_RangeProfiler_GetCounterDataInfo_Params info{};
    info.structSize = CUpti_RangeProfiler_GetCounterDataInfo_Params_STRUCT_SIZE;
    info.pCounterDataImage = counted_.data();
    info.counterDataImageSize = counted_.size();
    check(cuptiRangeProfilerGetCounterDataInfo(&info), "cuptiRangeProfilerGetCounterDataInfo");
    if (info.numTotalRanges != 1 || decode.numOfRangeDropped != 0)
      throw CounterError("CUPTI counted " + std::to_string(info.numTotalRanges) + " ranges instead of one");
    return counted_;
  }

 private:
  void make_room(const std::vector<const char*>& metrics) {
    CUpti_RangeProfiler_GetCounterDataSize_Params size{};
    size.structSize = CUpti_RangeProfiler_GetCounterDataSize_Params_STRUCT_SIZE;
    size.pRangeProfilerObject = object_;
    size.pMetricNames = const_cast<const char**>(metrics.data());
    size.numMetrics = metrics.size();
    size.maxNumOfRanges = 1;
    size.maxNumRangeTreeNodes = 1;
    check(cuptiRangeProfilerGetCounterDataSize(&size), "cuptiRangeProfilerGetCounterDataSize");
    counted_.resize(size.counterDataSize);
    CUpti_RangeProfiler_CounterDataImage_Initialize_Params initialize{};
    initialize.structSize = CUpti_RangeProfiler_CounterDataImage_Initialize_Params_STRUCT_SIZE;
    initialize.pRangeProfilerObject = object_;
    initialize.counterDataSize = counted_.size();
    initialize.pCounterData = counted_.data();
    check(cuptiRangeProfilerCounterDataImageInitialize(&initialize),
          "cuptiRangeProfilerCounterDataImageInitialize");
  }

  void set(const Image& config) {
    CUpti_RangeProfiler_SetConfig_Params params{};
    params.structSize = CUpti_RangeProfiler_SetConfig_Params_STRUCT_SIZE;
    params.pRangeProfilerObject = object_;
    params.configSize = config.size();
    params.pConfig = config.data();
    params.counterDataImageSize = counted_.size();
    params.pCounterDataImage = counted_.data();
    params.range = CUPTI_UserRange;
    params.replayMode = CUPTI_UserReplay;
    params.maxRangesPerPass = 1;
    params.numNestingLevels = 1;
    params.minNestingLevel = 1;
    params.passIndex = 0;
    params.targetNestingLevel = 1;
    check(cuptiRangeProfilerSetConfig(&params), "cuptiRangeProfilerSetConfig");
  }

  void disable() {
    CUpti_RangeProfiler_Disable_Params params{};
    params.structSize = CUpti_RangeProfiler_Disable_Params_STRUCT_SIZE;
    params.pRangeProfilerObject = object_;
    cuptiRangeProfilerDisable(&params);
  }

  CUpti_RangeProfiler_Object* object_ = nullptr;
  Image counted_;
};

}  // namespace

CounterReader::CounterReader() {
  CUpti_Profiler_Initialize_Params params{};
  params.structSize = CUpti_Profiler_Initialize_Params_STRUCT_SIZE;
  check(cuptiProfilerInitialize(&params), "cuptiProfilerInitialize");
  const std::string chip = chip_name();
  const Image available = counters_available(gpu::current_context());
  for (const CounterField& field : kCounterFields) {
    if (!can_count(chip, available, field.metric)) {
      unknown_.emplace_back(field.metric);
      continue;
    }
    fields_.push_back(field);
    metrics_.push_back(field.metric);
  }
  if (metrics_.empty()) throw CounterError("CUPTI knows none of them on this GPU (" + chip + ")");
  host_.emplace(chip, available);
  config_ = host_->configure(metrics_);
}

Counters CounterReader::read(const std::function<void()>& prepare, const std::function<void()>& launch) {
  RangeProfiler profiler(gpu::current_context(), config_, metrics_);
  for (int pass = 0;; ++pass) {
    if (pass == kMostPasses) throw CounterError("CUPTI wants more and more passes");
    prepare();
    profiler.start();
    launch();
    if (profiler.stop()) break;
  }
  const std::vector<double> values = host_->evaluate(profiler.counted(), metrics_);
  Counters counters;
  for (std::size_t i = 0; i < fields_.size(); ++i)
    if (std::isfinite(values[i])) counters.*fields_[i].value = values[i];
  return counters;
}

}  // namespace gemmtune::measure
