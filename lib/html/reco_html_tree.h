/*
 * The open elements (internal): which end tag ends what, and which of them
 * are SVG or MathML.
 *
 * An element ends at its end tag, at the end tag of an element around it, or
 * at the end of the page; an end tag of no open element is ignored.  Void
 * elements and self-closed SVG or MathML elements are never open, and in a page
 * that is XML nothing self-closed is.  Optional
 * end tags are not made up: <li>one<li>two nests.
 */

#ifndef RECO_HTML_TREE_H
#define RECO_HTML_TREE_H

#include "reco_html_tags.h"
#include "reco_html_tokenizer.h"

/* Elements open at once, unclosed ones included. */
#define RECO_HTML_DEPTH_MAX 2048


typedef enum {
    RECO_HTML_SPACE_HTML,
    RECO_HTML_SPACE_SVG,
    RECO_HTML_SPACE_MATHML,
    /* SVG and MathML elements whose content is HTML again. */
    RECO_HTML_SPACE_HTML_INSIDE,
    RECO_HTML_SPACE_TEXT_INSIDE,
    RECO_HTML_SPACE_ANNOTATION,
    /* Everything in a page that is XML. */
    RECO_HTML_SPACE_XML
} reco_html_space_t;


/* What of an element selectors have matched: bits that a plan assigns. */
typedef struct {
    uint64_t element;
    uint64_t ancestors; /* and the element itself */
} reco_html_matches_t;


/* The arrays have something before their first element too: no name, the space
   that the page itself is in, no matches. */
typedef struct {
    const reco_html_memory_t *memory;
    uint64_t *names;
    uint8_t *spaces;
    reco_html_matches_t *matches; /* NULL where no selector looks up */
    unsigned depth;
    unsigned capacity;
    int want_matches;
} reco_html_tree_t;


/* Every name of RECO_HTML_TAGS at RECO_HTML_TAG_PLACE(), each alone. */
typedef struct {
    uint64_t name;
    uint8_t kind;
    char text[15];
} reco_html_known_tag_t;

extern const reco_html_known_tag_t reco_html_known_tags[256];

/* Returns how HTML treats an element of a name, 0 where in no special way. */
static inline reco_html_kind_t
reco_html_tag_kind(uint64_t name)
{
    const reco_html_known_tag_t *tag;

    tag = &reco_html_known_tags[RECO_HTML_TAG_PLACE(name)];

    return tag->name == name ? tag->kind : RECO_HTML_KIND_FOREIGN;
}


/* A set of names as 64 bits: what is not in it may seem to be. */
static inline uint64_t
reco_html_type_bit(uint64_t name)
{
    return UINT64_C(1) << RECO_HTML_TAG_PLACE(name) % 64;
}


/* The name of an element of RECO_HTML_KIND_RAW. */
reco_str_t reco_html_tag_text(uint64_t name);

/* True where the element's content is text, whatever it looks like. */
static inline int
reco_html_holds_text(reco_html_kind_t kind)
{
    return (kind
               & (RECO_HTML_KIND_RAW | RECO_HTML_KIND_SCRIPT
                   | RECO_HTML_KIND_PLAINTEXT))
           != 0;
}


/* RECO_NOMEM */
reco_status_t reco_html_tree_init(
    reco_html_tree_t *tree, const reco_html_memory_t *memory, int want_matches);

/*
 * The depth to which a start tag closes elements before its own opens: <p>
 * ends the SVG that it stands in.
 */
unsigned reco_html_tree_breakout(
    const reco_html_tree_t *tree, const reco_html_tag_t *tag);

/* The depth to which an end tag closes elements; depth where it has none. */
unsigned reco_html_tree_match(
    const reco_html_tree_t *tree, const reco_html_tag_t *tag);

typedef struct {
    reco_html_space_t space;
    reco_html_kind_t kind; /* 0 in SVG and MathML */
    int empty;             /* has no content: is not to be opened */
} reco_html_element_t;

/* RECO_TOO_LARGE: too deep, or no memory. */
reco_status_t reco_html_tree_open(
    reco_html_tree_t *tree, uint64_t name, reco_html_space_t space);

/* The same where the depth is known to be within the capacity. */
static inline void
reco_html_tree_push(
    reco_html_tree_t *tree, uint64_t name, reco_html_space_t space)
{
    tree->names[tree->depth] = name;
    tree->spaces[tree->depth] = (uint8_t) space;
    tree->depth++;
}


/* Remembers what the innermost element, just opened, has matched. */
static inline void
reco_html_tree_matched(reco_html_tree_t *tree, uint64_t bits)
{
    reco_html_matches_t *matches;

    if (tree->matches == NULL || tree->depth == 0) {
        return;
    }

    matches = &tree->matches[tree->depth - 1];
    matches->element = bits;
    matches->ancestors = bits | (tree->depth > 1 ? matches[-1].ancestors : 0);
}


/* What the innermost element and those around it have matched. */
static inline uint64_t
reco_html_tree_matches(const reco_html_tree_t *tree)
{
    return tree->matches != NULL && tree->depth != 0
               ? tree->matches[tree->depth - 1].ancestors
               : 0;
}


/* True within SVG, MathML and XML: a CDATA section may stand there. */
static inline int
reco_html_tree_is_foreign(const reco_html_tree_t *tree)
{
    return tree->spaces[(int) tree->depth - 1] != RECO_HTML_SPACE_HTML;
}


/* Has a tree in which nothing is open be that of a page that is XML. */
void reco_html_tree_xml(reco_html_tree_t *tree);

/* What the element of a start tag is: in SVG and MathML, and anywhere. */
reco_html_element_t reco_html_tree_foreign_element(
    const reco_html_tree_t *tree, const reco_html_tag_t *tag);

static inline reco_html_element_t
reco_html_tree_element(const reco_html_tree_t *tree, const reco_html_tag_t *tag)
{
    reco_html_kind_t kind;

    kind = reco_html_tag_kind(tag->name);

    if (kind == RECO_HTML_KIND_ROOT || reco_html_tree_is_foreign(tree)) {
        return reco_html_tree_foreign_element(tree, tag);
    }

    return (reco_html_element_t){
        RECO_HTML_SPACE_HTML, kind, (kind & RECO_HTML_KIND_VOID) != 0};
}

#endif /* RECO_HTML_TREE_H */
