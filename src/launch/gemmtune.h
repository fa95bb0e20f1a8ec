// The C interface of exported bundles: tuned GEMM kernels without compiler, tuner or JIT; nothing but the
// CUDA driver, which is found at run time. Link libgemmtune.so, or include gemmtune.hpp in C++17.
//
//   gemmtune_bundle* bundle;
//   int code = gemmtune_open("bundle", &bundle);     (the device current then is the bundle's)
//   gemmtune_operands x = {0};
//   x.size = sizeof x;
//   x.a = a, x.b = b, x.scales_a = sa, x.scales_b = sb, x.d = d;
//   if (code == GEMMTUNE_OK) code = gemmtune_gemm(bundle, "dense_1d2d", m, n, k, &x, stream);
//   if (code != GEMMTUNE_OK) puts(gemmtune_last_error());
//
// Everything but gemmtune_close may be called from any number of threads at once. gemmtune_gemm only queues a
// launch: it never waits, may be captured in a CUDA graph, and keeps the tensor maps of recent calls.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Answers of all functions; the numbers stay.
enum gemmtune_code {
  GEMMTUNE_OK = 0,
  GEMMTUNE_NO_DRIVER = 1,        ///< no CUDA driver, or one before CUDA 12
  GEMMTUNE_NO_CONTEXT = 2,       ///< no CUDA context is current on this thread
  GEMMTUNE_NOT_A_BUNDLE = 3,     ///< no index there, or one of another format
  GEMMTUNE_DAMAGED = 4,          ///< a file is not as it was exported
  GEMMTUNE_MISSING_CUBIN = 5,    ///< a cubin that the index names is not there
  GEMMTUNE_WRONG_GPU = 6,        ///< the kernels cannot run on the current device
  GEMMTUNE_UNKNOWN_PROBLEM = 7,  ///< no entry of this kernel, N, K, groups, form of D and strides, nor a pick
  GEMMTUNE_BAD_ALIGNMENT = 8,    ///< a pointer is not aligned as TMA needs it
  GEMMTUNE_BAD_ARGUMENT = 9,     ///< a null pointer, or a number out of range
  GEMMTUNE_DRIVER_ERROR = 10,    ///< a call to the driver failed
  GEMMTUNE_OUT_OF_MEMORY = 11    ///< of the host
};

// Of this header; a library answers with its own. Another number: another layout of the structs below.
#define GEMMTUNE_ABI 2
int gemmtune_abi(void);

// What a code means, one sentence; static.
const char* gemmtune_error_text(int code);

// What exactly failed last on this thread (which file, which pointer); valid until the next failure there.
const char* gemmtune_last_error(void);

typedef struct gemmtune_bundle gemmtune_bundle;

struct CUstream_st;  ///< CUstream and cudaStream_t are pointers to it

// How the rows of A and D are told to belong to groups, each of which has a B of its own; or which part of K
// each group has, which has a D of its own.
enum gemmtune_groups {
  GEMMTUNE_ONE_PRODUCT = 0,
  GEMMTUNE_GROUP_INDICES = 1,  ///< [M]: the group of each row, -1 of none; a group's rows in one piece
  GEMMTUNE_GROUP_ENDS = 2,     ///< [groups]: past the last row of each
  GEMMTUNE_GROUP_COUNTS = 3,   ///< [groups]: rows of each
  /// [groups]: past the last of K of each. A group begins where the one before ends, rounded up to
  /// group_step, a multiple of 128; what lies between an end and the next multiple of 128 must be zeros in A
  /// or B. It is the same array as GEMMTUNE_GROUP_ENDS of the forward pass, whose rows are K here.
  GEMMTUNE_GROUP_ENDS_OF_K = 4
};

