/*
 * A version is written, read back whole, and refused when it is damaged.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "snapshot/reco_snapshot.h"
#include "snapshot/reco_snapshot_view.h"

#define ITEMS      200
#define SESSIONS   300
#define DIMENSIONS 8

static char folder[64];

/* A small shop: item i has category i % 5 and costs i. */
typedef struct {
    char names[ITEMS][16];
    char categories[5][16];
    reco_snapshot_item_t items[ITEMS];
    uint64_t offsets[SESSIONS + 1];
    uint32_t events[SESSIONS * 4];
    float weights[SESSIONS * 4];
    uint32_t times[SESSIONS];
    uint64_t edge_offsets[ITEMS + 1];
    uint32_t edges[ITEMS];
    float edge_scores[ITEMS];
    float popularity[ITEMS];
    float trend[ITEMS];
    float factors[ITEMS * DIMENSIONS];
    reco_snapshot_source_t source;
} shop_t;


static reco_str_t
text(const char *string)
{
    return (reco_str_t){strlen(string), string};
}


static void
shop_fill_items(shop_t *shop)
{
    unsigned i, j;
    reco_snapshot_item_t *item;

    for (i = 0; i < 5; i++) {
        snprintf(shop->categories[i], 16, "category %u", i);
    }

    for (i = 0; i < ITEMS; i++) {
        snprintf(shop->names[i], 16, "item-%u", i);
        item = &shop->items[i];
        item->id = text(shop->names[i]);
        item->title = text("A title");
        item->url = text("/product");
        item->category = text(shop->categories[i % 5]);
        item->currency = text("EUR");
        item->price = i + 0.99;
        item->available = i % 7 != 0;
        item->born = 1000 + i;
        shop->popularity[i] = (float) (i * 37 % ITEMS);
        shop->trend[i] = i % 10 == 0 ? (float) i : 0;

        for (j = 0; j < DIMENSIONS; j++) {
            shop->factors[i * DIMENSIONS + j] = sinf((float) (i * 13 + j * 7));
        }
    }

    memset(&shop->factors[3 * DIMENSIONS], 0, DIMENSIONS * sizeof(float));
}


static shop_t *
shop_create(void)
{
    unsigned i, j;
    shop_t *shop;

    shop = calloc(1, sizeof(*shop));
    assert_non_null(shop);
    shop_fill_items(shop);

    for (i = 0; i < SESSIONS; i++) {
        shop->times[i] = 5000 + i;
        shop->offsets[i + 1] = shop->offsets[i] + 4;

        for (j = 0; j < 4; j++) {
            shop->events[4 * i + j] = (i * 3 + j * j) % ITEMS;
            shop->weights[4 * i + j] = 1 + (float) j;
        }
    }

    for (i = 0; i < ITEMS; i++) {
        shop->edge_offsets[i + 1] = i + 1;
        shop->edges[i] = (i + 1) % ITEMS;
        shop->edge_scores[i] = 0.5f;
    }

    shop->source = (reco_snapshot_source_t){
        .nitems = ITEMS,
        .items = shop->items,
        .sessions = {SESSIONS, shop->offsets, shop->events, shop->weights,
            shop->times, 0},
        .neighbors[RECO_NEIGHBORS_NEXT] = {shop->edge_offsets, shop->edges,
            shop->edge_scores},
        .popular = {ITEMS, shop->popularity, shop->trend},
        .dimensions = DIMENSIONS,
        .factors = shop->factors,
        .manifest = "{\"id\": \"000042\", \"engine\": "
                    "{\"session.k\": 77, \"name\": \"text\"}}",
    };

    return shop;
}


static int
setup(void **state)
{
    char path[PATH_MAX];

    snprintf(folder, sizeof(folder), "/tmp/reco-snapshot-XXXXXX");

    if (mkdtemp(folder) == NULL) {
        return -1;
    }

    snprintf(path, sizeof(path), "%s/v", folder);
    *state = shop_create();

    return 0;
}


static void
remove_tree(const char *path)
{
    char command[PATH_MAX + 16];

    snprintf(command, sizeof(command), "rm -rf '%s'", path);
    assert_int_equal(system(command), 0);
}


static int
teardown(void **state)
{
    remove_tree(folder);
    free(*state);

    return 0;
}


static reco_snapshot_t *
write_and_open(const shop_t *shop)
{
    char path[PATH_MAX];
    reco_error_t error;
    reco_snapshot_t *snapshot;

    snprintf(path, sizeof(path), "%s/v", folder);
    error.message[0] = '\0';

    if (reco_snapshot_write(path, &shop->source, &error) != RECO_OK
        || reco_snapshot_open(path, 1, &snapshot, &error) != RECO_OK)
    {
        fail_msg("%s", error.message);
        return NULL;
    }

    return snapshot;
}


