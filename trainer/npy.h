/*
 * Arrays that NumPy saved: .npy of format 1 to 3, little-endian float32 or
 * float64, two dimensions, in C order.
 */

#ifndef RECO_NPY_H
#define RECO_NPY_H

#include "reco.h"


typedef struct {
    uint64_t rows;
    uint64_t columns;
    size_t size; /* of a value: 4 or 8 bytes */
    const char *data;
} reco_npy_t;

/*
 * Reads the head of a whole file that is in memory; data refers to it, at any
 * alignment.  RECO_CORRUPT: it is no such file, or another length than its head
 * says.  RECO_UNSUPPORTED: another type, order, number of dimensions.
 */
reco_status_t reco_npy_open(
    reco_npy_t *npy, reco_str_t file, reco_error_t *error);

/* The columns values of a row. */
void reco_npy_row(const reco_npy_t *npy, uint64_t row, float *values);

#endif /* RECO_NPY_H */
