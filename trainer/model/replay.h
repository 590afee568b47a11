/*
 * A history parted in two: what a model may learn from, and what it is then
 * asked.
 */

#ifndef RECO_REPLAY_H
#define RECO_REPLAY_H

#include "history.h"
#include "protocol.h"
#include "snapshot/reco_snapshot.h"


typedef struct {
    reco_history_t before;
    reco_cases_t cases;
    float *weights; /* what each case counts; NULL: 1 */
    int owned;      /* before's memory is the replay's */
} reco_replay_t;

typedef struct {
    reco_protocol_t protocol;
    int profiles;   /* cases of sessions know what their user did before */
    double share;   /* of the sessions, or of a user's items, at most */
    uint64_t limit; /* cases */
    uint64_t seed;
    const reco_snapshot_item_t *items; /* history's; NULL: nothing is known */
} reco_replay_options_t;

/*
 * next, novel: the last sessions are asked, the others are before; those two
 * must differ in time.  Items that the catalogue tells of and that nobody has
 * met before are what few cases end in: as many sessions are asked as hold some
 * hundred of those, up to the share, and what of the other cases is over the
 * limit is left out; the weights make up for it.  leave-last: the last item of each of some users is
 * asked.  heldout: a random share of the items of each of some users.  before
 * may refer to history's memory.  There may be no case.  RECO_NOMEM.
 */
reco_status_t reco_replay_split(reco_replay_t *replay,
    const reco_history_t *history, const reco_replay_options_t *options,
    reco_error_t *error);
void reco_replay_done(reco_replay_t *replay);

#endif /* RECO_REPLAY_H */
