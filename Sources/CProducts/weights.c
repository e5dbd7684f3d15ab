// Packing of weights.
#include "lines.h"

#ifdef __x86_64__

int product_supported(product_precision precision) {
  __builtin_cpu_init();
  // Compilers may put any of these to use in all of the functions below.
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512vl") || !__builtin_cpu_supports("avx512dq"))
    return 0;
  if (precision == PRODUCT_BFLOAT16) return __builtin_cpu_supports("avx512bf16") != 0;
  if (precision == PRODUCT_INT8) return __builtin_cpu_supports("avx512vnni") != 0;
  return precision == PRODUCT_FLOAT32;
}

size_t product_packed_bytes(product_precision precision, long n, long k) {
  return (size_t)divide_up(n, PANEL_COLUMNS) * panel_bytes(precision, k);
}

AVX512_INLINE void transpose(__m512i x[LINE]) {
  __m512i y[LINE];
UNROLL
  for (int i = 0; i < LINE; i += 2) {
    y[i] = _mm512_unpacklo_epi32(x[i], x[i + 1]);
    y[i + 1] = _mm512_unpackhi_epi32(x[i], x[i + 1]);
  }
UNROLL
  for (int i = 0; i < LINE; i += 4) {
    x[i] = _mm512_unpacklo_epi64(y[i], y[i + 2]);
    x[i + 1] = _mm512_unpackhi_epi64(y[i], y[i + 2]);
    x[i + 2] = _mm512_unpacklo_epi64(y[i + 1], y[i + 3]);
    x[i + 3] = _mm512_unpackhi_epi64(y[i + 1], y[i + 3]);
  }
  // x[4 g + c] has columns c, c + 4, c + 8, c + 12 of rows 4 g .. 4 g + 3.
UNROLL
  for (int c = 0; c < 4; c++) {
    __m512i low01 = _mm512_shuffle_i32x4(x[c], x[4 + c], 0x44);
    __m512i high01 = _mm512_shuffle_i32x4(x[c], x[4 + c], 0xEE);
    __m512i low23 = _mm512_shuffle_i32x4(x[8 + c], x[12 + c], 0x44);
    __m512i high23 = _mm512_shuffle_i32x4(x[8 + c], x[12 + c], 0xEE);
    y[c] = _mm512_shuffle_i32x4(low01, low23, 0x88);
    y[4 + c] = _mm512_shuffle_i32x4(low01, low23, 0xDD);
    y[8 + c] = _mm512_shuffle_i32x4(high01, high23, 0x88);
    y[12 + c] = _mm512_shuffle_i32x4(high01, high23, 0xDD);
  }
  for (int i = 0; i < LINE; i++) x[i] = y[i];
}

AVX512_INLINE void pack_panel(product_precision precision, long columns, long k,
                              const float *w, long w_stride, char *panel) {
  float *scales = (float *)panel;
  int32_t *offsets = (int32_t *)(panel + UNIT_BYTES);
  long units = units_of(precision, k);
  memset(panel, 0, PANEL_HEADER);
  for (long half = 0; half < 2; half++) {
    __m512i sums = _mm512_setzero_si512(), x[LINE];
    __m512 inverses[LINE];
    for (long j = 0; j < LINE; j++) {
      long column = half * LINE + j;
      inverses[j] = _mm512_setzero_ps();
      if (precision == PRODUCT_INT8 && column < columns)
        scales[column] = scale_of(w + column * w_stride, k, &inverses[j]);
    }
    for (long i = 0; i * LINE < units; i++) {
      for (long j = 0; j < LINE; j++) {
        long column = half * LINE + j;
        x[j] = column < columns ? convert_line(precision, w + column * w_stride, i, k, inverses[j])
                                : _mm512_setzero_si512();
      }
      transpose(x);
      char *to = panel + PANEL_HEADER + i * LINE * UNIT_BYTES + half * LINE_BYTES;
      for (long u = 0; u < smaller(LINE, units - i * LINE); u++) {
        _mm512_store_si512(to + u * UNIT_BYTES, x[u]);
        if (precision == PRODUCT_INT8) sums = _mm512_dpbusd_epi32(sums, _mm512_set1_epi8(1), x[u]);
      }
    }
    // What the q + 128 add to a sum, to begin it with.
    if (precision == PRODUCT_INT8)
      _mm512_store_si512(offsets + half * LINE,
                         _mm512_mullo_epi32(sums, _mm512_set1_epi32(-INT8_ZERO)));
  }
}

AVX512 void product_pack(product_precision precision, long n, long k, const float *w,
                         long w_stride, void *packed) {
  char *panel = packed;
  for (long j = 0; j < n; j += PANEL_COLUMNS, panel += panel_bytes(precision, k)) {
    const float *from = w + j * w_stride;
    long columns = smaller(PANEL_COLUMNS, n - j);
    if (precision == PRODUCT_FLOAT32)
      pack_panel(PRODUCT_FLOAT32, columns, k, from, w_stride, panel);
    else if (precision == PRODUCT_BFLOAT16)
      pack_panel(PRODUCT_BFLOAT16, columns, k, from, w_stride, panel);
    else
      pack_panel(PRODUCT_INT8, columns, k, from, w_stride, panel);
  }
}

// Two rows of 16 floats as pairs of bfloat16, of which the first row has the lower halves.
AVX512_INLINE __m512i pair_rows(__m512 x0, __m512 x1) {
  __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(x0));
  __m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(x1));
  return _mm512_or_si512(low, _mm512_slli_epi32(high, 16));
}

AVX512 void product_pack_transposed(product_precision precision, long n, long k, const float *w, long w_stride,
                                    void *packed) {
  long units = units_of(precision, k), elements = unit_elements(precision);
  char *panel = packed;
  for (long j = 0; j < n; j += PANEL_COLUMNS, panel += panel_bytes(precision, k)) {
    memset(panel, 0, PANEL_HEADER);
    for (long u = 0; u < units; u++)
      for (long half = 0; half < 2; half++) {
        long columns = n - j - half * LINE;
        const float *row = w + u * elements * w_stride + j + half * LINE;
        __m512 x0 = load_row(row, 0, columns), x1 = _mm512_setzero_ps();
        if (elements == 2 && 2 * u + 1 < k) x1 = load_row(row + w_stride, 0, columns);
        __m512i line = elements == 1 ? _mm512_castps_si512(x0) : pair_rows(x0, x1);
        _mm512_store_si512(panel + PANEL_HEADER + u * UNIT_BYTES + half * LINE_BYTES, line);
      }
  }
}

#else

int product_supported(product_precision precision) { return 0 * (int)precision; }
size_t product_packed_bytes(product_precision precision, long n, long k) { return 0 * (size_t)(precision + n + k); }
void product_pack(product_precision precision, long n, long k, const float *w, long w_stride, void *packed) {}
void product_pack_transposed(product_precision precision, long n, long k, const float *w, long w_stride,
                             void *packed) {}

#endif
