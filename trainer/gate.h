/*
 * May a new version replace the live one?  What it would have been, trained
 * without the newest sessions, is compared with the live version on just those
 * sessions, which neither has seen.
 */

#ifndef RECO_GATE_H
#define RECO_GATE_H

#include "config.h"
#include "history.h"
#include "model/blend.h"
#include "reco.h"
#include "snapshot/reco_snapshot.h"


typedef enum {
    RECO_GATE_OFF,    /* by configuration, or nothing is live */
    RECO_GATE_SCARCE, /* too few sessions since the live version to tell */
    RECO_GATE_PASSED,
    RECO_GATE_FAILED
} reco_gate_verdict_t;

/* Means of MRR@20 over the cases. */
typedef struct {
    reco_gate_verdict_t verdict;
    uint32_t sessions;
    uint64_t cases;
    double candidate;
    double live;
    double low; /* of the difference's 95 % interval */
    double high;
    double seconds;
} reco_gate_t;

const char *reco_gate_name(reco_gate_verdict_t verdict);

/*
 * Trains on history but its tail, in the folder path, which is removed, and
 * compares with the version in the folder live.  Fails where the mean is lower
 * by more than gate_tolerance of live's, and significantly so.  Where it tells
 * (passed, failed), blend has the weights that it judged, which the version
 * may take over: to learn them is half of its training.  RECO_NOMEM, RECO_IO.
 */
reco_status_t reco_gate(reco_gate_t *gate, const reco_history_t *history,
    const reco_snapshot_item_t *items, const reco_config_t *config,
    const char *path, const char *live, reco_blend_t *blend,
    reco_error_t *error);

#endif /* RECO_GATE_H */
