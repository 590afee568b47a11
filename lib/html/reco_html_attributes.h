/*
 * Which attributes are looked at (internal).  An attribute is known by its
 * index, a tag's attributes are bits by index; the rest is skipped unread.
 */

#ifndef RECO_HTML_ATTRIBUTES_H
#define RECO_HTML_ATTRIBUTES_H

#include "reco.h"
#include "reco_html_name.h"

#define RECO_HTML_ATTRIBUTES_MAX   32
#define RECO_HTML_ATTRIBUTE_PLACES 64


enum {
    /* Looked at in every page: the slot's, and what decides about SVG. */
    RECO_HTML_ATTRIBUTE_SLOT,
    RECO_HTML_ATTRIBUTE_COLOR,
    RECO_HTML_ATTRIBUTE_FACE,
    RECO_HTML_ATTRIBUTE_SIZE,
    RECO_HTML_ATTRIBUTE_ENCODING,
    /* Looked at where the page is harvested, or its charset is not known. */
    RECO_HTML_ATTRIBUTE_TYPE,
    RECO_HTML_ATTRIBUTE_PROPERTY,
    RECO_HTML_ATTRIBUTE_NAME,
    RECO_HTML_ATTRIBUTE_CONTENT,
    RECO_HTML_ATTRIBUTE_CHARSET,
    RECO_HTML_ATTRIBUTE_HTTP_EQUIV,
    RECO_HTML_ATTRIBUTE_REL,
    RECO_HTML_ATTRIBUTE_HREF,
    /* Here begin those that selectors name. */
    RECO_HTML_ATTRIBUTES_BUILTIN
};


/* The two tables map the hash of a name to its index + 1, by open addressing;
   the first lacks what only the harvest looks at. */
typedef struct {
    uint64_t names[RECO_HTML_ATTRIBUTES_MAX];
    unsigned count;
    uint8_t rewriting[RECO_HTML_ATTRIBUTE_PLACES];
    uint8_t harvesting[RECO_HTML_ATTRIBUTE_PLACES];
} reco_html_attributes_t;

void reco_html_attributes_init(reco_html_attributes_t *attributes);

/* Returns the index of name, from now on in both tables; -1 where full. */
int reco_html_attributes_add(
    reco_html_attributes_t *attributes, reco_str_t name);


static inline unsigned
reco_html_attributes_place(uint64_t name)
{
    return (unsigned) (name * RECO_HTML_NAME_FACTOR >> 58);
}


/* Returns the index of a name in a table, -1 where nobody looks at it. */
static inline int
reco_html_attributes_find(const reco_html_attributes_t *attributes,
    const uint8_t *table, uint64_t name)
{
    unsigned place, entry;

    for (place = reco_html_attributes_place(name);;
         place = (place + 1) % RECO_HTML_ATTRIBUTE_PLACES)
    {
        entry = table[place];
        if (entry == 0) {
            return -1;
        }

        if (attributes->names[entry - 1] == name) {
            return (int) entry - 1;
        }
    }
}

#endif /* RECO_HTML_ATTRIBUTES_H */
