// The quantisers as a folder for other programs (gemmtune.quantisers/1): cubins, and an index that says of
// each how it is launched.
#pragma once

#include "core/quantise.h"
#include "export/bundle.h"
#include "export/source.h"

#include <string>
#include <utility>
#include <vector>

namespace gemmtune::exports {

/// The files: index.json, and a cubin for each kind.
Files export_quantisers(const std::vector<std::pair<QuantiserKind, BundleCubin>>& cubins);

}  // namespace gemmtune::exports
