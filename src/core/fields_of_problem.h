// The fields of a problem in the order of files: the one table that JSON, CSV, ids, one-line texts, look-up,
// exports and what a shapes file may hold are driven by.
#pragma once

#include "core/problem.h"

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gemmtune {

/// Function objects for each kind of member as one, for std::visit.
template <typename... Kinds>
struct Overloaded : Kinds... {
  using Kinds::operator()...;
};
// clang takes what an aggregate is made of from 17 on; the fuzz targets are built with 16.
template <typename... Kinds>
Overloaded(Kinds...) -> Overloaded<Kinds...>;

struct ProblemField {
  enum Is : unsigned {
    kForm = 1,     ///< has a default: a problem is described by what differs from it
    kLabel = 2,    ///< no part of the identity
    kSelects = 4,  ///< a table's entry answers only for problems that have the same; of M the nearest answers
    kLater = 8,    ///< the first files lack it, and an id has it only where it is not the default
    kGroups = 16,  ///< of problems with groups: files have it only where it is not the default
  };

  const char* key;  ///< in files; frozen
  std::variant<std::string Problem::*, std::int64_t Problem::*, bool Problem::*, double Problem::*,
               OutputType Problem::*, Recipe Problem::*, DataKind Problem::*,
               std::vector<std::int64_t> Problem::*>
      member;
  unsigned is = 0;
  /// Of a row pitch: the elements of a row, which files hold where there is no gap (0).
  std::int64_t Problem::*columns = nullptr;
};

/// Of a field of groups; what is left out has a default.
inline constexpr unsigned kOfGroups = ProblemField::kForm | ProblemField::kLater | ProblemField::kGroups;

inline constexpr ProblemField kProblemFields[] = {
    {"kernel", &Problem::kernel, ProblemField::kSelects},
    {"m", &Problem::m},
    {"n", &Problem::n, ProblemField::kSelects},
    {"k", &Problem::k, ProblemField::kSelects},
    {"out", &Problem::out, ProblemField::kForm | ProblemField::kSelects},
    {"accumulate", &Problem::accumulate, ProblemField::kForm | ProblemField::kSelects},
    {"recipe", &Problem::recipe, ProblemField::kForm},
    {"data", &Problem::data, ProblemField::kForm},
    {"a_pitch", &Problem::a_pitch, ProblemField::kForm | ProblemField::kSelects | ProblemField::kLater,
     &Problem::k},
    {"b_pitch", &Problem::b_pitch, ProblemField::kForm | ProblemField::kSelects | ProblemField::kLater,
     &Problem::k},
    {"d_pitch", &Problem::d_pitch, ProblemField::kForm | ProblemField::kSelects | ProblemField::kLater,
     &Problem::n},
    {"groups", &Problem::groups, kOfGroups | ProblemField::kSelects},
    {"m_per_group", &Problem::m_per_group, kOfGroups},
    {"k_per_group", &Problem::k_per_group, kOfGroups},
    {"group_sizes", &Problem::group_sizes, kOfGroups},
    {"spread", &Problem::spread, kOfGroups},
    {"routing", &Problem::routing, kOfGroups},
    {"empty", &Problem::empty, kOfGroups},
    {"seed", &Problem::group_seed, kOfGroups},
    {"alignment", &Problem::alignment, kOfGroups | ProblemField::kSelects},
    {"layout", &Problem::layout, kOfGroups | ProblemField::kSelects},
    {"max_m", &Problem::max_m, kOfGroups | ProblemField::kSelects},
    {"weight", &Problem::weight, ProblemField::kLabel},
    {"name", &Problem::name, ProblemField::kLabel},
};

/// Throws InternalError for a key that no field has.
const ProblemField& field_named(std::string_view key);

/// As files hold it: the word of an enumeration, the pitch of rows without a gap as what it stands for.
using FieldValue = std::variant<bool, std::int64_t, double, std::string, std::vector<std::int64_t>>;

FieldValue value_of(const Problem& problem, const ProblemField& field);

/// `true`, `64`, `fp32`, of a list `1/16/64`.
std::string text_of(const FieldValue& value);

/// From such a text; 1 and 0 are true and false too. Throws std::runtime_error for what is no value of the
/// field; whether it makes sense is not asked. A pitch comes behind the elements of its rows.
void set_field(Problem& problem, const ProblemField& field, std::string_view text);

bool same_field(const Problem& a, const Problem& b, const ProblemField& field);
bool is_default(const Problem& problem, const ProblemField& field);

/// Whether files leave the field out: it is of groups, and the problem's has its default.
bool left_out_of_files(const Problem& problem, const ProblemField& field);

/// Whether tables of problems without groups answer by exactly these fields: for what spells them out in
/// another language.
constexpr bool looks_up_by(std::initializer_list<std::string_view> keys) {
  const auto* key = keys.begin();
  for (const ProblemField& field : kProblemFields)
    if ((field.is & ProblemField::kSelects) != 0 && (field.is & ProblemField::kGroups) == 0 &&
        (key == keys.end() || *key++ != field.key))
      return false;
  return key == keys.end();
}

/// Whether a table's entry for `tuned` may answer for `asked`, Problem::nearest_size aside.
bool may_answer(const Problem& tuned, const Problem& asked);

}  // namespace gemmtune