static void
test_catalog(void **state)
{
    unsigned i;
    shop_t *shop;
    reco_snapshot_t *snapshot;
    reco_snapshot_item_t item;

    shop = *state;
    snapshot = write_and_open(shop);

    assert_string_equal(reco_snapshot_id(snapshot), "000042");
    assert_int_equal(reco_snapshot_nitems(snapshot), ITEMS);

    for (i = 0; i < ITEMS; i++) {
        assert_int_equal(
            reco_snapshot_find(snapshot, reco_item_key(shop->items[i].id)), i);
        reco_snapshot_item(snapshot, i, &item);
        assert_int_equal(item.id.len, shop->items[i].id.len);
        assert_memory_equal(item.id.data, shop->names[i], item.id.len);
        assert_memory_equal(item.title.data, "A title", 7);
        assert_memory_equal(item.category.data, shop->categories[i % 5], 10);
        assert_int_equal(item.brand.len, 0);
        assert_memory_equal(item.currency.data, "EUR", 3);
        assert_true(item.price == shop->items[i].price);
        assert_int_equal(item.available, shop->items[i].available);
        assert_int_equal(item.born, 1000 + i);
    }

    assert_int_equal(reco_snapshot_find(snapshot, reco_item_key(text("none"))),
        RECO_ITEM_NONE);
    reco_snapshot_item(snapshot, ITEMS, &item);
    assert_int_equal(item.id.len, 0);
    reco_snapshot_release(snapshot);
}


static void
test_parameters(void **state)
{
    reco_str_t key, value;
    reco_snapshot_t *snapshot;

    snapshot = write_and_open(*state);

    assert_true(reco_snapshot_parameter(snapshot, 0, &key, &value));
    assert_string_equal(key.data, "session.k");
    assert_string_equal(value.data, "77");
    assert_true(reco_snapshot_parameter(snapshot, 1, &key, &value));
    assert_string_equal(value.data, "text");
    assert_false(reco_snapshot_parameter(snapshot, 2, &key, &value));
    reco_snapshot_release(snapshot);
}


/* Each posting of an item leads to a session with it, from recent to old. */
static void
test_sessions(void **state)
{
    uint32_t i, j, k, item, total;
    reco_snapshot_t *snapshot;
    reco_snapshot_row_t row, events;
    const reco_snapshot_postings_t *sessions;

    snapshot = write_and_open(*state);
    sessions = &reco_snapshot_view(snapshot)->sessions;
    total = 0;

    assert_int_equal(sessions->nsessions, SESSIONS);
    assert_int_equal(sessions->newest, 5000 + SESSIONS - 1);

    for (item = 0; item < ITEMS; item++) {
        row = reco_snapshot_row(sessions->posting_offsets, sessions->nrows,
            sessions->npostings, item);
        total += row.count;

        for (i = row.first; i < row.first + row.count; i++) {
            if (i > row.first) {
                assert_true(sessions->postings[i - 1] < sessions->postings[i]);
            }

            events = reco_snapshot_row(sessions->session_offsets,
                sessions->nsessions, sessions->nevents, sessions->postings[i]);
            k = 0;

            for (j = events.first; j < events.first + events.count; j++) {
                k += sessions->items[j] == item;
            }

            assert_int_equal(k, 1);
        }
    }

    assert_int_equal(total, sessions->nevents);

    /* The last session, first now: items in their order, weights too. */
    events = reco_snapshot_row(
        sessions->session_offsets, SESSIONS, sessions->nevents, 0);
    assert_int_equal(events.count, 4);
    assert_int_equal(sessions->items[events.first], (SESSIONS - 1) * 3 % ITEMS);
    assert_int_equal(
        sessions->items[events.first + 3], ((SESSIONS - 1) * 3 + 9) % ITEMS);
    assert_int_equal(sessions->weights[events.first + 3], 255);
    assert_int_equal(sessions->weights[events.first], 64);
    reco_snapshot_release(snapshot);
}


