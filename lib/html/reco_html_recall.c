#include "reco_html_recall.h"
#include "reco_html_passages.h"
#include "reco_html_scan.h"
#include "reco_html_stand.h"

#include <string.h>

/* Bytes from a passage's begin to where its end is looked for, and where little
   is met again. */
#define LEAST  2048
#define SELDOM 8192

/* Bytes before a token that may take a block, which make a passage of it. */
#define WORTHWHILE 512

/* Bytes in which an anchor is looked for. */
#define AHEAD 1920

/* One in so many of the '<' is an anchor. */
#define ANCHORS 8

#define NOT_KNOWN UINT64_MAX


struct reco_html_recall_s {
    reco_html_passages_t *passages;
    uint64_t recalled; /* bytes */

    uint64_t previous; /* the passage that ends where the next begins, or 0 */
    uint64_t guess;    /* the one that the page is compared to, or 0 */

    uint64_t start;  /* offset of the passage at hand */
    uint64_t stop;   /* and where it may end */
    uint64_t sought; /* offset up to which an anchor was looked for */
    uint64_t queued; /* operations before it */
    uint32_t filled; /* slots, then */
    unsigned keeping;
    unsigned rereading;

    size_t stand_len;
    size_t text_len; /* what came of it in chunks before this one */
    char stand[RECO_HTML_STAND_MAX];
    char text[RECO_HTML_PASSAGE_MAX];
};


reco_status_t
reco_html_rewriter_recall(
    reco_html_rewriter_t *rewriter, reco_html_passages_t *passages)
{
    reco_html_recall_t *recall;

    if (rewriter->plan->held != 0 || rewriter->plan->fallback != 0
        || rewriter->harvest != NULL)
    {
        return RECO_DECLINED;
    }

    recall = rewriter->memory.alloc(
        rewriter->memory.owner, sizeof(reco_html_recall_t));
    if (recall == NULL) {
        return RECO_NOMEM;
    }

    memset(recall, 0, offsetof(reco_html_recall_t, stand));
    recall->passages = passages;
    reco_html_passages_begin(passages);
    rewriter->recall = recall;

    return RECO_OK;
}


uint64_t
reco_html_rewriter_recalled(const reco_html_rewriter_t *rewriter)
{
    return rewriter->recall != NULL ? rewriter->recall->recalled : 0;
}


/*
 * How much of a passage it is found by.  Pages of a site begin alike, so that
 * it takes more to tell one's begin from another's.
 */
static size_t
key_length(const reco_html_recall_t *recall)
{
    return recall->start == 0 ? RECO_HTML_CHARSET_SPAN : RECO_HTML_PASSAGE_KEY;
}


static uint64_t
key_of(const reco_html_rewriter_t *r, const char *text)
{
    return reco_hash(text, key_length(r->recall)) ^ (uintptr_t) r->plan;
}


static int
is_same(reco_str_t a, const char *data, size_t len)
{
    return a.len == len && memcmp(a.data, data, len) == 0;
}


/*
 * A passage that is read.
 */

/* Looks for the place where it is to end, in this chunk. */
static void
find_stop(reco_html_rewriter_t *r)
{
    uint64_t from, limit, chunk_end;
    const char *p, *end;
    reco_html_recall_t *recall;
    const reco_html_tokenizer_t *t;

    recall = r->recall;
    t = &r->parser.tokenizer;
    chunk_end = reco_html_page_offset(t, t->end);

    from = recall->start + (recall->keeping ? LEAST : SELDOM);
    limit = from + AHEAD;
    from = from > recall->sought ? from : recall->sought;
    from = from > t->offset ? from : t->offset;
    limit = limit > from ? limit : from;

    if (from >= chunk_end) {
        return;
    }

    recall->sought = chunk_end;
    p = t->chunk + (from - t->offset);
    end = limit < chunk_end ? t->chunk + (limit - t->offset) : t->end;

    for (/* void */; end - p > RECO_HTML_PASSAGE_KEY; p++) {
        p = reco_html_scan(p, end - RECO_HTML_PASSAGE_KEY, '<');

        if (*p == '<' && reco_hash(p, RECO_HTML_PASSAGE_KEY) % ANCHORS == 0) {
            recall->stop = reco_html_page_offset(t, p);
            return;
        }
    }

    if (limit <= chunk_end) {
        recall->stop = limit;
    }
}


static void
begin_reading(reco_html_rewriter_t *r)
{
    reco_html_recall_t *recall;

    recall = r->recall;
    recall->keeping = reco_html_passages_afford(recall->passages) != 0;
    recall->queued = r->queued;
    recall->filled = r->filled;
    recall->stop = NOT_KNOWN;
    recall->sought = 0;

    find_stop(r);
}


/* Keeps what came of the passage in this chunk, which ends. */
static void
keep_text(reco_html_rewriter_t *r)
{
    size_t len;
    const char *from;
    reco_html_recall_t *recall;
    const reco_html_tokenizer_t *t;

    recall = r->recall;
    t = &r->parser.tokenizer;
    from = recall->start > t->offset ? t->chunk + (recall->start - t->offset)
                                     : t->chunk;
    len = (size_t) (t->end - from);

    if (len > sizeof(recall->text) - recall->text_len) {
        recall->keeping = 0;
        return;
    }

    reco_html_passage_append(recall->text + recall->text_len, from, len);
    recall->text_len += len;
}


