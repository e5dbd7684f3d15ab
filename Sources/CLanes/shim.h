// mallopt, which Swift's Glibc leaves out.
#include <malloc.h>

// Square roots of many floats at once. Swift's own go one by one, because the C function behind them
// must look for numbers below zero, to set errno.
typedef float lanes16 __attribute__((ext_vector_type(16)));

static inline __attribute__((always_inline)) lanes16 lanes_square_root(lanes16 x) {
  return __builtin_elementwise_sqrt(x);
}
