/*
 * The fields of a product as they are gathered (internal): of several values
 * of a field that from the better source stays, else the first.
 */

#ifndef RECO_HTML_PRODUCT_H
#define RECO_HTML_PRODUCT_H

#include "reco_html_harvest.h"

typedef enum {
    RECO_HTML_FIELD_ID,
    RECO_HTML_FIELD_TITLE,
    RECO_HTML_FIELD_URL,
    RECO_HTML_FIELD_IMAGE,
    RECO_HTML_FIELD_CATEGORY,
    RECO_HTML_FIELD_BRAND,
    RECO_HTML_FIELD_CURRENCY,
    RECO_HTML_FIELDS
} reco_html_field_t;


/* Better ones last. */
typedef enum {
    RECO_HTML_FROM_NOWHERE,
    RECO_HTML_FROM_META,
    RECO_HTML_FROM_META_SALE, /* a price that stands beside the usual one */
    RECO_HTML_FROM_BREADCRUMB,
    RECO_HTML_FROM_JSON,
    RECO_HTML_FROM_LINK
} reco_html_source_t;


typedef struct {
    reco_html_source_t sources[RECO_HTML_FIELDS];
    reco_html_source_t price_source;
    reco_html_source_t available_source;
    unsigned lengths[RECO_HTML_FIELDS];
    double price;
    int available;

    char id[RECO_HTML_ID_MAX];
    char title[RECO_HTML_TITLE_MAX];
    char url[RECO_HTML_URL_MAX];
    char image[RECO_HTML_URL_MAX];
    char category[RECO_HTML_CATEGORY_MAX];
    char brand[RECO_HTML_BRAND_MAX];
    char currency[3];
} reco_html_fields_t;


void reco_html_fields_init(reco_html_fields_t *fields);

/*
 * Puts a field, text being UTF-8 that may hold character references.
 * Returns 0 where it is not fit for the field.
 */
int reco_html_fields_put(reco_html_fields_t *fields, reco_html_field_t field,
    reco_html_source_t source, reco_str_t text);

/* Negative prices are absent ones. */
void reco_html_fields_put_price(
    reco_html_fields_t *fields, reco_html_source_t source, double price);

void reco_html_fields_put_available(
    reco_html_fields_t *fields, reco_html_source_t source, int available);

/* "1,299.00", "39,90 EUR", ...: -1 where it is no price. */
double reco_html_price(reco_str_t text);

/* "https://schema.org/InStock", "in stock", ...: 1, 0 or -1. */
int reco_html_availability(reco_str_t text);

reco_str_t reco_html_fields_get(
    const reco_html_fields_t *fields, reco_html_field_t field);


/*
 * Reads a JSON-LD script.  Sets *has_product where it has one; where it was
 * set before, the product stays the one it was.  RECO_INVALID: no JSON.
 */
reco_status_t reco_html_read_json(
    reco_html_fields_t *fields, const char *text, size_t len, int *has_product);

#endif /* RECO_HTML_PRODUCT_H */
