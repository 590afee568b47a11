/*
 * Query -> candidates -> blend -> filter -> diversify -> result.
 *
 * reco_engine_recommend() allocates nothing, locks nothing, makes no system
 * call, and answers the same to the same input.
 */

#ifndef RECO_ENGINE_H
#define RECO_ENGINE_H

#include "reco.h"
#include "snapshot/reco_snapshot.h"


/* Where a candidate came from; a bit of reco_engine_query_t.sources. */
typedef enum {
    RECO_ENGINE_SESSION,  /* session kNN (VMIS-kNN / V-STAN family) */
    RECO_ENGINE_NEXT,     /* sequential rules */
    RECO_ENGINE_FACTORS,  /* FAISS search with the visitor's vector */
    RECO_ENGINE_VIEWED,   /* neighbours by co-view */
    RECO_ENGINE_BOUGHT,   /* neighbours by purchase */
    RECO_ENGINE_CONTENT,  /* neighbours by content */
    RECO_ENGINE_RETURN,   /* seen before in this session */
    RECO_ENGINE_CATEGORY, /* popular in the category */
    RECO_ENGINE_TRENDING,
    RECO_ENGINE_POPULAR,
    RECO_ENGINE_BACKFILL, /* neighbours of candidates, for short lists */
    RECO_ENGINE_SOURCE_COUNT
} reco_engine_source_t;

const char *reco_engine_source_name(reco_engine_source_t source);


/*
 * Every knob, by the names of the papers; defaults by
 * reco_engine_params_init(), values from the manifest's "engine" object by
 * reco_engine_params_load(), single ones by reco_engine_params_set(), which
 * is also what --set KEY=VALUE and trainer.conf call: one table of names,
 * docs/engine.md has them all.
 */
#define RECO_ENGINE_PARAMS_MAX 128

typedef struct {
    float values[RECO_ENGINE_PARAMS_MAX]; /* by index in the table */
} reco_engine_params_t;

typedef struct {
    const char *name;
    float value; /* the default */
    float minimum;
    float maximum;
    const char *meaning; /* one line */
} reco_engine_param_t;

/* The table, in the order of the documentation; NULL past the last one. */
const reco_engine_param_t *reco_engine_param(unsigned index);

void reco_engine_params_init(reco_engine_params_t *params);

/* RECO_DECLINED: no such name.  RECO_INVALID: no number, or out of bounds. */
reco_status_t reco_engine_params_set(reco_engine_params_t *params,
    reco_str_t key, reco_str_t value, reco_error_t *error);

/* The manifest's values; names unknown here are left out.  RECO_INVALID. */
reco_status_t reco_engine_params_load(reco_engine_params_t *params,
    const reco_snapshot_t *snapshot, reco_error_t *error);

/* The overlay's values, which the trainer found since: over the manifest's. */
reco_status_t reco_engine_params_follow(reco_engine_params_t *params,
    const reco_snapshot_overlay_t *overlay, reco_error_t *error);


/* One thing that the visitor did.  24 bytes; lives in the session zone. */
typedef struct {
    uint64_t item;  /* reco_item_key() */
    uint32_t time;  /* seconds since the epoch */
    uint32_t dwell; /* ms of active time, 0 unknown */
    uint8_t type;   /* reco_event_type_t */
    uint8_t unused[7];
} reco_engine_event_t;

#define RECO_ENGINE_EVENTS_MAX 32
#define RECO_ENGINE_SEEN_MAX   32
#define RECO_ENGINE_EVENT_DWELL                                                \
    4 /* RECO_EVENT_DWELL: the record treats it
                                     apart */

/*
 * What a visitor did lately: a record of fixed size, the same in the session
 * zone, in the trainer's replay and in recoctl eval.
 */
typedef struct {
    reco_engine_event_t events[RECO_ENGINE_EVENTS_MAX]; /* a ring */
    uint32_t nevents;
    uint32_t nseen;
    uint64_t seen[RECO_ENGINE_SEEN_MAX]; /* keys lately shown: a ring */
    uint8_t shown[RECO_ENGINE_SEEN_MAX]; /* how often each */
    uint32_t next_seen;
    uint32_t oldest; /* place of the oldest event; 0 until the ring is full */
} reco_engine_session_t;

/* One of a session's events: 0 is the oldest, nevents - 1 the latest. */
static inline const reco_engine_event_t *
reco_engine_session_event(const reco_engine_session_t *session, unsigned i)
{
    return &session->events[(session->oldest + i) % RECO_ENGINE_EVENTS_MAX];
}

/* A view of the item seen last refreshes it; dwell goes to the item's latest
   view.  The oldest event makes room, and no other one is moved. */
void reco_engine_session_apply(
    reco_engine_session_t *session, const reco_engine_event_t *event);

/* Keeps the oldest nevents events, where there are more. */
void reco_engine_session_keep(reco_engine_session_t *session, unsigned nevents);

/* Counts the keys of a block that was shown. */
void reco_engine_session_shown(
    reco_engine_session_t *session, const uint64_t *items, unsigned nitems);


/*
 * What the site itself wants.  A rule is about one item, or about all of a
 * category, of a brand, or of both.
 */
typedef enum {
    RECO_ENGINE_RULE_EXCLUDE,
    RECO_ENGINE_RULE_BOOST, /* multiplies a score above 0 with factor */
    RECO_ENGINE_RULE_PIN    /* the item, if it passes the filters, at place */
} reco_engine_rule_kind_t;

