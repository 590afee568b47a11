#include "store_check.h"

#include <math.h>

#define YEAR_2000  INT64_C(946684800000)
#define DAY        INT64_C(86400000)
#define NUMBER_MAX 1e12
#define TEXT_MAX   256
#define URL_MAX    2048


static int
is_number(double number)
{
    return isfinite(number) && number <= NUMBER_MAX && number >= -NUMBER_MAX;
}


static int
is_item(reco_str_t id)
{
    return id.len > 0 && id.len <= RECO_EVENT_ITEM_MAX;
}


static int
has_good_items(const reco_event_t *event)
{
    unsigned i;

    if (event->item.len > 0 ? !is_item(event->item)
                            : event->type == RECO_EVENT_ITEM)
    {
        return 0;
    }

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
        if (event->context[i].key.len > TEXT_MAX
            || event->context[i].value.len > TEXT_MAX)
        {
            return 0;
        }
    }

    return is_number(event->depth) && is_number(event->value)
           && is_number(event->qty) && is_number(event->price) && event->ms >= 0
           && event->currency.len <= TEXT_MAX && event->slot.len <= TEXT_MAX
           && event->req.len <= TEXT_MAX && event->arm.len <= TEXT_MAX
           && event->model.len <= TEXT_MAX && event->source.len <= TEXT_MAX;
}


static int
is_good_product(const reco_event_product_t *product)
{
    return product->title.len <= URL_MAX && product->url.len <= URL_MAX
           && product->image.len <= URL_MAX && product->category.len <= URL_MAX
           && product->brand.len <= URL_MAX && is_number(product->price);
}


reco_store_outcome_t
reco_store_check(const reco_event_t *event, const reco_store_limits_t *limits)
{
    if (event->type != RECO_EVENT_ITEM) {
        if (event->visitor.len == 0
            || event->visitor.len > RECO_STORE_VISITOR_MAX) {
            return RECO_STORE_BAD_VISITOR;
        }
        if (event->id.len == 0 || event->id.len > RECO_EVENT_ID_MAX) {
            return RECO_STORE_BAD_ID;
        }
    }

    if (!has_good_items(event)) {
        return RECO_STORE_BAD_ITEM;
    }

    if (event->ts < YEAR_2000 || event->ts > limits->now + DAY) {
        return RECO_STORE_BAD_TIME;
    }

    if (event->type == RECO_EVENT_ITEM ? !is_good_product(&event->product)
                                       : !has_good_values(event))
    {
        return RECO_STORE_BAD_VALUE;
    }

    return RECO_STORE_APPLIED;
}
