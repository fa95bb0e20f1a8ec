// What a bundle must show on a real GPU; prints one JSON object, and exits 1 when something is not as it must
// be. scripts/bundle_check builds and runs it. Times are made as `gemmtune sweep` makes them (policy
// cold_memset512x7-cupti-burst): CUPTI's durations behind a 512 MB memset, over seven copies of the operands,
// a turn of one untimed launch and three timed ones, everything queued behind a held stream, with rests.
#include "bundle_check.cuh"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <functional>

namespace {

namespace fs = std::filesystem;
using gemmtune::launch::BundleError;

std::vector<launch::Shape> plain_shapes(const Bundle& bundle) {
  std::vector<launch::Shape> shapes;
  for (const auto& entry : bundle.index().entries) {
    const launch::Shape& s = entry.key.shape;
    if (!entry.key.sustained && !entry.key.fp32_out && !entry.key.accumulate && s.a_stride == s.k &&
        s.b_stride == s.k && s.d_stride == s.n)
      shapes.push_back(s);
  }
  return shapes;
}

/// Each tuned problem: judged, then timed against the table.
void check_problems(Bundle& bundle, Report& report) {
  Timer timer;
  std::string list;
  bool right = true, level = true;
  double worst = 0;
  int without_time = 0;
  const std::vector<launch::Shape> shapes = plain_shapes(bundle);
  for (const launch::Shape& s : shapes) {
    std::vector<Operands> copies = {make_operands(s.m, s.n, s.k)};
    CHECK(cudaDeviceSynchronize());
    gemm(bundle, copies[0], nullptr);
    const Verdict verdict = verdict_of(copies[0]);
    for (int i = 1; i < kCopies; ++i) copies.push_back(copy_of(copies[0], true));
    CHECK(cudaDeviceSynchronize());
    const double us = timer.time_us(bundle, copies);
    const double tuned_us = bundle.find("dense_1d2d", s.m, s.n, s.k, pointers_of(copies[0])).time_us;
    without_time += tuned_us == 0;
    const double percent = tuned_us > 0 ? (us / tuned_us - 1) * 100 : 0;
    right = right && verdict.right;
    level = level && std::fabs(percent) <= 2;
    worst = std::fabs(percent) > std::fabs(worst) ? percent : worst;
    list += text(
        "%s\n  {\"m\": %lld, \"n\": %lld, \"k\": %lld, \"time_us\": %.3f, \"table_us\": %.3f, \"percent\": "
        "%.2f, "
        "\"error_rms\": %.3g, \"error_max\": %.3g, \"right\": %s}",
        list.empty() ? "" : ",", static_cast<long long>(s.m), static_cast<long long>(s.n),
        static_cast<long long>(s.k), us, tuned_us, percent, verdict.error_rms, verdict.error_max,
        verdict.right ? "true" : "false");
    for (Operands& copy : copies) copy.release();
  }
  report.member("results", right && !shapes.empty(), "\"problems\": [" + list + "]");
  // A bundle exported with --stale knows no times: nothing is shown then.
  report.member(
      "times", level && without_time == 0,
      text("\"worst_percent\": %.2f, \"allowed_percent\": 2, \"without_time\": %d", worst, without_time));
}

/// M that were never tuned, on the entries that the lookup gives them.
void check_buckets(Bundle& bundle, Report& report) {
  std::string wrong;
  int judged = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> done;
  for (const launch::Shape& s : plain_shapes(bundle)) {
    if (std::find(done.begin(), done.end(), std::pair(s.n, s.k)) != done.end()) continue;
    done.emplace_back(s.n, s.k);
    for (const std::int64_t m : {2, 3, 9, 17, 33, 63, 65, 100, 129, 257, 513, 700, 1025, 4097, 5000}) {
      Operands o = make_operands(m, s.n, s.k, 3);
      CHECK(cudaDeviceSynchronize());
      gemm(bundle, o, nullptr);
      const Verdict verdict = verdict_of(o);
      ++judged;
      if (!verdict.right)
        wrong += text("%s\"%lldx%lldx%lld: error_rms %.3g, error_max %.3g, %u not numbers\"",
                      wrong.empty() ? "" : ", ", static_cast<long long>(m), static_cast<long long>(s.n),
                      static_cast<long long>(s.k), verdict.error_rms, verdict.error_max, verdict.not_numbers);
      o.release();
    }
  }
  report.member("untuned_m", wrong.empty(), text("\"judged\": %d, \"wrong\": [", judged) + wrong + "]");
}

/// Four threads, each on two streams of its own, with D of their own; all results judged.
void check_threads(Bundle& bundle, Report& report) {
  constexpr int kThreads = 4, kStreams = 2, kRounds = 100;
  std::vector<Operands> base;
  for (const launch::Shape& s : plain_shapes(bundle))
    if (s.m <= 128) base.push_back(make_operands(s.m, s.n, s.k, 5));
  CHECK(cudaDeviceSynchronize());
  std::vector<std::vector<Operands>> mine(kThreads * kStreams);
  for (auto& operands : mine)
    for (const Operands& o : base) operands.push_back(copy_of(o, false));
  CHECK(cudaDeviceSynchronize());
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      CHECK(cudaSetDevice(0));
      cudaStream_t streams[kStreams];
      for (cudaStream_t& stream : streams) CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
      try {
        for (int i = 0; i < kRounds; ++i)
          for (std::size_t p = 0; p < base.size(); ++p)
            for (int s = 0; s < kStreams; ++s) gemm(bundle, mine[t * kStreams + s][p], streams[s]);
      } catch (const BundleError& error) {
        std::fprintf(stderr, "%s\n", error.what());
        ++failures;
      }
      for (cudaStream_t stream : streams) {
        CHECK(cudaStreamSynchronize(stream));
        CHECK(cudaStreamDestroy(stream));
      }
    });
  for (std::thread& thread : threads) thread.join();
  int wrong = 0, judged = 0;
  for (const auto& operands : mine)
    for (const Operands& o : operands) {
      wrong += !verdict_of(o).right;
      ++judged;
      CHECK(cudaFree(o.d));
    }
  for (Operands& o : base) o.release();
  report.member(
      "threads", wrong == 0 && failures == 0,
      text("\"threads\": %d, \"streams\": %d, \"launches\": %zu, \"judged\": %d, \"wrong\": %d", kThreads,
           kThreads * kStreams, kThreads * kStreams * kRounds * base.size(), judged, wrong));
}

