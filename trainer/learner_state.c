#include "learner_state.h"

#include "store_state.h"

#include <stdlib.h>
#include <string.h>

/* Evidence of another base fades at once to this share. */
#define CARRY_OVER 0.1

#define FIGURES_KEY "r" /* what people read */
#define CLICKS_KEY  "c"

static const char state_key[] = "p";

/* What is kept of it, as this machine has it in memory. */
typedef struct {
    uint64_t identity; /* of the base */
    uint64_t sequence;
    reco_prequential_figures_t figures;
    reco_selection_t selection;
} learner_state_t;


static void
make_state(const reco_learner_t *learner, learner_state_t *state)
{
    memset(state, 0, sizeof(*state));
    state->identity = learner->identity;
    state->sequence = learner->sequence;
    state->figures = *reco_prequential_figures(learner->prequential);
    state->selection = learner->selection;
}


/* The base's id, NUL, and the report; for the caller to free. */
static char *
make_figures(const reco_learner_t *learner, size_t *len)
{
    const char *id;
    char *text;
    size_t size;

    id = reco_snapshot_id(learner->base);
    size = strlen(id) + 1;
    *len = size + strlen(learner->report);
    text = malloc(*len + 1);
    if (text != NULL) {
        memcpy(text, id, size);
        memcpy(text + size, learner->report, *len + 1 - size);
    }

    return text;
}


reco_status_t
reco_learner_save(reco_learner_t *learner, reco_error_t *error)
{
    reco_store_state_t records[3];
    learner_state_t state;
    reco_status_t status;
    char *figures;
    size_t n, len;

    make_state(learner, &state);
    records[0].key = (reco_str_t){sizeof(state_key) - 1, state_key};
    records[0].value = (reco_str_t){sizeof(state), (const char *) &state};
    n = 1;
    figures = learner->report != NULL ? make_figures(learner, &len) : NULL;
    if (figures != NULL) {
        records[n].key = (reco_str_t) reco_string(FIGURES_KEY);
        records[n++].value = (reco_str_t){len, figures};
    }
    if (learner->clicks != NULL) {
        records[n].key = (reco_str_t) reco_string(CLICKS_KEY);
        records[n++].value = reco_clicks_state(learner->clicks);
    }

    status =
        learner->online != NULL
            ? reco_online_save(learner->online, records, n, error)
            : reco_store_state_save(learner->store, NULL, records, n, error);
    free(figures);

    return status;
}


reco_status_t
reco_learner_figures(reco_store_t *store, char **text, reco_error_t *error)
{
    reco_store_view_t *view;
    reco_status_t status;
    reco_str_t value;

    *text = NULL;
    status = reco_store_view_begin(store, &view, error);
    if (status != RECO_OK) {
        return status;
    }

    status = reco_store_view_state(
        view, (reco_str_t) reco_string(FIGURES_KEY), &value);
    if (status == RECO_OK && memchr(value.data, '\0', value.len) != NULL) {
        *text = malloc(value.len + 1);
        if (*text != NULL) {
            memcpy(*text, value.data, value.len);
            (*text)[value.len] = '\0';
        } else {
            status = reco_error_set(error, RECO_NOMEM, "out of memory");
        }
    }
    reco_store_view_end(view);

    return status == RECO_DECLINED ? RECO_OK : status;
}


static void
fade(reco_prequential_sum_t *sum)
{
    sum->weight *= CARRY_OVER;
    sum->weight2 *= CARRY_OVER * CARRY_OVER;
    sum->sum *= CARRY_OVER;
    sum->square *= CARRY_OVER;
    sum->hits *= CARRY_OVER;
}


static void
fade_figures(reco_prequential_figures_t *figures)
{
    int i;

    fade(&figures->base);
    fade(&figures->overlay);
    fade(&figures->difference);
    for (i = 0; i < RECO_PREQUENTIAL_RIVALS; i++) {
        fade(&figures->rivals[i]);
    }
    for (i = 0; i < RECO_ENGINE_SOURCE_COUNT; i++) {
        fade(&figures->sources[i]);
    }
}


static void
load_clicks(reco_learner_t *learner, reco_store_view_t *view, int same_base)
{
    reco_str_t value;

    if (learner->clicks != NULL
        && reco_store_view_state(
               view, (reco_str_t) reco_string(CLICKS_KEY), &value)
               == RECO_OK)
    {
        reco_clicks_restore(learner->clicks, value, same_base);
    }
}


/* Of another release it is passed over: figures come again. */
reco_status_t
reco_learner_load(reco_learner_t *learner, reco_error_t *error)
{
    reco_store_view_t *view;
    learner_state_t state;
    reco_status_t status;
    reco_str_t value;

    status = reco_store_view_begin(learner->store, &view, error);
    if (status != RECO_OK) {
        return status;
    }

    status = reco_store_view_state(
        view, (reco_str_t){sizeof(state_key) - 1, state_key}, &value);

    if (status == RECO_OK && value.len == sizeof(state)) {
        memcpy(&state, value.data, sizeof(state));
        learner->selection = state.selection;
        *reco_prequential_figures(learner->prequential) = state.figures;
        load_clicks(learner, view, state.identity == learner->identity);

        if (state.identity == learner->identity
            && state.sequence <= reco_store_view_sequence(view)
            && state.sequence > learner->sequence)
        {
            learner->sequence = state.sequence;
        } else {
            fade_figures(reco_prequential_figures(learner->prequential));
        }
    }

    reco_store_view_end(view);

    return status == RECO_DECLINED ? RECO_OK : status;
}
