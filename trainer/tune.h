/*
 * The search for parameters: which are varied over which values, what is
 * tried next, and the best so far.
 */

#ifndef RECO_TUNE_H
#define RECO_TUNE_H

#include "config.h"
#include "protocol.h"
#include "reco.h"


#define RECO_TUNE_KEYS_MAX 64

/* A value for some of the keys: its place among theirs, or -1: left as
   configured. */
typedef struct {
    int places[RECO_TUNE_KEYS_MAX];
} reco_tune_point_t;

typedef struct {
    reco_protocol_t protocol;
    uint64_t seed;
    uint64_t ntrials; /* done */
    double score;     /* of best */
    reco_tune_point_t best;
} reco_tune_t;

/* Trial 0 is what is configured. */
void reco_tune_init(reco_tune_t *tune, reco_protocol_t protocol, uint64_t seed);

/*
 * The next trial.  One in four is drawn anew, from wherever the keys of the
 * protocol may be; the others move one to three keys of the best, most of
 * them to a value beside (Bergstra and Bengio 2012; then local search).
 * Hangs on the seed and the trials before alone, so that a search that broke
 * off goes on the same when its scores are told again.
 */
void reco_tune_next(const reco_tune_t *tune, reco_tune_point_t *point);

/* Tells a trial's score; 1 where it is the best. */
int reco_tune_tell(
    reco_tune_t *tune, const reco_tune_point_t *point, double score);

/* Sets the point's keys.  RECO_INVALID, RECO_NOMEM. */
reco_status_t reco_tune_apply(
    const reco_tune_point_t *point, reco_config_t *config, reco_error_t *error);

/* Key and value number index of a point; 0 past the last. */
int reco_tune_setting(const reco_tune_point_t *point, unsigned index,
    const char **key, reco_str_t *value);

#endif /* RECO_TUNE_H */
