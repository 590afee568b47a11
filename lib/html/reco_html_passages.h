/*
 * Passages of pages in which no block has a place (internal): bounded memory
 * in which the newest takes the room of the oldest.
 *
 * A passage is bytes of a page, with how the reader stood before and after
 * them.  Where the reader stands so and the same bytes come, it need not read
 * them.  They are compared byte by byte: whoever writes part of a page may
 * look for texts that a hash takes for one another.
 */

#ifndef RECO_HTML_PASSAGES_H
#define RECO_HTML_PASSAGES_H

#include "reco_html.h"

#include <string.h>

/* Bytes of a passage, at most. */
#define RECO_HTML_PASSAGE_MAX 4096

/* Of its text, that it is found by. */
#define RECO_HTML_PASSAGE_KEY 128


/* Valid until the next one is put in. */
typedef struct {
    reco_str_t before;
    reco_str_t after;
    reco_str_t text;
} reco_html_passage_t;

/* Copies len bytes, which may be none, to p; returns where they end. */
static inline char *
reco_html_passage_append(char *p, const void *data, size_t len)
{
    if (len != 0) {
        memcpy(p, data, len);
    }

    return p + len;
}


/* A page has begun: what may be put in is made more by a little. */
void reco_html_passages_begin(reco_html_passages_t *passages);

/* What was not read costs nothing, and pays for what is put in. */
void reco_html_passages_earn(reco_html_passages_t *passages, size_t len);

/* False where little of what was put in lately has been met again. */
int reco_html_passages_afford(const reco_html_passages_t *passages);

/* The passage that was put in last with a key; 0: none. */
uint64_t reco_html_passages_find(
    const reco_html_passages_t *passages, uint64_t key);

/* The one that came behind a passage last; 0: not known. */
uint64_t reco_html_passages_next(
    const reco_html_passages_t *passages, uint64_t at);

void reco_html_passages_follow(
    reco_html_passages_t *passages, uint64_t at, uint64_t next);

/* Returns 0 where it has had to go. */
int reco_html_passages_get(const reco_html_passages_t *passages, uint64_t at,
    reco_html_passage_t *passage);

/* Puts a passage in, its text in two parts; returns its place, 0 where it is
   too large. */
uint64_t reco_html_passages_put(reco_html_passages_t *passages, uint64_t key,
    const reco_html_passage_t *passage, reco_str_t rest);

#endif /* RECO_HTML_PASSAGES_H */
