// Which entry of a bundle a problem gets: the rule of tuning tables (store/table.h), on sorted entries.
#pragma once

#include "launch/index.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace gemmtune::launch {

/// The entries by all that must agree, then by M. Here and below: of groups along K by K in its place.
class EntryLookup {
 public:
  explicit EntryLookup(const std::vector<IndexEntry>& entries) : entries_(entries) {
    for (std::size_t i = 0; i < entries.size(); ++i) order_.push_back(i);
    std::stable_sort(order_.begin(), order_.end(),
                     [&](std::size_t a, std::size_t b) { return before(entries[a].key, entries[b].key); });
  }

  struct Found {
    gemmtune_match match;
    std::size_t entry;
  };

  /// The smallest tuned M not below the asked one, else the largest; nothing when no entry agrees in
  /// everything but M. Asked for launches back to back, the entry of what was found that is for them, if
  /// there is one.
  std::optional<Found> find_any(const EntryKey& asked) const {
    if (!asked.sustained) return find_nearest(asked);
    EntryKey key = asked;
    key.sustained = false;
    auto found = find_nearest(key);
    if (!found) return std::nullopt;
    key = entries_[found->entry].key;
    key.sustained = true;
    const auto at = first_not_before(key);
    if (at != order_.end() && same_but_m(entries_[*at].key, key) &&
        entries_[*at].key.nearest() == key.nearest())
      found->entry = *at;
    return found;
  }

  /// The same; throws BundleError (unknown problem) when there is none.
  Found find(const EntryKey& asked) const {
    if (const auto found = find_any(asked)) return *found;
    throw BundleError(GEMMTUNE_UNKNOWN_PROBLEM,
                      "no entry for " + describe(asked) + "; there are " + known(asked));
  }

 private:
  std::vector<std::size_t>::const_iterator first_not_before(const EntryKey& asked) const {
    return std::lower_bound(order_.begin(), order_.end(), asked, [&](std::size_t entry, const EntryKey& key) {
      return before(entries_[entry].key, key);
    });
  }

  std::optional<Found> find_nearest(const EntryKey& asked) const {
    const auto at = first_not_before(asked);
    if (at != order_.end() && same_but_m(entries_[*at].key, asked))
      return Found{entries_[*at].key.nearest() == asked.nearest() ? GEMMTUNE_EXACT : GEMMTUNE_BUCKET, *at};
    if (at != order_.begin() && same_but_m(entries_[*(at - 1)].key, asked))
      return Found{GEMMTUNE_LARGEST, *(at - 1)};
    return std::nullopt;
  }

  static auto but_m(const EntryKey& k) {
    const Shape& s = k.shape;
    return std::make_tuple(k.sustained, std::string_view(k.kernel), s.n, k.along_k() ? s.m : s.k,
                           k.along_k() ? 0 : s.a_stride, k.along_k() ? 0 : s.b_stride, s.d_stride, k.fp32_out,
                           k.accumulate, k.group_layout, k.groups, k.along_k() ? 0 : k.group_step);
  }
  static bool same_but_m(const EntryKey& a, const EntryKey& b) { return but_m(a) == but_m(b); }
  static bool before(const EntryKey& a, const EntryKey& b) {
    return std::make_tuple(but_m(a), a.nearest()) < std::make_tuple(but_m(b), b.nearest());
  }

  /// In the words of problems.
  static std::string describe_layout(const EntryKey& key) {
    const std::string step = std::to_string(key.group_step);
    if (key.along_k()) return "";
    if (key.group_layout == GEMMTUNE_GROUP_COUNTS) return ",max_m=" + step;
    return ",alignment=" + step +
           (key.group_layout == GEMMTUNE_GROUP_ENDS ? ",layout=offsets" : ",layout=indices");
  }

  static std::string describe(const EntryKey& key) {
    const Shape& s = key.shape;
    std::string text = key.kernel + ":n=" + std::to_string(s.n) +
                       (key.along_k() ? ",m=" + std::to_string(s.m) : ",k=" + std::to_string(s.k));
    if (key.fp32_out) text += ",out=fp32";
    if (key.accumulate) text += ",accumulate=true";
    if (key.groups != 0) text += ",groups=" + std::to_string(key.groups) + describe_layout(key);
    if (!key.along_k() && s.a_stride != s.k) text += ",a_pitch=" + std::to_string(s.a_stride);
    if (!key.along_k() && s.b_stride != s.k) text += ",b_pitch=" + std::to_string(s.b_stride);
    if (s.d_stride != s.n) text += ",d_pitch=" + std::to_string(s.d_stride);
    return text;
  }

  /// What there is: of the same N and K if possible.
  std::string known(const EntryKey& asked) const {
    std::string same_size, all;
    const EntryKey* last = nullptr;
    for (const std::size_t i : order_) {
      const EntryKey& key = entries_[i].key;
      if (key.sustained || (last != nullptr && same_but_m(*last, key))) continue;
      last = &key;
      const bool same = key.shape.n == asked.shape.n && key.shape.k == asked.shape.k;
      (same ? same_size : all) += " " + describe(key);
    }
    if (!same_size.empty()) return "entries of that size in other forms:" + same_size;
    return all.empty() ? "none at all" : "entries for" + all;
  }

  const std::vector<IndexEntry>& entries_;
  std::vector<std::size_t> order_;
};

}  // namespace gemmtune::launch
