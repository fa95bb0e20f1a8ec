// Core values <-> JSON. The only header of core that knows the JSON library; include it in few .cpp files.
// from_json here reads what this tool wrote (unknown keys are ignored); files that people write go through
// input/.
#pragma once

#include "core/json.h"
#include "core/messages.h"
#include "core/row.h"
#include "core/run.h"

namespace gemmtune {

Json to_json(const Problem& problem);
Json to_json(const Config& config);
Json to_json(const Environment& environment);
Json to_json(const Policy& policy);
Json to_json(const Row& row);
Json to_json(const RunHeader& header);
Json to_json(const RunEnd& end);
Json to_json(const GpuTime& time);

Json to_json(const CompileRequest& request);
Json to_json(const CompileReport& report);
Json to_json(const PrepareRequest& request);
Json to_json(const PrepareReport& report);
Json to_json(const Contender& contender);
Json to_json(const Baseline& baseline);
Json to_json(const VerifyRequest& request);
Json to_json(const Verdict& verdict);
Json to_json(const MeasureRequest& request);
Json to_json(const MeasureReport& report);
Json to_json(const CountRequest& request);
Json to_json(const CountReport& report);
Json to_json(const Counters& counters);
Json to_json(const ProfileRequest& request);
Json to_json(const CeilingsRequest& request);
Json to_json(const CeilingsReport& report);
Json to_json(const Ceiling& ceiling);
Json to_json(const QuantiseRequest& request);
Json to_json(const QuantiseReport& report);
Json to_json(const Failure& failure);

/// Every `from_json<T>` throws std::runtime_error with the key when a member is missing or of the wrong type.
template <typename T>
T from_json(const Json& json);

template <>
Problem from_json(const Json& json);
template <>
Config from_json(const Json& json);
template <>
Environment from_json(const Json& json);
template <>
Policy from_json(const Json& json);
template <>
Row from_json(const Json& json);
template <>
RunHeader from_json(const Json& json);
template <>
RunEnd from_json(const Json& json);
template <>
GpuTime from_json(const Json& json);
template <>
CompileRequest from_json(const Json& json);
template <>
CompileReport from_json(const Json& json);
template <>
PrepareRequest from_json(const Json& json);
template <>
PrepareReport from_json(const Json& json);
template <>
Contender from_json(const Json& json);
template <>
Baseline from_json(const Json& json);
template <>
VerifyRequest from_json(const Json& json);
template <>
Verdict from_json(const Json& json);
template <>
MeasureRequest from_json(const Json& json);
template <>
MeasureReport from_json(const Json& json);
template <>
CountRequest from_json(const Json& json);
template <>
CountReport from_json(const Json& json);
template <>
Counters from_json(const Json& json);
template <>
ProfileRequest from_json(const Json& json);
template <>
CeilingsRequest from_json(const Json& json);
template <>
CeilingsReport from_json(const Json& json);
template <>
Ceiling from_json(const Json& json);
template <>
QuantiseRequest from_json(const Json& json);
template <>
QuantiseReport from_json(const Json& json);
template <>
Failure from_json(const Json& json);

}  // namespace gemmtune
