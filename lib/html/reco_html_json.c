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

/* Nodes that are looked for in one script. */
#define REFERENCES_MAX 64


static const cJSON *
member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}


static const cJSON *
first_of(const cJSON *node)
{
    return cJSON_IsArray(node) ? cJSON_GetArrayItem(node, 0) : node;
}


/* The first of several; {"@value": "...", "@language": "en"} too. */
static reco_str_t
string_of(const cJSON *node)
{
    const char *text;

    node = first_of(node);
    text = cJSON_GetStringValue(
        cJSON_IsObject(node) ? member(node, "@value") : node);

    return text != NULL ? (reco_str_t){strlen(text), (char *) text}
                        : reco_null_string;
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


/*
 * Nodes and what they say.
 */

typedef struct {
    reco_html_fields_t *fields;
    const cJSON *graph;  /* of its nodes one may stand for another */
    unsigned references; /* that were looked for */
    int *has_product;
} document_t;


/* Whether a node says no more than which one it is, and of what type. */
static int
is_reference(const cJSON *node)
{
    const cJSON *item;

    if (!cJSON_IsObject(node)) {
        return 0;
    }

    cJSON_ArrayForEach(item, node)
    {
        if (strcmp(item->string, "@id") != 0
            && strcmp(item->string, "@type") != 0) {
            return 0;
        }
    }

    return cJSON_IsString(member(node, "@id"));
}


/* What a node stands for: {"@id": "#brand"} is that of the graph. */
static const cJSON *
target_of(document_t *document, const cJSON *node)
{
    const char *id, *other;
    const cJSON *item;

    if (!is_reference(node) || document->references++ == REFERENCES_MAX) {
        return node;
    }

    id = member(node, "@id")->valuestring;

    cJSON_ArrayForEach(item, document->graph)
    {
        other = cJSON_GetStringValue(member(item, "@id"));

        if (other != NULL && strcmp(other, id) == 0 && !is_reference(item)) {
            return item;
        }
    }

    return node;
}


static int
put(document_t *document, reco_html_field_t field, reco_str_t text)
{
    return text.len != 0
           && reco_html_fields_put(
               document->fields, field, RECO_HTML_FROM_JSON, text);
}


/*
 * A string, an object with one of two members, or an array of these: the
 * first that is fit.
 */
static int
put_first(document_t *document, reco_html_field_t field, const cJSON *node,
    const char *name, const char *other_name)
{
    const cJSON *item;

    if (cJSON_IsArray(node)) {
        cJSON_ArrayForEach(item, node)
        {
            if (!cJSON_IsArray(item)
                && put_first(document, field, item, name, other_name)) {
                return 1;
            }
        }
        return 0;
    }

    if (cJSON_IsObject(node)) {
        node = target_of(document, node);
        return put(document, field, string_of(member(node, name)))
               || put(document, field, string_of(member(node, other_name)));
    }

    return put(document, field, string_of(node));
}


static void
put_id(document_t *document, const cJSON *product)
{
    static const char *const names[] = {"sku", "productID", "mpn", "gtin",
        "gtin13", "gtin14", "gtin12", "gtin8", "productGroupID", NULL};

    int i;
    char digits[32];
    const cJSON *node;

    for (i = 0; names[i] != NULL; i++) {
        node = member(product, names[i]);

        if (cJSON_IsNumber(node) && node->valuedouble >= 0
            && node->valuedouble < 1e15) {
            snprintf(digits, sizeof(digits), "%.0f", node->valuedouble);
            put(document, RECO_HTML_FIELD_ID,
                (reco_str_t){strlen(digits), digits});
        }

        if (put(document, RECO_HTML_FIELD_ID, string_of(node))) {
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


/* Whether a price is one that anybody pays, and pays for the product. */
static int
is_asked(const cJSON *specification)
{
    static const char *const compared[] = {"ListPrice", "MSRP", "SRP",
        "StrikethroughPrice", "MinimumAdvertisedPrice", "InvoicePrice", NULL};
    static const char *const charges[] = {
        "DeliveryChargeSpecification", "PaymentChargeSpecification", NULL};

    return !is_type_name(first_of(member(specification, "priceType")), compared)
           && !has_type(specification, charges)
           && member(specification, "validForMemberTier") == NULL;
}


static double
specified_price(const cJSON *specification)
{
    double price;

    price = price_of(member(specification, "price"));

    return price >= 0 ? price : price_of(member(specification, "minPrice"));
}


/* The lowest of what is asked; NULL where nothing is. */
static const cJSON *
specification_of(const cJSON *offer)
{
    double price, lowest;
    const cJSON *list, *item, *found;

    list = member(offer, "priceSpecification");
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

    available =
        reco_html_availability(string_of(member(offer, "availability")));
    price = price_of(member(offer, "price"));
    specification = specification_of(offer);

    if (price < 0) {
        price = price_of(member(offer, "lowPrice"));
    }

    if (price < 0) {
        price = specified_price(specification);
    }

    if (member(offer, "priceCurrency") == NULL
        && member(specification, "priceCurrency") != NULL)
    {
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
take_offers(document_t *document, offers_t *offers, const cJSON *node,
    const cJSON *currency, int depth)
{
    const cJSON *item, *own;

    if (depth == DEPTH_MAX) {
        return;
    }

    if (cJSON_IsArray(node)) {
        cJSON_ArrayForEach(item, node)
        {
            take_offers(document, offers, item, currency, depth + 1);
        }
        return;
    }

    if (cJSON_IsObject(node) && offers->count++ < OFFERS_MAX) {
        node = target_of(document, node);
        own = member(node, "priceCurrency");
        currency = own != NULL ? own : currency;

        take_offer(offers, node, currency);
        take_offers(
            document, offers, member(node, "offers"), currency, depth + 1);
    }
}


/* A group of variants that has no offers itself has theirs. */
static void
put_offers(document_t *document, const cJSON *product)
{
    offers_t offers;
    const cJSON *variant;

    offers = (offers_t){0, -1, -1, -1, NULL};
    take_offers(document, &offers, member(product, "offers"), NULL, 0);

    if (offers.count == 0) {
        cJSON_ArrayForEach(variant, member(product, "hasVariant"))
        {
            take_offers(document, &offers,
                member(target_of(document, variant), "offers"), NULL, 0);
        }
    }

    reco_html_fields_put_price(
        document->fields, RECO_HTML_FROM_JSON, offers.price);
    reco_html_fields_put_available(
        document->fields, RECO_HTML_FROM_JSON, offers.available);
    put(document, RECO_HTML_FIELD_CURRENCY, string_of(offers.currency));
}


static void
put_product(document_t *document, const cJSON *product)
{
    put(document, RECO_HTML_FIELD_TITLE, string_of(member(product, "name")));
    put_first(
        document, RECO_HTML_FIELD_URL, member(product, "url"), "@id", "url");
    put_first(document, RECO_HTML_FIELD_IMAGE, member(product, "image"), "url",
        "contentUrl");
    put_first(document, RECO_HTML_FIELD_CATEGORY, member(product, "category"),
        "name", "@value");
    put_first(document, RECO_HTML_FIELD_BRAND, member(product, "brand"), "name",
        "@value");
    put_id(document, product);
    put_id(document, first_of(member(product, "offers")));
    put_offers(document, product);
}


/* A group of variants: what it does not say itself its first variant says. */
static void
put_variant(document_t *document, const cJSON *product)
{
    const cJSON *variant;

    variant = first_of(member(product, "hasVariant"));

    if (cJSON_IsObject(variant)) {
        put_product(document, target_of(document, variant));
    }
}


/* The category is the last crumb but the product's own. */
static void
put_breadcrumb(document_t *document, const cJSON *list)
{
    int count, tries;
    reco_str_t name, title;
    const cJSON *items, *last;

    items = member(list, "itemListElement");
    count = cJSON_IsArray(items) ? cJSON_GetArraySize(items) : 0;
    title = reco_html_fields_get(document->fields, RECO_HTML_FIELD_TITLE);

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
            reco_html_fields_put(document->fields, RECO_HTML_FIELD_CATEGORY,
                RECO_HTML_FROM_BREADCRUMB, name);
            return;
        }
    }
}


/*
 * The first product of the page is what the page is about.  One of the same name
 * is the same: what rates a product often says so in a script of its own.
 */
static void
take_product(document_t *document, const cJSON *product)
{
    reco_str_t name, title;

    name = string_of(member(product, "name"));
    title = reco_html_fields_get(document->fields, RECO_HTML_FIELD_TITLE);

    if (*document->has_product
        && (name.len == 0 || name.len != title.len
            || memcmp(name.data, title.data, name.len) != 0))
    {
        return;
    }

    *document->has_product = 1;
    put_product(document, product);
    put_variant(document, product);
}


/* What may hold the product: a page, a graph, a list of either. */
static void
find(document_t *document, const cJSON *node, int crumbs, int depth)
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
            find(document, item, crumbs, depth + 1);
        }
        return;
    }

    if (!cJSON_IsObject(node)) {
        return;
    }

    node = target_of(document, node);

    if (has_type(node, breadcrumbs)) {
        if (crumbs) {
            put_breadcrumb(document, node);
        }
        return;
    }

    if (has_type(node, products)) {
        if (!crumbs) {
            take_product(document, node);
        }
        return;
    }

    find(document, member(node, "@graph"), crumbs, depth + 1);
    find(document, member(node, "mainEntity"), crumbs, depth + 1);
    find(document, member(node, "breadcrumb"), crumbs, depth + 1);
}


/* The text from its JSON on, without what stands before it in old pages:
   "<!--", "//<![CDATA[". */
static reco_str_t
json_of(reco_str_t text)
{
    const char *begin, *brace;

    brace = memchr(text.data, '{', text.len);
    begin = brace != NULL ? memmem(
                text.data, (size_t) (brace - text.data), "<![CDATA[", 9)
                          : NULL;

    if (begin != NULL) {
        text.len -= (size_t) (begin + 9 - text.data);
        text.data = begin + 9;
    }

    while (text.len != 0 && text.data[0] != '{' && text.data[0] != '[') {
        text.data++;
        text.len--;
    }

    return text;
}


reco_status_t
reco_html_read_json(
    reco_html_fields_t *fields, const char *text, size_t len, int *has_product)
{
    cJSON *root;
    reco_str_t json;
    document_t document;

    json = json_of((reco_str_t){len, text});

    root = cJSON_ParseWithLength(json.data, json.len);
    if (root == NULL) {
        return RECO_INVALID;
    }

    document.fields = fields;
    document.graph = cJSON_IsArray(root) ? root : member(root, "@graph");
    document.references = 0;
    document.has_product = has_product;

    /* A breadcrumb is read once the product's title is known. */
    find(&document, root, 0, 0);
    find(&document, root, 1, 0);

    cJSON_Delete(root);

    return RECO_OK;
}
