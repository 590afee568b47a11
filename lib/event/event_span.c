#include "event/event_span.h"

#include <string.h>


/* Past the closing quote; NULL where there is none.  p: past the opening. */
static const char *
skip_string(const char *p, const char *end, reco_event_span_t *span)
{
    while (p < end) {
        if (*p == '"') {
            return p + 1;
        }

        if ((unsigned char) *p < 0x20) {
            span->control = 1;
        }

        if (*p != '\\') {
            p++;
            continue;
        }

        if (end - p >= 6 && memcmp(p, "\\u0000", 6) == 0) {
            span->control = 1;
        }

        p += end - p >= 2 ? 2 : 1;
    }

    return NULL;
}


int
reco_event_span_find(const char *p, const char *end, reco_event_span_t *span)
{
    unsigned depth;
    char c;

    *span = (reco_event_span_t){.start = p, .values = 1};
    depth = 0;

    while (p < end) {
        c = *p;

        if (depth == 0 && (c == ',' || c == ']' || c == '}')) {
            break;
        }

        p++;

        switch (c) {
        case '"':
            p = skip_string(p, end, span);
            if (p == NULL) {
                return 0;
            }
            break;

        case '{':
        case '[':
            depth++;
            span->values++;
            if (depth > span->depth) {
                span->depth = depth;
            }
            break;

        case '}':
        case ']':
            depth--;
            break;

        case ',':
        case ':':
            span->values++;
            break;

        default:
            if ((unsigned char) c < 0x20 && c != '\t' && c != '\r' && c != '\n')
            {
                span->control = 1;
            }
        }
    }

    span->end = p;

    return depth == 0;
}


reco_status_t
reco_event_span_check(
    const reco_event_span_t *span, reco_event_setter_t *setter)
{
    if (span->control) {
        return reco_event_refuse(setter, RECO_EVENT_BAD_CHARACTER);
    }

    if (span->depth > RECO_EVENT_DEPTH_MAX) {
        return reco_event_refuse(setter, RECO_EVENT_TOO_DEEP);
    }

    if (span->values > RECO_EVENT_VALUES_MAX) {
        return reco_event_refuse(setter, RECO_EVENT_TOO_MANY);
    }

    return RECO_OK;
}
