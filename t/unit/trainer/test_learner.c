/*
 * What is learnt between two batch runs: predicted first, learnt then,
 * published, and continued after a restart.
 */

#include "learner_base.h"

#include <cjson/cJSON.h>

#include "engine/reco_engine.h"
#include "learner.h"
#include "snapshot/reco_snapshot_view.h"
#include "store_state.h"

#define SESSIONS 200


typedef struct {
    store_case_t *store;
    reco_config_t *config;
    reco_snapshot_t *base;
    reco_overlay_t *overlay;
    reco_learner_t *learner;
    char path[128];
    int64_t now;
    unsigned nevents;
} shop_t;


static void
send(shop_t *shop, unsigned visitor, const char *item)
{
    reco_event_t event;
    char id[16];

    snprintf(id, sizeof(id), "e%u", ++shop->nevents);
    shop->now += 10;
    event = case_event(RECO_EVENT_VIEW, visitor, id, item, shop->now);
    assert_int_equal(case_apply(shop->store, &event), RECO_STORE_APPLIED);
}


static void
open_live(shop_t *shop)
{
    reco_error_t error = {0};

    if (reco_overlay_open(shop->store->store, shop->base, 0, shop->config,
            &shop->overlay, &error)
            != RECO_OK
        || reco_learner_open(shop->store->store, shop->base, 0, shop->config,
               shop->overlay, NULL, &shop->learner, &error)
               != RECO_OK)
    {
        fail_msg("%s", error.message);
    }
}


static void
close_live(shop_t *shop)
{
    reco_learner_close(shop->learner);
    reco_overlay_close(shop->overlay);
}


static void
publish(shop_t *shop)
{
    reco_error_t error = {0};
    reco_status_t status;

    shop->now += 1000;
    status = reco_overlay_publish(shop->overlay, shop->path, shop->now, &error);
    if (status == RECO_OK) {
        status = reco_learner_published(
            shop->learner, shop->path, shop->now, &error);
    }
    if (status != RECO_OK) {
        fail_msg("%s", error.message);
    }
}


static void
open_shop(shop_t *shop, store_case_t *self)
{
    static const char *const pairs[] = {
        "prequential_share=1", "online_batch=8", NULL};

    memset(shop, 0, sizeof(*shop));
    shop->store = self;
    shop->now = CASE_TIME;
    shop->config = base_config(pairs);
    shop->base = base_make(self, "000001");
    snprintf(shop->path, sizeof(shop->path), "%s/overlay", self->folder);
    open_live(shop);
}


static void
close_shop(shop_t *shop)
{
    close_live(shop);
    reco_snapshot_release(shop->base);
    reco_config_destroy(shop->config);
}


/* Everybody goes from 40 to "fresh", which no base knows, to 50. */
static void
send_sessions(shop_t *shop, unsigned first, unsigned count)
{
    unsigned i;

    for (i = first; i < first + count; i++) {
        send(shop, i, "40");
        send(shop, i, "fresh");
        send(shop, i, "50");
        if (i % 10 == 9) {
            publish(shop);
        }
    }
}


static cJSON *
report(shop_t *shop, reco_snapshot_overlay_t **file)
{
    reco_error_t error = {0};
    reco_str_t text;

    assert_int_equal(
        reco_snapshot_overlay_open(shop->path, shop->base, file, &error),
        RECO_OK);
    text = reco_snapshot_overlay_report(*file);

    return cJSON_ParseWithLength(text.data, text.len);
}


static double
figure(const cJSON *root, const char *object, const char *name)
{
    const cJSON *value;

    value = cJSON_GetObjectItem(cJSON_GetObjectItem(root, object), name);
    assert_non_null(value);

    return value->valuedouble;
}


