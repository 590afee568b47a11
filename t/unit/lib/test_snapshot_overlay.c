/*
 * An overlay is written, read back whole beside its base, verified in turns,
 * and refused when it is damaged or another version's.
 */

#include "shop.h"

#include <unistd.h>


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
    const uint32_t items[] = {5, SHOP_ITEMS, 7, 5, SHOP_ITEMS + 1};
    const uint32_t times[] = {9000, 9001};
    const uint32_t trending[] = {SHOP_ITEMS, 7};
    const float scores[] = {2, 1};
    const float vectors[2 * SHOP_DIMENSIONS] = {[0] = 1, [17] = 2};
    const uint32_t unavailable[] = {9, 4};
    const reco_snapshot_item_t fresh[] = {
        {.id = shop_text("new-0"),
            .category = shop_text("category 2"),
            .price = -1,
            .available = 1},
        {.id = shop_text("new-1"),
            .category = shop_text("never seen"),
            .price = 3,
            .available = 1}};
    const reco_snapshot_overlay_source_t source = {
        .base = "000042",
        .sequence = 3,
        .created = 123456789,
        .base_nitems = SHOP_ITEMS,
        .nitems = 2,
        .items = fresh,
        .sessions = {2, offsets, items, NULL, times, 0},
        .ntrending = 2,
        .trending = trending,
        .trending_scores = scores,
        .dimensions = SHOP_DIMENSIONS,
        .nvectors = 2,
        .vector_items = trending,
        .vectors = vectors,
        .nunavailable = 2,
        .unavailable = unavailable,
        .weight = 0.5,
        .parameters = {20, "session.k\00040\0fallback"},
        .report = shop_text("{}"),
    };
    reco_str_t key, value;

    shop = *state;
    base = shop_open(shop);
    shop_path(shop, "overlay", path);
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
                         &view->catalog, reco_item_key(shop_text("new-1"))),
        1);
    assert_int_equal(view->categories[view->catalog.hot[0].category
                                      & RECO_SNAPSHOT_CATEGORY],
        reco_snapshot_catalog_category(
            &reco_snapshot_view(base)->catalog, shop_text("category 2")));
    assert_true(
        view->categories[view->catalog.hot[1].category & RECO_SNAPSHOT_CATEGORY]
        >= reco_snapshot_view(base)->catalog.ncategories);
    assert_int_equal(view->sessions.nrows, 4);
    assert_int_equal(
        reco_snapshot_postings_row(&view->sessions, SHOP_ITEMS + 1), 3);
    assert_int_equal(
        reco_snapshot_postings_row(&view->sessions, 6), RECO_ITEM_NONE);
    assert_int_equal(view->unavailable[0], 4);
    assert_true(view->vector_norms[1] == 0.5f);
    assert_int_equal(
        reco_snapshot_overlay_parameter(overlay, 0, &key, &value), 1);
    assert_string_equal(key.data, "session.k");
    assert_string_equal(value.data, "40");

    /* What has no value is not there. */
    assert_int_equal(
        reco_snapshot_overlay_parameter(overlay, 1, &key, &value), 0);
    assert_int_equal(reco_snapshot_overlay_report(overlay).len, 2);
    reco_snapshot_overlay_release(overlay);
    reco_snapshot_release(base);

    /* The next version is another base. */
    shop->source.manifest = "{\"id\": \"000043\"}";
    base = shop_open(shop);
    assert_int_equal(reco_snapshot_overlay_open(path, base, &overlay, &error),
        RECO_DECLINED);
    reco_snapshot_release(base);
}


/* A worker verifies an overlay in turns: the same answer, only later. */
static void
test_overlay_in_steps(void **state)
{
    char path[PATH_MAX];
    FILE *file;
    unsigned steps;
    shop_t *shop;
    reco_error_t error;
    reco_status_t status;
    reco_snapshot_t *base;
    reco_snapshot_overlay_t *overlay;

    const uint32_t trending[] = {3, 7};
    const float vectors[2 * SHOP_DIMENSIONS] = {[0] = 1, [17] = 2};
    const reco_snapshot_overlay_source_t source = {
        .base = "000042",
        .base_nitems = SHOP_ITEMS,
        .dimensions = SHOP_DIMENSIONS,
        .nvectors = 2,
        .vector_items = trending,
        .vectors = vectors,
        .report = shop_text("{}"),
    };

    shop = *state;
    base = shop_open(shop);
    shop_path(shop, "overlay", path);
    assert_int_equal(reco_snapshot_overlay_begin(path, base, &overlay, &error),
        RECO_DECLINED);
    assert_int_equal(
        reco_snapshot_overlay_write(path, &source, &error), RECO_OK);
    assert_int_equal(
        reco_snapshot_overlay_begin(path, base, &overlay, &error), RECO_OK);

    for (steps = 1; (status = reco_snapshot_overlay_check(overlay, 16, &error))
                    == RECO_AGAIN;
         steps++)
    {
        /* void */
    }

    assert_int_equal(status, RECO_OK);
    assert_true(steps > sizeof(vectors) / 16);
    assert_int_equal(reco_snapshot_overlay_check(overlay, 16, &error), RECO_OK);
    assert_int_equal(
        reco_snapshot_overlay_vector(reco_snapshot_overlay_view(overlay), 7),
        1);
    reco_snapshot_overlay_release(overlay);

    /* One that is let go on the way takes nothing with it. */
    assert_int_equal(
        reco_snapshot_overlay_begin(path, base, &overlay, &error), RECO_OK);
    assert_int_equal(
        reco_snapshot_overlay_check(overlay, 16, &error), RECO_AGAIN);
    reco_snapshot_overlay_release(overlay);

    file = fopen(path, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, -2, SEEK_END), 0);
    assert_int_equal(fputs("[]", file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(
        reco_snapshot_overlay_begin(path, base, &overlay, &error), RECO_OK);

    do {
        status = reco_snapshot_overlay_check(overlay, 1000, &error);
    } while (status == RECO_AGAIN);

    assert_int_equal(status, RECO_CORRUPT);
    assert_non_null(strstr(error.message, "overlay"));
    reco_snapshot_overlay_release(overlay);
    assert_int_equal(
        reco_snapshot_overlay_open(path, base, &overlay, &error), RECO_CORRUPT);
    reco_snapshot_release(base);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_overlay, shop_setup, shop_teardown),
        cmocka_unit_test_setup_teardown(
            test_overlay_in_steps, shop_setup, shop_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
