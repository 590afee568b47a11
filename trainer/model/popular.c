#include "model/popular.h"

#include <math.h>
#include <stdlib.h>


void
reco_popular_params_read(
    reco_popular_params_t *params, const reco_config_t *config)
{
    params->halflife = reco_config_number(config, "popular_halflife") / 1e3;
    params->trend = reco_config_number(config, "trend_halflife") / 1e3;
}


/* Sums of event weights by item, each halved with age; returns the total. */
static double
decayed_counts(float *counts, double halflife, const reco_history_t *history,
    const reco_weights_t *weights, uint32_t now)
{
    uint64_t first, last, event;
    double total;
    float count;

    first = history->offsets[0];
    last = history->offsets[history->nsessions];
    total = 0;

    for (event = first; event < last; event++) {
        count = weights->events[event - first];
        if (halflife > 0) {
            count *=
                (float) exp2(((double) history->times[event] - now) / halflife);
        }
        counts[history->items[event]] += count;
        total += count;
    }

    return total;
}


static uint32_t
latest_time(const reco_history_t *history)
{
    uint64_t last;

    last = history->offsets[history->nsessions];

    return last > history->offsets[0] ? history->times[last - 1] : 0;
}


reco_status_t
reco_popular_build(float **popularity, float **velocity,
    const reco_popular_params_t *params, const reco_history_t *history,
    const reco_weights_t *weights, reco_error_t *error)
{
    double total, recent, expected, excess;
    uint32_t item, now;
    size_t n;

    n = (size_t) history->nitems + 1;
    *popularity = calloc(n, sizeof(float));
    *velocity = calloc(n, sizeof(float));
    if (*popularity == NULL || *velocity == NULL) {
        free(*popularity);
        free(*velocity);
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    now = latest_time(history);
    total =
        decayed_counts(*popularity, params->halflife, history, weights, now);
    recent = decayed_counts(*velocity, params->trend, history, weights, now);

    for (item = 0; item < history->nitems; item++) {
        expected = total > 0 ? (*popularity)[item] / total * recent : 0;
        excess = (*velocity)[item] - expected;
        (*velocity)[item] =
            excess > 0 ? (float) (excess / sqrt(expected + 1)) : 0;
    }

    return RECO_OK;
}
