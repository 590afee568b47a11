/*
 * Strings of which one has to be in a tag that a consumer wants for its
 * attributes (internal): a page has few of them, and to look for them is
 * faster than to look at attributes.
 */

#ifndef RECO_HTML_NEEDLES_H
#define RECO_HTML_NEEDLES_H

#include "reco.h"

#define RECO_HTML_NEEDLES_MAX 8
#define RECO_HTML_NEEDLE_MAX  16


typedef struct {
    unsigned count; /* more than RECO_HTML_NEEDLES_MAX: any tag may be it */
    int references; /* or there is a character reference in it */
    struct {
        unsigned len;
        char text[RECO_HTML_NEEDLE_MAX]; /* with bit 5 set in each byte */
    } needles[RECO_HTML_NEEDLES_MAX];
} reco_html_needles_t;

/* Adds a string, not an empty one, of which the first RECO_HTML_NEEDLE_MAX bytes
   count.  It is looked for whatever the case of its letters. */
void reco_html_needles_add(reco_html_needles_t *needles, reco_str_t text);


/* True where a needle is at p. */
static inline int
reco_html_is_needle(const char *p, const char *needle, unsigned len)
{
    unsigned i;

    for (i = 0; i < len; i++) {
        if ((char) (p[i] | 0x20) != needle[i]) {
            return 0;
        }
    }

    return 1;
}

#endif /* RECO_HTML_NEEDLES_H */
