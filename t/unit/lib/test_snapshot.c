/*
 * A version is written, read back whole, and refused when it is damaged.
 */

#include "shop.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>


static void
test_catalog(void **state)
{
    unsigned i;
    shop_t *shop;
    reco_snapshot_t *snapshot;
    reco_snapshot_item_t item;

    shop = *state;
    snapshot = shop_open(shop);

    assert_string_equal(reco_snapshot_id(snapshot), "000042");
    assert_int_equal(reco_snapshot_nitems(snapshot), SHOP_ITEMS);

    for (i = 0; i < SHOP_ITEMS; i++) {
        assert_int_equal(
            reco_snapshot_find(snapshot, reco_item_key(shop->items[i].id)), i);
        reco_snapshot_item(snapshot, i, &item);
        assert_int_equal(item.id.len, shop->items[i].id.len);
        assert_memory_equal(item.id.data, shop->ids[i], item.id.len);
        assert_memory_equal(item.title.data, "A title", 7);
        assert_int_equal(item.category.len, shop->items[i].category.len);
        assert_memory_equal(item.category.data, shop->items[i].category.data,
            item.category.len);
        assert_int_equal(item.brand.len, shop->items[i].brand.len);
        assert_memory_equal(
            item.brand.data, shop->items[i].brand.data, item.brand.len);
        assert_memory_equal(item.currency.data, "EUR", 3);
        assert_true(item.price == shop->items[i].price);
        assert_int_equal(item.available, shop->items[i].available);
        assert_int_equal(item.born, shop->items[i].born);
    }

    assert_int_equal(
        reco_snapshot_find(snapshot, reco_item_key(shop_text("none"))),
        RECO_ITEM_NONE);
    reco_snapshot_item(snapshot, SHOP_ITEMS, &item);
    assert_int_equal(item.id.len, 0);
    reco_snapshot_release(snapshot);
}


