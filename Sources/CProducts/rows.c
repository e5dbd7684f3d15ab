// See rows.h. Sixteen floats are processed together. A row's last ones are copied to a vector of zeros first.
#include "rows.h"

#include <math.h>
#include <string.h>

#ifdef __x86_64__
#define EACH_PROCESSOR __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define EACH_PROCESSOR
#endif
// Vectors are passed by address, because their registers differ between the clones.
#define INLINE static inline __attribute__((always_inline))

enum { LANES = 16 };
typedef float vector __attribute__((ext_vector_type(LANES)));
typedef int vector_int __attribute__((ext_vector_type(LANES)));

INLINE long part_of(long left) { return left < LANES ? left : LANES; }

INLINE void load(vector *x, const float *from, long count) {
  if (count == LANES) {
    memcpy(x, from, sizeof(vector));
  } else {
    *x = 0;
    memcpy(x, from, (size_t)count * sizeof(float));
  }
}

INLINE void store(const vector *x, float *to, long count) {
  if (count == LANES)
    memcpy(to, x, sizeof(vector));
  else
    memcpy(to, x, (size_t)count * sizeof(float));
}

INLINE float sum_of(const vector *x) {
  float sums[LANES];
  memcpy(sums, x, sizeof sums);
  for (int width = LANES / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) sums[i] += sums[i + width];
  return sums[0];
}

// eˣ as in Exponential.swift; 0 below −87.3, e⁸⁸ above 88.
INLINE void exponential(vector *x) {
  // Comparisons in this direction keep NaN.
  vector limited = *x > 88.0f ? (vector)88.0f : *x;
  const float shift = 12582912;  // adding 1.5 · 2²³ rounds to an integer
  vector shifted = limited * 1.44269504f + shift, n = shifted - shift;
  vector r = limited - n * 0.693359375f + n * 2.12194440e-4f;
  vector g = r * 1.38146105e-3f + 8.36871125e-3f;
  g = g * r + 4.16683875e-2f;
  g = g * r + 1.66665207e-1f;
  g = g * r + 4.99999935e-1f;
  vector_int bits;
  memcpy(&bits, &shifted, sizeof bits);
  bits = (bits << 23) + 0x3F800000;
  vector power;
  memcpy(&power, &bits, sizeof power);
  vector result = (r * r * g + r + 1) * power;
  *x = *x < -87.3f ? (vector)0.0f : result;
}

// The error function within 7 units in the last place: x P(x²) / Q(x²), constant beyond ±3.925; fitted by
// reweighted least squares.
INLINE void error_function(vector *x) {
  const vector limit = 3.925f;
  vector limited = *x > limit ? limit : *x < -limit ? -limit : *x;
  vector y = limited * limited;
  vector p = y * -1.28291031e-8f + 4.61468066e-6f;
  p = p * y + 3.76964815e-4f;
  p = p * y + 3.83947681e-3f;
  p = p * y + 5.42494388e-2f;
  p = p * y + 1.85141854e-1f;
  p = p * y + 1.12837917f;
  vector q = y * 6.24503405e-5f + 1.30197314e-3f;
  q = q * y + 1.54324870e-2f;
  q = q * y + 1.13880531e-1f;
  q = q * y + 4.97411103e-1f;
  q = q * y + 1;
  *x = limited * p / q;
}

INLINE void gelu(vector *x) {
  vector e = *x * 0.70710678f;
  error_function(&e);
  *x = 0.5f * *x * (1 + e);
}

// x σ(t) with t = x (slope + cubic x²).
INLINE void sigmoid_product(vector *x, float slope, float cubic) {
  vector e = *x * (-slope - cubic * *x * *x);
  exponential(&e);
  *x = *x / (1 + e);
}

// The value in the range of eight bits.
INLINE unsigned char clipped(int value) { return (unsigned char)(value < 0 ? 0 : value > 255 ? 255 : value); }

EACH_PROCESSOR void rows_resize_across(const unsigned char *source, unsigned char *target, long rows, long width,
                                       long new_width, const long *starts, const long *counts, const int *weights,
                                       long stride, int bits) {
  typedef int four __attribute__((ext_vector_type(4)));
  for (long row = 0; row < rows; row++, source += 3 * width)
    for (long x = 0; x < new_width; x++, target += 3) {
      const unsigned char *pixel = source + 3 * starts[x];
      const int *weight = weights + x * stride;
      four sum = 1 << (bits - 1);
      for (long tap = 0; tap < counts[x]; tap++, pixel += 3)
        sum += (four){pixel[0], pixel[1], pixel[2], 0} * weight[tap];
      for (int c = 0; c < 3; c++) target[c] = clipped(sum[c] >> bits);
    }
}

