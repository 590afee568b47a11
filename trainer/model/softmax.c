#include "model/softmax.h"

#include "model/dense.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX    40
#define HALVINGS     20
#define ENOUGH       1e-6 /* gain of the mean log-likelihood */
#define FEATURES     RECO_SOFTMAX_FEATURES_MAX
#define VARIANCE_MIN 1e-12


typedef struct {
    const reco_softmax_t *softmax;
    const double *floors;
    double focus;
    double total;            /* of the groups' weights */
    double ridges[FEATURES]; /* of each weight, a group's share */
    double *odds;            /* of the rows of a group */
    float *panel;            /* its rows, centred, by the root of their odds */
    float *product;          /* panel^T panel */
    double gradient[FEATURES];
    double hessian[FEATURES][FEATURES]; /* upper triangle */
} fit_t;


/* Weights as the kernels want them. */
static void
pad_weights(const reco_softmax_t *softmax, const double *weights, float *padded)
{
    unsigned j;

    memset(padded, 0, softmax->stride * sizeof(float));
    for (j = 0; j < softmax->nfeatures; j++) {
        padded[j] = (float) weights[j];
    }
}


static double
group_weight(const reco_softmax_t *softmax, uint32_t group)
{
    return softmax->weights != NULL ? (double) softmax->weights[group] : 1;
}


static double
total_weight(const reco_softmax_t *softmax)
{
    double total;
    uint32_t group;

    total = 0;
    for (group = 0; group < softmax->ngroups; group++) {
        total += group_weight(softmax, group);
    }

    return total;
}


static double
row_score(const reco_softmax_t *softmax, uint64_t row, const float *padded)
{
    return reco_dense_dot(
        softmax->features + row * softmax->stride, padded, softmax->stride);
}


/*
 * Probabilities of a group's rows into odds; returns the log-likelihood of
 * what is true.
 */
static double
group_odds(const reco_softmax_t *softmax, uint32_t group, const float *padded,
    double *odds)
{
    uint64_t first, count, i;
    double highest, sum, likelihood;

    first = softmax->offsets[group];
    count = softmax->offsets[group + 1] - first;
    highest = -INFINITY;

    for (i = 0; i < count; i++) {
        odds[i] = row_score(softmax, first + i, padded);
        highest = fmax(highest, odds[i]);
    }

    sum = 0;
    likelihood = 0;
    for (i = 0; i < count; i++) {
        likelihood += softmax->shares[first + i] * (odds[i] - highest);
        odds[i] = softmax->counts[first + i] * exp(odds[i] - highest);
        sum += odds[i];
    }

    for (i = 0; i < count; i++) {
        odds[i] /= sum;
    }

    /* the highest alone gives at least 1, so no group comes to nothing */
    return likelihood - log(fmax(sum, 1));
}


/* Box and Cox's transform of the likelihood. */
static double
group_loss(double likelihood, double focus)
{
    return focus > 0 ? (1 - exp(focus * likelihood)) / focus : -likelihood;
}


static double
objective(fit_t *fit, const double *weights)
{
    const reco_softmax_t *softmax = fit->softmax;
    float padded[FEATURES];
    double sum;
    uint32_t group;
    unsigned j;

    pad_weights(softmax, weights, padded);
    sum = 0;
    for (group = 0; group < softmax->ngroups; group++) {
        sum += group_weight(softmax, group)
               * group_loss(
                   group_odds(softmax, group, padded, fit->odds), fit->focus);
    }
    sum /= fit->total;

    for (j = 0; j < softmax->nfeatures; j++) {
        sum += 0.5 * fit->ridges[j] * weights[j] * weights[j];
    }

    return sum;
}


