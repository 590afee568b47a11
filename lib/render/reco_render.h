/*
 * Templates in Mustache syntax, parsed once, rendered into the caller's
 * buffer without any other allocation; escaping by context.
 */

#ifndef RECO_RENDER_H
#define RECO_RENDER_H

#include "reco.h"


typedef struct reco_render_template_s reco_render_template_t;

/* Memory of the caller: a pool.  alloc returns NULL when out of memory. */
typedef struct {
    void *(*alloc)(void *owner, size_t size);
    void *owner;
} reco_render_memory_t;

/*
 * Parses source (kept: the template refers to its bytes).  RECO_INVALID with
 * line and column for unknown variables, unclosed sections, and values where
 * no escaping could keep them; RECO_TOO_LARGE beyond 1 MiB; RECO_NOMEM.
 * docs/templates.md is the reference of what a template may say.
 */
reco_status_t reco_render_parse(reco_str_t source,
    const reco_render_memory_t *memory, reco_render_template_t **template,
    reco_error_t *error);

/* True where the template names the nonce, so that no two blocks are alike. */
int reco_render_uses_nonce(const reco_render_template_t *template);

/* True where it prints the address of each item, and does not ask whether there
   is one: an item without would be a link to nowhere. */
int reco_render_links(const reco_render_template_t *template);


/*
 * One item of a block.  Empty strings are absent; price < 0 is absent.  Any
 * bytes may come: all are escaped for the place that they are printed in.
 */
typedef struct {
    reco_str_t id;
    reco_str_t title;
    reco_str_t url;
    reco_str_t image;
    reco_str_t brand;
    reco_str_t category;
    reco_str_t currency; /* ISO 4217 */
    double price;
    int available;
    reco_str_t reason; /* a reco_engine_source_name(), "because" or "related" */
    reco_str_t reason_title; /* title of the item that is the reason */
} reco_render_item_t;

typedef struct {
    reco_str_t slot;
    reco_str_t heading;
    reco_str_t request; /* identifies this rendering in clicks */
    reco_str_t model;
    reco_str_t strategy;
    reco_str_t locale;    /* "en-GB"; formats prices */
    reco_str_t nonce;     /* Content-Security-Policy nonce, may be empty */
    reco_str_t page_item; /* id of the item that the page is about */
    int live;  /* the script may replace it once the visitor has acted */
    int ascii; /* non-ASCII goes out as character references */
    const reco_render_item_t *items;
    unsigned nitems;
} reco_render_block_t;

/*
 * Renders into out, of size bytes; *len is what was written, or what would
 * have been with RECO_TOO_LARGE (out is then undefined).  Allocates nothing.
 */
reco_status_t reco_render(const reco_render_template_t *template,
    const reco_render_block_t *block, char *out, size_t size, size_t *len);

/*
 * The block as one JSON object, for the API; same contract.  "<", ">", "&",
 * quotes, U+2028 and U+2029 are escaped, so that it may stand in a script.
 */
reco_status_t reco_render_json(
    const reco_render_block_t *block, char *out, size_t size, size_t *len);

#endif /* RECO_RENDER_H */
