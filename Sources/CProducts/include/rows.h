// Row-wise operations of a transformer, on row-major float32. On each processor they take its widest vectors.
#ifndef ROWS_H
#define ROWS_H

// x = x Φ(x), where Φ is the standard normal distribution function.
void rows_gelu(float *x, long count);
// The same with Φ(x) ≈ (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2.
void rows_tanh_gelu(float *x, long count);
// The same with Φ(x) ≈ σ(1.702 x).
void rows_quick_gelu(float *x, long count);
// y = a σ(a) b, where a and b are the halves of each row of x [rows, 2 width]; y [rows, width].
void rows_swiglu(const float *x, float *y, long rows, long width);
// Each row of x [rows, width] becomes exp(scale x) divided by its sum; scale is above 0. Rows are `stride` floats apart,
// a multiple of 16 that is at least the width; those between rows become 0.
void rows_softmax(float *x, long rows, long width, long stride, float scale);
// y = (x − mean) / √(variance + epsilon) ⊙ weight + bias for each row of x [rows, width].
void rows_normalize(const float *x, float *y, long rows, long width, const float *weight, const float *bias,
                    float epsilon);
// x += scale ⊙ y for each row of x and y [rows, width].
void rows_add_scaled(float *x, const float *y, long rows, long width, const float *scale);

// The two passes of resizing an image of 8-bit red, green and blue: each value is a sum of `counts` neighbors from
// `starts` on, with `stride` weights for each position, in fixed-point arithmetic of `bits` bits, rounded.
void rows_resize_across(const unsigned char *source, unsigned char *target, long rows, long width, long new_width,
                        const long *starts, const long *counts, const int *weights, long stride, int bits);
void rows_resize_down(const unsigned char *source, unsigned char *target, long row_bytes, long new_height,
                      const long *starts, const long *counts, const int *weights, long stride, int bits);

#endif
