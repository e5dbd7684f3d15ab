// Products with packed weights.
#include "lines.h"

#ifdef __x86_64__

// The rows of the next block, of m that are left. Blocks differ by a tile at most, so
// that none is left with few rows to read all of W for.
static long block_rows(long m) {
  long tiles = divide_up(m, TILE_ROWS);
  return smaller(m, divide_up(tiles, divide_up(tiles, BLOCK_TILES)) * TILE_ROWS);
}

size_t product_scratch_bytes(product_precision precision, long m, long k) {
  long tiles = smaller(divide_up(m, TILE_ROWS), BLOCK_TILES);
  return (size_t)tiles * tile_bytes(precision, k);
}

AVX512_INLINE void pack_tile_of(product_precision precision, long rows, long k,
                                const float *a, long a_stride, char *tile) {
  long lines = divide_up(units_of(precision, k), LINE);
  for (long r = 0; r < rows; r++) {
    const float *row = a + r * a_stride;
    __m512 inverse = _mm512_setzero_ps();
    if (precision == PRODUCT_INT8) ((float *)tile)[r] = scale_of(row, k, &inverse);
    char *to = tile + TILE_HEADER + r * LINE_BYTES;
    for (long i = 0; i < lines; i++, to += TILE_ROWS * LINE_BYTES) {
      __m512i line = convert_line(precision, row, i, k, inverse);
      // The next row comes in meanwhile: its scale needs all of it at once.
      for (long j = 0; precision == PRODUCT_INT8 && j < 4; j++)
        _mm_prefetch((const char *)(row + a_stride) + (4 * i + j) * LINE_BYTES, _MM_HINT_T0);
      if (precision == PRODUCT_INT8)
        line = _mm512_xor_si512(line, _mm512_set1_epi8((char)INT8_ZERO));
      _mm512_store_si512(to, line);
    }
  }
}

AVX512 static void pack_tile(product_precision precision, long rows, long k,
                             const float *a, long a_stride, char *tile) {
  // Constants, so that each gets code of its own.
  if (precision == PRODUCT_FLOAT32)
    pack_tile_of(PRODUCT_FLOAT32, rows, k, a, a_stride, tile);
  else if (precision == PRODUCT_BFLOAT16)
    pack_tile_of(PRODUCT_BFLOAT16, rows, k, a, a_stride, tile);
  else
    pack_tile_of(PRODUCT_INT8, rows, k, a, a_stride, tile);
}

AVX512_INLINE __m512i multiply_add(product_precision precision, __m512i sum, __m512i a, __m512i w) {
  if (precision == PRODUCT_FLOAT32)
    return _mm512_castps_si512(_mm512_fmadd_ps(_mm512_castsi512_ps(a), _mm512_castsi512_ps(w),
                                               _mm512_castsi512_ps(sum)));
  if (precision == PRODUCT_BFLOAT16)
    return _mm512_castps_si512(
        _mm512_dpbf16_ps(_mm512_castsi512_ps(sum), (__m512bh)a, (__m512bh)w));
  return _mm512_dpbusd_epi32(sum, a, w);
}

// Adds `count` units, from unit `first` of the line at `a`, to the sums of the tile.
AVX512_INLINE void add_units(product_precision precision, int rows, int count, const int32_t *a,
                             const char *w, __m512i sums[][2]) {
UNROLL
  for (int u = 0; u < count; u++) {
    __m512i w0 = _mm512_load_si512(w + u * UNIT_BYTES);
    __m512i w1 = _mm512_load_si512(w + u * UNIT_BYTES + LINE_BYTES);
UNROLL
    for (int r = 0; r < rows; r++) {
      __m512i broadcast = _mm512_set1_epi32(a[r * LINE + u]);
      sums[r][0] = multiply_add(precision, sums[r][0], broadcast, w0);
      sums[r][1] = multiply_add(precision, sums[r][1], broadcast, w1);
    }
  }
}

typedef struct {
  long units, columns, c_stride;
  const char *panel, *next;  // next: what this tile is to prefetch of the next panel
  const float *bias;
} panel_job;

