// Products C[m,n] = A[m,k] · Wᵀ for the forward pass of a network, on one core with AVX-512. W [n,k] is packed
// once; A and C are row-major float32.
#ifndef PRODUCTS_H
#define PRODUCTS_H

#include <stddef.h>

typedef enum {
  // Products and sums in float32.
  PRODUCT_FLOAT32 = 0,
  // W and A rounded to bfloat16 (nearest even), sums in float32.
  PRODUCT_BFLOAT16 = 1,
  // W as int8 with a scale per output channel (max|w|/127), A as int8 with a
  // scale per row (max|a|/127), found anew for each row; exact sums in int32.
  PRODUCT_INT8 = 2,
} product_precision;

// The sums of PRODUCT_INT8 fit int32 up to this k, 2^31 / (255 * 127).
#define PRODUCT_INT8_MAX_K 66000

// 1 if this processor and operating system run the kernels of `precision`.
int product_supported(product_precision precision);

// Bytes for the packed form of W [n,k]; give memory aligned to 64 bytes.
size_t product_packed_bytes(product_precision precision, long n, long k);

// Packs W, whose rows are `w_stride` floats apart.
void product_pack(product_precision precision, long n, long k, const float *w, long w_stride, void *packed);

// The same for Wᵀ [k,n], not for PRODUCT_INT8.
void product_pack_transposed(product_precision precision, long n, long k, const float *w, long w_stride,
                             void *packed);

// Bytes of scratch memory, aligned to 64 bytes, for calls with up to m rows.
// Calls that run at the same time each need their own.
size_t product_scratch_bytes(product_precision precision, long m, long k);

// The rows of A for which W is read once: calls with fewer rows are slower, per row.
enum { PRODUCT_BLOCK_ROWS = 144 };

// C = A · Wᵀ + bias. `bias` has n floats, or is NULL. C may not overlap A. Any m, n, k >= 1. A row of C depends on
// that row of A only, to the bit: not on m, nor on how rows are split over calls.
void product_run(product_precision precision, long m, long n, long k, const float *a, long a_stride,
                 const void *packed, const float *bias, float *c, long c_stride, void *scratch);

#endif
