#include "evaluate.h"

#include "metrics.h"
#include "random.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>


typedef struct {
    reco_evaluation_t *evaluation;
    const reco_engine_model_t *model;
    uint32_t nitems; /* of the model */
    const reco_cases_t *cases;
    const uint64_t *keys;
    const reco_evaluate_options_t *options;
    reco_engine_scratch_t *scratch;
    unsigned longest;  /* cutoff */
    uint32_t *truth;   /* dense numbers of the case's true items */
    double *latencies; /* of each case */
    uint8_t *covered;  /* by item: a bit for each cutoff */
    reco_case_query_t query;
    reco_engine_result_t result;
} run_t;


static void
name_metrics(reco_evaluation_t *evaluation, reco_protocol_t protocol,
    const reco_evaluate_options_t *options)
{
    const char *name;
    unsigned c, m;

    evaluation->ncutoffs = options->ncutoffs;
    for (c = 0; c < options->ncutoffs; c++) {
        evaluation->cutoffs[c] = options->cutoffs[c];
        for (m = 0; (name = reco_metric_name(protocol, m)) != NULL; m++) {
            snprintf(evaluation->names[evaluation->nmetrics++],
                sizeof(evaluation->names[0]), "%s@%u", name,
                options->cutoffs[c]);
        }
    }
}


static uint64_t
longest_truth(const reco_cases_t *cases)
{
    uint64_t i, length, longest;

    longest = 0;
    for (i = 0; i < cases->ncases; i++) {
        length = cases->cases[i].end - cases->cases[i].truth;
        longest = length > longest ? length : longest;
    }

    return longest;
}


static reco_status_t
prepare(run_t *run)
{
    reco_evaluation_t *evaluation;
    uint64_t ncases;
    unsigned c;

    evaluation = run->evaluation;
    ncases = run->cases->ncases;
    name_metrics(evaluation, run->cases->protocol, run->options);

    for (c = 0; c < run->options->ncutoffs; c++) {
        if (run->options->cutoffs[c] > run->longest) {
            run->longest = run->options->cutoffs[c];
        }
    }

    evaluation->ncases = ncases;
    evaluation->values =
        malloc((ncases * evaluation->nmetrics + 1) * sizeof(float));
    run->latencies = malloc((ncases + 1) * sizeof(double));
    run->truth = malloc((longest_truth(run->cases) + 1) * sizeof(uint32_t));
    run->covered = calloc((size_t) run->nitems + 1, 1);

    if (evaluation->values == NULL || run->latencies == NULL
        || run->truth == NULL || run->covered == NULL)
    {
        return RECO_NOMEM;
    }

    return reco_engine_scratch_create(run->model, &run->scratch);
}


static double
microseconds(const struct timespec *begin, const struct timespec *end)
{
    return (double) (end->tv_sec - begin->tv_sec) * 1e6
           + (double) (end->tv_nsec - begin->tv_nsec) * 1e-3;
}


static void
measure(run_t *run, uint64_t number)
{
    uint32_t list[RECO_ENGINE_RESULT_MAX];
    const reco_case_t *which;
    reco_ranking_t ranking = {.list = list, .truth = run->truth};
    unsigned c, m, rank;
    float *values;
    uint64_t i;

    which = &run->cases->cases[number];
    ranking.nlist = run->result.nhits;
    ranking.ntruth = which->end - which->truth;

    for (rank = 0; rank < ranking.nlist; rank++) {
        list[rank] = run->result.hits[rank].item;
    }

    /* Items that the model does not know are RECO_ITEM_NONE: in no list. */
    for (i = 0; i < ranking.ntruth; i++) {
        run->truth[i] = reco_engine_find(
            run->model, run->keys[run->cases->items[which->truth + i]]);
    }

    values = run->evaluation->values + number * run->evaluation->nmetrics;
    for (c = 0; c < run->options->ncutoffs; c++) {
        ranking.cutoff = run->options->cutoffs[c];
        reco_metrics(run->cases->protocol, &ranking, values);
        for (m = 0; reco_metric_name(run->cases->protocol, m) != NULL; m++) {
            values++;
        }
        for (rank = 0; rank < ranking.nlist && rank < ranking.cutoff; rank++) {
            run->covered[list[rank]] |= (uint8_t) (1U << c);
        }
    }
}


static reco_status_t
ask(run_t *run, uint64_t number)
{
    struct timespec begin, end;
    reco_status_t status;

    status = reco_case_query(
        &run->query, run->cases, &run->cases->cases[number], run->keys);
    if (status != RECO_OK) {
        return status;
    }
    run->query.query.sources = run->options->sources;
    run->query.query.n = run->longest;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    status = reco_engine_recommend(
        run->model, &run->query.query, run->scratch, &run->result);
    clock_gettime(CLOCK_MONOTONIC, &end);

    run->latencies[number] = microseconds(&begin, &end);
    if (status == RECO_DECLINED) {
        run->result.nhits = 0;
    } else if (status != RECO_OK) {
        return status;
    }

    measure(run, number);

    return RECO_OK;
}


static int
compare_doubles(const void *left, const void *right)
{
    double a, b;

    a = *(const double *) left;
    b = *(const double *) right;

    return (a > b) - (a < b);
}