EACH_PROCESSOR void rows_resize_down(const unsigned char *source, unsigned char *target, long row_bytes,
                                     long new_height, const long *starts, const long *counts, const int *weights,
                                     long stride, int bits) {
  // Columns in blocks whose sums stay in registers.
  enum { BLOCK = 64 };
  for (long y = 0; y < new_height; y++, target += row_bytes)
    for (long first = 0; first < row_bytes; first += BLOCK) {
      long count = row_bytes - first < BLOCK ? row_bytes - first : BLOCK;
      int sums[BLOCK];
      for (long i = 0; i < BLOCK; i++) sums[i] = 1 << (bits - 1);
      for (long tap = 0; tap < counts[y]; tap++) {
        const unsigned char *from = source + (starts[y] + tap) * row_bytes + first;
        int weight = weights[y * stride + tap];
        if (count == BLOCK)
          for (long i = 0; i < BLOCK; i++) sums[i] += from[i] * weight;
        else
          for (long i = 0; i < count; i++) sums[i] += from[i] * weight;
      }
      for (long i = 0; i < count; i++) target[first + i] = clipped(sums[i] >> bits);
    }
}

EACH_PROCESSOR void rows_gelu(float *x, long count) {
  for (long i = 0; i < count; i += LANES) {
    vector v;
    load(&v, x + i, part_of(count - i));
    gelu(&v);
    store(&v, x + i, part_of(count - i));
  }
}

EACH_PROCESSOR void rows_tanh_gelu(float *x, long count) {
  for (long i = 0; i < count; i += LANES) {
    vector v;
    load(&v, x + i, part_of(count - i));
    // (1 + tanh(u)) / 2 = σ(2 u).
    sigmoid_product(&v, 1.59576912f, 0.071354816f);
    store(&v, x + i, part_of(count - i));
  }
}

EACH_PROCESSOR void rows_quick_gelu(float *x, long count) {
  for (long i = 0; i < count; i += LANES) {
    vector v;
    load(&v, x + i, part_of(count - i));
    sigmoid_product(&v, 1.702f, 0);
    store(&v, x + i, part_of(count - i));
  }
}

EACH_PROCESSOR void rows_swiglu(const float *x, float *y, long rows, long width) {
  for (long row = 0; row < rows; row++, x += 2 * width, y += width)
    for (long i = 0; i < width; i += LANES) {
      vector a, b;
      load(&a, x + i, part_of(width - i));
      load(&b, x + width + i, part_of(width - i));
      sigmoid_product(&a, 1, 0);
      a *= b;
      store(&a, y + i, part_of(width - i));
    }
}

EACH_PROCESSOR void rows_softmax(float *x, long rows, long width, long stride, float scale) {
  for (long row = 0; row < rows; row++, x += stride) {
    // Whole vectors only: e to this power is 0.
    for (long i = width; i < stride; i++) x[i] = -INFINITY;
    vector v, most = -INFINITY, total = 0;
    for (long i = 0; i < stride; i += LANES) {
      load(&v, x + i, LANES);
      most = __builtin_elementwise_max(most, v);
    }
    float largest = __builtin_reduce_max(most);
    for (long i = 0; i < stride; i += LANES) {
      load(&v, x + i, LANES);
      v = (v - largest) * scale;
      exponential(&v);
      store(&v, x + i, LANES);
      total += v;
    }
    float factor = 1 / sum_of(&total);
    for (long i = 0; i < stride; i += LANES) {
      load(&v, x + i, LANES);
      v *= factor;
      store(&v, x + i, LANES);
    }
  }
}

EACH_PROCESSOR void rows_normalize(const float *x, float *y, long rows, long width, const float *weight,
                                   const float *bias, float epsilon) {
  for (long row = 0; row < rows; row++, x += width, y += width) {
    vector v, w, b, total = 0, squares = 0;
    for (long i = 0; i < width; i += LANES) {
      load(&v, x + i, part_of(width - i));
      total += v;
    }
    float mean = sum_of(&total) / (float)width;
    for (long i = 0; i < width; i += LANES) {
      long part = part_of(width - i);
      load(&v, x + i, part);
      v -= mean;
      store(&v, y + i, part);
      if (part < LANES) load(&v, y + i, part);
      squares += v * v;
    }
    float scale = 1 / sqrtf(sum_of(&squares) / (float)width + epsilon);
    for (long i = 0; i < width; i += LANES) {
      long part = part_of(width - i);
      load(&v, y + i, part);
      load(&w, weight + i, part);
      load(&b, bias + i, part);
      v = v * scale * w + b;
      store(&v, y + i, part);
    }
  }
}

EACH_PROCESSOR void rows_add_scaled(float *x, const float *y, long rows, long width, const float *scale) {
  for (long row = 0; row < rows; row++, x += width, y += width)
    for (long i = 0; i < width; i += LANES) {
      long part = part_of(width - i);
      vector a, b, s;
      load(&a, x + i, part);
      load(&b, y + i, part);
      load(&s, scale + i, part);
      a += s * b;
      store(&a, x + i, part);
    }
}
