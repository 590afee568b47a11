/*
 * Rewriting a page in chunks, for tests: a block comes out as {slot}, and
 * every step is held to what the header promises.
 */

#ifndef HTML_REWRITING_H
#define HTML_REWRITING_H

#include "html/reco_html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


static void *
rewriting_alloc(void *owner, size_t size)
{
    void **block;

    /* Blocks are chained through their first word, so that all can go. */
    block = malloc(sizeof(max_align_t) + size);
    if (block == NULL) {
        abort();
    }

    block[0] = *(void **) owner;
    *(void **) owner = block;

    return (char *) block + sizeof(max_align_t);
}


static void
rewriting_free(void **blocks)
{
    void *next;

    while (*blocks != NULL) {
        next = *(void **) *blocks;
        free(*blocks);
        *blocks = next;
    }
}


/* How a page is cut: returns the length of the next chunk, up to left. */
typedef size_t (*rewriting_cut_t)(void *state, size_t left);


typedef struct {
    char *out; /* the page rewritten, blocks as {slot} */
    size_t out_len;
    size_t out_size;
    int limited;
    int finished;
    size_t held_most;
    uint64_t recalled;
    reco_html_charset_t charset;
} rewriting_t;


static void
rewriting_append(rewriting_t *result, const char *data, size_t len)
{
    if (result->out_len + len + 1 > result->out_size) {
        result->out_size = 2 * (result->out_len + len + 1);
        result->out = realloc(result->out, result->out_size);
        if (result->out == NULL) {
            abort();
        }
    }

    if (len != 0) {
        memcpy(result->out + result->out_len, data, len);
    }

    result->out_len += len;
    result->out[result->out_len] = '\0';
}


/* What a step must be, by reco_html.h; aborts where it is not. */
static void
rewriting_check(const char *page, size_t come_out, const char *chunk,
    size_t chunk_len, const reco_html_step_t *step)
{
    if (step->action == RECO_HTML_INSERT) {
        if (step->text.len != 0) {
            abort();
        }
        return;
    }

    if (step->text.len == 0
        || memcmp(page + come_out, step->text.data, step->text.len) != 0)
    {
        abort();
    }

    if (step->held
            ? step->text.len > RECO_HTML_HELD_MAX
            : step->text.data < chunk
                  || step->text.data + step->text.len > chunk + chunk_len)
    {
        abort();
    }
}


static void
rewriting_feed(reco_html_rewriter_t *rewriter, const char *page,
    const char *chunk, size_t len, int last, size_t *come_out,
    rewriting_t *result)
{
    char block[16];
    char *copy;
    size_t pos;
    reco_html_step_t step;

    /* A copy of its own, so that a sanitizer sees its bounds. */
    copy = malloc(len != 0 ? len : 1);
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, chunk, len);

    pos = 0;

    while (reco_html_rewriter_feed(rewriter, copy, len, last, &pos, &step)
           == RECO_OK)
    {
        rewriting_check(page, *come_out, copy, len, &step);
        *come_out += step.text.len;

        switch (step.action) {

        case RECO_HTML_PASS:
            rewriting_append(result, step.text.data, step.text.len);
            break;

        case RECO_HTML_INSERT:
            snprintf(block, sizeof(block), "{%u}", step.slot);
            rewriting_append(result, block, strlen(block));
            break;

        case RECO_HTML_DROP:
            break;
        }
    }

    if (pos != len) {
        abort();
    }

    free(copy);
}


/* Whether pages are read as XML. */
static int rewriting_xml;

/* What pages are known by; NULL: each is read. */
static reco_html_passages_t *rewriting_passages;


/* Rewrites page, cut as cut says (NULL: whole). */
__attribute__((unused)) static rewriting_t
rewriting_run(const reco_html_plan_t *plan, const char *page, size_t len,
    rewriting_cut_t cut, void *state)
{
    void *blocks;
    size_t pos, chunk, come_out;
    rewriting_t result;
    reco_html_memory_t memory;
    reco_html_rewriter_t *rewriter;

    memset(&result, 0, sizeof(result));
    rewriting_append(&result, NULL, 0);
    blocks = NULL;
    memory = (reco_html_memory_t){rewriting_alloc, &blocks};
    rewriter = reco_html_rewriter_create(plan, &memory);

    if (rewriting_passages != NULL
        && reco_html_rewriter_recall(rewriter, rewriting_passages)
               == RECO_NOMEM)
    {
        abort();
    }

    come_out = 0;
    pos = 0;

    if (rewriting_xml) {
        reco_html_rewriter_xml(rewriter);
    }

    do {
        chunk = cut != NULL ? cut(state, len - pos) : len;
        rewriting_feed(rewriter, page, page + pos, chunk, pos + chunk == len,
            &come_out, &result);
        pos += chunk;

        if (pos - come_out > result.held_most) {
            result.held_most = pos - come_out;
        }
    } while (pos < len);

    if (come_out != len) {
        abort();
    }

    result.limited = reco_html_rewriter_limited(rewriter);
    result.finished = reco_html_rewriter_finished(rewriter);
    result.recalled = reco_html_rewriter_recalled(rewriter);
    result.charset = reco_html_rewriter_charset(rewriter);
    rewriting_free(&blocks);

    return result;
}


/* At one offset, which state points at. */
__attribute__((unused)) static size_t
rewriting_cut_at(void *state, size_t left)
{
    size_t at, *offset;

    offset = state;
    at = *offset;
    *offset = left;

    return at < left ? at : left;
}


/* Into equal pieces, whose size state points at. */
__attribute__((unused)) static size_t
rewriting_cut_equal(void *state, size_t left)
{
    size_t size;

    size = *(size_t *) state;

    return size < left ? size : left;
}


/* Into pieces of 0 to 64 bytes; state points at the seed. */
__attribute__((unused)) static size_t
rewriting_cut_random(void *state, size_t left)
{
    size_t size;
    uint64_t *seed;

    seed = state;
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    size = (*seed >> 33) % ((*seed >> 60) < 4 ? 3 : 65);

    return size < left ? size : left;
}

#endif /* HTML_REWRITING_H */
