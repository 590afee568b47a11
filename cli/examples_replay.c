/*
 * Examples of a replay: each session's next item was taken, the others that
 * the model would have shown were not.
 */

#include "examples.h"
#include "protocol.h"

#include <stdlib.h>


static int
compare_scores(const void *left, const void *right)
{
    const reco_engine_candidate_t *a = left, *b = right;

    if (a->score != b->score) {
        return a->score > b->score ? -1 : 1;
    }

    return (a->item > b->item) - (a->item < b->item);
}


/* The best candidates, and the one that was taken, wherever it is. */
static void
write_case(reco_examples_t *examples, uint32_t taken)
{
    unsigned i;

    for (i = 0;
         i < examples->ncandidates && examples->candidates[i].item != taken;
         i++)
    {
    }
    if (i == examples->ncandidates) {
        examples->report->lost++;
        return;
    }

    qsort(examples->candidates, examples->ncandidates,
        sizeof(*examples->candidates), compare_scores);

    for (i = 0; i < examples->ncandidates; i++) {
        if (i < examples->options->candidates
            || examples->candidates[i].item == taken) {
            reco_examples_line(examples, examples->candidates[i].item == taken,
                0, &examples->candidates[i]);
        }
    }

    examples->report->requests++;
}


static reco_status_t
write_cases(
    reco_examples_t *examples, const reco_cases_t *cases, const uint64_t *keys)
{
    reco_case_query_t query = {0};
    reco_status_t status;
    uint64_t i;

    status = RECO_OK;

    for (i = 0; status == RECO_OK && i < cases->ncases; i++) {
        status = reco_case_query(&query, cases, &cases->cases[i], keys);
        if (status == RECO_OK) {
            reco_examples_ask(examples, &query.query);
            write_case(
                examples, reco_engine_find(examples->model,
                              keys[cases->items[cases->cases[i].truth]]));
        }
    }

    reco_case_query_done(&query);

    return status;
}


reco_status_t
reco_examples_replay(reco_examples_t *examples, reco_error_t *error)
{
    const reco_history_t *history = &examples->history;
    reco_history_t before, after;
    reco_status_t status;
    reco_cases_t cases;
    uint64_t *keys;
    uint32_t i;

    reco_history_slice(history, 0, examples->begin, &before);
    reco_history_slice(history, examples->begin, history->nsessions, &after);

    status = reco_cases_build(&cases,
        examples->options->repeat ? RECO_PROTOCOL_NEXT : RECO_PROTOCOL_NOVEL,
        &before, &after, 1, error);
    if (status != RECO_OK) {
        return status;
    }

    reco_cases_thin(&cases, examples->options->limit);

    keys = malloc(((size_t) history->nitems + 1) * sizeof(uint64_t));
    if (keys != NULL) {
        for (i = 0; i < history->nitems; i++) {
            keys[i] = reco_item_key(examples->catalog.items[i].id);
        }
        status = write_cases(examples, &cases, keys);
    }
    if (keys == NULL || status == RECO_NOMEM) {
        status = reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    free(keys);
    reco_cases_done(&cases);

    return status;
}
