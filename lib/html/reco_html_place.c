/*
 * What goes where: which tags and comments take a slot's block.
 */

#include "reco_html_rewriter.h"
#include "reco_html_references.h"
#include "reco_html_scan.h"

#include <string.h>


/*
 * Slots and places.
 */

/* Of places, those whose slot is still to be filled; fills them. */
static uint64_t
claim(reco_html_rewriter_t *r, uint64_t places)
{
    unsigned place;
    uint32_t slot;
    uint64_t bits;

    for (bits = places; bits != 0; bits &= bits - 1) {
        place = (unsigned) __builtin_ctzll(bits);
        slot = UINT32_C(1) << r->plan->places[place].slot;

        if ((r->filled & slot) && !r->plan->places[place].all) {
            places &= ~(UINT64_C(1) << place);
        }

        r->filled |= slot;
    }

    return places;
}


/* The slot of a name, -1 where there is none or it is filled; fills it. */
static int
claim_named(reco_html_rewriter_t *r, reco_str_t name)
{
    int slot;

    slot = reco_html_plan_slot_named(r->plan, name);
    if (slot < 0 || (r->filled >> slot & 1)) {
        return -1;
    }

    r->filled |= UINT32_C(1) << slot;

    return slot;
}


/* Places that a tag may still be matched against. */
static uint64_t
open_places(const reco_html_rewriter_t *r)
{
    unsigned i;
    uint64_t places;

    places = r->plan->all;

    for (i = 0; i < r->plan->place_count; i++) {
        if (!(r->filled >> r->plan->places[i].slot & 1)) {
            places |= UINT64_C(1) << i;
        }
    }

    return places;
}


static uint64_t
at_position(const reco_html_plan_t *plan, uint64_t places,
    reco_html_position_t position)
{
    uint64_t bits;

    for (bits = places; bits != 0; bits &= bits - 1) {
        if (plan->places[__builtin_ctzll(bits)].position != position) {
            places &= ~(bits & -bits);
        }
    }

    return places;
}


/* Leaves out the places for which no end can be remembered. */
static uint64_t
with_room(reco_html_rewriter_t *r, uint64_t places)
{
    uint64_t content;

    content = places & r->plan->content;

    if (content != 0
        && (r->parser.lost || r->ending_count == RECO_HTML_ENDINGS_MAX
            || r->parser.tree.depth == RECO_HTML_DEPTH_MAX))
    {
        r->limited = 1;
        places &= ~content;
    }

    return places;
}


static reco_html_match_t
match(const reco_html_rewriter_t *r, uint32_t present)
{
    const reco_html_tree_t *tree;

    tree = &r->parser.tree;

    return reco_html_plan_match(r->plan, &r->parser.tokenizer.tag, present,
        tree->matches != NULL && tree->depth != 0
            ? &tree->matches[tree->depth - 1]
            : NULL);
}


/*
 * Start tags.
 */

static int
before_is_decided(const reco_html_rewriter_t *r)
{
    return r->decided == r->parser.tokenizer.tag.start + 1;
}


/* Puts what goes before the tag that is being read. */
static void
decide_before(reco_html_rewriter_t *r, uint64_t places)
{
    uint64_t at, before;
    const reco_html_plan_t *plan;

    plan = r->plan;
    at = r->parser.tokenizer.tag.start;
    places = claim(r, with_room(r, places & plan->held));
    before = at_position(plan, places, RECO_HTML_BEFORE);

    r->decided = at + 1;
    r->replacing = places & ~before;

    reco_html_rewriter_queue(r, RECO_HTML_INSERT_PLACES, at, places, 0);

    if (r->replacing != 0) {
        reco_html_rewriter_queue(r, RECO_HTML_DROP_FROM, at, 0,
            plan->places[__builtin_ctzll(r->replacing)].slot);
    }
}


/* The same for a tag that is too long to be held until it is complete. */
void
reco_html_rewriter_decide_early(reco_html_rewriter_t *r)
{
    if (before_is_decided(r)) {
        return;
    }

    r->decided = r->parser.tokenizer.tag.start + 1;

    if (!r->dropping) {
        decide_before(r, match(r, r->parser.tokenizer.tag.early).places);
    }
}


/* The slot that a tag's data-reco-slot names, as claim_named(). */
static int
claim_attribute(reco_html_rewriter_t *r)
{
    char resolved[RECO_HTML_VALUES_MAX];
    reco_str_t name;

    name = r->parser.tokenizer.tag.values[RECO_HTML_ATTRIBUTE_SLOT];

    if (reco_html_has_references(name)) {
        name.len = reco_html_resolve(name, resolved);
        name.data = resolved;
    }

    return claim_named(r, name);
}