/// A graph of 60 products, on a bundle that has launched nothing yet, replayed with D poisoned before.
void check_graph(const std::string& folder, Report& report) {
  Bundle bundle(folder);
  std::vector<Operands> base, all;
  for (const launch::Shape& s : plain_shapes(bundle))
    if (s.m == 64) base.push_back(make_operands(s.m, s.n, s.k, 7));
  if (base.empty()) return report.member("graph", false, "\"reason\": \"no entry of M 64\"");
  for (int i = 0; i < 60; ++i) all.push_back(copy_of(base[i % base.size()], false));
  CHECK(cudaDeviceSynchronize());
  cudaStream_t stream;
  CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  cudaGraph_t graph;
  cudaGraphExec_t exec;
  CHECK(cudaStreamBeginCapture(stream, cudaStreamCaptureModeGlobal));
  for (const Operands& o : all) gemm(bundle, o, stream);
  CHECK(cudaStreamEndCapture(stream, &graph));
  std::size_t nodes = 0;
  CHECK(cudaGraphGetNodes(graph, nullptr, &nodes));
  CHECK(cudaGraphInstantiate(&exec, graph, 0));
  int wrong = 0;
  std::vector<double> replay_us;
  for (int replay = 0; replay < 10; ++replay) {
    for (const Operands& o : all) o.poison();
    CHECK(cudaDeviceSynchronize());
    const auto start = Clock::now();
    CHECK(cudaGraphLaunch(exec, stream));
    CHECK(cudaStreamSynchronize(stream));
    replay_us.push_back(seconds_since(start) * 1e6);
    if (replay % 9 == 0)
      for (const Operands& o : all) wrong += !verdict_of(o).right;
  }
  CHECK(cudaGraphExecDestroy(exec));
  CHECK(cudaGraphDestroy(graph));
  CHECK(cudaStreamDestroy(stream));
  for (Operands& o : all) CHECK(cudaFree(o.d));
  for (Operands& o : base) o.release();
  report.member("graph", wrong == 0 && nodes == 60,
                text("\"nodes\": %zu, \"replays\": 10, \"judged\": 120, \"wrong\": %d, \"replay_us\": %.1f",
                     nodes, wrong, median(replay_us)));
}