static void
test_figures(void **state)
{
    reco_snapshot_overlay_t *file;
    const reco_snapshot_overlay_view_t *view;
    reco_engine_params_t params;
    reco_str_t key, value;
    uint32_t row;
    cJSON *root;
    shop_t shop;

    open_shop(&shop, *state);
    send_sessions(&shop, 1, SESSIONS);
    root = report(&shop, &file);

    assert_true(
        cJSON_GetObjectItem(root, "cases")->valuedouble >= 2 * SESSIONS - 50);
    assert_true(
        figure(root, "overlay", "MRR@20") > 2 * figure(root, "base", "MRR@20"));
    assert_true(figure(root, "difference", "low") > 0);
    assert_true(
        figure(cJSON_GetObjectItem(root, "sources"), "session", "cases") > 10);

    /* Workers are told. */
    assert_int_equal(reco_snapshot_overlay_parameter(file, 0, &key, &value), 1);
    assert_string_equal(key.data, "overlay.weight");
    reco_engine_params_init(&params);
    assert_int_equal(reco_engine_params_follow(&params, file, NULL), RECO_OK);

    /* Items that were learnt have vectors here, a new one too. */
    view = reco_snapshot_overlay_view(file);
    assert_int_equal(view->dimensions, BASE_DIMENSIONS);
    assert_int_equal(reco_snapshot_overlay_vector(view, 3), RECO_ITEM_NONE);
    assert_int_not_equal(
        reco_snapshot_overlay_vector(view, 50), RECO_ITEM_NONE);
    row = reco_snapshot_overlay_vector(view, BASE_ITEMS);
    assert_int_not_equal(row, RECO_ITEM_NONE);
    assert_true(view->vector_norms[row] > 0);

    cJSON_Delete(root);
    reco_snapshot_overlay_release(file);
    close_shop(&shop);
}


static void
test_restart(void **state)
{
    reco_snapshot_overlay_t *file;
    double before, after;
    cJSON *root;
    shop_t shop;

    open_shop(&shop, *state);
    send_sessions(&shop, 1, 39);
    root = report(&shop, &file);
    before = cJSON_GetObjectItem(root, "cases")->valuedouble;
    cJSON_Delete(root);
    reco_snapshot_overlay_release(file);

    /* The overlay is made again from the log; nothing is counted twice. */
    close_live(&shop);
    open_live(&shop);
    publish(&shop);
    root = report(&shop, &file);
    after = cJSON_GetObjectItem(root, "cases")->valuedouble;
    assert_true(after == before);
    assert_int_equal(reco_snapshot_overlay_view(file)->sessions.nsessions, 39);
    assert_int_not_equal(
        reco_snapshot_overlay_vector(reco_snapshot_overlay_view(file), 50),
        RECO_ITEM_NONE);
    cJSON_Delete(root);
    reco_snapshot_overlay_release(file);

    send_sessions(&shop, 40, 10);
    root = report(&shop, &file);
    assert_true(cJSON_GetObjectItem(root, "cases")->valuedouble > before);
    cJSON_Delete(root);
    reco_snapshot_overlay_release(file);

    close_shop(&shop);
}


/* Records of another shape are no hindrance. */
static void
test_damage(void **state)
{
    static const reco_store_state_t records[] = {
        {{5, "i\1\2\3\4"}, {3, "abc"}}, {{1, "p"}, {1, "x"}}};
    reco_snapshot_overlay_t *file;
    reco_error_t error = {0};
    cJSON *root;
    shop_t shop;

    open_shop(&shop, *state);
    send_sessions(&shop, 1, 9);
    close_live(&shop);
    assert_int_equal(
        reco_store_state_save(shop.store->store, NULL, records, 2, &error),
        RECO_OK);

    open_live(&shop);
    send_sessions(&shop, 10, 10);
    root = report(&shop, &file);
    assert_true(cJSON_GetObjectItem(root, "cases")->valuedouble > 0);
    cJSON_Delete(root);
    reco_snapshot_overlay_release(file);
    close_shop(&shop);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_figures, case_setup, base_teardown),
        cmocka_unit_test_setup_teardown(
            test_restart, case_setup, base_teardown),
        cmocka_unit_test_setup_teardown(test_damage, case_setup, base_teardown),
    };

    return cmocka_run_group_tests_name("learner", tests, NULL, NULL);
}