/* data-reco-slot fills the element.  Returns 1 where its content goes. */
static int
fill_element(reco_html_rewriter_t *r, const reco_html_element_t *element)
{
    int slot;
    const reco_html_tag_t *tag;

    tag = &r->parser.tokenizer.tag;

    if (!(tag->present & ~tag->overlong & 1u << RECO_HTML_ATTRIBUTE_SLOT)
        || element->empty || reco_html_holds_text(element->kind))
    {
        return 0;
    }

    if (!tag->self_closing
        && (r->parser.lost || r->ending_count == RECO_HTML_ENDINGS_MAX
            || r->parser.tree.depth == RECO_HTML_DEPTH_MAX))
    {
        r->limited = 1;
        return 0;
    }

    slot = claim_attribute(r);
    if (slot < 0) {
        return 0;
    }

    reco_html_rewriter_queue(
        r, RECO_HTML_INSERT_SLOTS, tag->end, UINT64_C(1) << slot, 0);

    /* <div data-reco-slot="x"/> is open in HTML, but was not meant to be: what
       follows up to some other element's end is not its content. */
    if (tag->self_closing) {
        return 0;
    }

    reco_html_rewriter_queue(
        r, RECO_HTML_DROP_FROM, tag->end, 0, (unsigned) slot);

    return 1;
}


static void
remember_ending(reco_html_rewriter_t *r, const reco_html_ending_t *ending)
{
    if (ending->append != 0 || ending->after != 0 || ending->keep_before
        || ending->keep_after)
    {
        r->endings[r->ending_count] = *ending;
        r->endings[r->ending_count].element = r->parser.tree.depth;
        r->ending_count++;
    }
}


/* Puts what goes after the tag and, later, at the element's end. */
static void
decide_content(reco_html_rewriter_t *r, const reco_html_element_t *element,
    uint64_t places)
{
    uint64_t prepend;
    reco_html_ending_t ending;
    const reco_html_tag_t *tag;
    const reco_html_plan_t *plan;

    plan = r->plan;
    tag = &r->parser.tokenizer.tag;
    memset(&ending, 0, sizeof(ending));

    places &= ~plan->held;

    if (r->replacing != 0 || element->empty
        || reco_html_holds_text(element->kind)) {
        places = at_position(plan, places, RECO_HTML_AFTER);
    }

    if (r->replacing != 0) {
        ending.keep_after = 1;
    } else {
        ending.keep_before = (uint8_t) fill_element(r, element);
    }

    places = claim(r, element->empty ? places : with_room(r, places));
    prepend = at_position(plan, places, RECO_HTML_PREPEND);
    ending.append = at_position(plan, places, RECO_HTML_APPEND);
    ending.after = at_position(plan, places, RECO_HTML_AFTER);

    reco_html_rewriter_queue(r, RECO_HTML_INSERT_PLACES, tag->end, prepend, 0);

    if (element->empty) {
        if (ending.keep_after) {
            reco_html_rewriter_queue(r, RECO_HTML_KEEP_FROM, tag->end, 0, 0);
        }
        reco_html_rewriter_queue(
            r, RECO_HTML_INSERT_PLACES, tag->end, ending.after, 0);
        return;
    }

    remember_ending(r, &ending);
}


/* Puts what the tag's element takes. */
static void
decide(reco_html_rewriter_t *r, const reco_html_element_t *element,
    uint64_t places)
{
    if (!before_is_decided(r)) {
        decide_before(r, places);
    }

    decide_content(r, element, places);
}


/* Nesting is too deep to follow: what waits for an end waits in vain. */
static void
give_up_endings(reco_html_rewriter_t *r)
{
    uint64_t bits;
    reco_html_ending_t *ending;

    r->limited = 1;

    while (r->ending_count != 0) {
        ending = &r->endings[--r->ending_count];

        for (bits = ending->append | ending->after; bits != 0; bits &= bits - 1)
        {
            r->filled &=
                ~(UINT32_C(1) << r->plan->places[__builtin_ctzll(bits)].slot);
        }

        if (ending->keep_before || ending->keep_after) {
            reco_html_rewriter_queue(
                r, RECO_HTML_KEEP_FROM, r->parser.tokenizer.tag.end, 0, 0);
        }
    }
}


/* What should go before a long tag, but was known only further on in it. */
static void
note_late(reco_html_rewriter_t *r, uint64_t places)
{
    uint64_t late;
    const reco_html_tag_t *tag;

    tag = &r->parser.tokenizer.tag;

    if (tag->early == tag->present) {
        return;
    }

    late = places & r->plan->held & open_places(r);

    if (late != 0 && (late & ~match(r, tag->early).places) != 0) {
        r->limited = 1;
    }
}


static void
open_element(reco_html_rewriter_t *r)
{
    reco_html_match_t matched;
    reco_html_element_t element;
    const reco_html_tag_t *tag;

    tag = &r->parser.tokenizer.tag;
    element = reco_html_tree_element(&r->parser.tree, tag);
    matched = (reco_html_match_t){0, 0};

    if (!r->dropping || r->replacing != 0) {
        if (tag->overlong & r->plan->needed) {
            r->limited = 1;
        }

        matched = match(r, tag->present);
        note_late(r, matched.places);

        if (matched.places != 0 || before_is_decided(r)
            || (tag->present & 1u << RECO_HTML_ATTRIBUTE_SLOT) != 0)
        {
            decide(r, &element, matched.places);
        }
    }

    r->replacing = 0;

    reco_html_parser_open(&r->parser, &element);

    if (r->parser.lost) {
        give_up_endings(r);
    } else if (!element.empty) {
        reco_html_tree_matched(&r->parser.tree, matched.bits);
    }
}


