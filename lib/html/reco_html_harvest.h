/*
 * What a page says about its product: JSON-LD (schema.org), OpenGraph and
 * product meta, the canonical link.  Nothing else of the page is kept.
 *
 * The page is read once, in any split, by a harvest of its own or by the
 * rewriter that reads it anyway.
 */

#ifndef RECO_HTML_HARVEST_H
#define RECO_HTML_HARVEST_H

#include "reco_html.h"

/* A JSON-LD script that is longer, or comes after so many, is passed over. */
#define RECO_HTML_JSON_MAX    32768
#define RECO_HTML_SCRIPTS_MAX 16

/* Bytes of a field: a text that is longer is cut, anything else left out. */
#define RECO_HTML_TITLE_MAX    512
#define RECO_HTML_URL_MAX      2048
#define RECO_HTML_CATEGORY_MAX 256
#define RECO_HTML_BRAND_MAX    128
#define RECO_HTML_ID_MAX       128


/*
 * One product.  Strings are UTF-8 without control characters, spaces folded,
 * and belong to the harvest; an absent one is empty.  Addresses are as the
 * page has them and begin with "https://", "http://" or "/".
 */
typedef struct {
    reco_str_t id; /* sku, productID, mpn, gtin, productGroupID or
                      product:retailer_item_id */
    reco_str_t title;
    reco_str_t url; /* canonical, else the product's own */
    reco_str_t image;
    reco_str_t category;
    reco_str_t brand;
    reco_str_t currency; /* three capitals */
    double price;        /* the lowest that is offered; -1 absent */
    int available;       /* 1, 0, -1 unknown */
} reco_html_product_t;


/* About 10 KB, and 32 KB more for a page that has JSON-LD. */
typedef struct reco_html_harvest_s reco_html_harvest_t;

/* NULL: out of memory.  memory must outlive the harvest. */
reco_html_harvest_t *reco_html_harvest_create(const reco_html_memory_t *memory);

/*
 * Reads on: the whole page, in as many calls as it takes.  Pages in UTF-8 and
 * Windows-1252 (ISO 8859-1) are understood; of others, what is ASCII.
 */
void reco_html_harvest_feed(
    reco_html_harvest_t *harvest, const char *data, size_t len);

/* The character set from the Content-Type header, before the page: then no
   <meta> is believed. */
void reco_html_harvest_charset(
    reco_html_harvest_t *harvest, reco_str_t charset);

/*
 * Has the rewriter, before its first byte, read for the harvest too, in the
 * character set that it knows; the rewriter is then not finished before the page
 * ends.
 */
void reco_html_rewriter_harvest(
    reco_html_rewriter_t *rewriter, reco_html_harvest_t *harvest);

/* The page's product.  RECO_DECLINED: it says nothing of one. */
reco_status_t reco_html_harvest_product(
    reco_html_harvest_t *harvest, reco_html_product_t *product);

#endif /* RECO_HTML_HARVEST_H */
