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


/* From the hash of a name to its index + 1, by open addressing. */
typedef struct {
    uint64_t lengths; /* of names, as bits; 63 stands for all above too */
    uint8_t places[RECO_HTML_ATTRIBUTE_PLACES];
} reco_html_wanted_t;


typedef struct {
    uint64_t names[RECO_HTML_ATTRIBUTES_MAX];
    unsigned count;
    uint32_t named; /* by selectors */
    reco_html_wanted_t rewriting;
    reco_html_wanted_t harvesting; /* what the harvest looks at besides */
} reco_html_attributes_t;

void reco_html_attributes_init(reco_html_attributes_t *attributes);

/* Returns the index of name, looked at from now on; -1 where full. */
int reco_html_attributes_add(
    reco_html_attributes_t *attributes, reco_str_t name);


static inline uint64_t
reco_html_attributes_length(size_t len)
{
    return UINT64_C(1) << (len < 63 ? len : 63);
}


/* True for what is looked at in SVG and MathML only. */
static inline int
reco_html_attribute_is_foreign(int index)
{
    return index >= RECO_HTML_ATTRIBUTE_COLOR
           && index <= RECO_HTML_ATTRIBUTE_ENCODING;
}


/* True for what is looked at for the harvest only. */
static inline int
reco_html_attribute_is_harvested(
    const reco_html_attributes_t *attributes, int index)
{
    return index >= RECO_HTML_ATTRIBUTE_TYPE
           && index < RECO_HTML_ATTRIBUTES_BUILTIN
           && !(attributes->named >> index & 1);
}


static inline unsigned
reco_html_attributes_place(uint64_t name)
{
    return (unsigned) (name * RECO_HTML_NAME_FACTOR >> 58);
}


/* Returns the index of a name, -1 where nobody looks at it. */
static inline int
reco_html_attributes_find(const reco_html_attributes_t *attributes,
    const reco_html_wanted_t *wanted, uint64_t name)
{
    unsigned place, entry;

    for (place = reco_html_attributes_place(name);;
         place = (place + 1) % RECO_HTML_ATTRIBUTE_PLACES)
    {
        entry = wanted->places[place];
        if (entry == 0) {
            return -1;
        }

        if (attributes->names[entry - 1] == name) {
            return (int) entry - 1;
        }
    }
}

#endif /* RECO_HTML_ATTRIBUTES_H */
