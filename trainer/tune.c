#include "tune.h"

#include "random.h"

#include <math.h>
#include <string.h>

#define SESSIONS (1U << RECO_PROTOCOL_NEXT | 1U << RECO_PROTOCOL_NOVEL)
#define PROFILES (1U << RECO_PROTOCOL_HELDOUT | 1U << RECO_PROTOCOL_LEAVE_LAST)
#define ORDER    (SESSIONS | 1U << RECO_PROTOCOL_LEAVE_LAST)
#define ALL      (SESSIONS | PROFILES)

#define DRAW_EVERY 4    /* trials */
#define DRAW_SHARE 0.25 /* of the keys */
#define BESIDE     0.75 /* of the moves */


/* A key and the values it may take, ascending, blanks between. */
typedef struct {
    const char *key;
    const char *values;
    unsigned protocols; /* mask of 1 << reco_protocol_t that it matters to */
} range_t;

/* clang-format off: one key a line */
static const range_t tune_ranges[] = {
    {"engine.session.m", "50 100 200 400 800 1500", ALL},
    {"engine.session.k", "50 100 150 300 600 1200", ALL},
    {"engine.session.items", "1 2 3 5 9 15 32", ALL},
    {"engine.session.position_decay", "0.5 0.7 1 1.5 2 3 5 10 0", ALL},
    {"engine.session.recency_decay", "0 80 40 20 10 5", ORDER},
    {"engine.session.distance_decay", "1 1.5 3 5 10 0", ORDER},
    {"engine.session.before", "0 0.2 0.35 0.5 0.7 0.85 1", ORDER},
    {"engine.session.idf", "0 0.25 0.5 1 1.5", ALL},
    {"engine.session.idf_match", "0 0.5 1 1.5 2", ALL},
    {"engine.session.length", "0 0.25 0.5 0.75 1", ALL},
    {"engine.next.items", "1 2 3 5 8 15", ORDER},
    {"engine.next.decay", "0.5 0.7 1 1.5 2.5 5", ORDER},
    {"engine.neighbors.items", "1 2 3 5 9 15 32", ALL},
    {"engine.neighbors.decay", "0.7 1.2 2 4 8 0", ALL},
    {"engine.neighbors.history", "0 20 50 100 300 1000", PROFILES},
    {"engine.neighbors.history_weight", "0.03 0.1 0.3 0.6 1", PROFILES},
    {"engine.neighbors.candidates", "50 100 200 400", PROFILES},
    {"engine.return.decay", "0.7 1 2 3 5", SESSIONS},
    {"engine.factors.items", "1 3 5 10 20 32", ALL},
    {"engine.factors.decay", "1 2 3 6 12 0", ALL},
    {"engine.factors.history_weight", "0.1 0.3 0.6 1", PROFILES},
    {"engine.factors.candidates", "0 50 100 200 400", PROFILES},
    {"engine.backfill.below", "0 20 40 100", SESSIONS},
    {"engine.backfill.seeds", "5 10 20", SESSIONS},
    {"rules_window", "2 3 5 10 20", ORDER},
    {"rules_decay", "0.5 0.7 1 1.5 2 3", ORDER},
    {"rules_shrinkage", "0 1 3 10", ORDER},
    {"view_from", "0.2 0.35 0.5 0.7 1", ALL},
    {"view_to", "0.2 0.35 0.5 0.7 1", ALL},
    {"view_length", "0 0.25 0.5 1", ALL},
    {"view_shrinkage", "0 1 3 10", ALL},
    {"history_halflife", "5d 10d 20d 60d 0", ORDER},
    {"ials_dimensions", "32 64 128", ALL},
    {"ials_regularization", "0.0003 0.001 0.003 0.01 0.03", ALL},
    {"ials_unobserved", "0.01 0.03 0.1 0.3 1", ALL},
    {"ials_unobserved_ratio", "3 10 30 100 0", ALL},
    {"blend_ridge", "1 3 10 30 100", ALL},
    {"blend_focus", "0 0.15 0.3 0.5", ALL},
};
/* clang-format on */

