#include "model/rules.h"

#include <math.h>
#include <stdlib.h>


typedef struct {
    const reco_rules_params_t *params;
    const reco_occurrences_t *occurrences;
    const reco_weights_t *weights;
    const float *discounts; /* by distance from 1; window + 1 */
} rules_t;


void
reco_rules_params_read(reco_rules_params_t *params, const reco_config_t *config)
{
    params->window = (uint32_t) reco_config_integer(config, "rules_window");
    params->decay = reco_config_number(config, "rules_decay");
    params->shrinkage = reco_config_number(config, "rules_shrinkage");
    params->sample = (uint32_t) reco_config_integer(config, "rules_sample");
    params->limit = (uint32_t) reco_config_integer(config, "neighbors_limit");
}


/* Adds what follows one occurrence; returns what the occurrence counts. */
static float
add_followers(const rules_t *rules, uint64_t position, uint32_t item,
    reco_edges_row_t *row)
{
    const reco_history_t *history;
    const float *weights;
    uint32_t session, distance, other;
    uint64_t first, event, end;
    float recency;

    history = rules->occurrences->history;
    weights = rules->weights->events;
    first = history->offsets[0];
    session = reco_occurrences_session(rules->occurrences, position);
    recency = rules->weights->recency[session];
    end = history->offsets[session + 1];

    distance = 1;
    for (event = position + 1; event < end && distance <= rules->params->window;
         event++)
    {
        other = history->items[event];
        if (other == item || weights[event - first] == 0) {
            continue;
        }
        reco_edges_add(row, other,
            recency * rules->discounts[distance] * weights[event - first]);
        distance++;
    }

    return weights[position - first] > 0 ? recency : 0;
}


static void
fill_row(const void *model, uint32_t item, reco_edges_row_t *row)
{
    const reco_occurrences_t *occurrences;
    const rules_t *rules = model;
    uint64_t begin, end, i;
    float total, scale;

    occurrences = rules->occurrences;
    begin = occurrences->offsets[item];
    end = occurrences->offsets[item + 1];
    if (end - begin > rules->params->sample) {
        end = begin + rules->params->sample;
    }

    total = (float) rules->params->shrinkage;
    for (i = begin; i < end; i++) {
        total += add_followers(rules, occurrences->positions[i], item, row);
    }

    scale = total > 0 ? 1 / total : 0;
    for (i = 0; i < row->ntouched; i++) {
        row->sums[row->touched[i]] *= scale;
    }
}


reco_status_t
reco_rules_build(reco_edges_t *edges, const reco_rules_params_t *params,
    const reco_occurrences_t *occurrences, const reco_weights_t *weights,
    unsigned threads, reco_error_t *error)
{
    rules_t rules = {
        .params = params, .occurrences = occurrences, .weights = weights};
    reco_status_t status;
    float *discounts;
    uint32_t d;

    discounts = malloc(((size_t) params->window + 1) * sizeof(float));
    if (discounts == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    discounts[0] = 0;
    for (d = 1; d <= params->window; d++) {
        discounts[d] = (float) pow(d, -params->decay);
    }
    rules.discounts = discounts;

    status = reco_edges_build(edges, occurrences->history->nitems,
        params->limit, threads, fill_row, &rules, error);
    free(discounts);

    return status;
}