// D[M,N] = A[M,K] * B[N,K]^T. All zeros but the size and the pointers: D in BF16, overwritten, rows without
// gaps. A and B are E4M3; of dense_bf16 BF16, without scales. Of groups M is the rows of A and D in all, B
// [groups][N][K] and its scales likewise; rows of no group are neither read for a product nor written. Of
// groups along K, K is that of all, M and N are of each D, and D is [groups][M][N]: zeros where a group has
// no K, or where it is added to as it was. Members may follow in later versions: a caller of before them
// gives a smaller size, and they count as zeros.
typedef struct gemmtune_operands {
  uint64_t size;  ///< sizeof(gemmtune_operands)
  const void* a;  ///< [M][K], 16-byte aligned
  const void* b;  ///< [N][K], 16-byte aligned
  /// [K/128][M rounded up to 4], M contiguous, 16-byte aligned; of dense_tensor one; of groups that are
  /// counted [groups][K/128][group_step rounded up to 4]
  const float* scales_a;
  /// [N/128 rounded up][K/128], K contiguous; of dense_1d1d and k_grouped_1d1d [K/128][N], N contiguous,
  /// 16-byte aligned; of dense_tensor one
  const float* scales_b;
  void* d;             ///< [M][N], 16-byte aligned
  int64_t a_stride;    ///< elements from one row to the next; 0: K
  int64_t b_stride;    ///< 0: K
  int64_t d_stride;    ///< 0: N
  int32_t fp32_out;    ///< 1: D is FP32
  int32_t accumulate;  ///< 1: the product is added to D
  // Of kernels over groups.
  const int32_t*
      group_rows;        ///< on the device, read when the kernel runs: a graph may be replayed with others
  int32_t group_layout;  ///< enum gemmtune_groups: what group_rows is
  int32_t groups;
  int64_t group_step;  ///< a group's first row is a multiple of it: alignment, or of counts its room
  int64_t
      rows_of_a_group;  ///< as expected, by which an entry is chosen; 0: M / groups. Of groups along K its K
} gemmtune_operands;

// How well an entry fits the question.
enum gemmtune_match {
  GEMMTUNE_EXACT = 1,    ///< tuned for this M
  GEMMTUNE_BUCKET = 2,   ///< the smallest tuned M above the asked one
  GEMMTUNE_LARGEST = 3,  ///< the asked M is above all tuned ones: the largest of them
  GEMMTUNE_PICKED = 4  ///< not tuned: the cubin and the launch that the bundle's model expects to be fastest
};

typedef struct gemmtune_found {
  uint64_t size;  ///< sizeof(gemmtune_found), from the caller: no more than that is written
  int32_t match;
  int32_t entry;    ///< number of the entry in manifest.json; of what was picked that with the same cubin
  int64_t tuned_m;  ///< the M that it was tuned for; of groups their mean rows, or K; 0 of what was picked
  double time_us;   ///< measured there, in the regime of the entry, with a cold L2; 0: not known for these
                    ///< cubins, or picked
  uint32_t grid;    ///< CTAs of a launch of the asked problem
  uint32_t cluster;
  uint32_t threads;
  uint32_t smem_bytes;
} gemmtune_found;

// Reads and checks every file, and loads every kernel onto the device that is current: seconds before the
// first request, never during one. A context must be current (cudaSetDevice makes one).
int gemmtune_open(const char* folder, gemmtune_bundle** bundle);

// For which launches a bundle answers. A table that was tuned for both has another winner for some problems
// where launches follow each other without a pause and the board's power limit holds the clock down.
enum gemmtune_regime {
  GEMMTUNE_BURST = 0,
  GEMMTUNE_SUSTAINED = 1  ///< back to back; where the bundle has no such winner, the same as in bursts
};

// The same for a regime; gemmtune_open opens for bursts. Whoever wants both opens the bundle twice.
int gemmtune_open_for(const char* folder, int regime, gemmtune_bundle** bundle);

// Null is no error. What was launched must have ended.
void gemmtune_close(gemmtune_bundle* bundle);

// On which GPU the bundle was tuned when that is another than the one it was opened on; empty otherwise. The
// results are right all the same. Valid as long as the bundle.
const char* gemmtune_note(const gemmtune_bundle* bundle);

// Which entry gemmtune_gemm would take. `form`: only strides and the form of D are read; null: BF16,
// overwritten, without gaps.
int gemmtune_find(const gemmtune_bundle* bundle, const char* kernel, int64_t m, int64_t n, int64_t k,
                  const gemmtune_operands* form, gemmtune_found* found);

// Queues one product on the stream. The device is that of gemmtune_open; a thread without a context gets that
// one's.
int gemmtune_gemm(gemmtune_bundle* bundle, const char* kernel, int64_t m, int64_t n, int64_t k,
                  const gemmtune_operands* operands, struct CUstream_st* stream);

#ifdef __cplusplus
}
#endif