#define NRANGES (sizeof(tune_ranges) / sizeof(tune_ranges[0]))

_Static_assert(NRANGES <= RECO_TUNE_KEYS_MAX, "the ranges outgrew a point");


static reco_str_t
range_value(const range_t *range, int place)
{
    const char *at;

    at = range->values;
    while (place-- > 0) {
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }

    return (reco_str_t){strcspn(at, " "), at};
}


static int
range_count(const range_t *range)
{
    int count;

    for (count = 0; range_value(range, count).len > 0; count++) {
        /* void */
    }

    return count;
}


void
reco_tune_init(reco_tune_t *tune, reco_protocol_t protocol, uint64_t seed)
{
    unsigned i;

    memset(tune, 0, sizeof(*tune));
    tune->protocol = protocol;
    tune->seed = seed;
    tune->score = -INFINITY;
    for (i = 0; i < RECO_TUNE_KEYS_MAX; i++) {
        tune->best.places[i] = -1;
    }
}


static int
concerns(const reco_tune_t *tune, unsigned range)
{
    return (tune_ranges[range].protocols >> tune->protocol & 1U) != 0;
}


static void
move_key(reco_tune_point_t *point, unsigned range, reco_random_t *random)
{
    int count, place;

    count = range_count(&tune_ranges[range]);
    place = point->places[range];

    if (place >= 0 && reco_random_unit(random) < BESIDE) {
        place += reco_random_below(random, 2) == 0 ? -1 : 1;
        if (place >= 0 && place < count) {
            point->places[range] = place;
            return;
        }
    }

    point->places[range] = (int) reco_random_below(random, (uint64_t) count);
}


void
reco_tune_next(const reco_tune_t *tune, reco_tune_point_t *point)
{
    reco_random_t random = {.state = tune->seed};
    unsigned range, moves;

    /* A stream of its own for each trial. */
    random.state = reco_random_next(&random) + tune->ntrials;
    random.state = reco_random_next(&random);
    *point = tune->best;

    if (tune->ntrials == 0) {
        return;
    }

    if (tune->ntrials % DRAW_EVERY == 0) {
        for (range = 0; range < NRANGES; range++) {
            if (concerns(tune, range) && reco_random_unit(&random) < DRAW_SHARE)
            {
                point->places[range] = -1;
                move_key(point, range, &random);
            }
        }
        return;
    }

    moves = 1 + (unsigned) reco_random_below(&random, 3);
    while (moves > 0) {
        range = (unsigned) reco_random_below(&random, NRANGES);
        if (concerns(tune, range)) {
            move_key(point, range, &random);
            moves--;
        }
    }
}


int
reco_tune_tell(reco_tune_t *tune, const reco_tune_point_t *point, double score)
{
    tune->ntrials++;

    /* Written so that a NaN is never best. */
    if (!(score > tune->score)) {
        return 0;
    }

    tune->score = score;
    tune->best = *point;

    return 1;
}


int
reco_tune_setting(const reco_tune_point_t *point, unsigned index,
    const char **key, reco_str_t *value)
{
    unsigned range;

    for (range = 0; range < NRANGES; range++) {
        if (point->places[range] >= 0 && index-- == 0) {
            *key = tune_ranges[range].key;
            *value = range_value(&tune_ranges[range], point->places[range]);
            return 1;
        }
    }

    return 0;
}


reco_status_t
reco_tune_apply(
    const reco_tune_point_t *point, reco_config_t *config, reco_error_t *error)
{
    reco_status_t status;
    reco_str_t value, name;
    const char *key;
    unsigned i;

    status = RECO_OK;
    for (i = 0; status == RECO_OK && reco_tune_setting(point, i, &key, &value);
         i++) {
        name = (reco_str_t){strlen(key), key};
        status = reco_config_set(config, name, value, error);
    }

    return status;
}