static void
test_popular(void **state)
{
    uint32_t i;
    reco_snapshot_row_t row;
    reco_snapshot_t *snapshot;
    const reco_snapshot_view_t *view;
    const reco_snapshot_toplists_t *popular;

    snapshot = write_and_open(*state);
    view = reco_snapshot_view(snapshot);
    popular = &view->popular;

    assert_int_equal(popular->nglobal, ITEMS - (ITEMS + 6) / 7);

    for (i = 1; i < popular->nglobal; i++) {
        assert_true(view->catalog.hot[popular->global[i - 1]].popularity
                    >= view->catalog.hot[popular->global[i]].popularity);
    }

    assert_int_not_equal(popular->ntrending, 0);
    assert_int_equal(popular->trending[0], 190);

    row = reco_snapshot_row(popular->category_offsets, popular->ncategories,
        popular->ncategory_items,
        reco_snapshot_catalog_category(&view->catalog, text("category 3")));
    assert_int_not_equal(row.count, 0);

    for (i = 0; i < row.count; i++) {
        assert_int_equal(popular->category_items[row.first + i] % 5, 3);
    }

    reco_snapshot_release(snapshot);
}


static void
test_vectors(void **state)
{
    uint32_t i;
    float vector[DIMENSIONS];
    const uint8_t *bytes;
    shop_t *shop;
    reco_snapshot_t *snapshot;
    const reco_snapshot_hot_t *hot;
    const reco_snapshot_vectors_t *vectors;

    shop = *state;
    snapshot = write_and_open(shop);
    hot = reco_snapshot_view(snapshot)->catalog.hot;
    vectors = &reco_snapshot_view(snapshot)->vectors;

    assert_int_equal(vectors->dimensions, DIMENSIONS);
    assert_int_equal(vectors->ntotal, ITEMS - 1);

    for (i = 0; i < ITEMS; i++) {
        bytes = reco_snapshot_vector(vectors, &hot[i]);

        if (i == 3) {
            assert_null(bytes);
            assert_true(hot[i].norm == 0);
            continue;
        }

        assert_non_null(bytes);
        memcpy(vector, bytes, sizeof(vector));
        assert_memory_equal(
            vector, &shop->factors[i * DIMENSIONS], sizeof(vector));
    }

    reco_snapshot_release(snapshot);
}


/* Without vectors, neighbours or sessions a version is still one. */
static void
test_bare(void **state)
{
    shop_t *shop;
    reco_snapshot_t *snapshot;

    shop = *state;
    shop->source.dimensions = 0;
    shop->source.sessions = (reco_snapshot_sessions_t){0};
    memset(shop->source.neighbors, 0, sizeof(shop->source.neighbors));
    shop->source.manifest = NULL;

    snapshot = write_and_open(shop);
    assert_string_equal(reco_snapshot_id(snapshot), "v");
    assert_int_equal(reco_snapshot_view(snapshot)->vectors.dimensions, 0);
    reco_snapshot_release(snapshot);
}


static void
test_refused_sources(void **state)
{
    char path[PATH_MAX];
    shop_t *shop;
    reco_error_t error;

    shop = *state;
    snprintf(path, sizeof(path), "%s/v", folder);

    shop->items[1].id = shop->items[0].id;
    assert_int_equal(
        reco_snapshot_write(path, &shop->source, &error), RECO_INVALID);
    assert_non_null(strstr(error.message, "item-0"));
    shop->items[1].id = text(shop->names[1]);

    shop->events[7] = ITEMS;
    assert_int_equal(
        reco_snapshot_write(path, &shop->source, &error), RECO_INVALID);
    shop->events[7] = 0;

    shop->factors[11] = NAN;
    assert_int_equal(
        reco_snapshot_write(path, &shop->source, &error), RECO_INVALID);
    shop->factors[11] = 0;

    shop->edges[5] = ITEMS;
    assert_int_equal(
        reco_snapshot_write(path, &shop->source, &error), RECO_INVALID);
    shop->edges[5] = 0;

    shop->popularity[5] = INFINITY;
    assert_int_equal(
        reco_snapshot_write(path, &shop->source, &error), RECO_INVALID);
}


/* One byte of each file in turn; the version must not open verified. */
static void
test_damage(void **state)
{
    int fd;
    unsigned i;
    uint8_t byte;
    char path[PATH_MAX];
    struct stat st;
    reco_error_t error;
    reco_snapshot_t *snapshot;

    static const char *const names[] = {"catalog.bin", "sessions.bin",
        "neighbors.bin", "popular.bin", "vectors.faiss", "codes.bin"};

    reco_snapshot_release(write_and_open(*state));

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/v/%s", folder, names[i]);
        fd = open(path, O_RDWR);
        assert_int_not_equal(fd, -1);
        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(pread(fd, &byte, 1, st.st_size - 1), 1);
        byte ^= 0x40;
        assert_int_equal(pwrite(fd, &byte, 1, st.st_size - 1), 1);

        snprintf(path, sizeof(path), "%s/v", folder);
        assert_int_equal(
            reco_snapshot_open(path, 1, &snapshot, &error), RECO_CORRUPT);
        assert_non_null(strstr(error.message, names[i]));

        byte ^= 0x40;
        assert_int_equal(pwrite(fd, &byte, 1, st.st_size - 1), 1);

        /* Cut off: seen without reading any content. */
        assert_int_equal(ftruncate(fd, st.st_size - 1), 0);
        assert_int_equal(
            reco_snapshot_open(path, 0, &snapshot, &error), RECO_CORRUPT);
        assert_int_equal(pwrite(fd, &byte, 1, st.st_size - 1), 1);
        close(fd);
    }

    assert_int_equal(reco_snapshot_open(path, 1, &snapshot, &error), RECO_OK);
    reco_snapshot_release(snapshot);

    snprintf(path, sizeof(path), "%s/none", folder);
    assert_int_equal(
        reco_snapshot_open(path, 0, &snapshot, &error), RECO_DECLINED);
}


