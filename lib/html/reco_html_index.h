/*
 * Where the tags of a stretch of a page are (internal), 64 bytes at a time.
 *
 * An entry is the '<' of a tag of which this holds: if text is being read
 * there and a tag begins, then the tag ends at the first '>', and text is
 * being read up to the next entry.  That is said of the bytes alone, whatever
 * came before, so that entries stay true when some of them are passed over.
 */

#ifndef RECO_HTML_INDEX_H
#define RECO_HTML_INDEX_H

#include "reco_html_needles.h"
#include "reco_html_scan.h"
#include "reco_html_tree.h"

/* Bytes indexed at once, at most. */
#define RECO_HTML_INDEX_SPAN  4096
#define RECO_HTML_INDEX_BLOCK 64

/* What may be read past the last block. */
#define RECO_HTML_INDEX_MARGIN 32

/* Every other byte of a block may be a '<'. */
#define RECO_HTML_INDEX_TAGS 192
#define RECO_HTML_INDEX_ROOM (RECO_HTML_INDEX_BLOCK / 2)


/* What an entry's tag does, where it closes what is innermost. */
typedef enum {
    RECO_HTML_EFFECT_VOID = 1, /* a start tag that opens nothing */
    RECO_HTML_EFFECT_END = 2,  /* an end tag */
    RECO_HTML_EFFECT_OTHER = 4 /* not known from its name alone */
} reco_html_effect_t;

typedef struct {
    const char *base;
    const char *resume; /* text is being read there, all entries lie before */
    const char *plain;  /* what is before here is not to be indexed */
    size_t plain_next;  /* nor are so many bytes of the next chunks */
    int sparse;         /* there were few tags */

    /* What it was made for. */
    const reco_html_needles_t *needles;
    uint64_t types;
    int body;
    int references; /* a tag with one is not for it */

    const char *clear; /* no needle of the plan begins before here */

    unsigned count;
    unsigned next; /* the entry that is to be taken next */
    uint16_t tags[RECO_HTML_INDEX_TAGS]; /* '<', from base */
    uint16_t ends[RECO_HTML_INDEX_TAGS]; /* what ends the name */
    uint64_t names[RECO_HTML_INDEX_TAGS];
    uint8_t effects[RECO_HTML_INDEX_TAGS];
} reco_html_index_t;

/* What is compiled for each of the instruction sets that are wide enough. */
typedef struct {
    const char *name;

    /*
     * Indexes blocks from p on, where text is being read, up to one that is
     * not of the usual form.
     */
    void (*scan)(reco_html_index_t *index, const char *p, unsigned blocks);

    /* The first block from p on in which a needle begins; end where none before
       end is. */
    const char *(*find)(
        const reco_html_needles_t *needles, const char *p, const char *end);
} reco_html_kernels_t;

/* The best for this processor; NULL: without AVX2 it would not be faster. */
const reco_html_kernels_t *reco_html_kernels(void);

/* One of those that this processor has, all equal in what they find; NULL
   where there are no more. */
const reco_html_kernels_t *reco_html_kernels_at(unsigned index);

#endif /* RECO_HTML_INDEX_H */