/// Host time of a call above the driver's own: in turns, 200 launches at a time, so that no queue fills up.
void check_host_time(Bundle& bundle, const std::string& folder, Report& report) {
  constexpr int kTurns = 60, kBatch = 200;
  const launch::Shape s = plain_shapes(bundle).front();
  const Operands o = make_operands(s.m, s.n, s.k);
  std::uint8_t* many_d = nullptr;  // a place every 16 bytes
  CHECK(cudaMalloc(&many_d, o.d_bytes() + kTurns * kBatch * 16));
  const gemmtune_found found = bundle.find("dense_1d2d", s.m, s.n, s.k, pointers_of(o));
  const auto& entry = bundle.index().entries[static_cast<std::size_t>(found.entry)];
  const launch::Module module(launch::read_cubin(folder, bundle.index().cubins[entry.cubin]));
  const CUkernel kernel = module.kernel("dense_1d2d");
  launch::allow_shared_memory(kernel, entry.recipe.smem_bytes);
  const launch::Geometry geometry = launch::gemm_geometry(entry.recipe, s);
  auto arguments = launch::gemm_arguments(entry.recipe, s, {o.a, o.b, o.scales_a, o.scales_b, o.d});
  cudaStream_t stream;
  CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  const auto batch_us = [&](const std::function<void()>& call) {
    CHECK(cudaStreamSynchronize(stream));
    const auto start = Clock::now();
    for (int i = 0; i < kBatch; ++i) call();
    return seconds_since(start) * 1e6 / kBatch;
  };
  std::vector<double> bare, ours, fresh;
  std::uint8_t* place = many_d;
  for (int i = 0; i < kTurns; ++i) {
    bare.push_back(batch_us([&] { launch::launch_gemm(kernel, geometry, arguments, stream); }));
    ours.push_back(batch_us([&] { gemm(bundle, o, stream); }));
    fresh.push_back(batch_us([&] {
      gemmtune_operands x = pointers_of(o);
      x.d = place;
      place += 16;
      bundle.gemm("dense_1d2d", s.m, s.n, s.k, x, stream);
    }));
  }
  CHECK(cudaStreamSynchronize(stream));
  CHECK(cudaStreamDestroy(stream));
  CHECK(cudaFree(many_d));
  const double above_us = median(ours) - median(bare);
  report.member("host_time", above_us <= 1,
                text("\"bare_us\": %.3f, \"bundle_us\": %.3f, \"above_us\": %.3f, \"allowed_us\": 1, "
                     "\"with_new_tensor_maps_us\": %.3f",
                     median(bare), median(ours), above_us, median(fresh)));
}

// ---- errors ----

