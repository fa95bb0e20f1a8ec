// What the walk over groups along K is asked and what it must answer; the device code is compiled three
// times, two of them with a defect.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

namespace k_groups {

constexpr unsigned kBase = 64;  // of the table in shared memory

struct Asked {
  std::vector<int> ends;
  unsigned step = 128, k = 0;
  bool keeps_empty = false;
  unsigned rows = 3, columns = 5, raster = 8, clusters = 7;
};

struct Visit {
  unsigned group, row, column, first, blocks;
};

/// Of groups of so many k-blocks.
inline Asked asked_of(const std::vector<unsigned>& sizes) {
  Asked asked;
  for (const unsigned size : sizes) asked.ends.push_back(static_cast<int>(asked.k += size * 128));
  return asked;
}

std::vector<Visit> walk(const Asked& asked);
std::vector<Visit> walk_with_tail_at_neighbour(const Asked& asked);
std::vector<Visit> walk_with_late_ends(const Asked& asked);

/// Empty where each tile of each D that is to be written is there once, with its group's k-blocks.
inline std::string complaint_about(const std::vector<Visit>& visits, const Asked& asked,
                                   const std::vector<unsigned>& sizes) {
  std::map<std::tuple<unsigned, unsigned, unsigned>, int> times;
  for (const Visit& visit : visits) {
    if (visit.group >= sizes.size() || visit.row >= asked.rows || visit.column >= asked.columns)
      return "a tile of no D";
    unsigned before = 0;
    for (unsigned group = 0; group < visit.group; ++group) before += sizes[group];
    if (visit.blocks != sizes[visit.group] || (visit.blocks > 0 && visit.first != before))
      return "group " + std::to_string(visit.group) + " has " + std::to_string(visit.blocks) +
             " k-blocks from " + std::to_string(visit.first) + " on";
    if (++times[{visit.group, visit.row, visit.column}] > 1) return "a tile twice";
  }
  std::size_t groups = 0;
  for (const unsigned size : sizes) groups += asked.keeps_empty || size > 0;
  return times.size() == groups * asked.rows * asked.columns ? "" : std::to_string(times.size()) + " tiles";
}

}  // namespace k_groups
