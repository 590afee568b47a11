/*
 * Whether and how workers use the overlay, chosen by the prequential figures.
 *
 * A choice changes only where the other one is better with confidence (the
 * interval of the paired difference, 99 %), and on enough cases since the last
 * change; in between lies everything that cannot be told apart, so that
 * the choice does not flap.
 *
 * Freshness: an overlay that lags behind its events weighs less, by half for
 * each half-life of lag, and not at all from a floor on until it has caught up
 * well beyond it.
 */

#ifndef RECO_SELECTION_H
#define RECO_SELECTION_H

#include "clicks.h"
#include "config.h"
#include "prequential.h"
#include "reco.h"


/* Plain numbers: kept as bytes in the store's state. */
typedef struct {
    reco_prequential_setting_t setting;
    int use; /* 0: the base alone */
    int stale;
    double freshness; /* 1: no lag */
    uint64_t cases;   /* at the last change */
    uint64_t changes; /* ever */
} reco_selection_t;

/* The setting in use before anything is known. */
void reco_selection_init(reco_selection_t *selection);

/* What the figures say now.  1: the setting or its use changed; figures that
   belonged to the old setting are cleared, so that all are of the same
   cases. */
int reco_selection_choose(
    reco_selection_t *selection, reco_prequential_figures_t *figures);

/* lag: ms from the oldest event that the overlay lacks until now. */
void reco_selection_age(reco_selection_t *selection, int64_t lag);

/* The engine's parameters, key NUL value NUL ..., in size bytes; returns the
   length. */
size_t reco_selection_parameters(
    const reco_selection_t *selection, char *out, size_t size);

/*
 * JSON for people: the choice and the figures behind it, and what clicks
 * changed (NULL: nothing could); for the caller to free.  NULL: out of memory.
 */
char *reco_selection_report(const reco_selection_t *selection,
    const reco_prequential_figures_t *figures, const reco_clicks_t *clicks);

#endif /* RECO_SELECTION_H */