/* Adds what a group says to gradient and hessian. */
static void
add_group(fit_t *fit, uint32_t group, const float *padded)
{
    const reco_softmax_t *softmax = fit->softmax;
    float means[FEATURES] = {0}, truth[FEATURES] = {0}, *row, root;
    const float *features;
    uint64_t first, count, i;
    unsigned n, j, k;
    double factor;

    n = (unsigned) softmax->stride;
    first = softmax->offsets[group];
    count = softmax->offsets[group + 1] - first;
    factor = exp(fit->focus * group_odds(softmax, group, padded, fit->odds))
             * group_weight(softmax, group) / fit->total;

    for (i = 0; i < count; i++) {
        features = softmax->features + (first + i) * n;
        reco_dense_add(means, (float) fit->odds[i], features, n);
        if (softmax->shares[first + i] > 0) {
            reco_dense_add(truth, softmax->shares[first + i], features, n);
        }
    }

    for (i = 0; i < count; i++) {
        features = softmax->features + (first + i) * n;
        row = fit->panel + i * n;
        root = (float) sqrt(fit->odds[i]);
        for (j = 0; j < n; j++) {
            row[j] = root * (features[j] - means[j]);
        }
    }

    memset(fit->product, 0, n * n * sizeof(float));
    reco_dense_gram(fit->product, fit->panel, count, n);

    for (j = 0; j < softmax->nfeatures; j++) {
        fit->gradient[j] += factor * (means[j] - truth[j]);
        for (k = j; k < softmax->nfeatures; k++) {
            fit->hessian[j][k] += factor * fit->product[j * n + k];
        }
    }
}


static void
differentiate(fit_t *fit, const double *weights)
{
    float padded[FEATURES];
    uint32_t group;
    unsigned j;

    pad_weights(fit->softmax, weights, padded);
    memset(fit->gradient, 0, sizeof(fit->gradient));
    memset(fit->hessian, 0, sizeof(fit->hessian));

    for (group = 0; group < fit->softmax->ngroups; group++) {
        add_group(fit, group, padded);
    }

    for (j = 0; j < fit->softmax->nfeatures; j++) {
        fit->gradient[j] += fit->ridges[j] * weights[j];
        fit->hessian[j][j] += fit->ridges[j];
    }
}


/* Solves hessian * step = -gradient over the free weights, by Cholesky. */
static void
newton_step(
    const fit_t *fit, const unsigned *free_ones, unsigned nfree, double *step)
{
    double matrix[FEATURES][FEATURES], sum;
    unsigned i, j, k;

    for (i = 0; i < nfree; i++) {
        for (j = 0; j <= i; j++) {
            sum = fit->hessian[free_ones[j]][free_ones[i]];
            for (k = 0; k < j; k++) {
                sum -= matrix[i][k] * matrix[j][k];
            }
            matrix[i][j] =
                i == j ? sqrt(fmax(sum, VARIANCE_MIN)) : sum / matrix[j][j];
        }
        sum = -fit->gradient[free_ones[i]];
        for (k = 0; k < i; k++) {
            sum -= matrix[i][k] * step[k];
        }
        step[i] = sum / matrix[i][i];
    }

    for (i = nfree; i-- > 0;) {
        sum = step[i];
        for (k = i + 1; k < nfree; k++) {
            sum -= matrix[k][i] * step[k];
        }
        step[i] = sum / matrix[i][i];
    }
}


/* One step; how much better it got. */
static double
improve(fit_t *fit, double *weights, double before)
{
    double step[FEATURES] = {0}, trial[FEATURES], after, length;
    unsigned free_ones[FEATURES], nfree, n, i, halving;

    n = fit->softmax->nfeatures;
    differentiate(fit, weights);

    nfree = 0;
    for (i = 0; i < n; i++) {
        if (weights[i] > fit->floors[i] || fit->gradient[i] < 0) {
            free_ones[nfree++] = i;
        }
    }
    if (nfree == 0) {
        return 0;
    }
    newton_step(fit, free_ones, nfree, step);

    length = 1;
    for (halving = 0; halving < HALVINGS; halving++) {
        memcpy(trial, weights, n * sizeof(trial[0]));
        for (i = 0; i < nfree; i++) {
            trial[free_ones[i]] = fmax(fit->floors[free_ones[i]],
                weights[free_ones[i]] + length * step[i]);
        }
        after = objective(fit, trial);
        if (after < before) {
            memcpy(weights, trial, n * sizeof(trial[0]));
            return before - after;
        }
        length /= 2;
    }

    return 0;
}


