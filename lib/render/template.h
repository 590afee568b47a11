/*
 * Inside of the render folder: a parsed template is a flat program of nodes.
 *
 *   literal "<ul>"   loop items ──┐   literal "<li>"   value title   end ─┐
 *                      ▲          └─▶ (behind end)                       │
 *                      └──────────────────────────────────────────────────┘
 *
 * A section jumps behind its end when it is false; a loop's end jumps back.
 */

#ifndef RECO_RENDER_TEMPLATE_H
#define RECO_RENDER_TEMPLATE_H

#include "render/reco_render.h"


/* What a template may name.  The table is in template_variable.c. */
typedef enum {
    RECO_VARIABLE_SLOT,
    RECO_VARIABLE_HEADING,
    RECO_VARIABLE_REQUEST,
    RECO_VARIABLE_MODEL,
    RECO_VARIABLE_STRATEGY,
    RECO_VARIABLE_LOCALE,
    RECO_VARIABLE_DIR,
    RECO_VARIABLE_NONCE,
    RECO_VARIABLE_PAGE_ITEM,
    RECO_VARIABLE_LIVE,
    RECO_VARIABLE_COUNT,
    RECO_VARIABLE_ITEMS,
    RECO_VARIABLE_ID, /* from here on: inside of items only */
    RECO_VARIABLE_TITLE,
    RECO_VARIABLE_URL,
    RECO_VARIABLE_IMAGE,
    RECO_VARIABLE_BRAND,
    RECO_VARIABLE_CATEGORY,
    RECO_VARIABLE_PRICE,
    RECO_VARIABLE_PRICE_VALUE,
    RECO_VARIABLE_CURRENCY,
    RECO_VARIABLE_AVAILABLE,
    RECO_VARIABLE_RANK,
    RECO_VARIABLE_REASON,
    RECO_VARIABLE_REASON_IS, /* reason.NAME: a condition */
    RECO_VARIABLE_REASON_TITLE,
    RECO_VARIABLE_FIRST,
    RECO_VARIABLE_LAST,
    RECO_VARIABLE_EVEN
} reco_render_variable_t;

/* What a value can be made of, which decides where it may go unescaped. */
typedef enum {
    RECO_VALUE_TEXT,   /* any bytes, from anybody */
    RECO_VALUE_NUMBER, /* digits and a point */
    RECO_VALUE_BOOLEAN,
    RECO_VALUE_WORD, /* letters, chosen by this library */
    RECO_VALUE_LIST
} reco_render_value_t;

typedef struct {
    reco_str_t name;
    reco_render_variable_t variable;
    reco_render_value_t value;
} reco_render_name_t;

/* NULL: there is no such variable.  reason.NAME answers REASON_IS. */
const reco_render_name_t *reco_render_name(reco_str_t name);

/* The known name that is nearest to a misspelt one, or NULL. */
const reco_render_name_t *reco_render_nearest_name(reco_str_t name);


/* How a value is written, given where in the page it stands. */
typedef enum {
    RECO_ESCAPE_HTML,     /* text, and attributes in quotes */
    RECO_ESCAPE_URL,      /* a whole URL: scheme checked */
    RECO_ESCAPE_URL_LIST, /* the same as one of a list: no comma */
    RECO_ESCAPE_URL_PART, /* inside of a URL: percent-encoded */
    RECO_ESCAPE_JSON_STRING /* between the quotes of a JSON string */,
    RECO_ESCAPE_JSON_VALUE /* where JSON wants a value */
} reco_render_escape_t;


typedef enum {
    RECO_NODE_LITERAL,
    RECO_NODE_VALUE,
    RECO_NODE_SECTION,
    RECO_NODE_INVERTED,
    RECO_NODE_LOOP,
    RECO_NODE_LOOP_END
} reco_render_op_t;

typedef struct {
    reco_render_op_t op;
    reco_render_variable_t variable;
    reco_render_value_t value;
    reco_render_escape_t escape;
    unsigned jump;      /* node to go on with */
    reco_str_t literal; /* also the NAME of reason.NAME */
    reco_str_t ascii;   /* the literal with character references */
} reco_render_node_t;

struct reco_render_template_s {
    reco_render_node_t *nodes;
    unsigned nnodes;
};

#endif /* RECO_RENDER_TEMPLATE_H */