static void
test_parameters(void **state)
{
    shop_t *shop;
    reco_str_t key, value;
    reco_snapshot_t *snapshot;

    shop = *state;
    shop->source.manifest = "{\"engine\": {\"session.k\": 77, \"list\": [1],"
                            " \"name\": \"text\"}}";
    snapshot = shop_open(shop);

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
    shop_t *shop;
    uint32_t i, j, k, item, total;
    uint64_t last;
    reco_snapshot_t *snapshot;
    reco_snapshot_row_t row, events;
    const reco_snapshot_postings_t *sessions;

    shop = *state;
    snapshot = shop_open(shop);
    sessions = &reco_snapshot_view(snapshot)->sessions;
    total = 0;

    assert_int_equal(sessions->nsessions, SHOP_SESSIONS);
    assert_int_equal(sessions->newest, shop->times[SHOP_SESSIONS - 1]);

    for (item = 0; item < SHOP_ITEMS; item++) {
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

    /* The last session, first now, in its order. */
    events = reco_snapshot_row(
        sessions->session_offsets, SHOP_SESSIONS, sessions->nevents, 0);
    last = shop->offsets[SHOP_SESSIONS] - 1;
    k = events.first + events.count - 1;
    assert_int_equal(sessions->items[k], shop->events[last]);
    assert_int_equal(sessions->weights[k],
        (int) roundf(255 * shop->weights[last] / shop->heaviest));
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

    snapshot = shop_open(*state);
    view = reco_snapshot_view(snapshot);
    popular = &view->popular;

    assert_int_equal(popular->nglobal, SHOP_ITEMS - (SHOP_ITEMS + 16) / 17);

    for (i = 1; i < popular->nglobal; i++) {
        assert_true(view->catalog.hot[popular->global[i - 1]].popularity
                    >= view->catalog.hot[popular->global[i]].popularity);
    }

    assert_int_not_equal(popular->ntrending, 0);

    for (i = 0; i < popular->ntrending; i++) {
        assert_int_equal(popular->trending[i] % 10, 0);
        assert_true(view->catalog.hot[popular->trending[0]].trend
                    >= view->catalog.hot[popular->trending[i]].trend);
    }

    row = reco_snapshot_row(popular->category_offsets, popular->ncategories,
        popular->ncategory_items,
        reco_snapshot_catalog_category(
            &view->catalog, shop_text("category 3")));
    assert_int_not_equal(row.count, 0);

    for (i = 0; i < row.count; i++) {
        assert_int_equal(
            popular->category_items[row.first + i] % SHOP_CATEGORIES, 3);
    }

    reco_snapshot_release(snapshot);
}


static void
test_vectors(void **state)
{
    uint32_t i;
    float vector[SHOP_DIMENSIONS];
    const uint8_t *bytes;
    shop_t *shop;
    reco_snapshot_t *snapshot;
    const reco_snapshot_hot_t *hot;
    const reco_snapshot_vectors_t *vectors;

    shop = *state;
    snapshot = shop_open(shop);
    hot = reco_snapshot_view(snapshot)->catalog.hot;
    vectors = &reco_snapshot_view(snapshot)->vectors;

    assert_int_equal(vectors->dimensions, SHOP_DIMENSIONS);
    assert_int_equal(vectors->ntotal, SHOP_ITEMS - (SHOP_ITEMS + 28) / 29);

    for (i = 0; i < SHOP_ITEMS; i++) {
        bytes = reco_snapshot_vector(vectors, &hot[i]);

        if (i % 29 == 0) {
            assert_null(bytes);
            assert_true(hot[i].norm == 0);
            continue;
        }

        assert_non_null(bytes);
        memcpy(vector, bytes, sizeof(vector));
        assert_memory_equal(
            vector, &shop->factors[i * SHOP_DIMENSIONS], sizeof(vector));
    }

    reco_snapshot_release(snapshot);
}


/* The map from content to vectors stays with the vectors that it leads to. */
static void
test_content(void **state)
{
    char path[PATH_MAX], revised[PATH_MAX];
    shop_t *shop;
    reco_error_t error;
    reco_snapshot_t *snapshot;
    reco_snapshot_source_t changes;
    const reco_snapshot_content_t *content;

    shop = *state;
    snapshot = shop_open(shop);
    content = &reco_snapshot_view(snapshot)->content;
    assert_int_equal(content->nfeatures, SHOP_FEATURES);
    assert_memory_equal(
        content->rarities, shop->rarities, sizeof(shop->rarities));
    assert_memory_equal(content->map, shop->map, sizeof(shop->map));
    reco_snapshot_release(snapshot);

    shop_path(shop, "v", path);
    shop_path(shop, "weights", revised);
    memset(&changes, 0, sizeof(changes));
    changes.manifest = "{\"id\": \"000043\"}";
    assert_int_equal(
        reco_snapshot_revise(revised, path, &changes, &error), RECO_OK);
    assert_int_equal(
        reco_snapshot_open(revised, 1, &snapshot, &error), RECO_OK);
    content = &reco_snapshot_view(snapshot)->content;
    assert_int_equal(content->nfeatures, SHOP_FEATURES);
    reco_snapshot_release(snapshot);

    shop_path(shop, "factors", revised);
    changes.dimensions = SHOP_DIMENSIONS;
    changes.factors = shop->factors;
    assert_int_equal(
        reco_snapshot_revise(revised, path, &changes, &error), RECO_OK);
    assert_int_equal(
        reco_snapshot_open(revised, 1, &snapshot, &error), RECO_OK);
    content = &reco_snapshot_view(snapshot)->content;
    assert_int_equal(content->nfeatures, 0);
    reco_snapshot_release(snapshot);
}


/* In steps over every mapping, to an end; what was dropped is still there. */
static void
test_steps(void **state)
{
    unsigned warmed, dropped;
    reco_snapshot_t *snapshot;
    reco_snapshot_item_t item;

    snapshot = shop_open(*state);
    warmed = 0;
    dropped = 0;

    while (reco_snapshot_warm(snapshot, 1)) {
        assert_true(++warmed < 1000);
    }

    while (reco_snapshot_drop(snapshot, 1 << 22)) {
        assert_true(++dropped < 1000);
    }

    /* Seven mappings, each a step or more. */
    assert_int_equal(dropped, 7);
    assert_true(warmed >= dropped);
    reco_snapshot_item(snapshot, 5, &item);
    assert_memory_equal(item.id.data, "item-5", 6);
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

    snapshot = shop_open(shop);
    assert_string_equal(reco_snapshot_id(snapshot), "v");
    assert_int_equal(reco_snapshot_view(snapshot)->vectors.dimensions, 0);
    assert_int_equal(reco_snapshot_view(snapshot)->content.nfeatures, 0);
    reco_snapshot_release(snapshot);
}


static void
test_refused_sources(void **state)
{
    char path[PATH_MAX];
    shop_t *shop;
    reco_error_t error;

    shop = *state;
    shop_path(shop, "v", path);

    shop->items[1].id = shop->items[0].id;
    assert_int_equal(
        reco_snapshot_write(path, &shop->source, &error), RECO_INVALID);
    assert_non_null(strstr(error.message, "item-0"));
    shop->items[1].id = shop_text(shop->ids[1]);

    shop->events[7] = SHOP_ITEMS;
    assert_int_equal(
        reco_snapshot_write(path, &shop->source, &error), RECO_INVALID);
    shop->events[7] = 0;

    shop->factors[11] = NAN;
    assert_int_equal(
        reco_snapshot_write(path, &shop->source, &error), RECO_INVALID);
    shop->factors[11] = 0;

    shop->edges[0][5] = SHOP_ITEMS;
    assert_int_equal(
        reco_snapshot_write(path, &shop->source, &error), RECO_INVALID);
    shop->edges[0][5] = 0;

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
    char path[PATH_MAX], name[32];
    shop_t *shop;
    struct stat st;
    reco_error_t error;
    reco_snapshot_t *snapshot;

    static const char *const names[] = {"catalog.bin", "sessions.bin",
        "neighbors.bin", "popular.bin", "vectors.faiss", "codes.bin"};

    shop = *state;
    reco_snapshot_release(shop_open(shop));

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(name, sizeof(name), "v/%s", names[i]);
        shop_path(shop, name, path);
        fd = open(path, O_RDWR);
        assert_int_not_equal(fd, -1);
        assert_int_equal(fstat(fd, &st), 0);
        assert_int_equal(pread(fd, &byte, 1, st.st_size - 1), 1);
        byte ^= 0x40;
        assert_int_equal(pwrite(fd, &byte, 1, st.st_size - 1), 1);

        shop_path(shop, "v", path);
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

    shop_path(shop, "none", path);
    assert_int_equal(
        reco_snapshot_open(path, 0, &snapshot, &error), RECO_DECLINED);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_catalog, shop_setup, shop_teardown),
        cmocka_unit_test_setup_teardown(
            test_parameters, shop_setup, shop_teardown),
        cmocka_unit_test_setup_teardown(
            test_sessions, shop_setup, shop_teardown),
        cmocka_unit_test_setup_teardown(
            test_popular, shop_setup, shop_teardown),
        cmocka_unit_test_setup_teardown(
            test_vectors, shop_setup, shop_teardown),
        cmocka_unit_test_setup_teardown(
            test_content, shop_setup, shop_teardown),
        cmocka_unit_test_setup_teardown(test_steps, shop_setup, shop_teardown),
        cmocka_unit_test_setup_teardown(test_bare, shop_setup, shop_teardown),
        cmocka_unit_test_setup_teardown(
            test_refused_sources, shop_setup, shop_teardown),
        cmocka_unit_test_setup_teardown(test_damage, shop_setup, shop_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
