/*
 * Is the live version clicked less than the one before it?  Then that one
 * becomes live again.
 */

#ifndef RECO_RETREAT_H
#define RECO_RETREAT_H

#include "config.h"
#include "reco.h"
#include "registry.h"
#include "store.h"
#include "store_rates.h"


typedef struct {
    double live;   /* share of the items shown that were clicked */
    double before; /* the same of the version before */
    double z;      /* of the difference, in standard errors */
    int enough;    /* both were shown often enough to tell */
    int worse;     /* significantly, and by more than the tolerance */
} reco_retreat_t;

/*
 * The test of two proportions with a pooled variance.  Clicks of one visitor
 * hang together, so that the bar is at 3 standard errors, not at 2.  Keys
 * rollback_shown, rollback_tolerance.
 */
void reco_retreat_compare(reco_retreat_t *retreat,
    const reco_store_rate_t *live, const reco_store_rate_t *before,
    const reco_config_t *config);

/*
 * Goes back where the live version is worse.  *id: the version that it went
 * back to.  RECO_DECLINED: there is no reason to, no version before, or one is
 * pinned; RECO_IO, ...: it could not.
 */
reco_status_t reco_retreat(reco_retreat_t *retreat, reco_registry_t *registry,
    reco_store_t *store, const reco_config_t *config, reco_version_id_t *id,
    reco_error_t *error);

#endif /* RECO_RETREAT_H */