/* Of the passage that ends here, the bytes of this chunk. */
static reco_str_t
text_of_chunk(const reco_html_rewriter_t *r)
{
    size_t len;
    const reco_html_tokenizer_t *t;

    t = &r->parser.tokenizer;
    len = (size_t) (reco_html_rewriter_place(r) - r->recall->start)
          - r->recall->text_len;

    return (reco_str_t){len, t->p - len};
}


static uint64_t
keep_passage(reco_html_rewriter_t *r, reco_str_t stand, reco_str_t rest)
{
    char first[RECO_HTML_CHARSET_SPAN];
    size_t len, key_len;
    uint64_t key, at;
    reco_html_recall_t *recall;
    reco_html_passage_t passage, known;

    recall = r->recall;
    passage.before = (reco_str_t){recall->stand_len, recall->stand};
    passage.after = stand;
    passage.text = (reco_str_t){recall->text_len, recall->text};

    key_len = key_length(recall);
    len = passage.text.len < key_len ? passage.text.len : key_len;
    reco_html_passage_append(
        reco_html_passage_append(first, passage.text.data, len), rest.data,
        key_len - len);
    key = key_of(r, first);

    /* it could not be found where it began at a chunk's end */

    at = reco_html_passages_find(recall->passages, key);

    if (reco_html_passages_get(recall->passages, at, &known)
        && is_same(known.before, passage.before.data, passage.before.len)
        && known.text.len == passage.text.len + rest.len
        && memcmp(known.text.data, passage.text.data, passage.text.len) == 0
        && memcmp(known.text.data + passage.text.len, rest.data, rest.len) == 0)
    {
        return at;
    }

    return reco_html_passages_put(recall->passages, key, &passage, rest);
}


/* A passage was read up to here. */
static void
end_reading(reco_html_rewriter_t *r)
{
    char stand[RECO_HTML_STAND_MAX];
    uint64_t at;
    reco_str_t rest;
    reco_html_recall_t *recall;

    recall = r->recall;
    rest = text_of_chunk(r);
    at = 0;

    if (r->queued == recall->queued && r->filled == recall->filled
        && !r->limited && recall->text_len + rest.len >= key_length(recall))
    {
        at = keep_passage(
            r, (reco_str_t){reco_html_stand_write(r, stand), stand}, rest);
    }

    reco_html_passages_follow(recall->passages, recall->previous, at);
    recall->previous = at;
}


/*
 * A passage that is compared.
 */

typedef enum {
    DIFFERS,
    COMPARED, /* all of the chunk, and it goes on */
    PASSED
} comparison_t;


/* The passage's text from what was compared before. */
static comparison_t
compare(reco_html_rewriter_t *r, uint64_t at,
    const reco_html_passage_t *passage, int last)
{
    size_t len, left;
    reco_html_recall_t *recall;
    reco_html_tokenizer_t *t;

    recall = r->recall;
    t = &r->parser.tokenizer;
    left = passage->text.len - recall->text_len;
    len = (size_t) (t->end - t->p) < left ? (size_t) (t->end - t->p) : left;

    if ((len < left && last)
        || memcmp(passage->text.data + recall->text_len, t->p, len) != 0)
    {
        return DIFFERS;
    }

    t->p += len;

    if (len < left) {
        reco_html_passage_append(
            recall->text + recall->text_len, t->p - len, len);
        recall->text_len += len;
        recall->guess = at;
        return COMPARED;
    }

    recall->recalled += passage->text.len;
    reco_html_passages_earn(recall->passages, passage->text.len);
    recall->previous = at;
    recall->guess = 0;
    recall->text_len = 0;

    return PASSED;
}


static comparison_t
try(reco_html_rewriter_t *r, uint64_t at, reco_str_t *stand, int last)
{
    comparison_t result;
    reco_html_passage_t passage;

    if (!reco_html_passages_get(r->recall->passages, at, &passage)
        || !is_same(passage.before, stand->data, stand->len))
    {
        return DIFFERS;
    }

    result = compare(r, at, &passage, last);

    if (result == PASSED) {
        *stand = passage.after;
    }

    return result;
}


/* The passage that begins here, if one is known. */
static comparison_t
pass_one(reco_html_rewriter_t *r, reco_str_t *stand, int last)
{
    uint64_t at, previous;
    comparison_t result;
    reco_html_recall_t *recall;
    const reco_html_tokenizer_t *t;

    recall = r->recall;
    t = &r->parser.tokenizer;
    previous = recall->previous;

    result = try(
        r, reco_html_passages_next(recall->passages, previous), stand, last);

    if (result != DIFFERS || (size_t) (t->end - t->p) < key_length(recall)) {
        return result;
    }

    at = reco_html_passages_find(recall->passages, key_of(r, t->p));
    result = try(r, at, stand, last);

    if (result != DIFFERS) {
        reco_html_passages_follow(recall->passages, previous, at);
    }

    return result;
}


