/*
 * Collects the sections of one file.
 */

#include "reco_snapshot_builder.h"

#include <stdlib.h>
#include <string.h>


void
reco_snapshot_builder_init(reco_snapshot_builder_t *builder)
{
    memset(builder, 0, sizeof(*builder));
}


void
reco_snapshot_builder_done(reco_snapshot_builder_t *builder)
{
    unsigned i;

    for (i = 0; i < builder->nsections; i++) {
        free(builder->owned[i]);
    }

    memset(builder, 0, sizeof(*builder));
}


static void
builder_append(reco_snapshot_builder_t *builder, uint32_t tag, const void *data,
    uint64_t length, void *owned)
{
    unsigned i;

    i = builder->nsections++;
    builder->sections[i].tag = tag;
    builder->sections[i].data = data;
    builder->sections[i].length = length;
    builder->owned[i] = owned;
}


void *
reco_snapshot_builder_new(
    reco_snapshot_builder_t *builder, uint32_t tag, uint64_t count, size_t size)
{
    void *data;

    if (builder->failed) {
        return NULL;
    }

    /* An empty section still needs an address. */
    data = calloc(count != 0 ? count : 1, size);

    if (data == NULL) {
        builder->failed = 1;
        return NULL;
    }

    builder_append(builder, tag, data, count * size, data);

    return data;
}


void
reco_snapshot_builder_add(reco_snapshot_builder_t *builder, uint32_t tag,
    const void *data, uint64_t length)
{
    builder_append(builder, tag, data, length, NULL);
}


void
reco_snapshot_builder_adopt(
    reco_snapshot_builder_t *builder, uint32_t tag, void *data, uint64_t length)
{
    builder_append(builder, tag, data, length, data);
}


reco_status_t
reco_snapshot_builder_write(const reco_snapshot_builder_t *builder,
    const char *path, uint32_t kind, reco_error_t *error)
{
    if (builder->failed) {
        return reco_error_set(
            error, RECO_NOMEM, "out of memory while making \"%s\"", path);
    }

    return reco_snapshot_container_write(
        path, kind, builder->sections, builder->nsections, error);
}
