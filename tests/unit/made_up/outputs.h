// Every output of a folder of results, as the program makes it. Formats and views are those of the program: a
// new one is held to its tests as well.
#pragma once

#include "cli/app.h"
#include "cli/commands.h"
#include "export/formats.h"
#include "unit/made_up/made_up.h"
#include "util/atomic_file.h"
#include "util/error.h"
#include "util/text.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

namespace gemmtune::made_up {

namespace fs = std::filesystem;

/// What a command line left: its files one behind the other, or its complaint.
struct Output {
  std::string command;  ///< "report --format json"
  std::string text;
  std::string complaint;
};

/// The words that `option` of a command takes.
inline std::vector<std::string> words_of(cli::Run (*add)(cli::Command&), const char* option) {
  cli::Command command("command", "");
  add(command);
  return command.at(option).choices();
}

class Outputs : public testing::Test {
 protected:
  Outputs() {
    write_folder(scratch_ / "both", {"dense_1d2d", kKernel});
    write_folder(scratch_ / "alone", {kKernel});
    write_folder(scratch_ / "groups", {"dense_1d2d", kGroupedKernel});
    write_folder(scratch_ / "groups-slower", {"dense_1d2d", kGroupedKernel}, 1.5);
    write_folder(scratch_ / "both-slower", {"dense_1d2d", kKernel}, 1.5);
    write_folder(scratch_ / "alone-slower", {kKernel}, 1.5);
    fs::create_directories(scratch_ / "configs");
  }

  /// `command` of that folder, whose name stands for FOLDER, or with SLOWER of its like.
  Output run(const std::string& folder, const std::string& command) {
    Output output{command, "", ""};
    const fs::path out = scratch_ / "out";
    fs::remove_all(out);
    fs::create_directories(out);
    std::vector<std::string> arguments = {"gemmtune", "--quiet"};
    for (std::string word : split(command, ' ')) {
      if (word == "FOLDER") word = (scratch_ / folder).string();
      if (word == "SLOWER") word = (scratch_ / (folder + "-slower")).string();
      if (word == "CONFIGS") word = (scratch_ / "configs").string();
      arguments.push_back(std::move(word));
    }
    // A folder is made, a file written, and pictures want their format as its end.
    const std::string last = arguments.back();
    arguments.insert(arguments.end(), {"-o", (out / ("result." + last)).string()});
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    try {
      cli::run(static_cast<int>(argv.size()), argv.data());
    } catch (const UserError& error) {
      output.complaint = error.what();
    }
    std::vector<fs::path> files;
    for (const auto& file : fs::recursive_directory_iterator(out))
      if (file.is_regular_file()) files.push_back(file.path());
    std::ranges::sort(files);
    // The name of a file tells kernels apart too.
    for (const fs::path& file : files)
      output.text += file.filename().string() + "\n" + read_file(file) + "\n";
    return output;
  }

  /// Of every command that reads results, in every format and view that it has.
  std::vector<Output> outputs_of(const std::string& folder) {
    std::vector<Output> outputs;
    const auto add = [&](const std::string& command) { outputs.push_back(run(folder, command)); };
    for (const std::string& format : words_of(cli::add_report, "--format"))
      add("report FOLDER --format " + format);
    for (const std::string& view : words_of(cli::add_report, "--view"))
      for (const char* format : {"table", "md", "json", "jsonl", "csv"})
        add("report FOLDER --view " + view + " --format " + format);
    add("report FOLDER --roofline --format table");
    for (const std::string& format : words_of(cli::add_compare, "--format"))
      add("compare FOLDER SLOWER --format " + format);
    for (const std::string& format : words_of(cli::add_history, "--format"))
      add("history FOLDER SLOWER --series --format " + format);
    for (const exports::Format& format : exports::formats())
      // A bundle has a test of its own, and so has what is no text (cli/test_parquet.py).
      if (format.name != "parquet" && (format.write != nullptr || format.check != nullptr))
        add("export FOLDER " + std::string(format.check != nullptr ? "--configs CONFIGS " : "") +
            "--format " + std::string(format.name));
    return outputs;
  }

  /// The files of a command without the name that stands before the first.
  std::string only_file(const std::string& folder, const std::string& command) {
    const Output output = run(folder, command);
    EXPECT_EQ(output.complaint, "") << command;
    return output.text.substr(output.text.find('\n') + 1);
  }

  fixtures::ScratchFolder scratch_;
};

/// One blank for each run of them.
inline std::string on_one_line(const std::string& text) {
  return std::regex_replace(text, std::regex("\\s+"), " ");
}

inline bool has(const std::string& text, const std::string& word) {
  return text.find(word) != std::string::npos;
}

}  // namespace gemmtune::made_up
