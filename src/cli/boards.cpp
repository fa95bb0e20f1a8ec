#include "cli/boards.h"

#include "cli/log.h"
#include "cli/run_folder.h"
#include "core/same_machine.h"
#include "util/error.h"
#include "util/text.h"
#include "workers/traced_worker.h"

#include <algorithm>
#include <set>
#include <utility>

namespace gemmtune::cli {

namespace {

constexpr const char* kAll = "all";
constexpr std::size_t kMostBoards = 64;

/// `sim:h100-sxm*2` as its device and number; the number is 0 where it cannot be understood.
std::pair<std::string, std::size_t> repeated(const std::string& word) {
  const auto star = word.find('*');
  if (star == std::string::npos) return {word, 1};
  std::size_t count = 0;
  const bool fits =
      word.starts_with("sim:") && parse_whole(word.substr(star + 1), count) && count <= kMostBoards;
  return {word.substr(0, star), fits ? count : 0};
}

std::string complaint_about_devices(const std::string& text) {
  if (text == kAll) return "";
  const std::vector<std::string> words = split(text, ',');
  std::set<std::string> known;
  for (const std::string& word : words) {
    const auto [device, count] = repeated(word);
    if (count == 0)
      return "expected a simulated board and how often, as sim:h100-sxm*2, not \"" + printable(word) + "\"";
    if (std::string complaint = complaint_about_device(device); !complaint.empty())
      return complaint + (words.size() == 1 ? ", or all, or several with commas between" : "");
    if (!known.insert(device).second) return "\"" + printable(device) + "\" is named twice";
  }
  return "";
}

/// One board each.
std::vector<MachineOptions> devices_of(const MachineOptions& options) {
  std::vector<MachineOptions> devices;
  for (const std::string& word : split(options.device, ',')) {
    const auto [device, count] = repeated(word);
    for (std::size_t i = 0; i < count; ++i) {
      MachineOptions one = options;
      one.device = device;
      if (count > 1) one.simulated_uuid = "SIM-" + std::to_string(i);
      devices.push_back(std::move(one));
    }
  }
  return devices;
}

std::string name_of(const MachineOptions& options) {
  const std::string& which = options.simulated_uuid.empty() ? options.device : options.simulated_uuid;
  return (options.device.starts_with("sim:") || options.device == "auto" ? "" : "GPU ") + which;
}

struct Opened {
  Board board;
  workers::WorkerFactory compilers;
};

/// Every GPU on which the kernels run.
std::vector<Opened> open_all(const MachineOptions& options) {
  std::vector<Opened> opened;
  for (int i = 0; i < visible_device_count(); ++i) {
    MachineOptions one = options;
    one.device = std::to_string(i);
    Machine machine = open_machine(one);
    auto environment = machine.device->describe();
    if (!environment || environment->sms == 0) break;  // so it is where there is no such number
    if (environment->cc_major != 9 || environment->cc_minor != 0)
      log_warn("GPU {} ({}) is left out: it cannot run these kernels", i, environment->device);
    else
      opened.push_back({{name_of(one), std::move(machine.device), *environment, 0}, machine.compilers});
  }
  if (opened.empty()) {
    MachineOptions first = options;
    first.device = "0";
    require_gpu(*open_machine(first).device);
    throw UserError("no GPU here can run these kernels; --device sim:h100-sxm simulates one", kExitNoGpu);
  }
  return opened;
}

std::vector<Opened> open_named(const MachineOptions& options) {
  std::vector<Opened> opened;
  for (const MachineOptions& one : devices_of(options)) {
    Machine machine = open_machine(one);
    const Environment environment = require_gpu(*machine.device);
    opened.push_back({{name_of(one), std::move(machine.device), environment, 0}, machine.compilers});
  }
  return opened;
}

}  // namespace

Option& add_devices_option(Command& command, MachineOptions& options) {
  std::vector<std::string> words = device_words();
  words.emplace_back(kAll);
  return command
      .option(
          "--device", options.device,
          "number of the GPU, or several (0,1), or all of this host: each problem is swept by one of them; "
          "sim:h100-sxm: a model of that board, where there is none (sim:h100-sxm*2: two); auto: a GPU if "
          "there is one, else the model")
      .type_name("N")
      .suggests(words)
      .environment("GEMMTUNE_DEVICE")
      .check(complaint_about_devices);
}

void trace_boards(Boards& boards, workers::Trace& trace) {
  for (Board& board : boards.boards) {
    board.lane = trace.lane(board.name);
    board.worker = std::make_unique<workers::TracedWorker>(std::move(board.worker), trace, board.lane);
  }
  boards.compilers = [make = boards.compilers, &trace]() -> std::unique_ptr<Worker> {
    return std::make_unique<workers::TracedWorker>(make(), trace, trace.lane("compiler"));
  };
}

std::vector<Boards> open_boards(const MachineOptions& options) {
  std::vector<Boards> kinds;
  for (Opened& opened : options.device == kAll ? open_all(options) : open_named(options)) {
    const auto alike = [&](const Boards& kind) {
      return unlike_kinds(kind.boards.front().environment, opened.board.environment).empty();
    };
    auto kind = std::ranges::find_if(kinds, alike);
    if (kind == kinds.end()) kind = kinds.insert(kinds.end(), {{}, opened.compilers});
    kind->boards.push_back(std::move(opened.board));
  }
  return kinds;
}

std::string names_of(const std::vector<Board>& boards) {
  std::vector<std::string> names;
  for (const Board& board : boards) names.push_back(board.name);
  return boards.front().environment.device + (names.size() > 1 ? " (" + join(names, ", ") + ")" : "");
}

std::string slug_of_kind(const Environment& environment, std::size_t index) {
  return device_slug(environment.device) + "-" + std::to_string(index + 1);
}

}  // namespace gemmtune::cli