/* A feature's variance over all rows sets how dear its weight is. */
static void
set_ridges(fit_t *fit, double ridge)
{
    const reco_softmax_t *softmax = fit->softmax;
    double mean, square, value;
    uint64_t i, nrows;
    unsigned j;

    nrows = softmax->offsets[softmax->ngroups];

    for (j = 0; j < softmax->nfeatures; j++) {
        mean = 0;
        square = 0;
        for (i = 0; i < nrows; i++) {
            value = softmax->features[i * softmax->stride + j];
            mean += value;
            square += value * value;
        }
        mean /= (double) nrows;
        square = square / (double) nrows - mean * mean;
        fit->ridges[j] = ridge * fmax(square, VARIANCE_MIN) / fit->total;
    }
}


static uint64_t
longest_group(const reco_softmax_t *softmax)
{
    uint64_t longest, length;
    uint32_t group;

    longest = 0;
    for (group = 0; group < softmax->ngroups; group++) {
        length = softmax->offsets[group + 1] - softmax->offsets[group];
        longest = length > longest ? length : longest;
    }

    return longest;
}


static void
destroy_fit(fit_t *fit)
{
    free(fit->odds);
    free(fit->panel);
    free(fit->product);
    free(fit);
}


static fit_t *
create_fit(const reco_softmax_t *softmax)
{
    uint64_t longest;
    fit_t *fit;

    fit = calloc(1, sizeof(*fit));
    if (fit == NULL) {
        return NULL;
    }

    longest = longest_group(softmax);
    fit->softmax = softmax;
    fit->odds = malloc((longest + 1) * sizeof(double));
    fit->panel = malloc((longest + 1) * softmax->stride * sizeof(float));
    fit->product = malloc(softmax->stride * softmax->stride * sizeof(float));

    if (fit->odds == NULL || fit->panel == NULL || fit->product == NULL) {
        destroy_fit(fit);
        return NULL;
    }

    return fit;
}


reco_status_t
reco_softmax_fit(const reco_softmax_t *softmax, double ridge, double focus,
    const double *floors, double *weights, reco_error_t *error)
{
    double value, gain;
    unsigned step;
    fit_t *fit;

    if (!(total_weight(softmax) > 0)) {
        return RECO_OK;
    }

    fit = create_fit(softmax);
    if (fit == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    fit->floors = floors;
    fit->focus = focus;
    fit->total = total_weight(softmax);
    set_ridges(fit, ridge);
    value = objective(fit, weights);

    for (step = 0; step < STEPS_MAX; step++) {
        gain = improve(fit, weights, value);
        value -= gain;
        if (gain < ENOUGH) {
            break;
        }
    }

    destroy_fit(fit);

    return RECO_OK;
}


/* What stands before a row, ties too. */
static double
row_rank(const reco_softmax_t *softmax, uint32_t group, uint64_t row,
    const float *padded)
{
    double score, rank;
    uint64_t i;

    score = row_score(softmax, row, padded);
    rank = 1;

    for (i = softmax->offsets[group]; i < softmax->offsets[group + 1]; i++) {
        if (!(softmax->shares[i] > 0) && row_score(softmax, i, padded) >= score)
        {
            rank += softmax->counts[i];
        }
    }

    return rank;
}


double
reco_softmax_rank(const reco_softmax_t *softmax, const double *weights)
{
    float padded[FEATURES];
    double sum, total;
    uint32_t group;
    uint64_t i;

    pad_weights(softmax, weights, padded);
    total = total_weight(softmax);
    sum = 0;
    for (group = 0; group < softmax->ngroups; group++) {
        for (i = softmax->offsets[group]; i < softmax->offsets[group + 1]; i++)
        {
            if (softmax->shares[i] > 0) {
                sum += group_weight(softmax, group) * softmax->shares[i]
                       / row_rank(softmax, group, i, padded);
            }
        }
    }

    return total > 0 ? sum / total : 0;
}
