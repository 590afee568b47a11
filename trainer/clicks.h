/*
 * The blend's weights, corrected by clicks on blocks that were shown.
 *
 * A place is looked at with a probability that falls with its rank k, as
 * k^-clicks_examination; a click there counts the inverse of it (inverse
 * propensity scoring: Joachims, Swaminathan, Schnabel 2017).  Then it does not
 * matter where an item stood: where all are liked alike, each feature's
 * covariance with clicks in a block is 0, whatever order they are in.
 *
 * Of a feature's covariance with clicks, that part is left out which the score
 * foresees.  What remains says how the weight should be changed; where that is
 * clear of chance, one weight makes a step, and the evidence begins anew, since
 * blocks are in another order from then on.  Steps and their sum are bounded.
 */

#ifndef RECO_CLICKS_H
#define RECO_CLICKS_H

#include "config.h"
#include "engine/reco_engine.h"
#include "reco.h"

#include <cjson/cJSON.h>


#define RECO_CLICKS_ITEMS_MAX 12 /* of a block, the first ones */

typedef struct reco_clicks_s reco_clicks_t;

/* One item of a block. */
typedef struct {
    uint32_t item;  /* any number, the same for the click */
    unsigned place; /* 1 is the first */
    const reco_engine_candidate_t *candidate;
} reco_clicks_item_t;

/*
 * base: the parameters that corrections are made to.  Keys clicks_*.
 * RECO_NOMEM.  RECO_DECLINED: clicks off.
 */
reco_status_t reco_clicks_create(const reco_config_t *config,
    const reco_engine_params_t *base, reco_clicks_t **clicks,
    reco_error_t *error);
void reco_clicks_destroy(reco_clicks_t *clicks);

/*
 * A block was shown to a visitor; each one's latest is remembered.  Blocks with
 * fewer than two items tell nothing.  RECO_NOMEM.
 */
reco_status_t reco_clicks_shown(reco_clicks_t *clicks, uint32_t visitor,
    const reco_clicks_item_t *items, unsigned nitems);

/* The visitor clicked an item: once each of the block counts, and no more than
   some of one visitor. */
void reco_clicks_clicked(
    reco_clicks_t *clicks, uint32_t visitor, uint32_t item);

/* Changes one weight, if there is reason to.  1: it did. */
int reco_clicks_step(reco_clicks_t *clicks);

/* The weights that differ from the base's, key NUL value NUL ..., at most size
   bytes; returns the length. */
size_t reco_clicks_parameters(
    const reco_clicks_t *clicks, char *out, size_t size);

/* Adds "clicks" for people.  0: out of memory. */
int reco_clicks_report(const reco_clicks_t *clicks, cJSON *root);

/* What is to be kept: bytes that belong to this release and machine. */
reco_str_t reco_clicks_state(const reco_clicks_t *clicks);

/* What was kept, of the same base or of another: then half of the corrections
   is left, and no evidence.  What is not of this release is passed over. */
void reco_clicks_restore(
    reco_clicks_t *clicks, reco_str_t state, int same_base);

#endif /* RECO_CLICKS_H */
