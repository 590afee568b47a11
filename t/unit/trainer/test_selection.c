/*
 * The choice follows confident figures, stays where they say nothing, and
 * comes back.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "selection.h"


/* n cases of value +-spread. */
static reco_prequential_sum_t
sum_of(double n, double value, double spread)
{
    reco_prequential_sum_t sum = {
        n, n, n * value, n * (value * value + spread * spread), 0};

    return sum;
}


static void
test_use(void **state)
{
    reco_prequential_figures_t figures;
    reco_selection_t selection;
    char text[128];
    size_t len;

    (void) state;
    memset(&figures, 0, sizeof(figures));
    reco_selection_init(&selection);

    /* Much worse, on too few cases. */
    figures.cases = 100;
    figures.difference = sum_of(100, -0.2, 0.1);
    assert_int_equal(reco_selection_choose(&selection, &figures), 0);
    assert_int_equal(selection.use, 1);

    /* A little worse, which may be chance. */
    figures.cases = 1000;
    figures.difference = sum_of(1000, -0.01, 0.3);
    assert_int_equal(reco_selection_choose(&selection, &figures), 0);

    figures.difference = sum_of(1000, -0.1, 0.3);
    assert_int_equal(reco_selection_choose(&selection, &figures), 1);
    assert_int_equal(selection.use, 0);
    len = reco_selection_parameters(&selection, text, sizeof(text));
    assert_int_equal(len, 17 + 18);
    assert_string_equal(text, "overlay.weight");
    assert_string_equal(text + 15, "0");
    assert_string_equal(text + 17, "overlay.vectors");

    /* Better at once: not before there are cases after the change. */
    figures.cases = 1001;
    figures.difference = sum_of(1000, 0.1, 0.3);
    assert_int_equal(reco_selection_choose(&selection, &figures), 0);
    figures.cases = 1400;
    figures.difference = sum_of(1000, 0.01, 0.3);
    assert_int_equal(reco_selection_choose(&selection, &figures), 0);
    assert_int_equal(selection.use, 0);
    figures.difference = sum_of(1000, 0.1, 0.3);
    assert_int_equal(reco_selection_choose(&selection, &figures), 1);
    assert_int_equal(selection.use, 1);
    assert_int_equal(selection.changes, 2);
}


static void
test_setting(void **state)
{
    reco_prequential_figures_t figures;
    reco_selection_t selection;

    (void) state;
    memset(&figures, 0, sizeof(figures));
    reco_selection_init(&selection);
    figures.cases = 1000;
    figures.difference = sum_of(1000, 0.1, 0.3);
    figures.rivals[RECO_PREQUENTIAL_HEAVIER] = sum_of(300, 0.02, 0.1);
    figures.rivals[RECO_PREQUENTIAL_LIGHTER] = sum_of(300, -0.02, 0.1);
    figures.rivals[RECO_PREQUENTIAL_VECTORS] = sum_of(300, 0.1, 0.1);

    assert_int_equal(reco_selection_choose(&selection, &figures), 1);
    assert_int_equal(selection.setting.vectors, 0);
    assert_true(selection.setting.weight == 1);

    /* What was found against the old setting is no news of the new one. */
    figures.cases = 2000;
    assert_int_equal(reco_selection_choose(&selection, &figures), 0);

    figures.rivals[RECO_PREQUENTIAL_HEAVIER] = sum_of(300, 0.02, 0.1);
    assert_int_equal(reco_selection_choose(&selection, &figures), 1);
    assert_true(selection.setting.weight == 2);
    assert_int_equal(selection.setting.vectors, 0);
}


static void
test_freshness(void **state)
{
    reco_selection_t selection;
    char text[128];

    (void) state;
    reco_selection_init(&selection);

    reco_selection_age(&selection, 0);
    reco_selection_parameters(&selection, text, sizeof(text));
    assert_string_equal(text + 15, "1");

    reco_selection_age(&selection, 300000);
    reco_selection_parameters(&selection, text, sizeof(text));
    assert_true(atof(text + 15) > 0.7 && atof(text + 15) < 0.72);

    reco_selection_age(&selection, 601000);
    reco_selection_parameters(&selection, text, sizeof(text));
    assert_true(atof(text + 15) == 0);

    /* Catching up a little does not bring it back, catching up does. */
    reco_selection_age(&selection, 500000);
    assert_int_equal(selection.stale, 1);
    reco_selection_age(&selection, 60000);
    assert_int_equal(selection.stale, 0);
}


static void
test_report(void **state)
{
    reco_prequential_figures_t figures;
    reco_selection_t selection;
    cJSON *root, *sources;
    char *text;

    (void) state;
    memset(&figures, 0, sizeof(figures));
    reco_selection_init(&selection);
    figures.cases = 1000;
    figures.base = sum_of(1000, 0.2, 0.3);
    figures.overlay = sum_of(1000, 0.3, 0.3);
    figures.difference = sum_of(1000, 0.1, 0.3);
    figures.sources[RECO_ENGINE_SESSION] = sum_of(90, 0.25, 0.3);

    text = reco_selection_report(&selection, &figures, NULL);
    assert_non_null(text);
    root = cJSON_Parse(text);
    free(text);
    sources = cJSON_GetObjectItem(root, "sources");
    assert_int_equal(cJSON_GetArraySize(sources), 1);
    assert_true(
        cJSON_GetObjectItem(cJSON_GetObjectItem(root, "difference"), "low")
            ->valuedouble
        > 0.08);
    assert_string_equal(
        cJSON_GetObjectItem(root, "use")->valuestring, "base and overlay");
    cJSON_Delete(root);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_use),
        cmocka_unit_test(test_setting),
        cmocka_unit_test(test_freshness),
        cmocka_unit_test(test_report),
    };

    return cmocka_run_group_tests_name("selection", tests, NULL, NULL);
}
