/*
 * What a product costs: https://schema.org/Offer and what is around it.
 */

#include "reco_html_json.h"

#define OFFERS_MAX 256 /* of one product */


/* The lowest price of the offers that are nearest to being available. */
typedef struct {
    unsigned count;
    int available; /* as far as any of them is */
    int nearness;  /* of the offer whose price it is */
    double price;
    const cJSON *currency;
} offers_t;


/* Sold out, not said, to be had. */
static int
nearness_of(int available)
{
    return available < 0 ? 1 : available * 2;
}


static double
price_of(const cJSON *node)
{
    if (cJSON_IsNumber(node)) {
        return node->valuedouble;
    }

    return reco_html_price(reco_html_json_string(node));
}


/* Whether a price is one that anybody pays, and pays for the product. */
static int
is_asked(const cJSON *specification)
{
    static const char *const compared[] = {"ListPrice", "MSRP", "SRP",
        "StrikethroughPrice", "MinimumAdvertisedPrice", "InvoicePrice", NULL};
    static const char *const charges[] = {
        "DeliveryChargeSpecification", "PaymentChargeSpecification", NULL};

    return !reco_html_json_is_type(reco_html_json_first(reco_html_json_member(
                                       specification, "priceType")),
               compared)
           && !reco_html_json_has_type(specification, charges)
           && reco_html_json_member(specification, "validForMemberTier")
                  == NULL;
}


static double
specified_price(const cJSON *specification)
{
    double price;

    price = price_of(reco_html_json_member(specification, "price"));

    return price >= 0
               ? price
               : price_of(reco_html_json_member(specification, "minPrice"));
}


/* The lowest of what is asked; NULL where nothing is. */
static const cJSON *
specification_of(const cJSON *offer)
{
    double price, lowest;
    const cJSON *list, *item, *found;

    list = reco_html_json_member(offer, "priceSpecification");
    item = cJSON_IsArray(list) ? list->child : list;
    found = NULL;
    lowest = 0;

    while (item != NULL) {
        price = specified_price(item);

        if (price >= 0 && is_asked(item) && (found == NULL || price < lowest)) {
            found = item;
            lowest = price;
        }

        item = item != list ? item->next : NULL;
    }

    return found;
}


/* currency: of what the offer is part of. */
static void
take_offer(offers_t *offers, const cJSON *offer, const cJSON *currency)
{
    int available, nearness;
    double price;
    const cJSON *specification;

    available = reco_html_availability(
        reco_html_json_string(reco_html_json_member(offer, "availability")));
    price = price_of(reco_html_json_member(offer, "price"));
    specification = specification_of(offer);

    if (price < 0) {
        price = price_of(reco_html_json_member(offer, "lowPrice"));
    }

    if (price < 0) {
        price = specified_price(specification);
    }

    if (reco_html_json_member(offer, "priceCurrency") == NULL
        && reco_html_json_member(specification, "priceCurrency") != NULL)
    {
        currency = reco_html_json_member(specification, "priceCurrency");
    }

    nearness = nearness_of(available);

    if (price >= 0
        && (nearness > offers->nearness
            || (nearness == offers->nearness && price < offers->price)))
    {
        offers->nearness = nearness;
        offers->price = price;
        offers->currency = currency;
    }

    if (available > offers->available) {
        offers->available = available;
    }
}


static void
take_offers(reco_html_json_t *json, offers_t *offers, const cJSON *node,
    const cJSON *currency, int depth)
{
    const cJSON *item, *own;

    if (depth == RECO_HTML_JSON_DEPTH_MAX) {
        return;
    }

    if (cJSON_IsArray(node)) {
        cJSON_ArrayForEach(item, node)
        {
            take_offers(json, offers, item, currency, depth + 1);
        }
        return;
    }

    if (cJSON_IsObject(node) && offers->count++ < OFFERS_MAX) {
        node = reco_html_json_target(json, node);
        own = reco_html_json_member(node, "priceCurrency");
        currency = own != NULL ? own : currency;

        take_offer(offers, node, currency);
        take_offers(json, offers, reco_html_json_member(node, "offers"),
            currency, depth + 1);
    }
}


void
reco_html_json_put_offers(reco_html_json_t *json, const cJSON *product)
{
    offers_t offers;
    const cJSON *variant;

    offers = (offers_t){0, -1, -1, -1, NULL};
    take_offers(
        json, &offers, reco_html_json_member(product, "offers"), NULL, 0);

    if (offers.count == 0) {
        cJSON_ArrayForEach(
            variant, reco_html_json_member(product, "hasVariant"))
        {
            take_offers(json, &offers,
                reco_html_json_member(
                    reco_html_json_target(json, variant), "offers"),
                NULL, 0);
        }
    }

    reco_html_fields_put_price(json->fields, RECO_HTML_FROM_JSON, offers.price);
    reco_html_fields_put_available(
        json->fields, RECO_HTML_FROM_JSON, offers.available);
    reco_html_json_put(
        json, RECO_HTML_FIELD_CURRENCY, reco_html_json_string(offers.currency));
}
