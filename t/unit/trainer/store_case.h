/*
 * A store of its own for each test, and events to put into it.
 */

#ifndef RECO_STORE_CASE_H
#define RECO_STORE_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store.h"

/* A day in 2024, ms. */
#define CASE_TIME INT64_C(1718000000000)
#define CASE_DAY  INT64_C(86400000)


typedef struct {
    char folder[64];
    char path[96];
    reco_store_t *store;
    reco_store_limits_t limits;
} store_case_t;


static inline void
case_open(store_case_t *self, uint64_t size)
{
    reco_error_t error = {0};

    if (reco_store_open(
            self->path, RECO_STORE_WRITE, size, &self->store, &error)
        != RECO_OK)
    {
        fail_msg("%s", error.message);
    }
}


static inline int
case_setup(void **state)
{
    store_case_t *self;

    self = calloc(1, sizeof(*self));
    assert_non_null(self);
    strcpy(self->folder, "/tmp/reco-store-XXXXXX");
    assert_non_null(mkdtemp(self->folder));
    snprintf(self->path, sizeof(self->path), "%s/state", self->folder);

    self->limits = (reco_store_limits_t){.now = CASE_TIME + CASE_DAY,
        .retention = 400 * CASE_DAY,
        .visitor_rate = 1000000};
    case_open(self, 0);
    *state = self;

    return 0;
}


static inline int
case_teardown(void **state)
{
    static const char *const names[] = {"data.mdb", "lock.mdb"};
    store_case_t *self = *state;
    char file[128];
    size_t i;

    reco_store_close(self->store);

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(file, sizeof(file), "%s/%s", self->path, names[i]);
        unlink(file);
    }
    rmdir(self->path);
    rmdir(self->folder);
    free(self);

    return 0;
}


static inline reco_str_t
case_text(const char *text)
{
    return (reco_str_t){strlen(text), text};
}


/* Visitor number n; 32 digits that stay until the next 16 calls. */
static inline reco_str_t
case_visitor(unsigned n)
{
    static char names[16][33];
    static unsigned next;
    char *name = names[next++ % 16];

    snprintf(name, 33, "%032x", n);

    return (reco_str_t){32, name};
}


static inline reco_event_t
case_event(reco_event_type_t type, unsigned visitor, const char *id,
    const char *item, int64_t ts)
{
    reco_event_t event = {.type = type,
        .id = case_text(id),
        .item = case_text(item),
        .ts = ts,
        .received = ts,
        .depth = -1,
        .value = -1,
        .price = -1,
        .rank = -1,
        .product = {.price = -1, .available = -1},
        .visitor = case_visitor(visitor)};

    return event;
}


static inline reco_store_outcome_t
case_apply(store_case_t *self, const reco_event_t *event)
{
    reco_store_outcome_t outcome;
    reco_store_batch_t batch = {
        .events = event, .nevents = 1, .outcomes = &outcome};
    reco_error_t error = {0};

    if (reco_store_apply(self->store, &batch, &self->limits, &error) != RECO_OK)
    {
        fail_msg("%s", error.message);
    }

    return outcome;
}


static inline reco_store_stats_t
case_stats(store_case_t *self)
{
    reco_store_stats_t stats;

    assert_int_equal(reco_store_stats(self->store, &stats, NULL), RECO_OK);

    return stats;
}

#endif /* RECO_STORE_CASE_H */
