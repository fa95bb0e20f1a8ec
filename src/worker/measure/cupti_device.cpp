#include "worker/measure/cupti_device.h"

namespace gemmtune::measure {

void CuptiDevice::start(std::size_t i) {
  launches_.resize(i);  // drops those of an earlier round
}

void CuptiDevice::launch(std::size_t i) {
  const CuptiLaunch scope;
  launches_.push_back(scope.id());
  HeldStream::launch(i);
}

void CuptiDevice::synchronise() {
  HeldStream::synchronise();
  durations_us_ = durations_us(trace_.take(), launches_);
}

}  // namespace gemmtune::measure
