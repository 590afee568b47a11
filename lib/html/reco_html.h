/*
 * Streaming HTML: finds the places where blocks go, and harvests what a page
 * says about its product, from bytes that arrive in any split.
 *
 * The tokenizer follows the WHATWG tokenization rules as far as finding tags
 * needs them (https://html.spec.whatwg.org/multipage/parsing.html).  It holds
 * a few hundred bytes of state at most and never copies the page.
 */

#ifndef RECO_HTML_H
#define RECO_HTML_H

#include "reco.h"


typedef enum {
    RECO_HTML_BEFORE,  /* before the element's start tag */
    RECO_HTML_PREPEND, /* after its start tag */
    RECO_HTML_APPEND,  /* before its end */
    RECO_HTML_AFTER,   /* after its end */
    RECO_HTML_REPLACE  /* in place of the element */
} reco_html_position_t;


/*
 * Where the blocks of one location go.  Built once at configuration time,
 * read-only afterwards, shared by all requests.
 */
typedef struct reco_html_plan_s reco_html_plan_t;

/* Memory of the caller: a pool.  alloc returns NULL when out of memory. */
typedef struct {
    void *(*alloc)(void *owner, size_t size);
    void *owner;
} reco_html_memory_t;

reco_html_plan_t *reco_html_plan_create(const reco_html_memory_t *memory);

/*
 * Adds a slot and returns its index in *slot, from 0.  The slot is found at
 * <!-- reco:NAME --> and in elements with data-reco-slot="NAME" in any case.
 * name: [A-Za-z0-9_-]{1,64}.  RECO_INVALID, RECO_TOO_LARGE (more than 32).
 */
reco_status_t reco_html_plan_slot(reco_html_plan_t *plan, reco_str_t name,
    unsigned *slot, reco_error_t *error);

/*
 * Adds a CSS selector as one more place of a slot: type, #id, .class, [attr]
 * and [attr OP value] for = ^= $= *= ~=, compounds of them, descendant and
 * child combinators, lists with commas.  all: every match, else the first.
 * RECO_INVALID: error->column is the offending character's.
 */
reco_status_t reco_html_plan_select(reco_html_plan_t *plan, unsigned slot,
    reco_str_t selector, reco_html_position_t position, int all,
    reco_error_t *error);

/* A slot that found no place is put before </body> (or at the end). */
void reco_html_plan_fallback(reco_html_plan_t *plan, unsigned slot);


/*
 * What the caller does next.  A slot's INSERT comes before the DROP steps of
 * what it replaces, so that a caller without a block may let their text out
 * instead.
 */
typedef enum {
    RECO_HTML_PASS,  /* text goes out: the origin's bytes, unaltered */
    RECO_HTML_DROP,  /* text is the origin's; the block of slot replaces it */
    RECO_HTML_INSERT /* the block of slot goes out here; no text */
} reco_html_action_t;

typedef struct {
    reco_html_action_t action;
    reco_str_t text;
    int held; /* text is the rewriter's, valid until the next call; if not,
                 it points into the data that was fed */
    unsigned slot;
} reco_html_step_t;

/* Bytes held back between calls, at most: of a tag that is cut in two where a
   block may have to go before it.  Markers and prepend hold none. */
#define RECO_HTML_HELD_MAX 1024


/* One page on its way through; a few KB, whatever the size of the page. */
typedef struct reco_html_rewriter_s reco_html_rewriter_t;

reco_html_rewriter_t *reco_html_rewriter_create(
    const reco_html_plan_t *plan, const reco_html_memory_t *memory);

/*
 * Has a page be read as XML (XHTML) of which nothing was fed yet: what ends with
 * "/>" is empty, whatever its name, and CDATA sections may stand anywhere.
 */
void reco_html_rewriter_xml(reco_html_rewriter_t *rewriter);

/*
 * Passages of pages that were read before and in which no block has a place:
 * what pages have in common is read once, and compared from then on.  For the
 * rewriters of one thread.
 */
typedef struct reco_html_passages_s reco_html_passages_t;

#define RECO_HTML_PASSAGES_MIN (64 * 1024)

/* Takes size bytes, RECO_HTML_PASSAGES_MIN at least, and no more later on;
   plans must live as long.  NULL: no memory. */
reco_html_passages_t *reco_html_passages_create(
    size_t size, const reco_html_memory_t *memory);

/* Has a rewriter use them, from the page's begin on.  RECO_NOMEM;
   RECO_DECLINED: it harvests, or holds bytes back (see below). */
reco_status_t reco_html_rewriter_recall(
    reco_html_rewriter_t *rewriter, reco_html_passages_t *passages);

/* Bytes of the page that did not have to be read. */
uint64_t reco_html_rewriter_recalled(const reco_html_rewriter_t *rewriter);

/*
 * Feeds data; call it in a loop, *pos from 0, until RECO_AGAIN:
 *
 *   RECO_OK     do what *step says; what came out of data ends at *pos
 *   RECO_AGAIN  all of data is used up (last = 0), or the page ended (last = 1)
 *
 * data, len and last stay the same until RECO_AGAIN.
 *
 * Each byte fed comes out in exactly one PASS or DROP step, in order.  A
 * marker comment and a matched tag stay in the page: a block is inserted
 * after <!-- reco:NAME -->, and data-reco-slot="NAME" keeps its element and
 * replaces what the element holds.  A slot is filled once, at the first of
 * its places, but for selectors with all.  No input makes it fail: where a
 * limit is met (nesting, an attribute's length) the place is not found and
 * reco_html_rewriter_limited() tells.
 */
reco_status_t reco_html_rewriter_feed(reco_html_rewriter_t *rewriter,
    const char *data, size_t len, int last, size_t *pos,
    reco_html_step_t *step);

/* True when nothing ahead can match: the rest may pass unread. */
int reco_html_rewriter_finished(const reco_html_rewriter_t *rewriter);

/* True when a limit was met and a place may have been missed. */
int reco_html_rewriter_limited(const reco_html_rewriter_t *rewriter);


/*
 * Character sets: what the page says in its first RECO_HTML_CHARSET_SPAN
 * bytes, by a byte order mark, <meta charset> or <meta http-equiv>.
 */
#define RECO_HTML_CHARSET_SPAN 1024

typedef enum {
    RECO_HTML_CHARSET_UNKNOWN, /* the page has not said, or not yet */
    RECO_HTML_CHARSET_UTF8,
    RECO_HTML_CHARSET_1252,  /* Windows-1252, which ISO 8859-1 is read as */
    RECO_HTML_CHARSET_ASCII, /* another one that is ASCII as far as that goes:
                                markup is found, what is not ASCII has to go
                                out as character references */
    RECO_HTML_CHARSET_OTHER  /* UTF-16 and the like: leave the page alone, as
                                the rewriter does from where it says so */
} reco_html_charset_t;

/* What is to be thought of a label, in any case, up to a ';' or a '"': "utf-8",
   "latin1", ... */
reco_html_charset_t reco_html_charset(reco_str_t label);

/* What the HTTP header says, before the page: then no <meta> is believed. */
void reco_html_rewriter_header_charset(
    reco_html_rewriter_t *rewriter, reco_str_t label);

/* What the header or the page has said so far. */
reco_html_charset_t reco_html_rewriter_charset(
    const reco_html_rewriter_t *rewriter);

#endif /* RECO_HTML_H */
