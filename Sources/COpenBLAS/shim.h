// OpenBLAS: matrix products, and the routines of LAPACK that are in its library.
#include <cblas.h>
#include <stddef.h>

// LAPACK 3.11, column after column. The lengths of character arguments come last, as Fortran passes them.
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t uplo_length);
void dpotrs_(const char *uplo, const int *n, const int *nrhs, const double *a, const int *lda, double *b,
             const int *ldb, int *info, size_t uplo_length);
void dsyev_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
            double *work, const int *lwork, int *info, size_t jobz_length, size_t uplo_length);
