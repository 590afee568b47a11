/*
 * The blend's weights, learnt by replay: a model of the earlier part of the
 * history is asked what came next in the later part, and the weights are those
 * under which it would have ranked the truth highest.
 */

#ifndef RECO_BLEND_H
#define RECO_BLEND_H

#include "config.h"
#include "engine/reco_engine.h"
#include "history.h"
#include "model/knobs.h"
#include "snapshot/reco_snapshot.h"


/*
 * How a query looks at what the visitor did: keys and values of the engine,
 * NULL past the last.  The shops' visits end in what matters most; a profile
 * without an order is as good at its beginning.
 */
typedef struct {
    const char *name;
    const char *settings[32][2];
} reco_blend_view_t;

typedef struct {
    int learnt; /* 0: too little to learn from; the engine's defaults hold */
    uint32_t cases;   /* that had the truth among their candidates */
    uint32_t checked; /* of these, kept apart to judge weights from the rest */
    uint32_t asked;   /* as checked, with those that had not */
    double shipped;   /* MRR of the engine's defaults on those asked */
    double found;     /* MRR of the learnt weights on those asked */
    const reco_blend_view_t *view; /* that they were learnt with */
    reco_knobs_t knobs;            /* the same, over the view */
    double weights[RECO_ENGINE_FEATURES_MAX];
} reco_blend_t;

/*
 * Tries each view that the protocol allows and keeps the one that found most.
 * Keys blend_*.  Trains on a part of history in the new folder path, which is
 * removed again.  RECO_NOMEM, RECO_IO, RECO_INVALID (config).
 */
reco_status_t reco_blend_learn(reco_blend_t *blend,
    const reco_history_t *history, const reco_snapshot_item_t *items,
    const reco_config_t *config, const char *path, reco_error_t *error);

#endif /* RECO_BLEND_H */