static void
test_overlay(void **state)
{
    char path[PATH_MAX];
    shop_t *shop;
    reco_error_t error;
    reco_snapshot_t *base;
    reco_snapshot_overlay_t *overlay;
    const reco_snapshot_overlay_view_t *view;

    const uint64_t offsets[] = {0, 2, 5};
    const uint32_t items[] = {5, ITEMS, 7, 5, ITEMS + 1};
    const uint32_t times[] = {9000, 9001};
    const uint32_t trending[] = {ITEMS, 7};
    const float scores[] = {2, 1};
    const float vectors[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0};
    const uint32_t unavailable[] = {9, 4};
    const reco_snapshot_item_t fresh[] = {{.id = text("new-0"),
                                              .category = text("category 2"),
                                              .price = -1,
                                              .available = 1},
        {.id = text("new-1"),
            .category = text("never seen"),
            .price = 3,
            .available = 1}};
    const reco_snapshot_overlay_source_t source = {
        .base = "000042",
        .sequence = 3,
        .created = 123456789,
        .base_nitems = ITEMS,
        .nitems = 2,
        .items = fresh,
        .sessions = {2, offsets, items, NULL, times, 0},
        .ntrending = 2,
        .trending = trending,
        .trending_scores = scores,
        .dimensions = DIMENSIONS,
        .nvectors = 2,
        .vector_items = trending,
        .vectors = vectors,
        .nunavailable = 2,
        .unavailable = unavailable,
        .weight = 0.5,
    };

    shop = *state;
    base = write_and_open(shop);
    snprintf(path, sizeof(path), "%s/overlay", folder);
    assert_int_equal(reco_snapshot_overlay_open(path, base, &overlay, &error),
        RECO_DECLINED);
    assert_int_equal(
        reco_snapshot_overlay_write(path, &source, &error), RECO_OK);
    assert_int_equal(
        reco_snapshot_overlay_open(path, base, &overlay, &error), RECO_OK);

    view = reco_snapshot_overlay_view(overlay);
    assert_int_equal(reco_snapshot_overlay_created(overlay), 123456789);
    assert_int_equal(reco_snapshot_overlay_sequence(overlay), 3);
    assert_int_equal(view->catalog.nitems, 2);
    assert_int_equal(reco_snapshot_catalog_find(
                         &view->catalog, reco_item_key(text("new-1"))),
        1);
    assert_int_equal(view->categories[view->catalog.hot[0].category
                                      & RECO_SNAPSHOT_CATEGORY],
        reco_snapshot_catalog_category(
            &reco_snapshot_view(base)->catalog, text("category 2")));
    assert_true(
        view->categories[view->catalog.hot[1].category & RECO_SNAPSHOT_CATEGORY]
        >= reco_snapshot_view(base)->catalog.ncategories);
    assert_int_equal(view->sessions.nrows, 4);
    assert_int_equal(reco_snapshot_postings_row(&view->sessions, ITEMS + 1), 3);
    assert_int_equal(
        reco_snapshot_postings_row(&view->sessions, 6), RECO_ITEM_NONE);
    assert_int_equal(view->unavailable[0], 4);
    assert_true(view->vector_norms[1] == 0.5f);
    reco_snapshot_overlay_release(overlay);
    reco_snapshot_release(base);

    /* The next version is another base. */
    shop->source.manifest = "{\"id\": \"000043\"}";
    base = write_and_open(shop);
    assert_int_equal(reco_snapshot_overlay_open(path, base, &overlay, &error),
        RECO_DECLINED);
    reco_snapshot_release(base);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_catalog, setup, teardown),
        cmocka_unit_test_setup_teardown(test_parameters, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sessions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_popular, setup, teardown),
        cmocka_unit_test_setup_teardown(test_vectors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bare, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_sources, setup, teardown),
        cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
        cmocka_unit_test_setup_teardown(test_overlay, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