typedef struct {
    reco_engine_rule_kind_t kind;
    uint64_t item;       /* key; 0: by category and brand */
    reco_str_t category; /* empty: any */
    reco_str_t brand;    /* empty: any */
    float factor;
    unsigned place; /* 0 is the first */
} reco_engine_rule_t;

#define RECO_ENGINE_RULES_MAX 64

typedef struct {
    /*
     * Queries of one number that follow each other in a scratch share what
     * does not hang on the slot: one pass over the sessions, one over the
     * neighbours, one search, one product with each candidate.  They must
     * agree in history and user; where the visits differ nothing is shared.
     * Their answers are those that they would have alone.  0: shares nothing.
     */
    uint64_t page;
    uint64_t current; /* key of the page's own item; 0: none */
    const reco_engine_session_t *session;
    const reco_engine_event_t *history; /* the profile from before the session,
                                           oldest first; NULL: none */
    unsigned nhistory;                  /* any number */
    int history_repeat;  /* items of the history may be recommended */
    const float *user;   /* long-term vector, dimensions floats; NULL: folded
                            in from history and session */
    uint32_t now;        /* seconds since the epoch */
    uint32_t sources;    /* mask of 1 << reco_engine_source_t; 0: all */
    unsigned n;          /* 1 .. RECO_ENGINE_RESULT_MAX */
    int repeat;          /* items of the session may be recommended */
    int linked;          /* only items whose address the catalogue has */
    reco_str_t category; /* only this one; empty: any */
    double price_min;    /* < 0: none */
    double price_max;    /* < 0: none */
    const uint64_t *excluded; /* keys, e.g. of the page's other slots */
    unsigned nexcluded;
    const reco_engine_rule_t *rules;
    unsigned nrules; /* RECO_ENGINE_RULES_MAX are read */
} reco_engine_query_t;

#define RECO_ENGINE_RESULT_MAX 100

typedef struct {
    uint32_t item; /* dense; reco_engine_item() resolves it */
    float score;
    reco_engine_source_t source; /* the strongest one */
    uint32_t because; /* the item of the session that led here, or NONE */
    int pinned;       /* by a rule */
} reco_engine_hit_t;

typedef struct {
    reco_engine_hit_t hits[RECO_ENGINE_RESULT_MAX];
    unsigned nhits;
    uint32_t fallbacks; /* mask of the sources that the fallback chain used */
} reco_engine_result_t;


/*
 * A base, perhaps an overlay (NULL: none), and parameters (copied; NULL: the
 * base's own, with the overlay's over them).  Holds a reference to each.
 */
typedef struct reco_engine_model_s reco_engine_model_t;

reco_status_t reco_engine_model_open(reco_snapshot_t *base,
    reco_snapshot_overlay_t *overlay, const reco_engine_params_t *params,
    reco_engine_model_t **model, reco_error_t *error);
void reco_engine_model_close(reco_engine_model_t *model);

/* Of its vectors, and so of a query's user; 0: it has none. */
uint32_t reco_engine_dimensions(const reco_engine_model_t *model);

uint32_t reco_engine_find(const reco_engine_model_t *model, uint64_t key);
void reco_engine_item(
    const reco_engine_model_t *model, uint32_t item, reco_snapshot_item_t *out);

/*
 * Working memory of one thread: some 1.5 MiB, whatever the catalogue.  It
 * serves any model; sized for this one, so that nothing is cut short.
 */
typedef struct reco_engine_scratch_s reco_engine_scratch_t;

reco_status_t reco_engine_scratch_create(
    const reco_engine_model_t *model, reco_engine_scratch_t **scratch);
void reco_engine_scratch_destroy(reco_engine_scratch_t *scratch);

/* Is it as large as one that would be created for this model? */
int reco_engine_scratch_serves(
    const reco_engine_scratch_t *scratch, const reco_engine_model_t *model);

/* RECO_OK, or RECO_DECLINED where the catalogue has nothing to show. */
reco_status_t reco_engine_recommend(const reco_engine_model_t *model,
    const reco_engine_query_t *query, reco_engine_scratch_t *scratch,
    reco_engine_result_t *result);


/*
 * The blend laid open, for learning its weights, for export and for explain:
 * score = sum of weight * feature.  Weights are parameters "weight.NAME".
 */
#define RECO_ENGINE_FEATURES_MAX 48

/* NULL past the last one. */
const char *reco_engine_feature_name(unsigned feature);

typedef struct {
    uint32_t item;    /* dense */
    uint32_t sources; /* mask of those that brought it */
    float score;
    float features[RECO_ENGINE_FEATURES_MAX];
} reco_engine_candidate_t;

/*
 * The candidates of a query after the filters and before diversification, in
 * any order; at most max.  Returns how many.
 */
unsigned reco_engine_candidates(const reco_engine_model_t *model,
    const reco_engine_query_t *query, reco_engine_scratch_t *scratch,
    reco_engine_candidate_t *candidates, unsigned max);

/*
 * The visitor's vector, of length 1, as the query's search would use it:
 * the index's dimensions floats.  0 if nothing of the visit has a vector.
 */
int reco_engine_fold_in(const reco_engine_model_t *model,
    const reco_engine_query_t *query, reco_engine_scratch_t *scratch,
    float *vector);

#endif /* RECO_ENGINE_H */
