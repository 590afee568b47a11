/*
 * The engine's parameters: what they take, and where a model has them from.
 * docs/engine.md has every one, in order, with the default, the bounds and the
 * meaning that the code has, and no other.
 */

#include "shop.h"

typedef shop_fixture_t fixture_t;

#define PAGE "docs/engine.md"
#define ROW  "| `"


/* A row of the page's tables of parameters: they alone have a dot there. */
static int
next_row(FILE *page, char *line, int size)
{
    size_t length;

    while (fgets(line, size, page) != NULL) {
        if (strncmp(line, ROW, strlen(ROW)) != 0) {
            continue;
        }
        length = strcspn(line + strlen(ROW), "`");
        if (memchr(line + strlen(ROW), '.', length) != NULL
            || strncmp(line + strlen(ROW), "fallback", length) == 0)
        {
            line[strcspn(line, "\n")] = '\0';
            return 1;
        }
    }

    return 0;
}


static void
page_has_every_parameter(void **state)
{
    const reco_engine_param_t *param;
    char line[512], expected[512];
    unsigned i;
    FILE *page;

    (void) state;

    page = fopen(PAGE, "r");
    assert_non_null(page);

    for (i = 0; (param = reco_engine_param(i)) != NULL; i++) {
        snprintf(expected, sizeof(expected), ROW "%s` | %g | %g – %g | %s |",
            param->name, (double) param->value, (double) param->minimum,
            (double) param->maximum, param->meaning);
        assert_true(next_row(page, line, sizeof(line)));
        assert_string_equal(line, expected);
    }

    assert_false(next_row(page, line, sizeof(line)));
    fclose(page);
}


static void
page_has_every_feature(void **state)
{
    const char *name;
    char line[512], row[128];
    unsigned feature;
    int found;
    FILE *page;

    (void) state;

    for (feature = 0; (name = reco_engine_feature_name(feature)) != NULL;
         feature++) {
        page = fopen(PAGE, "r");
        assert_non_null(page);
        snprintf(row, sizeof(row), "`weight.%s`", name);
        found = 0;
        while (fgets(line, sizeof(line), page) != NULL) {
            found |= strstr(line, row) != NULL;
        }
        fclose(page);
        assert_true(found);
    }
}


static void
test_params(void **state)
{
    unsigned i;
    reco_error_t error;
    reco_engine_params_t params;
    const reco_engine_param_t *param;

    (void) state;
    reco_engine_params_init(&params);

    for (i = 0; (param = reco_engine_param(i)) != NULL; i++) {
        assert_true(params.values[i] == param->value);
        assert_true(param->value >= param->minimum);
        assert_true(param->value <= param->maximum);
        assert_int_not_equal(strlen(param->meaning), 0);
    }

    assert_int_equal(reco_engine_params_set(&params, shop_text("session.k"),
                         shop_text("77"), &error),
        RECO_OK);
    assert_int_equal(reco_engine_params_set(&params, shop_text("session.kk"),
                         shop_text("77"), &error),
        RECO_DECLINED);
    assert_int_equal(reco_engine_params_set(&params, shop_text("session.k"),
                         shop_text("0"), &error),
        RECO_INVALID);
    assert_non_null(strstr(error.message, "session.k"));
    assert_int_equal(reco_engine_params_set(&params, shop_text("session.k"),
                         shop_text("nan"), &error),
        RECO_INVALID);
    assert_int_equal(reco_engine_params_set(&params, shop_text("session.k"),
                         shop_text("7x"), &error),
        RECO_INVALID);
    assert_int_equal(reco_engine_params_set(&params, shop_text("session.k"),
                         reco_null_string, &error),
        RECO_INVALID);

    for (i = 0; reco_engine_feature_name(i) != NULL; i++) {
        assert_int_not_equal(strlen(reco_engine_feature_name(i)), 0);
    }

    assert_true(i > RECO_ENGINE_SOURCE_COUNT);
}


/* The manifest's values are the model's where a caller has none. */
static void
test_manifest_params(void **state)
{
    fixture_t *fixture;
    reco_error_t error;
    reco_snapshot_t *snapshot;
    reco_engine_model_t *model;
    reco_engine_params_t params;

    fixture = *state;
    fixture->shop->source.manifest =
        "{\"engine\": {\"session.k\": 33, \"of.later.days\": 1}}";
    snapshot = shop_open(fixture->shop);
    reco_engine_params_init(&params);
    assert_int_equal(
        reco_engine_params_load(&params, snapshot, &error), RECO_OK);
    assert_true(params.values[1] == 33);
    assert_int_equal(
        reco_engine_model_open(snapshot, NULL, NULL, &model, &error), RECO_OK);
    reco_engine_model_close(model);
    reco_snapshot_release(snapshot);

    fixture->shop->source.manifest = "{\"engine\": {\"session.k\": -5}}";
    snapshot = shop_open(fixture->shop);
    assert_int_equal(
        reco_engine_model_open(snapshot, NULL, NULL, &model, &error),
        RECO_INVALID);
    reco_snapshot_release(snapshot);
}


#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(                                           \
        name, shop_fixture_setup, shop_fixture_teardown)

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_has_every_parameter),
        cmocka_unit_test(page_has_every_feature),
        TEST(test_params),
        TEST(test_manifest_params),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
