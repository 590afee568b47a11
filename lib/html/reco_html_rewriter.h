/*
 * The rewriter's inside (internal).
 *
 *     page    ....................<div id="x">..................
 *                     ^           ^           ^         ^
 *                     emitted     tag.start   tag.end   the tokenizer
 *
 * What a token leads to is queued as operations, each at an offset of the
 * page; before one is carried out, the bytes up to its offset come out.  Only
 * when the queue is empty is the next token looked for.
 *
 * Where a chunk ends within a tag that something may go before, the tag's
 * bytes are held; they lie between emitted and the next chunk.
 */

#ifndef RECO_HTML_REWRITER_H
#define RECO_HTML_REWRITER_H

#include "reco_html_plan.h"
#include "reco_html_reader.h"

#define RECO_HTML_OPERATIONS_MAX 8

/* A comment that begins so, with a slot's name after it, is its marker. */
#define RECO_HTML_MARKER "reco:"

/* Elements open at once that have a place at their end. */
#define RECO_HTML_ENDINGS_MAX 64


typedef enum {
    RECO_HTML_INSERT_PLACES, /* the blocks of places, as bits */
    RECO_HTML_INSERT_SLOTS,  /* the blocks of slots, as bits */
    RECO_HTML_DROP_FROM,
    RECO_HTML_KEEP_FROM
} reco_html_operation_kind_t;


typedef struct {
    reco_html_operation_kind_t kind;
    unsigned slot; /* of RECO_HTML_DROP_FROM */
    uint64_t at;
    uint64_t bits;
} reco_html_operation_t;


/* What is to happen where an open element ends. */
typedef struct {
    uint64_t append; /* places */
    uint64_t after;
    unsigned element;    /* index in the tree */
    uint8_t keep_before; /* what is dropped ends before the end tag */
    uint8_t keep_after;
} reco_html_ending_t;


/* What is next, once the queue is empty. */
typedef enum {
    RECO_HTML_PHASE_READ,
    RECO_HTML_PHASE_CLOSE, /* the elements that a tag or the page's end implies */
    RECO_HTML_PHASE_OPEN,           /* the element of a start tag */
    RECO_HTML_PHASE_FILL_AT_BODY,   /* what found no place, before </body> */
    RECO_HTML_PHASE_CLOSE_MATCHING, /* the element of an end tag */
    RECO_HTML_PHASE_FILL_AT_END,
    RECO_HTML_PHASE_ENDED
} reco_html_phase_t;


typedef struct reco_html_recall_s reco_html_recall_t;


struct reco_html_rewriter_s {
    const reco_html_plan_t *plan;
    reco_html_memory_t memory;
    reco_html_parser_t parser;

    reco_html_phase_t phase;
    reco_html_phase_t phase_after_close;
    unsigned close_to; /* depth */
    unsigned matching; /* depth of what an end tag closes itself */
    uint64_t close_at;

    uint64_t emitted; /* of the page, came out */
    uint64_t chunk;   /* offset of the chunk in the page */
    reco_str_t data;  /* and its bytes */
    unsigned held;    /* bytes in hold, from emitted on */
    unsigned feeding; /* a chunk is being used up */
    unsigned read;    /* it has no further token */
    uint64_t release; /* and may come out up to here */

    reco_html_sniffer_t sniffer;
    reco_html_harvest_t *harvest; /* or NULL */
    reco_html_recall_t *recall;   /* or NULL */

    uint32_t filled; /* slots */
    unsigned limited;
    unsigned dropping;
    unsigned drop_slot;

    uint64_t decided;   /* 1 + start of the tag for which it is known what
                           goes before it */
    uint64_t replacing; /* places that replace its element */

    uint64_t queued; /* operations, so far */
    unsigned operation;
    unsigned operation_count;
    reco_html_operation_t operations[RECO_HTML_OPERATIONS_MAX];

    unsigned ending_count;
    reco_html_ending_t endings[RECO_HTML_ENDINGS_MAX];

    char hold[RECO_HTML_HELD_MAX];
};


/* True while something may still have to go before the tag being read. */
int reco_html_rewriter_must_hold(const reco_html_rewriter_t *rewriter);

/* Queues what goes before a tag that is too long to be held. */
void reco_html_rewriter_decide_early(reco_html_rewriter_t *rewriter);

/* Takes a token, or the end of the page at an offset. */
void reco_html_rewriter_take(
    reco_html_rewriter_t *rewriter, reco_html_token_t token);
void reco_html_rewriter_take_end(reco_html_rewriter_t *rewriter, uint64_t at);

/* One step of what was taken. */
void reco_html_rewriter_proceed(reco_html_rewriter_t *rewriter);

/* Queues an operation; one that would insert nothing is none. */
static inline void
reco_html_rewriter_queue(reco_html_rewriter_t *r,
    reco_html_operation_kind_t kind, uint64_t at, uint64_t bits, unsigned slot)
{
    reco_html_operation_t *operation;

    if (bits == 0 && kind <= RECO_HTML_INSERT_SLOTS) {
        return;
    }

    operation = &r->operations[r->operation_count++];
    r->queued++;
    operation->kind = kind;
    operation->at = at;
    operation->bits = bits;
    operation->slot = slot;
}


/* True for a tag that could not be held until it was complete. */
static inline int
reco_html_rewriter_is_long(const reco_html_tag_t *tag)
{
    return tag->end - tag->start > RECO_HTML_HELD_MAX;
}


/* Has the elements from depth on closed, at an offset of the page; what comes
   then is next. */
void reco_html_rewriter_close_implied(reco_html_rewriter_t *rewriter,
    unsigned depth, uint64_t at, reco_html_phase_t next);

/*
 * Queues what happens at the end of one more of the elements to be closed,
 * whose end tag is from start to end.  Returns 0 when they are closed.
 */
int reco_html_rewriter_close_one(
    reco_html_rewriter_t *rewriter, uint64_t start, uint64_t end);

/* Queues what found no place, at an offset of the page. */
void reco_html_rewriter_fill_unplaced(
    reco_html_rewriter_t *rewriter, uint64_t at);

void reco_html_rewriter_take_end_tag(reco_html_rewriter_t *rewriter);


/* How far the page was read: an offset. */
static inline uint64_t
reco_html_rewriter_place(const reco_html_rewriter_t *rewriter)
{
    return reco_html_page_offset(
        &rewriter->parser.tokenizer, rewriter->parser.tokenizer.p);
}


/* Slots that found no place and are to be filled anyway. */
static inline uint32_t
reco_html_rewriter_unplaced(const reco_html_rewriter_t *rewriter)
{
    return rewriter->plan->fallback & ~rewriter->filled;
}

#endif /* RECO_HTML_REWRITER_H */