// `rows` rows of a tile, from row `first`, times a panel.
AVX512_INLINE void run_rows(product_precision precision, int rows, const panel_job *job,
                            const char *tile, long first, float *c) {
  enum { STEP = 8 };
  const int32_t *a = (const int32_t *)(tile + TILE_HEADER + first * LINE_BYTES);
  const char *w = job->panel + PANEL_HEADER;
  __m512i sums[TILE_ROWS][2];
UNROLL
  for (int r = 0; r < rows; r++)
    for (int half = 0; half < 2; half++)
      sums[r][half] = precision == PRODUCT_INT8
                          ? _mm512_load_si512(job->panel + UNIT_BYTES + half * LINE_BYTES)
                          : _mm512_setzero_si512();
  const char *next = job->next;
  // The lines of C, by the time they are written.
  for (int r = 0; r < rows; r++) {
    __builtin_prefetch(c + r * job->c_stride, 1);
    __builtin_prefetch(c + r * job->c_stride + LINE, 1);
  }
  long units = job->units;
  for (; units >= LINE; units -= LINE, a += TILE_ROWS * LINE)
    for (int u = 0; u < LINE; u += STEP, w += STEP * UNIT_BYTES, next += STEP * UNIT_BYTES) {
      // A step of a panel is 16 lines of the cache: eight tiles fetch the next panel.
      _mm_prefetch(next, _MM_HINT_T0);
      _mm_prefetch(next + STEP / 2 * UNIT_BYTES, _MM_HINT_T0);
      add_units(precision, rows, STEP, a + u, w, sums);
    }
  for (; units > 0; units--, a++, w += UNIT_BYTES) add_units(precision, rows, 1, a, w, sums);

  __mmask16 mask0 = lanes(job->columns), mask1 = lanes(job->columns - LINE);
  __m512 bias0 = _mm512_setzero_ps(), bias1 = bias0, scale0 = bias0, scale1 = bias0;
  if (job->bias) {
    bias0 = _mm512_maskz_loadu_ps(mask0, job->bias);
    bias1 = _mm512_maskz_loadu_ps(mask1, job->bias + (mask1 ? LINE : 0));
  }
  if (precision == PRODUCT_INT8) {
    scale0 = _mm512_load_ps(job->panel);
    scale1 = _mm512_load_ps(job->panel + LINE_BYTES);
  }
UNROLL
  for (int r = 0; r < rows; r++, c += job->c_stride) {
    __m512 c0, c1;
    if (precision == PRODUCT_INT8) {
      // Fused explicitly, so that no compiler fuses it in some of the copies only.
      __m512 scale = _mm512_set1_ps(((const float *)tile)[first + r]);
      c0 = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[r][0]), _mm512_mul_ps(scale, scale0), bias0);
      c1 = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[r][1]), _mm512_mul_ps(scale, scale1), bias1);
    } else {
      c0 = _mm512_add_ps(_mm512_castsi512_ps(sums[r][0]), bias0);
      c1 = _mm512_add_ps(_mm512_castsi512_ps(sums[r][1]), bias1);
    }
    _mm512_mask_storeu_ps(c, mask0, c0);
    if (mask1) _mm512_mask_storeu_ps(c + LINE, mask1, c1);
  }
}

// A whole tile, or its first rows as a sum of powers of two.
AVX512_INLINE void run_tile(product_precision precision, long rows, const panel_job *job,
                            const char *tile, float *c) {
  long stride = job->c_stride, first = 0;
  if (rows == TILE_ROWS) {
    run_rows(precision, TILE_ROWS, job, tile, 0, c);
    return;
  }
  if (rows & 8) run_rows(precision, 8, job, tile, 0, c), first = 8;
  if (rows & 4) run_rows(precision, 4, job, tile, first, c + first * stride), first += 4;
  if (rows & 2) run_rows(precision, 2, job, tile, first, c + first * stride), first += 2;
  if (rows & 1) run_rows(precision, 1, job, tile, first, c + first * stride);
}

AVX512 static void run_tile_float32(long rows, const panel_job *job, const char *tile, float *c) {
  run_tile(PRODUCT_FLOAT32, rows, job, tile, c);
}
AVX512 static void run_tile_bfloat16(long rows, const panel_job *job, const char *tile, float *c) {
  run_tile(PRODUCT_BFLOAT16, rows, job, tile, c);
}
AVX512 static void run_tile_int8(long rows, const panel_job *job, const char *tile, float *c) {
  run_tile(PRODUCT_INT8, rows, job, tile, c);
}

void product_run(product_precision precision, long m, long n, long k, const float *a,
                 long a_stride, const void *packed, const float *bias, float *c, long c_stride,
                 void *scratch) {
  void (*run)(long, const panel_job *, const char *, float *) =
      precision == PRODUCT_FLOAT32 ? run_tile_float32
      : precision == PRODUCT_BFLOAT16 ? run_tile_bfloat16 : run_tile_int8;
  size_t tile_size = tile_bytes(precision, k), panel_size = panel_bytes(precision, k);
  for (long first = 0, rows; first < m; first += rows) {
    rows = block_rows(m - first);
    for (long r = 0; r < rows; r += TILE_ROWS)
      pack_tile(precision, smaller(TILE_ROWS, rows - r), k, a + (first + r) * a_stride, a_stride,
                (char *)scratch + r / TILE_ROWS * tile_size);
    // A panel stays in the cache for all tiles of the block.
    for (long j = 0; j < n; j += PANEL_COLUMNS) {
      panel_job job = {units_of(precision, k), smaller(PANEL_COLUMNS, n - j), c_stride,
                       (const char *)packed + j / PANEL_COLUMNS * panel_size,
                       (const char *)packed + (j / PANEL_COLUMNS + 1) * panel_size,
                       bias ? bias + j : NULL};
      for (long r = 0; r < rows; r += TILE_ROWS, job.next += LINE_BYTES)
        run(smaller(TILE_ROWS, rows - r), &job, (char *)scratch + r / TILE_ROWS * tile_size,
            c + (first + r) * c_stride + j);
    }
  }
}

#else

size_t product_scratch_bytes(product_precision precision, long m, long k) { return 0 * (size_t)(precision + m + k); }
void product_run(product_precision precision, long m, long n, long k, const float *a, long a_stride,
                 const void *packed, const float *bias, float *c, long c_stride, void *scratch) {}

#endif
