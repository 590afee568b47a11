/*
 * What an event must be before it touches the store, whichever door it came
 * through: lib/event has checked its fields, this checks what the store relies
 * on.
 */

#ifndef RECO_STORE_CHECK_H
#define RECO_STORE_CHECK_H

#include "store.h"


/*
 * RECO_STORE_APPLIED, or why it is refused: all that can be told without
 * looking into the store.
 */
reco_store_outcome_t reco_store_check(
    const reco_event_t *event, const reco_store_limits_t *limits);

#endif /* RECO_STORE_CHECK_H */
