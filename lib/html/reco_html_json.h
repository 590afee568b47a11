/*
 * JSON-LD as it is read (internal): nodes of a script, and what they say.
 */

#ifndef RECO_HTML_JSON_H
#define RECO_HTML_JSON_H

#include "reco_html_product.h"

#include <cjson/cJSON.h>

/* Nodes that are looked for in one script. */
#define RECO_HTML_JSON_REFERENCES_MAX 64

/* Objects within objects that may hold the product, or an offer of it. */
#define RECO_HTML_JSON_DEPTH_MAX 4


typedef struct {
    reco_html_fields_t *fields;
    const cJSON *graph;  /* of its nodes one may stand for another */
    unsigned references; /* that were looked for */
    int *has_product;
} reco_html_json_t;


/* Of what is no object or has no such member, and of no node: NULL. */
const cJSON *reco_html_json_member(const cJSON *object, const char *name);

/* The first of several, or the one. */
const cJSON *reco_html_json_first(const cJSON *node);

/* The first string; {"@value": "...", "@language": "en"} is one too. */
reco_str_t reco_html_json_string(const cJSON *node);

/* True for "Product", "https://schema.org/Product", "schema:Product", where types,
   a list that NULL ends, has "Product". */
int reco_html_json_is_type(const cJSON *node, const char *const *types);

/* True for an object of such a type. */
int reco_html_json_has_type(const cJSON *object, const char *const *types);

/* What a node stands for: {"@id": "#brand"} for that of the graph, else itself. */
const cJSON *reco_html_json_target(reco_html_json_t *json, const cJSON *node);

/* Returns 0 where text is none, or not fit for the field. */
int reco_html_json_put(
    reco_html_json_t *json, reco_html_field_t field, reco_str_t text);

/* Puts price, currency and availability of a product.  A group of variants that
   has no offers itself has theirs. */
void reco_html_json_put_offers(reco_html_json_t *json, const cJSON *product);

#endif /* RECO_HTML_JSON_H */
