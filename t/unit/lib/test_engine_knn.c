/*
 * Session kNN against a reference that is written from the formula alone.
 */

#include "shop.h"

#include <math.h>

typedef struct {
    double m, k, items, linear, position, recency, distance, before, idf,
        idf_match, length;
} knobs_t;

typedef struct {
    double similarity;
    uint32_t number; /* 0 is the oldest, as in the source */
    unsigned match;  /* place of the newest item of the visit that it has */
} neighbor_t;


/* The session's items, each once, where it was last. */
static unsigned
distinct(const shop_t *shop, uint32_t session, uint32_t *items, float *weights)
{
    unsigned count;
    uint64_t i, j;

    count = 0;

    for (i = shop->offsets[session]; i < shop->offsets[session + 1]; i++) {
        for (j = i + 1; j < shop->offsets[session + 1]; j++) {
            if (shop->events[j] == shop->events[i]) {
                break;
            }
        }

        if (j == shop->offsets[session + 1]) {
            items[count] = shop->events[i];
            /* Kept in 255 steps of the largest one. */
            weights[count++] = roundf(shop->weights[i] * 255 / shop->heaviest)
                               * shop->heaviest / 255;
        }
    }

    return count;
}


static int
position_of(const uint32_t *items, unsigned count, uint32_t item)
{
    unsigned i;

    for (i = 0; i < count; i++) {
        if (items[i] == item) {
            return (int) i;
        }
    }

    return -1;
}


static double
decay(double lambda, double distance)
{
    return lambda > 0 ? exp(-distance / lambda) : 1;
}


static double
idf_of(const shop_t *shop, uint32_t item)
{
    float weights[SHOP_LONGEST];
    uint32_t session, items[SHOP_LONGEST];
    double sessions;

    sessions = 0;

    for (session = 0; session < SHOP_SESSIONS; session++) {
        sessions +=
            position_of(items, distinct(shop, session, items, weights), item)
            >= 0;
    }

    return log1p(SHOP_SESSIONS / (sessions != 0 ? sessions : 1));
}


static int
by_similarity(const void *a, const void *b)
{
    const neighbor_t *left, *right;

    left = a;
    right = b;

    if (fabs(left->similarity - right->similarity) > 1e-6 * left->similarity) {
        return left->similarity < right->similarity ? 1 : -1;
    }

    return left->number < right->number ? 1 : -1;
}


/* visit: newest first, each item once.  Fills scores, the largest being 1. */
static void
reference(const shop_t *shop, const knobs_t *knobs, const uint32_t *visit,
    unsigned length, double *scores)
{
    int place;
    float weights[SHOP_LONGEST];
    double weight, value, best;
    unsigned i, j, n, count, nneighbors;
    uint32_t session, items[SHOP_LONGEST], taken[32];
    neighbor_t *neighbors;

    memset(scores, 0, SHOP_ITEMS * sizeof(scores[0]));
    memset(taken, 0, sizeof(taken));
    neighbors = calloc(SHOP_SESSIONS, sizeof(neighbors[0]));
    assert_non_null(neighbors);
    n = length < (unsigned) knobs->items ? length : (unsigned) knobs->items;

    for (session = SHOP_SESSIONS; session-- > 0;) {
        count = distinct(shop, session, items, weights);
        neighbors[session].number = session;
        neighbors[session].match = UINT32_MAX;

        for (i = 0; i < n; i++) {
            if (position_of(items, count, visit[i]) < 0
                || taken[i] == (uint32_t) knobs->m) {
                continue;
            }

            taken[i]++;
            weight = knobs->linear != 0 ? (double) (n - i) / n
                                        : decay(knobs->position, i);
            neighbors[session].similarity +=
                weight * pow(idf_of(shop, visit[i]), knobs->idf_match);

            if (neighbors[session].match == UINT32_MAX) {
                neighbors[session].match = i;
            }
        }
    }

    qsort(neighbors, SHOP_SESSIONS, sizeof(neighbors[0]), by_similarity);
    nneighbors = (unsigned) knobs->k;

    for (i = 0; i < nneighbors && neighbors[i].similarity > 0; i++) {
        session = neighbors[i].number;
        count = distinct(shop, session, items, weights);
        place = position_of(items, count, visit[neighbors[i].match]);
        weight = neighbors[i].similarity * pow(count, -knobs->length);

        if (knobs->linear != 0) {
            weight *= fmax(0, 1 - 0.1 * (neighbors[i].match + 1));
        }

        /* Ages are looked up in steps of a 64th of lambda. */
        if (knobs->recency > 0) {
            weight *= exp(
                -floor(64.0
                       * (shop->times[SHOP_SESSIONS - 1] - shop->times[session])
                       / (knobs->recency * 86400))
                / 64);
        }

        for (j = 0; j < count; j++) {
            value = weight * weights[j];

            if (knobs->linear == 0 && (int) j != place) {
                value *= decay(knobs->distance, abs((int) j - place) - 1.0);
                value *= (int) j < place ? knobs->before : 1;
            }

            scores[items[j]] += value;
        }
    }

    best = 0;

    for (i = 0; i < SHOP_ITEMS; i++) {
        if (scores[i] > 0) {
            scores[i] *= pow(idf_of(shop, i), knobs->idf);
            best = fmax(best, scores[i]);
        }
    }

    for (i = 0; i < SHOP_ITEMS; i++) {
        scores[i] = best > 0 ? scores[i] / best : 0;
    }

    free(neighbors);
}


