/*
 * Items that a whole catalogue does not name: off sale from now on.
 */

#ifndef RECO_WITHDRAW_H
#define RECO_WITHDRAW_H

#include "names.h"
#include "reco.h"
#include "store.h"


/*
 * Takes all items off sale whose ids are not among names, those too that only
 * events tell of; *withdrawn: how many were on sale.  Workers follow with the
 * next overlay.  A later row that names one with its availability brings it
 * back, whatever its own time, unless that is from before the item's last row.
 * RECO_IO and others of the store, RECO_NOMEM: part of it is done.
 */
reco_status_t reco_withdraw(reco_store_t *store, const reco_names_t *names,
    const reco_store_limits_t *limits, uint64_t *withdrawn,
    reco_error_t *error);

#endif /* RECO_WITHDRAW_H */
