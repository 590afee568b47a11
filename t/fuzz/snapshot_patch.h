/*
 * What the fuzzers of snapshots share: inputs that are patches of an intact
 * file, and checksums made right again, so that what lies behind them is
 * reached.
 *
 * A patch is 8 bytes: file, operation, offset u32, value u16.  Where the
 * operation has PATCH_SECTION, the offset's first byte names a section and
 * the rest a place in it, so that small sections are hit as often as large.
 */

#ifndef SNAPSHOT_PATCH_H
#define SNAPSHOT_PATCH_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/reco_engine.h"
#include "snapshot/reco_snapshot_container.h"

#define PATCH_SIZE  8
#define PATCH_SLACK 4096

#define PATCH_SECTION 0x40

typedef struct {
    const char *name; /* a literal */
    uint8_t *intact;
    size_t intact_size;
    uint8_t *bytes; /* intact_size + PATCH_SLACK */
    size_t size;
    unsigned hits[RECO_SNAPSHOT_CONTAINER_SECTIONS]; /* of each section */
} patched_t;


/* How many the engine was asked about: an all too strict reader would let
   the walks untested. */
static unsigned patched_served;


/* The intact file's table of sections; *count is 0 where it has none. */
static inline const reco_snapshot_container_entry_t *
patched_table(const patched_t *file, uint32_t *count)
{
    const reco_snapshot_container_header_t *header;

    header = (const void *) file->intact;
    *count = memcmp(header->magic, "RECOSNAP", 8) == 0 ? header->nsections : 0;

    return (const void *) (file->intact + sizeof(*header));
}


/* Where a patch goes that is aimed at a section. */
static inline uint32_t
patched_aim(patched_t *file, uint32_t offset)
{
    uint32_t count, section;
    const reco_snapshot_container_entry_t *table;

    table = patched_table(file, &count);

    if (count == 0) {
        return offset;
    }

    section = offset % 256 % count;
    file->hits[section]++;

    if (table[section].length == 0) {
        return (uint32_t) table[section].offset;
    }

    return (uint32_t) (table[section].offset
                       + (offset >> 8) % table[section].length);
}


static inline void
patched_load(patched_t *file, const char *folder, const char *name)
{
    FILE *stream;
    char path[256];

    file->name = name;
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    stream = fopen(path, "rb");

    if (stream == NULL || fseek(stream, 0, SEEK_END) != 0) {
        abort();
    }

    file->intact_size = (size_t) ftell(stream);
    file->intact = malloc(file->intact_size);
    file->bytes = malloc(file->intact_size + PATCH_SLACK);
    rewind(stream);

    if (file->intact == NULL || file->bytes == NULL
        || fread(file->intact, 1, file->intact_size, stream)
               != file->intact_size)
    {
        abort();
    }

    fclose(stream);
}


static inline void
patched_reset(patched_t *file)
{
    memcpy(file->bytes, file->intact, file->intact_size);
    file->size = file->intact_size;
}


static inline void
patched_put(patched_t *file, size_t offset, const void *value, size_t length)
{
    if (offset + length <= file->size) {
        memcpy(file->bytes + offset, value, length);
    }
}


static inline void
patched_apply(patched_t *file, const uint8_t *patch)
{
    float real;
    uint16_t value;
    uint32_t offset, word;
    uint64_t wide;

    static const uint32_t words[] = {0, 1, 2, 0x7fffffff, 0x80000000,
        0xffffffff, 0xfffffffe, 0x00ffffff, 0x40000000, 600, 601, 900};
    static const uint32_t reals[] = {
        0x7fc00000, 0x7f800000, 0xff800000, 0x7f7fffff, 0x80000000, 0x00000001};

    memcpy(&offset, patch + 2, sizeof(offset));
    memcpy(&value, patch + 6, sizeof(value));
    offset =
        (patch[1] & PATCH_SECTION) != 0 ? patched_aim(file, offset) : offset;
    offset = file->size != 0 ? offset % (uint32_t) file->size : 0;

    switch (patch[1] % 8) {
    case 0:
        patched_put(file, offset, &value, 1);
        break;
    case 1:
        patched_put(file, offset, &value, 2);
        break;
    case 2:
        word = words[value % (sizeof(words) / sizeof(words[0]))];
        patched_put(file, offset & ~3u, &word, 4);
        break;
    case 3:
        wide = value;
        patched_put(file, offset & ~7u, &wide, 8);
        break;
    case 4:
        wide = (uint64_t) words[value % (sizeof(words) / sizeof(words[0]))]
               << (value >> 11);
        patched_put(file, offset, &wide, 8);
        break;
    case 5:
        memcpy(&real, &reals[value % (sizeof(reals) / sizeof(reals[0]))], 4);
        patched_put(file, offset & ~3u, &real, 4);
        break;
    case 6:
        file->size = offset;
        break;
    default:
        value %= PATCH_SLACK;

        if (file->size + value <= file->intact_size + PATCH_SLACK) {
            memset(file->bytes + file->size, patch[2], value);
            file->size += value;
        }
    }
}


