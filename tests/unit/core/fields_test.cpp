// The tables of fields: what is driven by them takes every field, and the schemas list the same keys.
#include "core/fields_of_problem.h"
#include "core/fields_of_row.h"
#include "core/serialise.h"
#include "util/atomic_file.h"

#include <gtest/gtest.h>

#include <iterator>
#include <set>
#include <type_traits>

namespace gemmtune {
namespace {

using Keys = std::set<std::string>;

template <typename Fields>
Keys keys_of(const Fields& fields) {
  Keys keys;
  for (const auto& field : fields)
    EXPECT_TRUE(keys.insert(field.key).second) << field.key << " is there twice";
  return keys;
}

Json schema(const std::string& name, const std::string& pointer) {
  const std::string path = std::string(GEMMTUNE_SOURCE_DIR) + "/configs/schema/" + name + ".schema.json";
  return parse_json(read_file(path)).at(Json::json_pointer(pointer));
}

Keys properties(const std::string& name, const std::string& definition) {
  Keys keys;
  const Json listed = schema(name, definition + "/properties");
  for (const auto& [key, unused] : listed.items()) keys.insert(key);
  return keys;
}

Problem small() {
  Problem p;
  p.m = 64, p.n = 2112, p.k = 7168;
  return p;
}

/// One that has the field.
Problem one_with(const ProblemField& field) {
  Problem p = small();
  if ((field.is & ProblemField::kGroups) != 0)
    p.groups = 3, p.m_per_group = 10, p.alignment = 128, p.layout = "indices";
  return p;
}

/// Another value of this field, the others as they are; one that a file may hold.
Problem changed(Problem p, const ProblemField& field) {
  const std::pair<std::string_view, const char*> words[] = {
      {"groups", "4"},  {"m_per_group", "0.5"},  {"k_per_group", "0.5"}, {"spread", "0.5"},
      {"empty", "0.5"}, {"routing", "zipf:1.2"}, {"alignment", "32"},    {"layout", "offsets"}};
  for (const auto& [key, value] : words)
    if (key == field.key) return set_field(p, field, value), p;
  std::visit(
      [&]<typename T>(T Problem::*member) {
        if constexpr (std::is_enum_v<T>)
          p.*member = names(T{}).back().first;
        else if constexpr (std::is_same_v<T, std::string>)
          p.*member = "other";
        else if constexpr (std::is_same_v<T, bool>)
          p.*member = true;
        else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>)
          p.*member = {7, 0, 9};
        else
          p.*member = 8192;
      },
      field.member);
  return p;
}

TEST(Fields, schemas_list_those_of_problems) {
  const Keys all = keys_of(kProblemFields);
  Keys always = all;
  for (const ProblemField& field : kProblemFields)
    if ((field.is & ProblemField::kGroups) != 0) always.erase(field.key);
  for (const char* name : {"journal", "table"}) {
    EXPECT_EQ(properties(name, "/definitions/problem"), all) << name;
    EXPECT_EQ(schema(name, "/definitions/problem/required").get<Keys>(), always) << name;
  }
}

TEST(Fields, of_groups_are_in_files_of_grouped_problems_alone) {
  const Json dense = to_json(small());
  Problem p = small();
  p.groups = 3, p.group_sizes = {7, 0, 9}, p.max_m = 64;
  const Json grouped = to_json(p);
  for (const ProblemField& field : kProblemFields)
    EXPECT_EQ(dense.contains(field.key), (field.is & ProblemField::kGroups) == 0) << field.key;
  EXPECT_EQ(grouped.at("groups"), 3);
  EXPECT_EQ(grouped.at("group_sizes"), Json::parse("[7, 0, 9]"));
  EXPECT_FALSE(grouped.contains("routing"));
}

/// Which may list more: sizes from which problems are made.
TEST(Fields, a_shapes_file_may_say_each_and_leave_out_what_has_a_default) {
  const Keys listed = properties("shapes", "/definitions/problem");
  const auto required = schema("shapes", "/definitions/problem/required").get<Keys>();
  for (const ProblemField& field : kProblemFields) {
    EXPECT_TRUE(listed.contains(field.key)) << field.key;
    if ((field.is & (ProblemField::kForm | ProblemField::kLabel)) != 0) {
      EXPECT_FALSE(required.contains(field.key)) << field.key;
    }
  }
}

TEST(Fields, a_bundle_lists_what_its_lookup_asks_for) {
  Keys asked = {"m"};
  for (const ProblemField& field : kProblemFields)
    if ((field.is & ProblemField::kSelects) != 0 && (field.is & ProblemField::kGroups) == 0)
      asked.insert(field.key);
  EXPECT_EQ(schema("bundle", "/definitions/entry/properties/problem/required").get<Keys>(), asked);
}

TEST(Fields, the_journal_s_schema_lists_those_of_rows) {
  Keys all = keys_of(kRowFields);
  all.insert({"record", "checksum"});  // of the line
  EXPECT_EQ(properties("journal", "/definitions/row"), all);
}

TEST(Fields, each_of_a_problem_comes_back_from_json_and_from_text) {
  for (const ProblemField& field : kProblemFields) {
    const Problem usual = one_with(field), before = changed(usual, field);
    const Problem from_file = from_json<Problem>(to_json(before));
    Problem from_text;
    for (const ProblemField& each : kProblemFields)
      set_field(from_text, each, text_of(value_of(before, each)));
    for (const ProblemField& each : kProblemFields) {
      EXPECT_EQ(same_field(before, usual, each), &each != &field) << field.key << ", " << each.key;
      EXPECT_TRUE(same_field(from_file, before, each)) << field.key << ", " << each.key;
      EXPECT_TRUE(same_field(from_text, before, each)) << field.key << ", " << each.key;
    }
  }
}

TEST(Fields, each_of_a_problem_is_in_its_id_and_its_text_unless_it_is_a_label) {
  for (const ProblemField& field : kProblemFields) {
    const Problem usual = one_with(field), other = changed(usual, field);
    const bool label = (field.is & ProblemField::kLabel) != 0;
    EXPECT_EQ(problem_id(other) == problem_id(usual), label) << field.key;
    EXPECT_EQ(describe(other) == describe(usual), label) << field.key;
    EXPECT_EQ(may_answer(other, usual), (field.is & ProblemField::kSelects) == 0) << field.key;
  }
}

TEST(Fields, ids_on_disk_stay) {
  Problem p = small();
  EXPECT_EQ(problem_id(p), "b6fe5ed6783c6840");
  p.out = OutputType::fp32, p.accumulate = true, p.d_pitch = 4096;
  EXPECT_EQ(problem_id(p), "24f34aa011040036");
  EXPECT_EQ(describe(p), "dense_1d2d:m=64,n=2112,k=7168,out=fp32,accumulate=true,d_pitch=4096");
  p = small();
  p.kernel = "grouped_contiguous_1d2d", p.alignment = 64, p.layout = "indices", p.groups = 8;
  p.m_per_group = 64, p.spread = 0.3, p.group_seed = 5;
  EXPECT_EQ(problem_id(p), "a8860a7ec7345601");
  EXPECT_EQ(describe(p),
            "grouped_contiguous_1d2d:groups=8,m_per_group=64,spread=0.3,seed=5,alignment=64,n=2112,k=7168");
}

TEST(Fields, a_file_of_before_lacks_the_later_ones) {
  Json problem = to_json(small()), row = to_json(Row());
  for (const ProblemField& field : kProblemFields)
    if ((field.is & ProblemField::kLater) != 0) problem.erase(field.key);
  for (const RowField& field : kRowFields)
    if ((field.is & RowField::kLater) != 0) row.erase(field.key);
  EXPECT_EQ(problem_id(from_json<Problem>(problem)), problem_id(small()));
  EXPECT_EQ(to_json(from_json<Row>(row)), to_json(Row()));
}

TEST(Fields, what_is_no_value_is_refused_with_its_key) {
  Problem p;
  for (const auto& [key, text] :
       {std::pair{"m", "1.5"}, {"out", "fp16"}, {"accumulate", "yes"}, {"weight", "x"}, {"a_pitch", ""}}) {
    try {
      set_field(p, field_named(key), text);
      ADD_FAILURE() << key << " took " << text;
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find(key), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace gemmtune
