#define _GNU_SOURCE /* memmem() */

/*
 * JSON-LD (https://schema.org/Product): what shops write, which is looser
 * than the vocabulary: strings for objects, objects for lists and the other
 * way round.
 */

#include "reco_html_name.h"
#include "reco_html_product.h"

#include <stdio.h>
#include <string.h>

#include <cjson/cJSON.h>

/* Objects within objects that may hold the product; offers of one product. */
#define DEPTH_MAX  4
#define OFFERS_MAX 256

/* How many from the last one on are looked at. */
#define CRUMBS_MAX 3


static reco_str_t
string_of(const cJSON *node)
{
    const char *text;

    text = cJSON_GetStringValue(node);

    return text != NULL ? (reco_str_t){strlen(text), (char *) text}
                        : reco_null_string;
}


static const cJSON *
member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}


/* "Product", "https://schema.org/Product" or "schema:Product". */
static int
is_type_name(const cJSON *node, const char *const *types)
{
    const char *name, *p;

    if (!cJSON_IsString(node)) {
        return 0;
    }

    name = node->valuestring;

    for (p = name; *p != '\0'; p++) {
        if (*p == '/' || *p == ':' || *p == '#') {
            name = p + 1;
        }
    }

    for (/* void */; *types != NULL; types++) {
        if (strcmp(name, *types) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
has_type(const cJSON *object, const char *const *types)
{
    const cJSON *type, *item;

    type = member(object, "@type");

    if (!cJSON_IsArray(type)) {
        return is_type_name(type, types);
    }

    cJSON_ArrayForEach(item, type)
    {
        if (is_type_name(item, types)) {
            return 1;
        }
    }

    return 0;
}


static int
put(reco_html_fields_t *fields, reco_html_field_t field, reco_str_t text)
{
    return text.len != 0
           && reco_html_fields_put(fields, field, RECO_HTML_FROM_JSON, text);
}


/*
 * A string, an object with one of two members, or an array of these: the
 * first that is fit.
 */
static int
put_first(reco_html_fields_t *fields, reco_html_field_t field,
    const cJSON *node, const char *name, const char *other_name)
{
    const cJSON *item;

    if (cJSON_IsArray(node)) {
        cJSON_ArrayForEach(item, node)
        {
            if (!cJSON_IsArray(item)
                && put_first(fields, field, item, name, other_name)) {
                return 1;
            }
        }
        return 0;
    }

    if (cJSON_IsObject(node)) {
        return put(fields, field, string_of(member(node, name)))
               || put(fields, field, string_of(member(node, other_name)));
    }

    return put(fields, field, string_of(node));
}


static void
put_id(reco_html_fields_t *fields, const cJSON *product)
{
    static const char *const names[] = {"sku", "productID", "mpn", "gtin",
        "gtin13", "gtin14", "gtin12", "gtin8", NULL};

    int i;
    char digits[32];
    const cJSON *node;

    for (i = 0; names[i] != NULL; i++) {
        node = member(product, names[i]);

        if (cJSON_IsNumber(node) && node->valuedouble >= 0
            && node->valuedouble < 1e15) {
            snprintf(digits, sizeof(digits), "%.0f", node->valuedouble);
            put(fields, RECO_HTML_FIELD_ID,
                (reco_str_t){strlen(digits), digits});
        }

        if (put(fields, RECO_HTML_FIELD_ID, string_of(node))) {
            return;
        }
    }
}


/*
 * Offers.
 */

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

    return reco_html_price(string_of(node));
}


static const cJSON *
first_of(const cJSON *node)
{
    return cJSON_IsArray(node) ? cJSON_GetArrayItem(node, 0) : node;
}


static void
take_offer(offers_t *offers, const cJSON *offer)
{
    int available, nearness;
    double price;
    const cJSON *currency, *specification;

    available =
        reco_html_availability(string_of(member(offer, "availability")));
    price = price_of(member(offer, "price"));
    currency = member(offer, "priceCurrency");

    if (price < 0) {
        price = price_of(member(offer, "lowPrice"));
    }

    specification = first_of(member(offer, "priceSpecification"));

    if (price < 0 && specification != NULL) {
        price = price_of(member(specification, "price"));
        if (price < 0) {
            price = price_of(member(specification, "minPrice"));
        }
    }

    if (currency == NULL && specification != NULL) {
        currency = member(specification, "priceCurrency");
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
take_offers(offers_t *offers, const cJSON *node, int depth)
{
    const cJSON *item;

    if (depth == DEPTH_MAX) {
        return;
    }

    if (cJSON_IsArray(node)) {
        cJSON_ArrayForEach(item, node)
        {
            take_offers(offers, item, depth + 1);
        }
        return;
    }

    if (cJSON_IsObject(node) && offers->count++ < OFFERS_MAX) {
        take_offer(offers, node);
        take_offers(offers, member(node, "offers"), depth + 1);
    }
}


static void
put_offers(reco_html_fields_t *fields, const cJSON *node)
{
    offers_t offers;

    offers = (offers_t){0, -1, -1, -1, NULL};
    take_offers(&offers, node, 0);

    reco_html_fields_put_price(fields, RECO_HTML_FROM_JSON, offers.price);
    reco_html_fields_put_available(
        fields, RECO_HTML_FROM_JSON, offers.available);
    put(fields, RECO_HTML_FIELD_CURRENCY, string_of(offers.currency));
}


static void
put_product(reco_html_fields_t *fields, const cJSON *product)
{
    put(fields, RECO_HTML_FIELD_TITLE, string_of(member(product, "name")));
    put_first(
        fields, RECO_HTML_FIELD_URL, member(product, "url"), "@id", "url");
    put_first(fields, RECO_HTML_FIELD_IMAGE, member(product, "image"), "url",
        "contentUrl");
    put_first(fields, RECO_HTML_FIELD_CATEGORY, member(product, "category"),
        "name", "@id");
    put_first(
        fields, RECO_HTML_FIELD_BRAND, member(product, "brand"), "name", "@id");
    put_id(fields, product);
    put_offers(fields, member(product, "offers"));
}


/* A group of variants: what it does not say itself its first variant says. */
static void
put_variant(reco_html_fields_t *fields, const cJSON *product)
{
    const cJSON *variant;

    variant = first_of(member(product, "hasVariant"));

    if (cJSON_IsObject(variant)) {
        put_product(fields, variant);
    }
}


/* The category is the last crumb but the product's own. */
static void
put_breadcrumb(reco_html_fields_t *fields, const cJSON *list)
{
    int count, tries;
    reco_str_t name, title;
    const cJSON *items, *last;

    items = member(list, "itemListElement");
    count = cJSON_IsArray(items) ? cJSON_GetArraySize(items) : 0;
    title = reco_html_fields_get(fields, RECO_HTML_FIELD_TITLE);

    for (tries = 0; tries < CRUMBS_MAX && tries < count; tries++) {
        last = cJSON_GetArrayItem(items, count - 1 - tries);
        name = string_of(member(last, "name"));

        if (name.len == 0) {
            name = string_of(member(member(last, "item"), "name"));
        }

        if (name.len != 0
            && (name.len != title.len
                || memcmp(name.data, title.data, name.len) != 0))
        {
            reco_html_fields_put(fields, RECO_HTML_FIELD_CATEGORY,
                RECO_HTML_FROM_BREADCRUMB, name);
            return;
        }
    }
}


/* What may hold the product: a page, a graph, a list of either. */
static void
find(reco_html_fields_t *fields, const cJSON *node, int crumbs,
    int *has_product, int depth)
{
    static const char *const products[] = {"Product", "ProductGroup",
        "IndividualProduct", "ProductModel", "SomeProducts", "Vehicle", "Car",
        NULL};
    static const char *const breadcrumbs[] = {"BreadcrumbList", NULL};

    const cJSON *item;

    if (depth == DEPTH_MAX) {
        return;
    }

    if (cJSON_IsArray(node)) {
        cJSON_ArrayForEach(item, node)
        {
            find(fields, item, crumbs, has_product, depth + 1);
        }
        return;
    }

    if (!cJSON_IsObject(node)) {
        return;
    }

    if (has_type(node, breadcrumbs)) {
        if (crumbs) {
            put_breadcrumb(fields, node);
        }
        return;
    }

    if (has_type(node, products)) {
        if (!crumbs && !*has_product) {
            *has_product = 1;
            put_product(fields, node);
            put_variant(fields, node);
        }
        return;
    }

    find(fields, member(node, "@graph"), crumbs, has_product, depth + 1);
    find(fields, member(node, "mainEntity"), crumbs, has_product, depth + 1);
    find(fields, member(node, "breadcrumb"), crumbs, has_product, depth + 1);
}


reco_status_t
reco_html_read_json(
    reco_html_fields_t *fields, const char *text, size_t len, int *has_product)
{
    cJSON *root;
    const char *begin;

    /* What stands around it in old pages: "<!--", "//<![CDATA[". */
    begin = memmem(text, len, "<![CDATA[", 9);
    if (begin != NULL) {
        len -= (size_t) (begin + 9 - text);
        text = begin + 9;
    }

    while (len != 0 && *text != '{' && *text != '[') {
        text++;
        len--;
    }

    root = cJSON_ParseWithLength(text, len);
    if (root == NULL) {
        return RECO_INVALID;
    }

    /* A breadcrumb is read once the product's title is known. */
    find(fields, root, 0, has_product, 0);
    find(fields, root, 1, has_product, 0);

    cJSON_Delete(root);

    return RECO_OK;
}