/* Makes a container's size and checksums right again. */
static inline void
patched_seal(patched_t *file)
{
    uint32_t i;
    reco_snapshot_container_header_t *header;
    reco_snapshot_container_entry_t *table;

    header = (void *) file->bytes;
    table = (void *) (file->bytes + sizeof(*header));

    if (file->size < sizeof(*header)
        || header->nsections > RECO_SNAPSHOT_CONTAINER_SECTIONS
        || file->size < sizeof(*header) + header->nsections * sizeof(table[0]))
    {
        return;
    }

    header->size = file->size;

    for (i = 0; i < header->nsections; i++) {
        if (table[i].offset <= file->size
            && table[i].length <= file->size - table[i].offset)
        {
            table[i].hash =
                reco_hash(file->bytes + table[i].offset, table[i].length);
        }
    }

    header->seal = reco_snapshot_container_seal(header, table);
}


static inline void
patched_store(const patched_t *file, const char *folder)
{
    int fd;
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", folder, file->name);
    (void) unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

    if (fd == -1 || write(fd, file->bytes, file->size) != (ssize_t) file->size)
    {
        abort();
    }

    close(fd);
}


/* Where the hashes of all that was read go, so that they are computed. */
static volatile uint64_t patched_sum;

/* One scratch for all models, as a worker has. */
static reco_engine_scratch_t *patched_scratch;


static inline void
patched_forget(void)
{
    reco_engine_scratch_destroy(patched_scratch);
}


/* Asks a model that may hold anything; only sanitizers judge the answers. */
static inline void
ask_anything(reco_snapshot_t *base, reco_snapshot_overlay_t *overlay)
{
    char id[16];
    unsigned i, j;
    reco_engine_event_t event;
    reco_engine_model_t *model;
    reco_engine_query_t query;
    reco_engine_params_t params;
    reco_engine_result_t result;
    reco_engine_session_t session;
    reco_snapshot_item_t item;

    reco_engine_params_init(&params);
    (void) reco_engine_params_set(
        &params, reco_string("diversity.lambda"), reco_string("0.7"), NULL);
    (void) reco_engine_params_set(
        &params, reco_string("backfill.below"), reco_string("1000"), NULL);
    (void) reco_engine_params_set(
        &params, reco_string("session.recency_decay"), reco_string("10"), NULL);

    if (reco_engine_model_open(base, overlay, &params, &model, NULL) != RECO_OK)
    {
        return;
    }

    if (patched_scratch == NULL) {
        if (reco_engine_scratch_create(model, &patched_scratch) != RECO_OK) {
            abort();
        }

        atexit(patched_forget);
    }

    patched_served++;
    memset(&session, 0, sizeof(session));
    memset(&query, 0, sizeof(query));
    query.session = &session;
    query.now = 1700000000;
    query.repeat = 1;
    query.price_min = -1;
    query.price_max = -1;

    for (i = 0; i < 6; i++) {
        memset(&event, 0, sizeof(event));
        snprintf(id, sizeof(id), "item-%u", i < 3 ? i * 37 : 100 + i);
        event.item = reco_item_key((reco_str_t){strlen(id), id});
        reco_engine_session_apply(&session, &event);

        query.current = event.item;
        query.n = 5 + i * 16;
        query.category = i == 4 ? reco_string("category 3") : reco_null_string;
        reco_engine_recommend(model, &query, patched_scratch, &result);

        for (j = 0; j < result.nhits; j++) {
            reco_engine_item(model, result.hits[j].item, &item);

            /* Every string is read to its end. */
            patched_sum += reco_hash(item.id.data, item.id.len)
                           + reco_hash(item.title.data, item.title.len)
                           + reco_hash(item.category.data, item.category.len)
                           + reco_hash(item.currency.data, item.currency.len);
        }
    }

    reco_engine_model_close(model);
}

#endif /* SNAPSHOT_PATCH_H */
