/*
 * A walk over the JSON text of an element that is refused: where it ends, so
 * that those behind it count, and which limits it breaks.
 */

#ifndef EVENT_SPAN_H
#define EVENT_SPAN_H

#include "event/event_column.h"


typedef struct {
    const char *start; /* of the element */
    const char *end;   /* past it */
    unsigned depth;    /* deepest */
    unsigned values;   /* as many or more */
    int control;       /* has a byte that JSON forbids, or \u0000 */
} reco_event_span_t;

/*
 * Finds the end of the value at p: balanced brackets, whatever is inside.
 * Returns 0 where the text ends before the value does.
 */
int reco_event_span_find(
    const char *p, const char *end, reco_event_span_t *span);

/* Fails the setter where the span breaks a limit. */
reco_status_t reco_event_span_check(
    const reco_event_span_t *span, reco_event_setter_t *setter);

#endif /* EVENT_SPAN_H */
