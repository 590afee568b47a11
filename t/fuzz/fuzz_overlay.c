/*
 * An overlay that holds anything, with checksums made right again, over an
 * intact base: refused, or served.  The first byte of an input says whether
 * the checksums are mended; patches follow (snapshot_patch.h).
 */

#include "snapshot_patch.h"

#include "../unit/lib/shop_source.h"

static patched_t overlay;
static reco_snapshot_t *base;
static char folder[40];


static void
remove_folder(void)
{
    char command[96];

    reco_snapshot_release(base);
    free(overlay.intact);
    free(overlay.bytes);
    snprintf(command, sizeof(command), "rm -rf '%s'", folder);

    if (system(command) != 0) {
        abort();
    }
}


static reco_status_t
write_overlay(const shop_t *shop)
{
    char path[128];
    unsigned i;
    uint32_t vector_items[20], gone[30];
    float scores[20];

    const reco_snapshot_item_t fresh[] = {{.id = {6, "item-a"},
                                              .title = {5, "Fresh"},
                                              .category = {10, "category 3"},
                                              .price = 3,
                                              .available = 1},
        {.id = {6, "item-b"},
            .category = {5, "Novel"},
            .price = -1,
            .available = 1}};
    reco_snapshot_overlay_source_t source = {.base = "000042",
        .base_nitems = SHOP_ITEMS,
        .nitems = 2,
        .items = fresh,
        .sessions = {80, shop->offsets, shop->events, shop->weights,
            shop->times, 0},
        .ntrending = 20,
        .trending = vector_items,
        .trending_scores = scores,
        .dimensions = SHOP_DIMENSIONS,
        .nvectors = 20,
        .vector_items = vector_items,
        .vectors = shop->factors,
        .nunavailable = 30,
        .unavailable = gone,
        .weight = 1,
        .parameters = {25, "overlay.weight\0002\0session"},
        .report = {2, "{}"}};

    for (i = 0; i < 20; i++) {
        vector_items[i] = i < 2 ? SHOP_ITEMS + i : 90 + i;
        scores[i] = 20 - (float) i;
    }

    for (i = 0; i < 30; i++) {
        gone[i] = 300 + i;
    }

    snprintf(path, sizeof(path), "%s/overlay", folder);

    return reco_snapshot_overlay_write(path, &source, NULL);
}


static void
make_intact(void)
{
    shop_t *shop;

    snprintf(
        folder, sizeof(folder), "/dev/shm/fuzz_overlay.%d", (int) getpid());
    shop = shop_make(1);

    if (shop == NULL
        || reco_snapshot_write(folder, &shop->source, NULL) != RECO_OK
        || reco_snapshot_open(folder, 1, &base, NULL) != RECO_OK
        || write_overlay(shop) != RECO_OK)
    {
        abort();
    }

    patched_load(&overlay, folder, "overlay");
    atexit(remove_folder);
    free(shop);
}


/* Whatever they are, they end, and stay within the file. */
static void
read_parameters(const reco_snapshot_overlay_t *opened)
{
    reco_str_t key, value, report;
    reco_engine_params_t params;
    unsigned i;

    reco_engine_params_init(&params);
    (void) reco_engine_params_follow(&params, opened, NULL);

    for (i = 0; reco_snapshot_overlay_parameter(opened, i, &key, &value); i++) {
        (void) reco_hash(key.data, key.len);
        (void) reco_hash(value.data, value.len);
    }

    report = reco_snapshot_overlay_report(opened);
    (void) reco_hash(report.data, report.len);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[128];
    size_t patch;
    reco_error_t error;
    reco_snapshot_overlay_t *opened;

    if (folder[0] == '\0') {
        make_intact();
    }

    if (size < 1) {
        return 0;
    }

    patched_reset(&overlay);

    for (patch = 1; patch + PATCH_SIZE <= size; patch += PATCH_SIZE) {
        patched_apply(&overlay, data + patch);
    }

    if ((data[0] & 1) != 0) {
        patched_seal(&overlay);
    }

    patched_store(&overlay, folder);
    snprintf(path, sizeof(path), "%s/overlay", folder);

    if (reco_snapshot_overlay_open(path, base, &opened, &error) == RECO_OK) {
        read_parameters(opened);
        ask_anything(base, opened);
        reco_snapshot_overlay_release(opened);
    }

    return 0;
}