/* Passes over what is known from here on; then there is one to be read. */
static void
begin(reco_html_rewriter_t *r, int last)
{
    char before[RECO_HTML_STAND_MAX];
    uint64_t first;
    reco_str_t stand;
    comparison_t result;
    reco_html_recall_t *recall;
    const reco_html_tokenizer_t *t;

    recall = r->recall;
    t = &r->parser.tokenizer;
    recall->text_len = 0;
    first = reco_html_rewriter_place(r);
    stand = (reco_str_t){reco_html_stand_write(r, before), before};

    do {
        recall->start = reco_html_rewriter_place(r);
        result = pass_one(r, &stand, last);
    } while (result == PASSED);

    recall->stand_len = stand.len;
    memcpy(recall->stand, stand.data, stand.len);

    if (recall->start != first) {
        reco_html_stand_take(r, stand);
    }

    if (result == COMPARED) {
        return;
    }

    if (t->p == t->end) {
        recall->keeping = 0;
        recall->stop = recall->start;
        return;
    }

    begin_reading(r);
}


/* The page is not the passage that it was compared to: what was the same is
   read, and the chunk. */
static void
reread(reco_html_rewriter_t *r)
{
    reco_html_recall_t *recall;
    reco_html_tokenizer_t *t;

    recall = r->recall;
    t = &r->parser.tokenizer;
    recall->guess = 0;

    if (recall->text_len != 0) {
        recall->rereading = 1;
        t->offset = recall->start;
        t->chunk = t->end;
        reco_html_parser_feed(&r->parser, recall->text, recall->text_len);
    }

    begin_reading(r);
}


/* Goes on comparing in a new chunk.  Returns 1 at the passage's end. */
static int
go_on(reco_html_rewriter_t *r, int last)
{
    comparison_t result;
    reco_html_recall_t *recall;
    reco_html_passage_t passage;

    recall = r->recall;
    result = DIFFERS;

    if (reco_html_passages_get(recall->passages, recall->guess, &passage)) {
        result = compare(r, recall->guess, &passage, last);
    }

    if (result == PASSED) {
        reco_html_stand_take(r, passage.after);
    }

    if (result == DIFFERS) {
        reread(r);
    }

    return result == PASSED;
}


void
reco_html_recall_advance(reco_html_rewriter_t *r, int last)
{
    reco_html_recall_t *recall;
    const reco_html_tokenizer_t *t;

    recall = r->recall;
    t = &r->parser.tokenizer;

    if (recall == NULL || recall->rereading) {
        return;
    }

    if (recall->guess != 0) {
        if (go_on(r, last)) {
            begin(r, last);
        }
        return;
    }

    if (recall->stop == NOT_KNOWN) {
        find_stop(r);
    }

    if (t->p == t->end || t->state != RECO_HTML_STATE_DATA
        || reco_html_rewriter_place(r) < recall->stop)
    {
        return;
    }

    if (!reco_html_stand_tells(r)) {
        recall->keeping = 0;
        recall->previous = 0;
        recall->stop = reco_html_rewriter_place(r) + LEAST;
        return;
    }

    if (recall->keeping) {
        end_reading(r);
    }

    begin(r, last);
}


void
reco_html_recall_token(reco_html_rewriter_t *r, reco_html_token_t token)
{
    const char *p;
    reco_html_recall_t *recall;
    reco_html_tokenizer_t *t;

    recall = r->recall;
    t = &r->parser.tokenizer;

    /* an end tag may end what is no text */

    if (recall == NULL || recall->rereading || !recall->keeping
        || token == RECO_HTML_TOKEN_END || t->tag.start < t->offset
        || t->tag.start < recall->start + WORTHWHILE
        || t->tag.start < RECO_HTML_CHARSET_SPAN || !reco_html_stand_tells(r))
    {
        return;
    }

    p = t->p;
    t->p = t->chunk + (t->tag.start - t->offset);
    end_reading(r);
    t->p = p;

    recall->keeping = 0;
    recall->stop = reco_html_rewriter_place(r);
}


const char *
reco_html_recall_stop(const reco_html_rewriter_t *r)
{
    const reco_html_recall_t *recall;
    const reco_html_tokenizer_t *t;

    recall = r->recall;
    t = &r->parser.tokenizer;

    if (recall == NULL || recall->rereading
        || recall->stop > reco_html_page_offset(t, t->end))
    {
        return NULL;
    }

    return recall->stop > t->offset ? t->chunk + (recall->stop - t->offset)
                                    : t->chunk;
}


int
reco_html_recall_used_up(reco_html_rewriter_t *r)
{
    reco_html_recall_t *recall;

    recall = r->recall;

    if (recall == NULL) {
        return 0;
    }

    if (recall->rereading) {
        recall->rereading = 0;
        return 1;
    }

    if (recall->keeping && recall->guess == 0) {
        keep_text(r);
    }

    return 0;
}
