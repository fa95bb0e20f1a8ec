#include "worker/measure/cupti_device.h"

namespace gemmtune::measure {

void CuptiDevice::start(std::size_t i) {
  launches_.resize(i);  // drops those of an earlier round
  launches_.push_back(timed_.emplace().id());
}

void CuptiDevice::synchronise() {
  HeldStream::synchronise();
  traced_ = traced_launches(trace_.take(), launches_);
}

}  // namespace gemmtune::measure
