#include "model/neighbors.h"

#include "event/reco_event.h"
#include "model/occurrences.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    const reco_neighbors_params_t *params;
    reco_occurrences_t occurrences; /* of the distinct items of sessions */
    const float *recency;
    float *shares; /* what a session with both counts; nsessions */
    float *sizes;  /* n of each item */
    float *powers; /* n^to */
    double total;  /* n of all sessions */
} neighbors_t;


void
reco_neighbors_params_read(reco_neighbors_params_t *params,
    const reco_config_t *config, const char *kind)
{
    char key[32];

    snprintf(key, sizeof(key), "%s_from", kind);
    params->from = reco_config_number(config, key);
    snprintf(key, sizeof(key), "%s_to", kind);
    params->to = reco_config_number(config, key);
    snprintf(key, sizeof(key), "%s_length", kind);
    params->length = reco_config_number(config, key);
    snprintf(key, sizeof(key), "%s_shrinkage", kind);
    params->shrinkage = reco_config_number(config, key);
    snprintf(key, sizeof(key), "%s_significance", kind);
    params->significance = reco_config_number(config, key);
    params->sample = (uint32_t) reco_config_integer(config, "neighbors_sample");
    params->longest =
        (uint32_t) reco_config_integer(config, "neighbors_longest");
    params->limit = (uint32_t) reco_config_integer(config, "neighbors_limit");
}


double
reco_log_likelihood_ratio(double both, double first, double second, double all)
{
    double cells[4], margins[4], sum;
    int i;

    cells[0] = both;
    cells[1] = first - both;
    cells[2] = second - both;
    cells[3] = all - first - second + both;
    margins[0] = first * second;
    margins[1] = first * (all - second);
    margins[2] = (all - first) * second;
    margins[3] = (all - first) * (all - second);

    sum = 0;
    for (i = 0; i < 4; i++) {
        if (cells[i] > 0 && margins[i] > 0) {
            sum += cells[i] * log(cells[i] * all / margins[i]);
        }
    }

    return sum > 0 ? 2 * sum : 0;
}


/*
 * The sessions with each item once, in the order of its last occurrence, and
 * nothing else: offsets and items are the history's own, the rest is absent.
 */
static reco_status_t
distinct_items(reco_history_t *distinct, const reco_history_t *history,
    const reco_neighbors_params_t *params, const reco_weights_t *weights,
    uint32_t types)
{
    uint64_t first, event, count, i, swap;
    uint32_t s, *last;

    memset(distinct, 0, sizeof(*distinct));
    first = history->offsets[0];
    distinct->nitems = history->nitems;
    distinct->nsessions = history->nsessions;
    distinct->offsets =
        calloc((size_t) history->nsessions + 1, sizeof(uint64_t));
    distinct->items = malloc((history->nevents + 1) * sizeof(uint32_t));
    last = calloc((size_t) history->nitems + 1, sizeof(uint32_t));
    if (distinct->offsets == NULL || distinct->items == NULL || last == NULL) {
        free(last);
        return RECO_NOMEM;
    }

    count = 0;
    for (s = 0; s < history->nsessions; s++) {
        for (event = history->offsets[s + 1]; event-- > history->offsets[s];) {
            if (count - distinct->offsets[s] == params->longest) {
                break;
            }
            if (weights->events[event - first] == 0
                || last[history->items[event]] == s + 1
                || !(types & RECO_NEIGHBORS_TYPE(history->types[event])))
            {
                continue;
            }
            last[history->items[event]] = s + 1;
            distinct->items[count++] = history->items[event];
        }

        for (i = 0; i < (count - distinct->offsets[s]) / 2; i++) {
            swap = distinct->items[distinct->offsets[s] + i];
            distinct->items[distinct->offsets[s] + i] =
                distinct->items[count - 1 - i];
            distinct->items[count - 1 - i] = (uint32_t) swap;
        }
        distinct->offsets[s + 1] = count;
    }

    distinct->nevents = count;
    free(last);

    return RECO_OK;
}


