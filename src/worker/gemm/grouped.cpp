#include "worker/gemm/grouped.h"

#include "worker/gpu/check.h"

#include <algorithm>

namespace gemmtune::gemm {

std::int64_t rows_of_b(const Problem& p) {
  return shares_out_rows(p) ? p.groups * p.n : p.n;
}

std::vector<GroupRows> groups_of(const Problem& p, int draw) {
  if (shares_out_rows(p)) return lay_out(p, draw_sizes(p, draw));
  std::vector<GroupRows> groups = {{0, p.m}};
  for (std::int64_t group = 1; group < p.groups; ++group) groups.push_back({group * p.m, p.m});
  return groups;
}

std::int64_t stride_of_a(const Problem& p) {
  return shares_out_inner(p) ? columns_of_a(p) : p.a_stride();
}

std::int64_t stride_of_b(const Problem& p) {
  return shares_out_inner(p) ? columns_of_a(p) : p.b_stride();
}

launch::GroupLayout layout_of(const Problem& p) {
  if (is_masked(p)) return launch::kCounts;
  return p.layout == "offsets" || shares_out_inner(p) ? launch::kEnds : launch::kIndices;
}

bool has_a_by_group(const Problem& p) {
  return is_masked(p);
}

std::uint32_t group_step(const Problem& p) {
  return static_cast<std::uint32_t>(is_masked(p) ? p.max_m : shares_out_inner(p) ? kInnerStep : p.alignment);
}

std::vector<std::int32_t> layout_words(const Problem& p, int draw) {
  const std::vector<GroupRows> groups = lay_out(p, draw_sizes(p, draw));
  std::vector<std::int32_t> words;
  const launch::GroupLayout layout = layout_of(p);
  if (layout == launch::kCounts) {
    for (const GroupRows& group : groups) words.push_back(static_cast<std::int32_t>(group.rows));
  } else if (layout == launch::kEnds) {
    for (const GroupRows& group : groups)
      words.push_back(static_cast<std::int32_t>(group.first + group.rows));
  } else {
    words.assign(static_cast<std::size_t>(rows_of_a(p)), -1);
    for (std::size_t g = 0; g < groups.size(); ++g)
      std::fill_n(words.begin() + groups[g].first, groups[g].rows, static_cast<std::int32_t>(g));
  }
  return words;
}

GroupLayouts::GroupLayouts(const Problem& p) : draws_(draws_of(p)) {
  if (!is_grouped(p)) return;
  std::vector<std::int32_t> all;
  for (int draw = 0; draw < draws_; ++draw) {
    const std::vector<std::int32_t> words = layout_words(p, draw);
    words_ = words.size();
    all.insert(all.end(), words.begin(), words.end());
  }
  layouts_ = gpu::DeviceBuffer(all.size() * sizeof all[0]);
  gpu::check(cudaMemcpy(layouts_.data(), all.data(), layouts_.bytes(), cudaMemcpyHostToDevice),
             "cudaMemcpy(layouts of the groups)");
}

const std::int32_t* GroupLayouts::of_draw(int draw) const {
  return words_ == 0 ? nullptr
                     : layouts_.as<std::int32_t>() + static_cast<std::size_t>(draw % draws_) * words_;
}

}  // namespace gemmtune::gemm
