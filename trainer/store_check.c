#include "store_check.h"

#include <math.h>

#define YEAR_1990    INT64_C(631152000000)
#define DAY          INT64_C(86400000)
#define NUMBER_MAX   1e12
#define TEXT_MAX     256
#define CATEGORY_MAX 512
#define TITLE_MAX    1024
#define URL_MAX      2048


/* Length of the UTF-8 sequence at p, 0 if it is none, overlong included. */
static size_t
utf8_length(const unsigned char *p, size_t len)
{
    size_t need, i;

    if (p[0] < 0x80) {
        return p[0] >= 0x20 && p[0] != 0x7f;
    }

    need = p[0] >= 0xc2 && p[0] <= 0xdf   ? 2
           : (p[0] & 0xf0) == 0xe0        ? 3
           : p[0] >= 0xf0 && p[0] <= 0xf4 ? 4
                                          : 0;
    if (need == 0 || need > len) {
        return 0;
    }

    for (i = 1; i < need; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }

    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f)
        || (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
    {
        return 0;
    }

    return need;
}


/* UTF-8 without control characters, max bytes at most. */
static int
is_text(reco_str_t text, size_t max)
{
    size_t i, step;

    if (text.len > max) {
        return 0;
    }

    for (i = 0; i < text.len; i += step) {
        step = utf8_length((const unsigned char *) text.data + i, text.len - i);
        if (step == 0) {
            return 0;
        }
    }

    return 1;
}


static int
is_number(double number)
{
    return isfinite(number) && number <= NUMBER_MAX && number >= -NUMBER_MAX;
}


static int
is_item(reco_str_t id)
{
    return id.len > 0 && is_text(id, RECO_EVENT_ITEM_MAX);
}


static int
has_good_lines(const reco_event_t *event)
{
    unsigned i;

    if (event->nlines > RECO_EVENT_ITEMS_MAX) {
        return 0;
    }

    for (i = 0; i < event->nlines; i++) {
        if (!is_item(event->lines[i].item)) {
            return 0;
        }
    }

    return 1;
}


static int
has_good_values(const reco_event_t *event)
{
    unsigned i;

    for (i = 0; i < event->nlines; i++) {
        if (!is_number(event->lines[i].qty)
            || !is_number(event->lines[i].price)) {
            return 0;
        }
    }

    if (event->ncontext > RECO_EVENT_CONTEXT_MAX) {
        return 0;
    }

    for (i = 0; i < event->ncontext; i++) {
        if (!is_text(event->context[i].key, TEXT_MAX)
            || !is_text(event->context[i].value, TEXT_MAX))
        {
            return 0;
        }
    }

    return is_number(event->depth) && is_number(event->value)
           && is_number(event->qty) && is_number(event->price) && event->ms >= 0
           && is_text(event->currency, TEXT_MAX)
           && is_text(event->slot, TEXT_MAX) && is_text(event->req, TEXT_MAX)
           && is_text(event->arm, TEXT_MAX) && is_text(event->model, TEXT_MAX)
           && is_text(event->source, TEXT_MAX);
}


static int
is_good_product(const reco_event_product_t *product)
{
    return is_text(product->title, TITLE_MAX) && is_text(product->url, URL_MAX)
           && is_text(product->image, URL_MAX)
           && is_text(product->category, CATEGORY_MAX)
           && is_text(product->brand, TEXT_MAX) && is_number(product->price);
}


/* Acts without an item of their own. */
static int
may_lack_item(const reco_event_t *event)
{
    return event->nlines > 0 || event->type == RECO_EVENT_SEARCH
           || event->type == RECO_EVENT_CUSTOM
           || event->type == RECO_EVENT_SCROLL
           || event->type == RECO_EVENT_DWELL || event->type == RECO_EVENT_VIEW;
}


reco_store_outcome_t
reco_store_check(const reco_event_t *event, const reco_store_limits_t *limits)
{
    char key[16];

    if (event->type != RECO_EVENT_ITEM) {
        if (!reco_store_visitor_key(event->visitor, key)) {
            return RECO_STORE_BAD_VISITOR;
        }
        if (event->id.len == 0 || !is_text(event->id, RECO_EVENT_ID_MAX)) {
            return RECO_STORE_BAD_ID;
        }
    }

    if (event->item.len == 0
            ? event->type == RECO_EVENT_ITEM || !may_lack_item(event)
            : !is_item(event->item))
    {
        return RECO_STORE_BAD_ITEM;
    }

    if (!has_good_lines(event)) {
        return RECO_STORE_BAD_ITEM;
    }

    if (event->ts < YEAR_1990 || event->ts > limits->now + DAY) {
        return RECO_STORE_BAD_TIME;
    }

    if (event->type == RECO_EVENT_ITEM ? !is_good_product(&event->product)
                                       : !has_good_values(event))
    {
        return RECO_STORE_BAD_VALUE;
    }

    return RECO_STORE_APPLIED;
}