/* Sums become scores, in place; size is what the sums were taken over. */
static void
scale_row(const neighbors_t *neighbors, double size, reco_edges_row_t *row)
{
    const reco_neighbors_params_t *params;
    double from, ratio;
    uint32_t i, other;
    float sum;

    params = neighbors->params;
    from = pow(size, params->from);

    for (i = 0; i < row->ntouched; i++) {
        other = row->touched[i];
        sum = row->sums[other];

        if (params->significance > 0) {
            ratio = reco_log_likelihood_ratio(
                sum, size, neighbors->sizes[other], neighbors->total);
            if (ratio < params->significance) {
                sum = 0;
            }
        }

        row->sums[other] =
            (float) (sum
                     / (from * neighbors->powers[other] + params->shrinkage));
    }
}


static void
fill_row(const void *model, uint32_t item, reco_edges_row_t *row)
{
    const neighbors_t *neighbors = model;
    const reco_occurrences_t *occurrences;
    const reco_history_t *history;
    uint64_t begin, end, i, event;
    uint32_t session;
    double size;

    occurrences = &neighbors->occurrences;
    history = occurrences->history;
    begin = occurrences->offsets[item];
    end = occurrences->offsets[item + 1];
    if (end - begin > neighbors->params->sample) {
        end = begin + neighbors->params->sample;
    }

    size = 0;
    for (i = begin; i < end; i++) {
        session = occurrences->sessions[occurrences->positions[i]];
        size += neighbors->recency[session];
        for (event = history->offsets[session];
             event < history->offsets[session + 1]; event++)
        {
            if (history->items[event] != item) {
                reco_edges_add(
                    row, history->items[event], neighbors->shares[session]);
            }
        }
    }

    scale_row(neighbors, size, row);
}


/* Sizes of items and shares of sessions. */
static reco_status_t
measure(neighbors_t *neighbors, const reco_history_t *distinct)
{
    const reco_neighbors_params_t *params;
    uint32_t s, item;
    uint64_t event;
    double length;

    params = neighbors->params;
    neighbors->shares =
        malloc(((size_t) distinct->nsessions + 1) * sizeof(float));
    neighbors->sizes = calloc((size_t) distinct->nitems + 1, sizeof(float));
    neighbors->powers = calloc((size_t) distinct->nitems + 1, sizeof(float));
    if (neighbors->shares == NULL || neighbors->sizes == NULL
        || neighbors->powers == NULL)
    {
        return RECO_NOMEM;
    }

    for (s = 0; s < distinct->nsessions; s++) {
        neighbors->total += neighbors->recency[s];
        length = (double) (distinct->offsets[s + 1] - distinct->offsets[s]);
        neighbors->shares[s] =
            length > 0
                ? (float) (neighbors->recency[s] * pow(length, -params->length))
                : 0;
        for (event = distinct->offsets[s]; event < distinct->offsets[s + 1];
             event++) {
            neighbors->sizes[distinct->items[event]] += neighbors->recency[s];
        }
    }

    for (item = 0; item < distinct->nitems; item++) {
        neighbors->powers[item] =
            (float) pow(neighbors->sizes[item], params->to);
    }

    return RECO_OK;
}


reco_status_t
reco_neighbors_build(reco_edges_t *edges, const reco_neighbors_params_t *params,
    const reco_history_t *history, const reco_weights_t *weights,
    uint32_t types, unsigned threads, reco_error_t *error)
{
    neighbors_t neighbors = {.params = params, .recency = weights->recency};
    reco_history_t distinct;
    reco_status_t status;

    status = distinct_items(&distinct, history, params, weights, types);
    if (status == RECO_OK) {
        status = measure(&neighbors, &distinct);
    }

    if (status != RECO_OK) {
        reco_error_set(error, status, "out of memory");
    } else {
        status =
            reco_occurrences_build(&neighbors.occurrences, &distinct, error);
    }
    if (status == RECO_OK) {
        status = reco_edges_build(edges, history->nitems, params->limit,
            threads, fill_row, &neighbors, error);
    }

    reco_occurrences_done(&neighbors.occurrences);
    reco_history_done(&distinct);
    free(neighbors.shares);
    free(neighbors.sizes);
    free(neighbors.powers);

    return status;
}
