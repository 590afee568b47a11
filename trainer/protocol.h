/*
 * Evaluation protocols: which part of a visitor's events is the question and
 * which the answer.  docs/eval.md defines each.
 */

#ifndef RECO_PROTOCOL_H
#define RECO_PROTOCOL_H

#include "engine/reco_engine.h"
#include "history.h"
#include "reco.h"


typedef enum {
    RECO_PROTOCOL_NEXT,
    RECO_PROTOCOL_NOVEL,
    RECO_PROTOCOL_HELDOUT,
    RECO_PROTOCOL_LEAVE_LAST,
    RECO_PROTOCOL_COUNT
} reco_protocol_t;

/* "next", "novel", ..., NULL. */
extern const char *const reco_protocols[];


/*
 * A question and its answer, as ranges of events of reco_cases_t: what came
 * before the session, the session so far, what follows.
 */
typedef struct {
    uint64_t history;
    uint64_t session;
    uint64_t truth;
    uint64_t end;
    uint32_t group; /* cases of one test session or user: not independent */
} reco_case_t;

typedef struct {
    reco_protocol_t protocol;
    uint32_t *items; /* of each event */
    uint32_t *times;
    uint32_t *dwells;
    uint8_t *types;
    uint64_t nevents;
    reco_case_t *cases;
    uint64_t ncases;
    uint32_t ngroups;
} reco_cases_t;

/*
 * The cases of test.  train holds what the same users did before, numbered
 * alike: it is the profile in "heldout" and the history in the others where
 * profiles is set.  RECO_NOMEM.
 */
reco_status_t reco_cases_build(reco_cases_t *cases, reco_protocol_t protocol,
    const reco_history_t *train, const reco_history_t *test, int profiles,
    reco_error_t *error);
void reco_cases_done(reco_cases_t *cases);

/*
 * For leave-last, where train may be the test's own file: takes from each user
 * of train, who must be one session, what the test's last item is.  RECO_NOMEM.
 */
reco_status_t reco_cases_hide(
    reco_history_t *train, const reco_history_t *test, reco_error_t *error);

/* Keeps at most limit cases, spread evenly over all. */
void reco_cases_thin(reco_cases_t *cases, uint64_t limit);


/* A query in the making: what the engine's points to. */
typedef struct {
    reco_engine_session_t session;
    reco_engine_event_t *history;
    uint64_t *excluded;
    uint64_t capacity; /* of both */
    reco_engine_query_t query;
} reco_case_query_t;

/*
 * Fills query->query for a case; keys are those of the items.  The caller sets
 * sources and n.  query is all zero at first.  RECO_NOMEM.
 */
reco_status_t reco_case_query(reco_case_query_t *query,
    const reco_cases_t *cases, const reco_case_t *which, const uint64_t *keys);
void reco_case_query_done(reco_case_query_t *query);

#endif /* RECO_PROTOCOL_H */
