/*
 * The sections of a file while it is being made, and the memory behind them.
 * An allocation that fails is remembered: every later step does nothing, and
 * writing reports it.
 */

#ifndef RECO_SNAPSHOT_BUILDER_H
#define RECO_SNAPSHOT_BUILDER_H

#include "reco_snapshot_container.h"


typedef struct {
    reco_snapshot_section_t sections[RECO_SNAPSHOT_CONTAINER_SECTIONS];
    void *owned[RECO_SNAPSHOT_CONTAINER_SECTIONS]; /* NULL: the caller's */
    unsigned nsections;
    int failed;
} reco_snapshot_builder_t;

void reco_snapshot_builder_init(reco_snapshot_builder_t *builder);
void reco_snapshot_builder_done(reco_snapshot_builder_t *builder);

/* A new section of count zeroed elements of size bytes; NULL on failure. */
void *reco_snapshot_builder_new(reco_snapshot_builder_t *builder, uint32_t tag,
    uint64_t count, size_t size);

/* A section of the caller's memory, which must outlive the builder. */
void reco_snapshot_builder_add(reco_snapshot_builder_t *builder, uint32_t tag,
    const void *data, uint64_t length);

/* A section of malloc()ed memory, which the builder frees. */
void reco_snapshot_builder_adopt(reco_snapshot_builder_t *builder, uint32_t tag,
    void *data, uint64_t length);

reco_status_t reco_snapshot_builder_write(
    const reco_snapshot_builder_t *builder, const char *path, uint32_t kind,
    reco_error_t *error);

#endif /* RECO_SNAPSHOT_BUILDER_H */
