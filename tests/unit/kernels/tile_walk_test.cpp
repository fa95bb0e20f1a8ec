// The device code of the walk over the tiles of one product, on the host.
#include "fakes/device/device.h"

#include <gtest/gtest.h>

#include <map>
#include <utility>
#include <vector>

namespace {

#include "schedule/tile_walk.cuh"

using Places = std::vector<std::pair<unsigned, unsigned>>;

Places visited(TileWalk walk, bool begins) {
  Places places;
  for (bool more = begins ? walk.begin() : walk.advance(); more; more = walk.advance())
    places.emplace_back(walk.row, walk.column);
  return places;
}

}  // namespace

TEST(TileWalk, visits_every_tile_once_and_begins_where_it_would_advance_to) {
  for (const unsigned rows : {1u, 2u, 3u, 7u, 8u, 9u, 33u})
    for (const unsigned columns : {1u, 2u, 13u, 64u})
      for (const unsigned raster : {1u, 2u, 8u, 16u})
        for (const unsigned clusters : {1u, 7u, 132u}) {
          std::map<std::pair<unsigned, unsigned>, int> times;
          for (unsigned cluster = 0; cluster < clusters; ++cluster) {
            const TileWalk walk(rows, columns, raster, cluster, clusters);
            const Places places = visited(walk, true);
            ASSERT_EQ(places, visited(walk, false))
                << rows << "x" << columns << " raster " << raster << ", " << cluster << " of " << clusters;
            for (const auto& place : places) {
              ASSERT_LT(place.first, rows);
              ASSERT_LT(place.second, columns);
              EXPECT_EQ(++times[place], 1);
            }
          }
          EXPECT_EQ(times.size(), rows * columns);
        }
}