static double
percentile(const double *sorted, uint64_t n, double share)
{
    uint64_t at;

    if (n == 0) {
        return 0;
    }

    at = (uint64_t) ceil(share * (double) n);

    return sorted[at > 0 ? at - 1 : 0];
}


static void
summarise(run_t *run)
{
    reco_evaluation_t *evaluation;
    uint64_t i, item;
    unsigned m, c;

    evaluation = run->evaluation;

    for (m = 0; m < evaluation->nmetrics; m++) {
        for (i = 0; i < evaluation->ncases; i++) {
            evaluation->means[m] +=
                evaluation->values[i * evaluation->nmetrics + m];
        }
        if (evaluation->ncases > 0) {
            evaluation->means[m] /= (double) evaluation->ncases;
        }
    }

    for (c = 0; c < evaluation->ncutoffs; c++) {
        for (item = 0; item < run->nitems; item++) {
            evaluation->coverage[c] += (run->covered[item] >> c) & 1;
        }
        if (run->nitems > 0) {
            evaluation->coverage[c] /= run->nitems;
        }
    }

    qsort(run->latencies, evaluation->ncases, sizeof(double), compare_doubles);
    evaluation->p50 = percentile(run->latencies, evaluation->ncases, 0.5);
    evaluation->p90 = percentile(run->latencies, evaluation->ncases, 0.9);
    evaluation->p99 = percentile(run->latencies, evaluation->ncases, 0.99);
}


reco_status_t
reco_evaluate(reco_evaluation_t *evaluation, const reco_engine_model_t *model,
    uint32_t nitems, const reco_cases_t *cases, const uint64_t *keys,
    const reco_evaluate_options_t *options, reco_error_t *error)
{
    run_t run = {.evaluation = evaluation,
        .model = model,
        .nitems = nitems,
        .cases = cases,
        .keys = keys,
        .options = options};
    reco_status_t status;
    uint64_t i;

    memset(evaluation, 0, sizeof(*evaluation));

    status = prepare(&run);
    for (i = 0; status == RECO_OK && i < cases->ncases; i++) {
        status = ask(&run, i);
    }

    if (status == RECO_OK) {
        summarise(&run);
    } else {
        reco_evaluation_done(evaluation);
        reco_error_set(error, status, "cannot evaluate %llu cases: %s",
            (unsigned long long) cases->ncases, reco_status_name(status));
    }

    reco_engine_scratch_destroy(run.scratch);
    reco_case_query_done(&run.query);
    free(run.latencies);
    free(run.truth);
    free(run.covered);

    return status;
}


void
reco_evaluation_done(reco_evaluation_t *evaluation)
{
    free(evaluation->values);
    memset(evaluation, 0, sizeof(*evaluation));
}


int
reco_evaluation_metric(const reco_evaluation_t *evaluation, const char *name)
{
    unsigned m;

    for (m = 0; m < evaluation->nmetrics; m++) {
        if (strcmp(evaluation->names[m], name) == 0) {
            return (int) m;
        }
    }

    return -1;
}


/* Sums and counts of a metric by group. */
static void
sum_groups(double *sums, uint32_t *counts, const reco_evaluation_t *evaluation,
    const reco_evaluation_t *other, const reco_cases_t *cases, unsigned metric)
{
    uint32_t group;
    uint64_t i, at;

    for (i = 0; i < cases->ncases; i++) {
        group = cases->cases[i].group;
        at = i * evaluation->nmetrics + metric;
        sums[group] += evaluation->values[at]
                       - (other != NULL ? (double) other->values[at] : 0);
        counts[group]++;
    }
}


static void
resample(double *means, unsigned resamples, const double *sums,
    const uint32_t *counts, uint32_t ngroups, uint64_t seed)
{
    reco_random_t random = {.state = seed};
    uint32_t group, i;
    double sum, count;
    unsigned r;

    for (r = 0; r < resamples; r++) {
        sum = 0;
        count = 0;
        for (i = 0; i < ngroups; i++) {
            group = (uint32_t) reco_random_below(&random, ngroups);
            sum += sums[group];
            count += counts[group];
        }
        means[r] = count > 0 ? sum / count : 0;
    }

    qsort(means, resamples, sizeof(double), compare_doubles);
}


reco_status_t
reco_evaluation_bootstrap(reco_interval_t *interval,
    const reco_evaluation_t *evaluation, const reco_evaluation_t *other,
    const reco_cases_t *cases, unsigned metric, unsigned resamples,
    uint64_t seed, reco_error_t *error)
{
    double *sums, *means;
    uint32_t *counts;

    memset(interval, 0, sizeof(*interval));
    sums = calloc((size_t) cases->ngroups + 1, sizeof(double));
    counts = calloc((size_t) cases->ngroups + 1, sizeof(uint32_t));
    means = calloc((size_t) resamples + 1, sizeof(double));

    if (sums == NULL || counts == NULL || means == NULL) {
        free(sums);
        free(counts);
        free(means);
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    sum_groups(sums, counts, evaluation, other, cases, metric);
    interval->difference =
        evaluation->means[metric] - (other != NULL ? other->means[metric] : 0);

    if (cases->ngroups > 0 && resamples > 0) {
        resample(means, resamples, sums, counts, cases->ngroups, seed);
        interval->low = percentile(means, resamples, 0.025);
        interval->high = percentile(means, resamples, 0.975);
    }

    free(sums);
    free(counts);
    free(means);

    return RECO_OK;
}
