// Messages between gemmtune and its worker: each kind either understands a JSON value, and then says the same
// again, or throws std::runtime_error. The first byte chooses the kind.
#include "core/serialise.h"
#include "fuzz.h"

using namespace gemmtune;

namespace {

template <typename Message>
void check(const Json& json) {
  std::string first;
  try {
    first = to_json(from_json<Message>(json)).dump();
  } catch (const std::runtime_error&) {
    return;
  }
  ensure(to_json(from_json<Message>(parse_json(first))).dump() == first, "it says the same again: " + first);
}

constexpr void (*kKinds[])(const Json&) = {
    check<Environment>,    check<CompileRequest>, check<CompileReport>,  check<PrepareRequest>,
    check<PrepareReport>,  check<Contender>,      check<Baseline>,       check<VerifyRequest>,
    check<Verdict>,        check<MeasureRequest>, check<MeasureReport>,  check<Failure>,
    check<Problem>,        check<Policy>,         check<ProfileRequest>, check<CeilingsRequest>,
    check<CeilingsReport>, check<CountRequest>,   check<CountReport>,    check<QuantiseRequest>,
    check<QuantiseReport>};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Json json = parse_json(fuzz::text_of(data + 1, size - 1));
  if (!json.is_discarded()) kKinds[data[0] % std::size(kKinds)](json);
  return 0;
}
