/*
 * Examples to learn the blend's weights from, in Vowpal Wabbit's text format:
 * a line for each candidate,
 *
 *   LABEL 1 'REQUEST |place pPLACE |reco FEATURE:VALUE ...
 *
 * LABEL is 1 for what was taken and -1 for what was not.  The namespace place
 * is there where a block was shown: it takes up what an item owes to its place
 * alone, and is of no use afterwards.
 *
 * The features are those of a model that is trained on what was before: none
 * of the examples is known to it.
 */

#ifndef RECO_EXAMPLES_H
#define RECO_EXAMPLES_H

#include "config.h"
#include "engine/reco_engine.h"
#include "history.h"
#include "store_history.h"

#include <limits.h>
#include <stdio.h>


typedef enum {
    RECO_EXAMPLES_EITHER, /* shown ones, where there are any */
    RECO_EXAMPLES_SHOWN,  /* blocks that were shown, and clicks on them */
    RECO_EXAMPLES_REPLAY  /* what came next in a session */
} reco_examples_kind_t;

typedef struct {
    reco_examples_kind_t kind;
    double share;        /* of the sessions, the newest, that are asked */
    uint64_t limit;      /* requests, at most */
    unsigned candidates; /* of a request of a replay, at most */
    int repeat;          /* items of the session may be recommended */
} reco_examples_options_t;

/* What was written. */
typedef struct {
    reco_examples_kind_t kind;
    uint64_t requests;
    uint64_t examples;
    uint64_t positive;
    uint64_t lost; /* shown or taken, but no candidates of the model */
} reco_examples_report_t;

typedef struct {
    const reco_examples_options_t *options;
    const reco_config_t *config;
    reco_store_t *store;
    FILE *out;
    reco_examples_report_t *report;

    reco_history_t history;
    reco_store_catalog_t catalog;
    uint32_t begin; /* the first session that is asked */

    char folder[PATH_MAX];
    reco_snapshot_t *snapshot; /* of what was before begin */
    reco_engine_model_t *model;
    reco_engine_scratch_t *scratch;
    reco_engine_candidate_t *candidates;
    unsigned ncandidates;
} reco_examples_t;

#define RECO_EXAMPLES_CANDIDATES 4096

/*
 * Writes examples to out.  RECO_DECLINED: there is nothing to make them of;
 * RECO_IO, RECO_NOMEM.
 */
reco_status_t reco_examples_write(reco_store_t *store,
    const reco_config_t *config, const reco_examples_options_t *options,
    FILE *out, reco_examples_report_t *report, reco_error_t *error);

/* The two kinds, for a model that stands.  Without a click nothing of what was
   shown is written. */
reco_status_t reco_examples_shown(
    reco_examples_t *examples, reco_error_t *error);
reco_status_t reco_examples_replay(
    reco_examples_t *examples, reco_error_t *error);

/* Fills examples->candidates for the query. */
void reco_examples_ask(
    reco_examples_t *examples, const reco_engine_query_t *query);

/* One line; place 0: it was not shown. */
void reco_examples_line(reco_examples_t *examples, int taken, unsigned place,
    const reco_engine_candidate_t *candidate);

#endif /* RECO_EXAMPLES_H */
