/*
 * A base with vectors, for what learns on top of one.
 */

#ifndef RECO_LEARNER_BASE_H
#define RECO_LEARNER_BASE_H

#include "store_case.h"

#include <limits.h>

#include "config.h"
#include "snapshot/reco_snapshot.h"

#define BASE_ITEMS      64
#define BASE_DIMENSIONS 8


/* Items "0" to "63"; item i points along axis i % 8, and none is popular. */
static inline reco_snapshot_t *
base_make(const store_case_t *self, const char *id)
{
    static const uint64_t offsets[] = {0, 3};
    static const uint32_t items[] = {0, 1, 2};
    static const uint32_t times[] = {1700000000};
    static char names[BASE_ITEMS][12];
    float popularity[BASE_ITEMS], trend[BASE_ITEMS];
    float factors[BASE_ITEMS * BASE_DIMENSIONS] = {0};
    reco_snapshot_item_t catalog[BASE_ITEMS];
    reco_snapshot_source_t source = {.nitems = BASE_ITEMS,
        .items = catalog,
        .sessions = {1, offsets, items, NULL, times, 0},
        .popular = {BASE_ITEMS, popularity, trend},
        .dimensions = BASE_DIMENSIONS,
        .factors = factors};
    char path[128], manifest[64];
    reco_snapshot_t *base;
    reco_error_t error = {0};
    int i;

    memset(catalog, 0, sizeof(catalog));
    for (i = 0; i < BASE_ITEMS; i++) {
        snprintf(names[i], sizeof(names[i]), "%d", i);
        catalog[i].id = case_text(names[i]);
        catalog[i].price = -1;
        catalog[i].available = 1;
        popularity[i] = 1;
        trend[i] = 0;
        factors[i * BASE_DIMENSIONS + i % BASE_DIMENSIONS] = 0.5f;
    }

    snprintf(manifest, sizeof(manifest), "{\"id\": \"%s\"}", id);
    source.manifest = manifest;
    snprintf(path, sizeof(path), "%s/%s", self->folder, id);

    if (reco_snapshot_write(path, &source, &error) != RECO_OK
        || reco_snapshot_open(path, 0, &base, &error) != RECO_OK)
    {
        fail_msg("%s", error.message);
    }

    return base;
}


static inline reco_config_t *
base_config(const char *const *pairs)
{
    reco_config_t *config;

    config = reco_config_create();
    assert_non_null(config);
    for (; *pairs != NULL; pairs++) {
        assert_int_equal(reco_config_set_pair(config, *pairs, NULL), RECO_OK);
    }

    return config;
}


static inline int
base_teardown(void **state)
{
    store_case_t *self = *state;
    char command[160];

    snprintf(command, sizeof(command), "rm -rf '%s'/0* '%s/overlay'",
        self->folder, self->folder);
    assert_int_equal(system(command), 0);

    return case_teardown(state);
}

#endif /* RECO_LEARNER_BASE_H */
