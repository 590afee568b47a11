/*
 * A version whose files hold anything, with checksums made right again, is
 * refused or served: nothing crashes, leaks or hangs.  The first byte of an
 * input says whether the checksums are mended and whether they are verified;
 * patches follow (snapshot_patch.h).
 */

#include "snapshot_patch.h"

#include "../unit/lib/shop_source.h"

#define FILES 7

static const char *const names[FILES] = {"catalog.bin", "sessions.bin",
    "neighbors.bin", "popular.bin", "codes.bin", "content.bin",
    "vectors.faiss"};

static patched_t files[FILES + 1]; /* and the manifest */
static char folder[40];


static void
remove_folder(void)
{
    unsigned i;
    char path[128];

    for (i = 0; i <= FILES; i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, files[i].name);
        (void) unlink(path);
    }

    (void) rmdir(folder);
}


static void
make_intact(void)
{
    unsigned i;
    shop_t *shop;
    reco_error_t error;

    snprintf(
        folder, sizeof(folder), "/dev/shm/fuzz_snapshot.%d", (int) getpid());
    shop = shop_make(1);

    if (shop == NULL
        || reco_snapshot_write(folder, &shop->source, &error) != RECO_OK)
    {
        abort();
    }

    for (i = 0; i < FILES; i++) {
        patched_load(&files[i], folder, names[i]);
    }

    patched_load(&files[FILES], folder, "manifest.json");
    atexit(remove_folder);
    free(shop);
}


/* A manifest that knows the sizes as they are now. */
static void
mend_manifest(void)
{
    char text[1024];
    size_t i, used;

    used = (size_t) snprintf(text, sizeof(text),
        "{\"id\": \"000042\", \"format\": 3, \"engine\": {\"session.k\": 20,"
        " \"factors.near_from\": 0}, \"files\": {");

    for (i = 0; i < FILES; i++) {
        used += (size_t) snprintf(text + used, sizeof(text) - used,
            "%s\"%s\": {\"size\": %zu, \"xxh3\": \"%016llx\"}",
            i != 0 ? ", " : "", names[i], files[i].size,
            (unsigned long long) reco_hash(files[i].bytes, files[i].size));
    }

    used += (size_t) snprintf(text + used, sizeof(text) - used, "}}");
    memcpy(files[FILES].bytes, text, used);
    files[FILES].size = used;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned i;
    size_t patch;
    reco_error_t error;
    reco_snapshot_t *snapshot;

    if (folder[0] == '\0') {
        make_intact();
    }

    if (size < 1 + PATCH_SIZE) {
        return 0;
    }

    for (i = 0; i <= FILES; i++) {
        patched_reset(&files[i]);
    }

    /* The manifest is mended first, so that patches of it stay. */
    for (patch = 1; patch + PATCH_SIZE <= size; patch += PATCH_SIZE) {
        if (data[patch] % (FILES + 1) != FILES) {
            patched_apply(&files[data[patch] % (FILES + 1)], data + patch);
        }
    }

    for (i = 0; i < FILES - 1 && (data[0] & 1) != 0; i++) {
        patched_seal(&files[i]);
    }

    mend_manifest();

    for (patch = 1; patch + PATCH_SIZE <= size; patch += PATCH_SIZE) {
        if (data[patch] % (FILES + 1) == FILES) {
            patched_apply(&files[FILES], data + patch);
        }
    }

    for (i = 0; i <= FILES; i++) {
        patched_store(&files[i], folder);
    }

    if (reco_snapshot_open(folder, data[0] & 2, &snapshot, &error) == RECO_OK) {
        ask_anything(snapshot, NULL);
        reco_snapshot_release(snapshot);
    }

    return 0;
}
