/*
 * Weights of a listwise softmax (Cao et al. 2007, ListNet; McFadden's
 * conditional logit): in each group of rows, the probability of a row is
 * exp(w x) over the sum of the group's.
 */

#ifndef RECO_SOFTMAX_H
#define RECO_SOFTMAX_H

#include "reco.h"

#include <stdint.h>


#define RECO_SOFTMAX_FEATURES_MAX 64

/* Groups of rows: group g is [offsets[g], offsets[g + 1]). */
typedef struct {
    unsigned nfeatures;
    size_t stride; /* of a row of features, padded with zeros as in dense.h */
    uint32_t ngroups;
    uint64_t *offsets; /* ngroups + 1 */
    float *features;   /* stride for each row */
    float *shares;     /* how much of the truth a row is; 1 in all a group */
    float *counts;     /* how many rows a sampled row stands for */
    float *weights;    /* what each group counts; NULL: 1 */
} reco_softmax_t;

/*
 * Maximises the weighted mean log-likelihood less ridge / (2 * the groups'
 * weights) times the sum of squares of weight times the feature's standard deviation over rows.  With
 * focus q > 0 the likelihood p of a group counts (p^q - 1) / q in place of
 * log p (Zhang and Sabuncu 2018): less is spent on what cannot be foreseen.
 * floors: the least value of each weight, -INFINITY for any; weights is the
 * start, at or above them, and the result.  Damped Newton steps on the weights
 * that are not held by their floor; the same for the same input.  RECO_NOMEM.
 */
reco_status_t reco_softmax_fit(const reco_softmax_t *softmax, double ridge,
    double focus, const double *floors, double *weights, reco_error_t *error);

/* The weighted mean over groups of 1 / rank of the rows that are true. */
double reco_softmax_rank(const reco_softmax_t *softmax, const double *weights);

#endif /* RECO_SOFTMAX_H */
