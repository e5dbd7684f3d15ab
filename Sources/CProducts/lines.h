// The layout of packed operands, and the conversion of rows of floats to it.
//
// One scheme serves the three precisions, since in each of them a
// multiply-add takes 32-bit units: one float32, a pair of bfloat16, or four int8
// that are neighbours in k. A "line" is 16 units of one row: 64 bytes.
//
//  * W is packed into panels of 32 rows (two registers): for each unit of k the 32
//    units of the panel, so the kernel reads it as one stream.
//  * A is packed, a block of rows at a time, into tiles of 12 rows: for each line of
//    k the lines of the 12 rows. No transposition is needed, as the kernel reads A
//    by broadcasts from constant offsets; and it is one stream again, free of the
//    cache-set conflicts of rows that lie a power of two apart.
//  * The kernel holds a tile of C, 12 x 32, in 24 of the 32 registers over the whole
//    of k. So each element is one chain of sums in the order of k, whichever tile
//    it falls into, which makes results independent of the split of the rows.
#ifndef LINES_H
#define LINES_H

#include "products.h"

#ifdef __x86_64__
#include <immintrin.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#define AVX512                                                                  \
  __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512bf16,avx512vnni")))
#define AVX512_INLINE AVX512 static inline __attribute__((always_inline))
// Arrays stay in registers only where the loops over them are unrolled in full.
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

enum {
  LINE = 16,         // units in a line, and 32-bit lanes in a register
  LINE_BYTES = 64,
  TILE_ROWS = 12,
  PANEL_COLUMNS = 2 * LINE,
  UNIT_BYTES = PANEL_COLUMNS * 4,  // one unit of k of a panel
  PANEL_HEADER = 2 * UNIT_BYTES,   // int8: the scales of the columns, their offsets
  TILE_HEADER = LINE_BYTES,        // int8: the scales of the rows
  // Tiles that are packed, then run, at a time: 144 rows for each reading of W. Fewer
  // than 8 leave too little time to fetch it from L3 (-10 % with 4), more gain nothing.
  BLOCK_TILES = PRODUCT_BLOCK_ROWS / TILE_ROWS,
  // A is stored as q + 128, as vpdpbusd takes unsigned times signed bytes.
  INT8_ZERO = 128,
};

static inline long smaller(long a, long b) { return a < b ? a : b; }
static inline long divide_up(long a, long b) { return (a + b - 1) / b; }
static inline long unit_elements(product_precision p) {
  return p == PRODUCT_FLOAT32 ? 1 : p == PRODUCT_BFLOAT16 ? 2 : 4;
}
static inline long units_of(product_precision p, long k) { return divide_up(k, unit_elements(p)); }
static inline size_t panel_bytes(product_precision p, long k) {
  return PANEL_HEADER + (size_t)units_of(p, k) * UNIT_BYTES;
}
static inline size_t tile_bytes(product_precision p, long k) {
  return TILE_HEADER + (size_t)divide_up(units_of(p, k), LINE) * TILE_ROWS * LINE_BYTES;
}

AVX512_INLINE __mmask16 lanes(long count) {
  return count >= LINE ? 0xFFFF : count <= 0 ? 0 : (__mmask16)((1u << count) - 1);
}

// The 16 elements of a row from `at` on, zeros past its end.
AVX512_INLINE __m512 load_row(const float *row, long at, long k) {
  if (at + LINE <= k) return _mm512_loadu_ps(row + at);
  return _mm512_maskz_loadu_ps(lanes(k - at), row + (at < k ? at : 0));
}

AVX512_INLINE __m512i to_int32(__m512 x, __m512 inverse) {
  return _mm512_cvtps_epi32(_mm512_mul_ps(x, inverse));
}

// Line `index` of a row; `inverse` is 127 / max of the row, for int8.
AVX512_INLINE __m512i convert_line(product_precision precision, const float *row,
                                   long index, long k, __m512 inverse) {
  long at = index * LINE * unit_elements(precision);
  __m512 x0 = load_row(row, at, k);
  if (precision == PRODUCT_FLOAT32) return _mm512_castps_si512(x0);
  __m512 x1 = load_row(row, at + LINE, k);
  if (precision == PRODUCT_BFLOAT16) return (__m512i)_mm512_cvtne2ps_pbh(x1, x0);
  __m512 x2 = load_row(row, at + 2 * LINE, k), x3 = load_row(row, at + 3 * LINE, k);
  __m512i low = _mm512_packs_epi32(to_int32(x0, inverse), to_int32(x1, inverse));
  __m512i high = _mm512_packs_epi32(to_int32(x2, inverse), to_int32(x3, inverse));
  // Packing works within quarters of the registers: put their parts in order.
  const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
  return _mm512_permutexvar_epi32(order, _mm512_packs_epi16(low, high));
}

// The largest magnitude in a row; NaN if the row has one.
AVX512_INLINE float largest(const float *row, long k) {
  enum { absolute = 11, PARTS = 4 };  // vrangeps: the larger magnitude, its sign cleared; it ignores NaN
  const __m512 zero = _mm512_setzero_ps();
  __m512 most[PARTS] = {zero, zero, zero, zero}, invalid[PARTS] = {zero, zero, zero, zero};
  for (long at = 0; at < k; at += PARTS * LINE)
UNROLL
    for (int i = 0; i < PARTS; i++) {
      __m512 x = load_row(row, at + i * LINE, k);
      most[i] = _mm512_range_ps(most[i], x, absolute);
      invalid[i] = _mm512_fmadd_ps(x, zero, invalid[i]);
    }
  __m512 both = _mm512_max_ps(_mm512_max_ps(most[0], most[1]), _mm512_max_ps(most[2], most[3]));
  __m512 sum = _mm512_add_ps(_mm512_add_ps(invalid[0], invalid[1]), _mm512_add_ps(invalid[2], invalid[3]));
  return _mm512_reduce_max_ps(both) + _mm512_reduce_add_ps(sum);
}

// The scale of a row, and its inverse: both 0 for a row that is all but zero. The scale of a row that is not finite is
// NaN.
AVX512_INLINE float scale_of(const float *row, long k, __m512 *inverse) {
  float most = largest(row, k), reciprocal = 127.0f / most;
  int usable = most > 0 && reciprocal < INFINITY;
  *inverse = _mm512_set1_ps(usable ? reciprocal : 0);
  // NaN reaches all results of the row.
  return usable ? most / 127.0f : most == most ? 0 : most;
}

#endif
#endif
