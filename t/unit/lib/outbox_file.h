/*
 * What the tests of the outbox share: one file, made anew for each test.
 */

#ifndef OUTBOX_FILE_H
#define OUTBOX_FILE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "outbox/reco_outbox.h"

#define PAGE 65536


static char path[64];


static inline int
make_path(void **state)
{
    (void) state;

    snprintf(path, sizeof(path), "/tmp/test_outbox.%d", (int) getpid());
    (void) unlink(path);

    return 0;
}


static inline int
remove_path(void **state)
{
    (void) state;

    (void) unlink(path);

    return 0;
}


static inline reco_outbox_t *
open_file(const char *name, uint64_t size)
{
    reco_outbox_t *outbox;
    reco_error_t error;

    if (reco_outbox_open(name, size, &outbox, &error) != RECO_OK) {
        fail_msg("%s", error.message);
    }

    return outbox;
}


static inline reco_outbox_t *
open_outbox(uint64_t size)
{
    return open_file(path, size);
}


static inline uint64_t
waiting(const reco_outbox_t *outbox)
{
    reco_outbox_stats_t stats;

    reco_outbox_stats(outbox, &stats);

    return stats.records;
}

#endif /* OUTBOX_FILE_H */
