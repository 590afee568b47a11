/*
 * What the tests of events share: a body is parsed into one batch, with memory
 * of its own.
 */

#ifndef EVENT_CASE_H
#define EVENT_CASE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "event/reco_event.h"

#define NOW INT64_C(1764000000000)


static char memory[RECO_EVENT_ARENA_SIZE] __attribute__((aligned(16)));
static reco_event_batch_t batch;
static reco_error_t error;


static inline reco_status_t
parse(const char *text, size_t len)
{
    reco_event_arena_t arena = {memory, sizeof(memory), 0};

    error.message[0] = '\0';

    return reco_event_parse_json(
        (reco_str_t){len, text}, NOW, &arena, &batch, &error);
}

#endif /* EVENT_CASE_H */
