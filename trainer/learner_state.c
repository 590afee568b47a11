#include "learner_state.h"

#include "store_state.h"

#include <string.h>

/* Evidence of another base fades at once to this share. */
#define CARRY_OVER 0.1

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


reco_status_t
reco_learner_save(reco_learner_t *learner, reco_error_t *error)
{
    reco_store_state_t record;
    learner_state_t state;

    make_state(learner, &state);
    record.key = (reco_str_t){sizeof(state_key) - 1, state_key};
    record.value = (reco_str_t){sizeof(state), (const char *) &state};

    return learner->online != NULL
               ? reco_online_save(learner->online, &record, 1, error)
               : reco_store_state_save(learner->store, NULL, &record, 1, error);
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
