#include "core/config.h"

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <stdexcept>
#include <utility>

namespace gemmtune {

namespace {

using Names = Config::Names;
using Members = std::vector<std::pair<std::string_view, std::int64_t>>;

/// The one list that is equal to this one.
const Names* shared(Names names) {
  static std::mutex mutex;
  static auto& all = *new std::set<Names>;  // outlives every configuration
  const std::lock_guard lock(mutex);
  return &*all.insert(std::move(names)).first;
}

const Names* no_names() {
  static const Names* const none = shared({});
  return none;
}

/// One configuration after the other has the same.
const Names* names_of(const Members& sorted) {
  thread_local const Names* last = no_names();
  const auto is_name_of = [](const std::string& name, const auto& member) { return name == member.first; };
  if (std::equal(last->begin(), last->end(), sorted.begin(), sorted.end(), is_name_of)) return last;
  Names names;
  for (const auto& [name, value] : sorted) names.emplace_back(name);
  return last = shared(std::move(names));
}

/// The list that lacks the name in that place. A space asks for the same ones with every candidate.
const Names* without(const Names* names, std::size_t place) {
  thread_local std::map<std::pair<const Names*, std::size_t>, const Names*> known;
  const auto [found, is_new] = known.try_emplace({names, place}, nullptr);
  if (is_new) {
    Names fewer = *names;
    fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(place));
    found->second = shared(std::move(fewer));
  }
  return found->second;
}

}  // namespace

Config::Config() : names_(no_names()) {}

Config::Config(std::vector<std::pair<std::string_view, std::int64_t>> members) {
  const auto name = [](const auto& member) { return member.first; };
  if (!std::ranges::is_sorted(members, std::less_equal(), name)) {
    std::ranges::stable_sort(members, {}, name);
    const auto twice = std::ranges::unique(members, {}, name);
    members.erase(twice.begin(), twice.end());
  }
  names_ = names_of(members);
  values_.reserve(members.size());
  for (const auto& [unused, value] : members) values_.push_back(value);
}

Config::Config(std::initializer_list<value_type> members) : Config(Members(members.begin(), members.end())) {}

Config::Config(const std::map<std::string, std::int64_t>& members)
    : Config(Members(members.begin(), members.end())) {}

std::size_t Config::place_of(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::lower_bound(*names_, name) - names_->begin());
}

Config::const_iterator Config::find(std::string_view name) const {
  const std::size_t place = place_of(name);
  if (place == names_->size() || (*names_)[place] != name) return end();
  return {names_->data() + place, values_.data() + place};
}

std::int64_t Config::at(std::string_view name) const {
  const auto found = find(name);
  if (found == end()) throw std::out_of_range("a configuration without \"" + std::string(name) + "\"");
  return found->second;
}

std::int64_t& Config::operator[](std::string_view name) {
  const std::size_t place = place_of(name);
  const auto offset = static_cast<std::ptrdiff_t>(place);
  if (place == names_->size() || (*names_)[place] != name) {
    Names names = *names_;
    names.emplace(names.begin() + offset, name);
    names_ = shared(std::move(names));
    values_.insert(values_.begin() + offset, 0);
  }
  return values_[place];
}

void Config::erase(std::string_view name) {
  const std::size_t place = place_of(name);
  if (place == names_->size() || (*names_)[place] != name) return;
  names_ = without(names_, place);
  values_.erase(values_.begin() + static_cast<std::ptrdiff_t>(place));
}

bool operator<(const Config& a, const Config& b) {
  if (a.names_ == b.names_) return a.values_ < b.values_;
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace gemmtune