static void
set(shop_engine_t *engine, const char *name, double value)
{
    char text[32];

    snprintf(text, sizeof(text), "%.6g", value);
    shop_set(engine, name, text);
}


static void
compare(shop_t *shop, reco_snapshot_t *snapshot, const knobs_t *knobs)
{
    int i, place;
    float value;
    double *scores;
    unsigned query, length, count, row, checked;
    uint32_t visit[RECO_ENGINE_EVENTS_MAX], item;
    shop_engine_t engine;
    reco_engine_candidate_t *candidates;

    scores = malloc(SHOP_ITEMS * sizeof(scores[0]));
    candidates = malloc(SHOP_ITEMS * sizeof(candidates[0]));
    assert_non_null(scores);
    assert_non_null(candidates);

    reco_engine_params_init(&engine.params);
    set(&engine, "session.m", knobs->m);
    set(&engine, "session.k", knobs->k);
    set(&engine, "session.items", knobs->items);
    set(&engine, "session.linear", knobs->linear);
    set(&engine, "session.position_decay", knobs->position);
    set(&engine, "session.recency_decay", knobs->recency);
    set(&engine, "session.distance_decay", knobs->distance);
    set(&engine, "session.before", knobs->before);
    set(&engine, "session.idf", knobs->idf);
    set(&engine, "session.idf_match", knobs->idf_match);
    set(&engine, "session.length", knobs->length);
    set(&engine, "session.candidates", 1000);
    shop_engine_open(&engine, snapshot, NULL);
    engine.query.sources = 1u << RECO_ENGINE_SESSION;
    checked = 0;

    for (query = 0; query < 12; query++) {
        shop_visit(&engine, shop, 1 + query);
        length = 0;

        for (i = (int) engine.session.nevents - 1; i >= 0; i--) {
            item = reco_engine_find(engine.model,
                reco_engine_session_event(&engine.session, (unsigned) i)->item);

            if (position_of(visit, length, item) < 0) {
                visit[length++] = item;
            }
        }

        reference(shop, knobs, visit, length, scores);
        count = reco_engine_candidates(engine.model, &engine.query,
            engine.scratch, candidates, SHOP_ITEMS);

        for (row = 0; row < count; row++) {
            value = candidates[row].features[RECO_ENGINE_SESSION];
            item = candidates[row].item;
            place = fabs(value - scores[item]) > 1e-3;

            if (place) {
                fail_msg("query %u, item %u: %g instead of %g", query, item,
                    (double) value, scores[item]);
            }

            scores[item] = 0;
            checked++;
        }

        /* What is missing was filtered: the page's own, or sold out. */
        for (item = 0; item < SHOP_ITEMS; item++) {
            if (scores[item] > 0) {
                assert_true(item == visit[0] || item % 17 == 0);
            }
        }
    }

    assert_true(checked > 100);
    shop_engine_close(&engine);
    free(scores);
    free(candidates);
}


static void
test_decays(void **state)
{
    shop_t *shop;
    reco_snapshot_t *snapshot;

    const knobs_t knobs = {.m = 200,
        .k = 50,
        .items = 9,
        .position = 2,
        .recency = 10,
        .distance = 2,
        .before = 0.5,
        .idf = 0.5,
        .idf_match = 1.5,
        .length = 0.5};

    shop = *state;
    snapshot = shop_open(shop);
    compare(shop, snapshot, &knobs);
    reco_snapshot_release(snapshot);
}


static void
test_plain(void **state)
{
    shop_t *shop;
    reco_snapshot_t *snapshot;

    const knobs_t knobs = {.m = 500, .k = 500, .items = 32, .before = 1};

    shop = *state;
    snapshot = shop_open(shop);
    compare(shop, snapshot, &knobs);
    reco_snapshot_release(snapshot);
}


/* VMIS-kNN: linear decays, few sessions of each item. */
static void
test_linear(void **state)
{
    shop_t *shop;
    reco_snapshot_t *snapshot;

    const knobs_t knobs = {.m = 5,
        .k = 30,
        .items = 4,
        .linear = 1,
        .before = 0.3,
        .distance = 1,
        .idf = 1};

    shop = *state;
    snapshot = shop_open(shop);
    compare(shop, snapshot, &knobs);
    reco_snapshot_release(snapshot);
}


