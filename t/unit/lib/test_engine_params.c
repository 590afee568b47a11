/*
 * docs/engine.md has every parameter of the engine, in order, with the
 * default, the bounds and the meaning that the code has, and no other.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "engine/reco_engine.h"

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


int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_has_every_parameter),
        cmocka_unit_test(page_has_every_feature),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
