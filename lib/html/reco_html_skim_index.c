/*
 * Reading plain tags by the index, and what is asked of the needles.
 *
 * To index a block takes about as long as to read a tag without it: where
 * there are few tags to a block, some of the page is read without it before it
 * is tried again.
 */

#include "reco_html_skim.h"

#include <string.h>

#define DENSE  160  /* bytes to a tag, at most */
#define SPARSE 8192 /* bytes to be read without */
#define TRIED  4    /* blocks, then */

/* Bytes that are searched for needles ahead of a tag. */
#define AHEAD 1024


/* True where no needle is known to begin from start to end, in the chunk; what
   is searched for that goes on for so many bytes from start. */
static int
is_clear(reco_html_parser_t *parser, const reco_html_needles_t *needles,
    const char *start, const char *end, ptrdiff_t ahead)
{
    const char *last, *limit;
    reco_html_index_t *index;

    index = &parser->index;

    if (needles == NULL) {
        return 1;
    }

    if (index->clear < start) {
        index->clear = start;
    }

    if (end <= index->clear) {
        return 1;
    }

    last = parser->tokenizer.end;
    if (needles->count > RECO_HTML_NEEDLES_MAX
        || last - end < RECO_HTML_INDEX_BLOCK + RECO_HTML_INDEX_MARGIN)
    {
        return 0;
    }

    last -= RECO_HTML_INDEX_BLOCK + RECO_HTML_INDEX_MARGIN;
    limit = end - start < ahead ? start + ahead : end;
    limit = limit < last ? limit : last;
    index->clear = parser->kernels->find(needles, index->clear, limit);

    return end <= index->clear;
}


int
reco_html_skim_may_match(
    reco_html_parser_t *parser, const reco_html_needles_t *needles)
{
    const char *start;
    const reco_html_tokenizer_t *t;

    t = &parser->tokenizer;

    if (parser->kernels == NULL || t->tag.start < t->offset
        || t->tag.overlong != 0) {
        return 1;
    }

    start = t->chunk + (t->tag.start - t->offset);

    return !is_clear(parser, needles, start, t->p, AHEAD)
           || (needles->references && reco_html_scan(start, t->p, '&') != t->p);
}


/*
 * Opens and closes the elements of the entries that nobody wants to see, up to
 * one that is not for here.  Whether a tag opens or closes one is not to be
 * foretold: no branch depends on it.
 */
static void
take_entries(reco_html_parser_t *parser, unsigned floor, unsigned last)
{
    uint64_t name, differs;
    unsigned i, depth, at, room, effect, is_end;
    reco_html_tree_t tree;
    const reco_html_index_t *index;

    tree = parser->tree;
    index = &parser->index;
    depth = tree.depth;
    room = tree.capacity - floor;

    for (i = index->next; i < last; i++) {
        name = index->names[i];
        effect = index->effects[i];
        is_end = effect / RECO_HTML_EFFECT_END % 2;
        at = depth - is_end;

        if (effect >= RECO_HTML_EFFECT_OTHER || at - floor >= room) {
            break;
        }

        differs = (tree.names[at] ^ name) & (0 - (uint64_t) is_end);
        if (differs != 0 || tree.spaces[(int) at - 1] != RECO_HTML_SPACE_HTML) {
            break;
        }

        tree.names[at] = name;
        tree.spaces[at] = RECO_HTML_SPACE_HTML;

        if (tree.matches != NULL) {
            tree.matches[at].element = 0;
            tree.matches[at].ancestors = tree.matches[(int) at - 1].ancestors;
        }

        depth = at + (effect == 0);
    }

    parser->tree.depth = depth;
    parser->index.next = i;
}


/* The first of the entries that are not to be taken yet. */
static unsigned
entries_before(const reco_html_index_t *index, const char *stop)
{
    unsigned i;

    if (stop == NULL || stop >= index->resume) {
        return index->count;
    }

    for (i = index->next; i < index->count; i++) {
        if (index->base + index->tags[i] >= stop) {
            break;
        }
    }

    return i;
}


/* Indexes what comes next; returns 0 where tags are to be read one by one, and
   where a comment comes first, which may be all that the page is read for. */
static int
index_more(reco_html_parser_t *parser, const reco_html_interest_t *interest)
{
    size_t left;
    ptrdiff_t blocks, most, ahead;
    reco_html_index_t *index;
    reco_html_tokenizer_t *t;

    t = &parser->tokenizer;
    index = &parser->index;
    t->p = reco_html_scan(t->p, t->end, '<');

    blocks =
        (t->end - t->p - RECO_HTML_INDEX_MARGIN) / RECO_HTML_INDEX_BLOCK - 1;
    if (blocks <= 0 || t->p < index->plain || t->p[1] == '!') {
        return 0;
    }

    most = index->sparse ? TRIED : RECO_HTML_INDEX_SPAN / RECO_HTML_INDEX_BLOCK;

    if (interest->stop != NULL) {
        if (t->p >= interest->stop) {
            return 0;
        }
        ahead = (interest->stop - t->p) / RECO_HTML_INDEX_BLOCK + 1;
        most = most < ahead ? most : ahead;
    }

    blocks = blocks < most ? blocks : most;

    while (!is_clear(parser, interest->needles, t->p,
        t->p + blocks * RECO_HTML_INDEX_BLOCK, 0))
    {
        blocks = (index->clear - t->p) / RECO_HTML_INDEX_BLOCK;
        if (blocks <= 0) {
            index->plain = t->p + RECO_HTML_INDEX_BLOCK;
            return 0;
        }
    }

    index->needles = interest->needles;
    index->types = interest->types;
    index->body = interest->body;
    index->references =
        interest->needles != NULL && interest->needles->references;
    parser->kernels->scan(index, t->p, (unsigned) blocks);

    index->sparse = index->resume - index->base > index->count * DENSE;
    if (index->sparse) {
        left = (size_t) (t->end - index->resume);
        index->plain = index->resume + (left < SPARSE ? left : SPARSE);
        index->plain_next = left < SPARSE ? SPARSE - left : 0;
    }

    return index->count != 0;
}


void
reco_html_skim_by_index(
    reco_html_parser_t *parser, const reco_html_interest_t *interest)
{
    reco_html_index_t *index;
    reco_html_tokenizer_t *t;

    t = &parser->tokenizer;
    index = &parser->index;

    if (parser->lost || parser->kernels == NULL
        || (interest->needles != NULL
            && interest->needles->count > RECO_HTML_NEEDLES_MAX))
    {
        return;
    }

    if (index->needles != interest->needles || index->types != interest->types
        || index->body != interest->body)
    {
        index->count = index->next;
        index->resume = t->p;
    }

    for (;;) {
        while (index->next < index->count
               && index->base + index->tags[index->next] < t->p)
        {
            index->next++;
        }

        if (index->next < index->count) {
            take_entries(
                parser, interest->depth, entries_before(index, interest->stop));
            if (index->next < index->count) {
                t->p = index->base + index->tags[index->next];
                return;
            }
        }

        if (t->p < index->resume) {
            t->p = index->resume;
        }

        if (interest->stop != NULL && t->p >= interest->stop) {
            return;
        }

        if (!index_more(parser, interest)) {
            return;
        }
    }
}
