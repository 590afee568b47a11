#include "reco_html_tree.h"

#include <string.h>

#define FIRST_CAPACITY 64


const reco_html_known_tag_t reco_html_known_tags[256] = {
#define RECO_HTML_TAG_ENTRY(id, text, number, kind)                            \
    [RECO_HTML_TAG_PLACE(number)] = {number, RECO_HTML_KIND_##kind, text},
    RECO_HTML_TAGS(RECO_HTML_TAG_ENTRY)
#undef RECO_HTML_TAG_ENTRY
};


reco_str_t
reco_html_tag_text(uint64_t name)
{
    const char *text;

    text = reco_html_known_tags[RECO_HTML_TAG_PLACE(name)].text;

    return (reco_str_t){strlen(text), text};
}


/* Room for capacity elements of a size, and for what is before the first. */
static void *
make_room(const reco_html_memory_t *memory, unsigned capacity, size_t size,
    const void *from, unsigned depth)
{
    char *room;

    room = memory->alloc(memory->owner, (capacity + 1) * size);
    if (room == NULL) {
        return NULL;
    }

    if (from != NULL) {
        memcpy(room, (const char *) from - size, (depth + 1) * size);
    } else {
        memset(room, 0, size);
    }

    return room + size;
}


static reco_status_t
grow(reco_html_tree_t *tree, unsigned capacity)
{
    uint8_t *spaces;
    uint64_t *names;
    reco_html_matches_t *matches;

    matches = NULL;
    names = make_room(
        tree->memory, capacity, sizeof(*names), tree->names, tree->depth);
    spaces = make_room(
        tree->memory, capacity, sizeof(*spaces), tree->spaces, tree->depth);

    if (tree->want_matches) {
        matches = make_room(tree->memory, capacity, sizeof(*matches),
            tree->matches, tree->depth);
    }

    if (names == NULL || spaces == NULL
        || (tree->want_matches && matches == NULL)) {
        return RECO_NOMEM;
    }

    tree->names = names;
    tree->spaces = spaces;
    tree->matches = matches;
    tree->capacity = capacity;

    return RECO_OK;
}


reco_status_t
reco_html_tree_init(
    reco_html_tree_t *tree, const reco_html_memory_t *memory, int want_matches)
{
    memset(tree, 0, sizeof(reco_html_tree_t));
    tree->memory = memory;
    tree->want_matches = want_matches;

    return grow(tree, FIRST_CAPACITY);
}


void
reco_html_tree_xml(reco_html_tree_t *tree)
{
    tree->spaces[-1] = RECO_HTML_SPACE_XML;
}


static reco_html_space_t
innermost(const reco_html_tree_t *tree)
{
    return tree->spaces[(int) tree->depth - 1];
}


/* Whether a start tag is treated by the rules of HTML where it stands. */
static int
is_html_place(reco_html_space_t space, uint64_t name)
{
    switch (space) {

    case RECO_HTML_SPACE_HTML:
    case RECO_HTML_SPACE_HTML_INSIDE:
        return 1;

    case RECO_HTML_SPACE_TEXT_INSIDE:
        return name != RECO_HTML_TAG_MGLYPH && name != RECO_HTML_TAG_MALIGNMARK;

    case RECO_HTML_SPACE_ANNOTATION:
        return name == RECO_HTML_TAG_SVG;

    default:
        return 0;
    }
}


static unsigned
breakout_depth(const reco_html_tree_t *tree)
{
    unsigned depth;

    for (depth = tree->depth; depth > 0; depth--) {
        switch (tree->spaces[depth - 1]) {

        case RECO_HTML_SPACE_SVG:
        case RECO_HTML_SPACE_MATHML:
        case RECO_HTML_SPACE_ANNOTATION:
            continue;

        default:
            return depth;
        }
    }

    return 0;
}


unsigned
reco_html_tree_breakout(
    const reco_html_tree_t *tree, const reco_html_tag_t *tag)
{
    if (is_html_place(innermost(tree), tag->name)) {
        return tree->depth;
    }

    if (tag->name == RECO_HTML_TAG_FONT
            ? (tag->present
                  & (1u << RECO_HTML_ATTRIBUTE_COLOR
                      | 1u << RECO_HTML_ATTRIBUTE_FACE
                      | 1u << RECO_HTML_ATTRIBUTE_SIZE))
                  != 0
            : (reco_html_tag_kind(tag->name) & RECO_HTML_KIND_BREAKOUT) != 0)
    {
        return breakout_depth(tree);
    }

    return tree->depth;
}


unsigned
reco_html_tree_match(const reco_html_tree_t *tree, const reco_html_tag_t *tag)
{
    unsigned depth;

    for (depth = tree->depth; depth > 0; depth--) {
        if (tree->names[depth - 1] == tag->name) {
            return depth - 1;
        }
    }

    /* These two end SVG even where they have no start tag. */
    if (tag->name == RECO_HTML_TAG_P || tag->name == RECO_HTML_TAG_BR) {
        return breakout_depth(tree);
    }

    return tree->depth;
}


static int
holds_html(const reco_html_tag_t *tag)
{
    uint32_t bit;
    reco_str_t encoding;

    bit = 1u << RECO_HTML_ATTRIBUTE_ENCODING;

    if (!(tag->present & ~tag->overlong & bit)) {
        return 0;
    }

    encoding = tag->values[RECO_HTML_ATTRIBUTE_ENCODING];

    return reco_html_same(encoding, "text/html")
           || reco_html_same(encoding, "application/xhtml+xml");
}


static reco_html_space_t
foreign_space(reco_html_space_t around, const reco_html_tag_t *tag)
{
    if (around == RECO_HTML_SPACE_SVG) {
        return tag->name == RECO_HTML_TAG_FOREIGNOBJECT
                       || tag->name == RECO_HTML_TAG_DESC
                       || tag->name == RECO_HTML_TAG_TITLE
                   ? RECO_HTML_SPACE_HTML_INSIDE
                   : RECO_HTML_SPACE_SVG;
    }

    switch (tag->name) {

    case RECO_HTML_TAG_MI:
    case RECO_HTML_TAG_MO:
    case RECO_HTML_TAG_MN:
    case RECO_HTML_TAG_MS:
    case RECO_HTML_TAG_MTEXT:
        return RECO_HTML_SPACE_TEXT_INSIDE;

    case RECO_HTML_TAG_ANNOTATION_XML:
        return holds_html(tag) ? RECO_HTML_SPACE_HTML_INSIDE
                               : RECO_HTML_SPACE_ANNOTATION;
    }

    return RECO_HTML_SPACE_MATHML;
}


reco_html_element_t
reco_html_tree_foreign_element(
    const reco_html_tree_t *tree, const reco_html_tag_t *tag)
{
    reco_html_space_t around;
    reco_html_element_t element;

    around = innermost(tree);

    /* Names mean what they mean in HTML, and SVG is as good as anything. */
    if (around == RECO_HTML_SPACE_XML) {
        element.space = around;
        element.kind = reco_html_tag_kind(tag->name);
        element.empty =
            tag->self_closing || (element.kind & RECO_HTML_KIND_VOID) != 0;
        return element;
    }

    if (!is_html_place(around, tag->name)) {
        element.space = foreign_space(around, tag);
        element.kind = RECO_HTML_KIND_FOREIGN;
        element.empty = tag->self_closing;
        return element;
    }

    element.kind = reco_html_tag_kind(tag->name);

    if (element.kind == RECO_HTML_KIND_ROOT) {
        element.space = tag->name == RECO_HTML_TAG_SVG ? RECO_HTML_SPACE_SVG
                                                       : RECO_HTML_SPACE_MATHML;
        element.empty = tag->self_closing;
        return element;
    }

    element.space = RECO_HTML_SPACE_HTML;
    element.empty = (element.kind & RECO_HTML_KIND_VOID) != 0;

    return element;
}


reco_status_t
reco_html_tree_open(
    reco_html_tree_t *tree, uint64_t name, reco_html_space_t space)
{
    if (tree->depth == tree->capacity
        && (tree->capacity == RECO_HTML_DEPTH_MAX
            || grow(tree, tree->capacity * 2) != RECO_OK))
    {
        return RECO_TOO_LARGE;
    }

    reco_html_tree_push(tree, name, space);

    return RECO_OK;
}