void write(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string read(const fs::path& path) {
  const auto bytes = launch::read_whole(path.string());
  return bytes == nullptr ? "" : *bytes;
}

int code_of(const std::function<void()>& work, std::string& message) {
  try {
    work();
    return GEMMTUNE_OK;
  } catch (const BundleError& error) {
    message = error.what();
    return error.code();
  }
}

void check_errors(Bundle& bundle, const std::string& folder, Report& report) {
  const fs::path copy =
      fs::temp_directory_path() / ("bundle-check-" + std::to_string(Clock::now().time_since_epoch().count()));
  std::string list;
  bool all = true;
  const auto expect = [&](const char* what, int wanted, const std::function<void()>& work) {
    std::string message;
    const int code = code_of(work, message);
    for (char& c : message) c = c == '"' || c == '\\' ? '\'' : c;
    all = all && code == wanted;
    list += (list.empty() ? "" : ",") + ("\n  {\"what\": \"" + std::string(what)) +
            text("\", \"code\": %d, \"wanted\": %d", code, wanted) + ", \"message\": \"" + message + "\"}";
  };
  const auto expect_of_copy = [&](const char* what, int wanted, const std::function<void()>& damage) {
    fs::remove_all(copy);
    fs::copy(folder, copy, fs::copy_options::recursive);
    damage();
    expect(what, wanted, [&] { Bundle opened(copy.string()); });
  };
  const std::string cubin = bundle.index().cubins.front().file;
  expect_of_copy("as exported", GEMMTUNE_OK, [] {});
  expect_of_copy("damaged cubin", GEMMTUNE_DAMAGED, [&] {
    std::string bytes = read(copy / cubin);
    bytes[bytes.size() / 2] ^= 1;
    write(copy / cubin, bytes);
  });
  expect_of_copy("missing cubin", GEMMTUNE_MISSING_CUBIN, [&] { fs::remove(copy / cubin); });
  expect_of_copy("damaged index", GEMMTUNE_DAMAGED,
                 [&] { write(copy / "index.txt", read(copy / "index.txt") + " "); });
  expect_of_copy("another GPU", GEMMTUNE_WRONG_GPU, [&] {
    const std::string index = read(copy / "index.txt");
    std::string body = index.substr(index.find('\n') + 1);
    body.replace(body.find("cc_major=9"), 10, "cc_major=8");
    write(copy / "index.txt",
          std::string(launch::kBundleSchema) + " " + gemmtune::sha256(body) + "\n" + body);
  });
  fs::remove_all(copy);
  const launch::Shape s = plain_shapes(bundle).front();
  Operands o = make_operands(s.m, s.n, s.k);
  gemmtune_operands x = pointers_of(o);
  expect("another N", GEMMTUNE_UNKNOWN_PROBLEM,
         [&] { bundle.gemm("dense_1d2d", s.m, s.n + 8, s.k, x, nullptr); });
  x.a = o.a + 1;
  expect("pointer between 16 bytes", GEMMTUNE_BAD_ALIGNMENT,
         [&] { bundle.gemm("dense_1d2d", s.m, s.n, s.k, x, nullptr); });
  CHECK(cudaDeviceSynchronize());
  o.release();
  report.member("errors", all, "\"cases\": [" + list + "]");
}

int run(const std::string& folder) {
  CHECK(cudaSetDevice(0));
  CHECK(cudaFree(nullptr));
  const auto start = Clock::now();
  Bundle bundle(folder);
  const double opening_ms = seconds_since(start) * 1e3;
  Report report;
  report.member("opening", true,
                text("\"ms\": %.1f, \"entries\": %zu, \"note\": \"%s\"", opening_ms,
                     bundle.index().entries.size(), bundle.note().c_str()));
  check_graph(folder, report);  // first: nothing has been launched in this process
  check_threads(bundle, report);
  check_host_time(bundle, folder, report);
  check_errors(bundle, folder, report);
  check_buckets(bundle, report);
  check_problems(bundle, report);
  std::printf(",\n \"passed\": %s}\n", report.right ? "true" : "false");
  return report.right ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bundle_check BUNDLE\n");
    return 2;
  }
  try {
    return run(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bundle_check: %s\n", error.what());
    return 1;
  }
}
