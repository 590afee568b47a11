#include "model/blend_cases.h"

#include "model/dense.h"

#include <stdlib.h>
#include <string.h>

#define CANDIDATES_MAX 2048
#define CHECK_EVERY    5 /* groups: one judges, the others teach */


static int
compare_candidates(const void *left, const void *right)
{
    const reco_engine_candidate_t *a = left, *b = right;

    if (a->score != b->score) {
        return a->score < b->score ? 1 : -1;
    }

    return (a->item > b->item) - (a->item < b->item);
}


static void
swap_candidates(reco_engine_candidate_t *a, reco_engine_candidate_t *b)
{
    reco_engine_candidate_t held;

    held = *a;
    *a = *b;
    *b = held;
}


static int
is_true(const reco_blend_learning_t *learning, const reco_case_t *which,
    uint32_t item)
{
    uint64_t i, end;

    end = learning->replay.cases.protocol == RECO_PROTOCOL_HELDOUT
              ? which->end
              : which->truth + 1;
    for (i = which->truth; i < end; i++) {
        if (learning->replay.cases.items[i] == item) {
            return 1;
        }
    }

    return 0;
}


static void
add_row(reco_blend_learning_t *learning,
    const reco_engine_candidate_t *candidate, float share, float count)
{
    reco_softmax_t *softmax = &learning->examples;
    uint64_t *row;

    row = &softmax->offsets[softmax->ngroups + 1];
    memcpy(softmax->features + *row * softmax->stride, candidate->features,
        learning->nfeatures * sizeof(float));
    softmax->shares[*row] = share;
    softmax->counts[*row] = count;
    (*row)++;
}


static float
case_weight(const reco_blend_learning_t *learning, uint64_t number)
{
    return learning->replay.weights != NULL ? learning->replay.weights[number]
                                            : 1;
}


/*
 * The candidates of one case become a group, where the truth is among them:
 * the strongest all, the others as a sample.  Whole, it stands for them; else
 * for itself: the fit is to order those in front, and others need only stay
 * behind them.
 */
static void
add_case(reco_blend_learning_t *learning, uint64_t number, unsigned ncandidates,
    int whole)
{
    const reco_case_t *which = &learning->replay.cases.cases[number];
    reco_softmax_t *softmax = &learning->examples;
    reco_engine_candidate_t *candidates = learning->candidates;
    unsigned i, pick, ntrue, nfalse, strongest, sampled;
    float count;

    /* The true ones to the front. */
    ntrue = 0;
    for (i = 0; i < ncandidates; i++) {
        if (is_true(learning, which, candidates[i].item)) {
            swap_candidates(&candidates[i], &candidates[ntrue++]);
        }
    }
    if (ntrue == 0 || ntrue == ncandidates) {
        return;
    }

    nfalse = ncandidates - ntrue;
    qsort(
        candidates + ntrue, nfalse, sizeof(candidates[0]), compare_candidates);
    ntrue = ntrue < learning->limit ? ntrue : learning->limit;
    strongest = learning->first == NULL ? learning->limit / 2
                                        : learning->limit - learning->limit / 4;
    strongest = nfalse < learning->limit ? nfalse : strongest;
    sampled = nfalse < learning->limit ? 0 : learning->limit - strongest;
    count = whole && sampled > 0
                ? (float) (nfalse - strongest) / (float) sampled
                : 1;
    candidates += ncandidates - nfalse;

    softmax->offsets[softmax->ngroups + 1] = softmax->offsets[softmax->ngroups];
    softmax->weights[softmax->ngroups] = case_weight(learning, number);
    for (i = 0; i < ntrue; i++) {
        add_row(learning, &learning->candidates[i], 1 / (float) ntrue, 1);
    }
    for (i = 0; i < strongest; i++) {
        add_row(learning, &candidates[i], 0, 1);
    }
    for (i = strongest; i < strongest + sampled; i++) {
        pick = i + (unsigned) reco_random_below(&learning->random, nfalse - i);
        swap_candidates(&candidates[i], &candidates[pick]);
        add_row(learning, &candidates[i], 0, count);
    }
    softmax->ngroups++;
}


reco_status_t
reco_blend_cases_ask(reco_blend_learning_t *learning, int checking)
{
    const reco_cases_t *cases = &learning->replay.cases;
    const reco_case_t *which;
    reco_status_t status;
    unsigned ncandidates;
    uint64_t i;

    for (i = 0; i < cases->ncases; i++) {
        which = &cases->cases[i];
        if ((which->group % CHECK_EVERY == 0) != checking) {
            continue;
        }

        status =
            reco_case_query(&learning->query, cases, which, learning->keys);
        if (status != RECO_OK) {
            return status;
        }

        learning->query.query.n = RECO_ENGINE_RESULT_MAX;
        ncandidates =
            reco_engine_candidates(learning->model, &learning->query.query,
                learning->scratch, learning->candidates, CANDIDATES_MAX);
        learning->asked += checking ? (double) case_weight(learning, i) : 0;
        add_case(learning, i, ncandidates, checking || learning->first == NULL);
    }

    return RECO_OK;
}


static reco_status_t
allocate_examples(reco_blend_learning_t *learning)
{
    reco_softmax_t *examples = &learning->examples;
    uint64_t ncases, nrows;

    ncases = learning->replay.cases.ncases;
    nrows = ncases * learning->limit * 2;
    examples->nfeatures = learning->nfeatures;
    examples->stride = reco_dense_stride(learning->nfeatures);
    examples->offsets = calloc(ncases + 2, sizeof(uint64_t));
    examples->features = calloc((nrows + 1) * examples->stride, sizeof(float));
    examples->shares = malloc((nrows + 1) * sizeof(float));
    examples->counts = malloc((nrows + 1) * sizeof(float));
    examples->weights = malloc((ncases + 1) * sizeof(float));

    return examples->offsets != NULL && examples->features != NULL
                   && examples->shares != NULL && examples->counts != NULL
                   && examples->weights != NULL
               ? RECO_OK
               : RECO_NOMEM;
}


reco_status_t
reco_blend_cases_open(reco_blend_learning_t *learning)
{
    learning->nfeatures = 0;
    while (reco_engine_feature_name(learning->nfeatures) != NULL) {
        learning->nfeatures++;
    }

    learning->candidates =
        malloc(CANDIDATES_MAX * sizeof(learning->candidates[0]));
    if (learning->candidates == NULL || allocate_examples(learning) != RECO_OK)
    {
        return RECO_NOMEM;
    }

    return reco_engine_scratch_create(learning->model, &learning->scratch);
}


void
reco_blend_cases_close(reco_blend_learning_t *learning)
{
    reco_engine_scratch_destroy(learning->scratch);
    reco_case_query_done(&learning->query);
    free(learning->candidates);
    free(learning->examples.offsets);
    free(learning->examples.features);
    free(learning->examples.shares);
    free(learning->examples.counts);
    free(learning->examples.weights);
    memset(&learning->examples, 0, sizeof(learning->examples));
    memset(&learning->query, 0, sizeof(learning->query));
    learning->scratch = NULL;
    learning->candidates = NULL;
}