/*
 * Tokens.
 */

static void
take_marker(reco_html_rewriter_t *r)
{
    int slot;
    reco_str_t text;
    const reco_html_tokenizer_t *t;

    static const char prefix[] = RECO_HTML_MARKER;

    t = &r->parser.tokenizer;
    text = t->comment;

    while (text.len != 0 && reco_html_is_space(text.data[0])) {
        text.data++;
        text.len--;
    }

    while (text.len != 0 && reco_html_is_space(text.data[text.len - 1])) {
        text.len--;
    }

    if (r->dropping || text.len < sizeof(prefix)
        || memcmp(text.data, prefix, sizeof(prefix) - 1) != 0)
    {
        return;
    }

    text.data += sizeof(prefix) - 1;
    text.len -= sizeof(prefix) - 1;

    slot = claim_named(r, text);
    if (slot >= 0) {
        reco_html_rewriter_queue(
            r, RECO_HTML_INSERT_SLOTS, t->tag.end, UINT64_C(1) << slot, 0);
    }
}


static void
take_start_tag(reco_html_rewriter_t *r)
{
    unsigned depth;
    const reco_html_tag_t *tag;

    tag = &r->parser.tokenizer.tag;
    depth = reco_html_tree_breakout(&r->parser.tree, tag);

    if (reco_html_rewriter_is_long(tag)) {
        reco_html_rewriter_decide_early(r);
    }

    if (depth == r->parser.tree.depth) {
        r->phase = RECO_HTML_PHASE_OPEN;
        return;
    }

    reco_html_rewriter_close_implied(r, depth,
        reco_html_rewriter_is_long(tag) ? tag->end : tag->start,
        RECO_HTML_PHASE_OPEN);
}


void
reco_html_rewriter_take(reco_html_rewriter_t *r, reco_html_token_t token)
{
    switch (token) {

    case RECO_HTML_TOKEN_START:
        take_start_tag(r);
        break;

    case RECO_HTML_TOKEN_END:
        reco_html_rewriter_take_end_tag(r);
        break;

    case RECO_HTML_TOKEN_COMMENT:
        take_marker(r);
        break;

    case RECO_HTML_TOKEN_NONE:
        break;
    }
}


/* One step of what a token leads to. */
void
reco_html_rewriter_proceed(reco_html_rewriter_t *r)
{
    const reco_html_tag_t *tag;

    tag = &r->parser.tokenizer.tag;

    switch (r->phase) {

    case RECO_HTML_PHASE_CLOSE:
        if (!reco_html_rewriter_close_one(r, r->close_at, r->close_at)) {
            r->phase = r->phase_after_close;
        }
        break;

    case RECO_HTML_PHASE_OPEN:
        open_element(r);
        r->phase = RECO_HTML_PHASE_READ;
        break;

    case RECO_HTML_PHASE_FILL_AT_BODY:
        if (tag->name == RECO_HTML_TAG_BODY) {
            reco_html_rewriter_fill_unplaced(r, tag->start);
        }
        r->close_to = r->matching;
        r->phase = RECO_HTML_PHASE_CLOSE_MATCHING;
        break;

    case RECO_HTML_PHASE_CLOSE_MATCHING:
        if (!reco_html_rewriter_close_one(r, tag->start, tag->end)) {
            r->phase = RECO_HTML_PHASE_READ;
        }
        break;

    case RECO_HTML_PHASE_FILL_AT_END:
        reco_html_rewriter_fill_unplaced(r, r->close_at);
        r->phase = RECO_HTML_PHASE_ENDED;
        break;

    case RECO_HTML_PHASE_READ:
    case RECO_HTML_PHASE_ENDED:
        break;
    }
}


/* True while something may still have to go before the tag being read. */
int
reco_html_rewriter_must_hold(const reco_html_rewriter_t *r)
{
    int starts, ends;
    const reco_html_tag_t *tag;
    const reco_html_tokenizer_t *t;

    t = &r->parser.tokenizer;
    tag = &t->tag;

    if (!reco_html_tokenizer_in_tag(t) || tag->is_raw_end) {
        return 0;
    }

    if (tag->is_end) {
        return r->ending_count != 0
               || (reco_html_rewriter_unplaced(r) != 0
                   && (tag->name == 0 || tag->name == RECO_HTML_TAG_BODY));
    }

    starts =
        !before_is_decided(r)
        && ((r->ending_count != 0 && reco_html_tree_is_foreign(&r->parser.tree))
            || (!r->dropping
                && reco_html_plan_may_match(
                    r->plan, tag->name, open_places(r) & r->plan->held)));
    ends = t->state == RECO_HTML_STATE_TAG_OPEN
           && (r->ending_count != 0 || reco_html_rewriter_unplaced(r) != 0);

    return starts || ends;
}
