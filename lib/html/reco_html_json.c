#define _GNU_SOURCE /* memmem() */

/*
 * JSON-LD (https://schema.org/Product): what shops write, which is looser
 * than the vocabulary: strings for objects, objects for lists and the other
 * way round.
 */

#include "reco_html_json.h"

#include <stdio.h>
#include <string.h>

/* How many from the last one on are looked at. */
#define CRUMBS_MAX 3


/*
 * A string, an object with one of two members, or an array of these: the
 * first that is fit.
 */
static int
put_first(reco_html_json_t *json, reco_html_field_t field, const cJSON *node,
    const char *name, const char *other_name)
{
    const cJSON *item;

    if (cJSON_IsArray(node)) {
        cJSON_ArrayForEach(item, node)
        {
            if (!cJSON_IsArray(item)
                && put_first(json, field, item, name, other_name)) {
                return 1;
            }
        }
        return 0;
    }

    if (cJSON_IsObject(node)) {
        node = reco_html_json_target(json, node);
        return reco_html_json_put(json, field,
                   reco_html_json_string(reco_html_json_member(node, name)))
               || reco_html_json_put(json, field,
                   reco_html_json_string(
                       reco_html_json_member(node, other_name)));
    }

    return reco_html_json_put(json, field, reco_html_json_string(node));
}


static void
put_id(reco_html_json_t *json, const cJSON *product)
{
    static const char *const names[] = {"sku", "productID", "mpn", "gtin",
        "gtin13", "gtin14", "gtin12", "gtin8", "productGroupID", NULL};

    int i;
    char digits[32];
    const cJSON *node;

    for (i = 0; names[i] != NULL; i++) {
        node = reco_html_json_member(product, names[i]);

        if (cJSON_IsNumber(node) && node->valuedouble >= 0
            && node->valuedouble < 1e15) {
            snprintf(digits, sizeof(digits), "%.0f", node->valuedouble);
            reco_html_json_put(
                json, RECO_HTML_FIELD_ID, (reco_str_t){strlen(digits), digits});
        }

        if (reco_html_json_put(
                json, RECO_HTML_FIELD_ID, reco_html_json_string(node))) {
            return;
        }
    }
}


static void
put_product(reco_html_json_t *json, const cJSON *product)
{
    reco_html_json_put(json, RECO_HTML_FIELD_TITLE,
        reco_html_json_string(reco_html_json_member(product, "name")));
    put_first(json, RECO_HTML_FIELD_URL, reco_html_json_member(product, "url"),
        "@id", "url");
    put_first(json, RECO_HTML_FIELD_IMAGE,
        reco_html_json_member(product, "image"), "url", "contentUrl");
    put_first(json, RECO_HTML_FIELD_CATEGORY,
        reco_html_json_member(product, "category"), "name", "@value");
    put_first(json, RECO_HTML_FIELD_BRAND,
        reco_html_json_member(product, "brand"), "name", "@value");
    put_id(json, product);
    put_id(
        json, reco_html_json_first(reco_html_json_member(product, "offers")));
    reco_html_json_put_offers(json, product);
}


/* A group of variants: what it does not say itself its first variant says. */
static void
put_variant(reco_html_json_t *json, const cJSON *product)
{
    const cJSON *variant;

    variant =
        reco_html_json_first(reco_html_json_member(product, "hasVariant"));

    if (cJSON_IsObject(variant)) {
        put_product(json, reco_html_json_target(json, variant));
    }
}


/* The category is the last crumb but the product's own. */
static void
put_breadcrumb(reco_html_json_t *json, const cJSON *list)
{
    int count, tries;
    reco_str_t name, title;
    const cJSON *items, *last;

    items = reco_html_json_member(list, "itemListElement");
    count = cJSON_IsArray(items) ? cJSON_GetArraySize(items) : 0;
    title = reco_html_fields_get(json->fields, RECO_HTML_FIELD_TITLE);

    for (tries = 0; tries < CRUMBS_MAX && tries < count; tries++) {
        last = cJSON_GetArrayItem(items, count - 1 - tries);
        name = reco_html_json_string(reco_html_json_member(last, "name"));

        if (name.len == 0) {
            name = reco_html_json_string(reco_html_json_member(
                reco_html_json_member(last, "item"), "name"));
        }

        if (name.len != 0
            && (name.len != title.len
                || memcmp(name.data, title.data, name.len) != 0))
        {
            reco_html_fields_put(json->fields, RECO_HTML_FIELD_CATEGORY,
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
take_product(reco_html_json_t *json, const cJSON *product)
{
    reco_str_t name, title;

    name = reco_html_json_string(reco_html_json_member(product, "name"));
    title = reco_html_fields_get(json->fields, RECO_HTML_FIELD_TITLE);

    if (*json->has_product
        && (name.len == 0 || name.len != title.len
            || memcmp(name.data, title.data, name.len) != 0))
    {
        return;
    }

    *json->has_product = 1;
    put_product(json, product);
    put_variant(json, product);
}


/* What may hold the product: a page, a graph, a list of either. */
static void
find(reco_html_json_t *json, const cJSON *node, int crumbs, int depth)
{
    static const char *const products[] = {"Product", "ProductGroup",
        "IndividualProduct", "ProductModel", "SomeProducts", "Vehicle", "Car",
        NULL};
    static const char *const breadcrumbs[] = {"BreadcrumbList", NULL};

    const cJSON *item;

    if (depth == RECO_HTML_JSON_DEPTH_MAX) {
        return;
    }

    if (cJSON_IsArray(node)) {
        cJSON_ArrayForEach(item, node)
        {
            find(json, item, crumbs, depth + 1);
        }
        return;
    }

    if (!cJSON_IsObject(node)) {
        return;
    }

    node = reco_html_json_target(json, node);

    if (reco_html_json_has_type(node, breadcrumbs)) {
        if (crumbs) {
            put_breadcrumb(json, node);
        }
        return;
    }

    if (reco_html_json_has_type(node, products)) {
        if (!crumbs) {
            take_product(json, node);
        }
        return;
    }

    find(json, reco_html_json_member(node, "@graph"), crumbs, depth + 1);
    find(json, reco_html_json_member(node, "mainEntity"), crumbs, depth + 1);
    find(json, reco_html_json_member(node, "breadcrumb"), crumbs, depth + 1);
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
    reco_str_t script;
    reco_html_json_t json;

    script = json_of((reco_str_t){len, text});

    root = cJSON_ParseWithLength(script.data, script.len);
    if (root == NULL) {
        return RECO_INVALID;
    }

    json.fields = fields;
    json.graph =
        cJSON_IsArray(root) ? root : reco_html_json_member(root, "@graph");
    json.references = 0;
    json.has_product = has_product;

    /* A breadcrumb is read once the product's title is known. */
    find(&json, root, 0, 0);
    find(&json, root, 1, 0);

    cJSON_Delete(root);

    return RECO_OK;
}
