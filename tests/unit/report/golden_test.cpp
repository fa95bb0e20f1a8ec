// The whole outputs, as files under tests/golden/. GEMMTUNE_UPDATE_GOLDEN=1 writes them anew.
#include "fixtures/reports.h"
#include "report/json.h"
#include "report/markdown.h"
#include "report/terminal.h"
#include "util/atomic_file.h"
#include "util/text.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace gemmtune::report {
namespace {

using namespace fixtures;

void expect_golden(const std::string& name, const std::string& text) {
  const std::string path = std::string(GEMMTUNE_SOURCE_DIR) + "/tests/golden/" + name;
  if (std::getenv("GEMMTUNE_UPDATE_GOLDEN")) write_file_atomic(path, text);
  EXPECT_EQ(text, read_file(path)) << path;
}

Report sample_report() {
  Journal journal = sample_journal();
  Row noisy = row(64, config(64), 10);
  noisy.warnings = {"noisy", "cold_beats_memory"};
  journal.rows.push_back(noisy);
  return make_report(sample_table(), journal);
}

/// The keys of every object, without the values: what scripts rely on. Lists by their first element.
std::string keys_of(const nlohmann::ordered_json& json, const std::string& path = "") {
  std::string text = path + "\n";
  if (json.is_object())
    for (const auto& [key, value] : json.items()) text += keys_of(value, path + "/" + key);
  if (json.is_array() && !json.empty()) text += keys_of(json.front(), path + "/0");
  return text;
}

TEST(Golden, terminal) {
  expect_golden("report_terminal.txt", terminal(sample_report()));
}

TEST(Golden, markdown) {
  expect_golden("report_markdown.md", markdown(sample_report()));
}

TEST(Golden, keys_of_json) {
  expect_golden("report_json_keys.txt", keys_of(nlohmann::ordered_json::parse(json(sample_report()))));
}

TEST(Golden, columns_of_csv) {
  expect_golden("rows_csv_header.txt", split(csv(std::vector<Row>{}), '\n').front() + "\n");
}

TEST(Golden, keys_of_a_row) {
  expect_golden(
      "row_json_keys.txt",
      keys_of(nlohmann::ordered_json::parse(json_lines(std::vector<Row>{row(64, config(64), 10)}))));
}

}  // namespace
}  // namespace gemmtune::report
