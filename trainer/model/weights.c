#include "model/weights.h"

#include "event/reco_event.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


static void
read_types(float *types, const reco_config_t *config)
{
    static const struct {
        reco_event_type_t type;
        const char *key;
    } learned[] = {{RECO_EVENT_VIEW, "weight.view"},
        {RECO_EVENT_CLICK, "weight.click"}, {RECO_EVENT_HOVER, "weight.hover"},
        {RECO_EVENT_DWELL, "weight.dwell"}, {RECO_EVENT_CART, "weight.cart"},
        {RECO_EVENT_PURCHASE, "weight.purchase"},
        {RECO_EVENT_RATING, "weight.rating"},
        {RECO_EVENT_CUSTOM, "weight.custom"}};
    size_t i;

    memset(types, 0, RECO_EVENT_TYPE_COUNT * sizeof(float));

    for (i = 0; i < sizeof(learned) / sizeof(learned[0]); i++) {
        types[learned[i].type] =
            (float) reco_config_number(config, learned[i].key);
    }
}


/* Time spent raises the weight, up to twice at dwell_full. */
static float
event_weight(float base, uint32_t dwell, float full)
{
    if (dwell == 0 || full <= 0) {
        return base;
    }

    return base * (1 + fminf(1, (float) dwell / full));
}


reco_status_t
reco_weights_build(reco_weights_t *weights, const reco_history_t *history,
    const reco_config_t *config, reco_error_t *error)
{
    float types[RECO_EVENT_TYPE_COUNT], full;
    uint64_t first, last, event;
    double halflife, age;
    uint32_t s, end;

    first = history->offsets[0];
    last = history->offsets[history->nsessions];

    weights->events = malloc((last - first + 1) * sizeof(float));
    weights->recency =
        malloc(((size_t) history->nsessions + 1) * sizeof(float));
    if (weights->events == NULL || weights->recency == NULL) {
        reco_weights_done(weights);
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    read_types(types, config);
    full = (float) reco_config_integer(config, "dwell_full");

    for (event = first; event < last; event++) {
        weights->events[event - first] =
            event_weight(history->types[event] < RECO_EVENT_TYPE_COUNT
                             ? types[history->types[event]]
                             : 0,
                history->dwells[event], full);
    }

    halflife = reco_config_number(config, "history_halflife") / 1e3;
    end = history->nsessions > 0 && last > first ? history->times[last - 1] : 0;

    for (s = 0; s < history->nsessions; s++) {
        age = end - (double) history->times[history->offsets[s + 1] - 1];
        weights->recency[s] = halflife > 0 ? (float) exp2(-age / halflife) : 1;
    }

    return RECO_OK;
}


void
reco_weights_done(reco_weights_t *weights)
{
    free(weights->events);
    free(weights->recency);
    memset(weights, 0, sizeof(*weights));
}