/* Sessions of the overlay vote like those of the base, new items too. */
static void
test_overlay(void **state)
{
    unsigned i;
    shop_t *shop;
    shop_engine_t engine;
    reco_snapshot_t *snapshot;
    reco_snapshot_overlay_t *overlay;

    const reco_snapshot_item_t fresh = {
        .id = {5, "new-0"}, .price = -1, .available = 1};
    const uint64_t offsets[] = {0, 2, 4, 6};
    const uint32_t items[] = {
        100, SHOP_ITEMS, 100, SHOP_ITEMS, 100, SHOP_ITEMS};
    const uint32_t times[] = {SHOP_NOW, SHOP_NOW, SHOP_NOW};
    reco_snapshot_overlay_source_t source = {.base = "000042",
        .base_nitems = SHOP_ITEMS,
        .nitems = 1,
        .items = &fresh,
        .sessions = {3, offsets, items, NULL, times, 0},
        .weight = 2};

    shop = *state;
    snapshot = shop_open(shop);
    overlay = shop_overlay(shop, snapshot, &source);

    reco_engine_params_init(&engine.params);
    shop_engine_open(&engine, snapshot, overlay);
    engine.query.sources = 1u << RECO_ENGINE_SESSION;
    shop_view(&engine, 100);
    assert_int_equal(reco_engine_recommend(engine.model, &engine.query,
                         engine.scratch, &engine.result),
        RECO_OK);
    assert_true(shop_has(&engine.result, SHOP_ITEMS));

    for (i = 0; i < engine.result.nhits; i++) {
        if (engine.result.hits[i].item == SHOP_ITEMS) {
            assert_int_equal(engine.result.hits[i].because, 100);
        }
    }

    shop_engine_close(&engine);
    reco_snapshot_overlay_release(overlay);

    /* With no weight it says nothing. */
    source.weight = 0;
    overlay = shop_overlay(shop, snapshot, &source);
    shop_engine_open(&engine, snapshot, overlay);
    engine.query.sources = 1u << RECO_ENGINE_SESSION;
    shop_view(&engine, 100);
    assert_int_equal(reco_engine_recommend(engine.model, &engine.query,
                         engine.scratch, &engine.result),
        RECO_OK);
    assert_false(shop_has(&engine.result, SHOP_ITEMS));
    shop_engine_close(&engine);
    reco_snapshot_overlay_release(overlay);
    reco_snapshot_release(snapshot);
}


/* A damaged session, as long as one can be, may lack the item that led to it:
   its items vote all the same, within the decays. */
static void
test_damaged(void **state)
{
    unsigned i;
    shop_t *shop;
    uint32_t items[RECO_SNAPSHOT_SESSION_MAX];
    shop_engine_t engine;
    reco_snapshot_t *snapshot;
    reco_snapshot_overlay_t *overlay;
    reco_snapshot_postings_t *sessions;

    const uint64_t offsets[] = {0, RECO_SNAPSHOT_SESSION_MAX};
    const uint32_t times[] = {SHOP_NOW};
    const reco_snapshot_overlay_source_t source = {.base = "000042",
        .base_nitems = SHOP_ITEMS,
        .sessions = {1, offsets, items, NULL, times, 0},
        .weight = 2};

    for (i = 0; i < RECO_SNAPSHOT_SESSION_MAX; i++) {
        items[i] = i;
    }

    shop = *state;
    snapshot = shop_open(shop);
    overlay = shop_overlay(shop, snapshot, &source);

    items[5] = 6;
    sessions = (reco_snapshot_postings_t *) &reco_snapshot_overlay_view(overlay)
                   ->sessions;
    assert_int_equal(sessions->nevents, RECO_SNAPSHOT_SESSION_MAX);
    sessions->items = items;

    reco_engine_params_init(&engine.params);
    shop_engine_open(&engine, snapshot, overlay);
    engine.query.sources = 1u << RECO_ENGINE_SESSION;
    shop_view(&engine, 5);
    assert_int_equal(reco_engine_recommend(engine.model, &engine.query,
                         engine.scratch, &engine.result),
        RECO_OK);

    shop_engine_close(&engine);
    reco_snapshot_overlay_release(overlay);
    reco_snapshot_release(snapshot);
}


static int
setup(void **state)
{
    *state = shop_create(1);

    return 0;
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_decays, setup, shop_teardown),
        cmocka_unit_test_setup_teardown(test_plain, setup, shop_teardown),
        cmocka_unit_test_setup_teardown(test_linear, setup, shop_teardown),
        cmocka_unit_test_setup_teardown(test_overlay, setup, shop_teardown),
        cmocka_unit_test_setup_teardown(test_damaged, setup, shop_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
