/*
 * The rewriter.
 *
 *     page    ....................<div id="x">..................
 *                     ^           ^           ^         ^
 *                     emitted     tag.start   tag.end   the tokenizer
 *
 * What a token leads to is queued as operations, each at an offset of the
 * page; before one is carried out, the bytes up to its offset come out.  Only
 * when the queue is empty is the next token looked for.
 *
 * Where a chunk ends within a tag that something may go before, the tag's
 * bytes are held; they lie between emitted and the next chunk.
 */

#include "reco_html_plan.h"
#include "reco_html_scan.h"

#include <string.h>

#define OPERATIONS_MAX 8

/* Elements open at once that have a place at their end. */
#define ENDINGS_MAX 64


typedef enum {
    INSERT_PLACES, /* the blocks of places, as bits */
    INSERT_SLOTS,  /* the blocks of slots, as bits */
    DROP,
    KEEP
} operation_kind_t;


typedef struct {
    operation_kind_t kind;
    unsigned slot; /* of DROP */
    uint64_t at;
    uint64_t bits;
} operation_t;


/* What is to happen where an open element ends. */
typedef struct {
    uint64_t append; /* places */
    uint64_t after;
    unsigned element;    /* index in the tree */
    uint8_t keep_before; /* what is dropped ends before the end tag */
    uint8_t keep_after;
} ending_t;


/* What is next, once the queue is empty. */
typedef enum {
    READ,
    CLOSE,          /* the elements that a tag or the page's end implies */
    OPEN,           /* the element of a start tag */
    FILL_AT_BODY,   /* what found no place, before </body> */
    CLOSE_MATCHING, /* the element of an end tag */
    FILL_AT_END,
    ENDED
} phase_t;


struct reco_html_rewriter_s {
    const reco_html_plan_t *plan;
    reco_html_memory_t memory;
    reco_html_parser_t parser;

    phase_t phase;
    phase_t phase_after_close;
    unsigned close_to; /* depth */
    unsigned matching; /* depth of what an end tag closes itself */
    uint64_t close_at;

    uint64_t emitted; /* of the page, came out */
    uint64_t chunk;   /* offset of the chunk in the page */
    unsigned held;    /* bytes in hold, from emitted on */
    unsigned feeding; /* a chunk is being used up */
    unsigned read;    /* it has no further token */
    uint64_t release; /* and may come out up to here */

    uint32_t filled; /* slots */
    unsigned limited;
    unsigned dropping;
    unsigned drop_slot;

    unsigned before_decided; /* for the tag that is being read */
    uint64_t replacing;      /* places that replace its element */

    unsigned operation;
    unsigned operation_count;
    operation_t operations[OPERATIONS_MAX];

    unsigned ending_count;
    ending_t endings[ENDINGS_MAX];

    char hold[RECO_HTML_HELD_MAX];
};


reco_html_rewriter_t *
reco_html_rewriter_create(
    const reco_html_plan_t *plan, const reco_html_memory_t *memory)
{
    reco_html_rewriter_t *rewriter;

    rewriter = memory->alloc(memory->owner, sizeof(reco_html_rewriter_t));
    if (rewriter == NULL) {
        return NULL;
    }

    memset(rewriter, 0, offsetof(reco_html_rewriter_t, endings));
    rewriter->plan = plan;
    rewriter->memory = *memory;

    if (reco_html_parser_init(&rewriter->parser, &rewriter->memory,
            &plan->attributes, &plan->attributes.rewriting,
            plan->bit_count != 0)
        != RECO_OK)
    {
        return NULL;
    }

    return rewriter;
}


/*
 * The queue.
 */

static void
queue(reco_html_rewriter_t *r, operation_kind_t kind, uint64_t at,
    uint64_t bits, unsigned slot)
{
    operation_t *operation;

    if (bits == 0 && kind <= INSERT_SLOTS) {
        return;
    }

    operation = &r->operations[r->operation_count++];
    operation->kind = kind;
    operation->at = at;
    operation->bits = bits;
    operation->slot = slot;
}


static uint64_t
chunk_end(const reco_html_rewriter_t *r)
{
    const reco_html_tokenizer_t *t;

    t = &r->parser.tokenizer;

    return r->chunk + (uint64_t) (t->end - t->chunk);
}


/* Lets the bytes of the page up to an offset out, as one step. */
static int
emit(reco_html_rewriter_t *r, uint64_t to, reco_html_step_t *step)
{
    const char *data;

    if (r->emitted >= to) {
        return 0;
    }

    step->action = r->dropping ? RECO_HTML_DROP : RECO_HTML_PASS;
    step->slot = r->dropping ? r->drop_slot : 0;
    step->held = r->held != 0;

    if (r->held != 0) {
        step->text = (reco_str_t){r->held, r->hold};
        r->emitted += r->held;
        r->held = 0;
        return 1;
    }

    data = r->parser.tokenizer.chunk + (r->emitted - r->chunk);
    step->text = (reco_str_t){(size_t) (to - r->emitted), data};
    r->emitted = to;

    return 1;
}


static int
insert(reco_html_step_t *step, unsigned slot)
{
    step->action = RECO_HTML_INSERT;
    step->text = reco_null_string;
    step->held = 0;
    step->slot = slot;

    return 1;
}


/* Carries out what is queued, up to the next step. */
static int
operate(reco_html_rewriter_t *r, reco_html_step_t *step)
{
    unsigned first;
    operation_t *operation;

    while (r->operation < r->operation_count) {
        operation = &r->operations[r->operation];

        if (emit(r, operation->at, step)) {
            return 1;
        }

        switch (operation->kind) {

        case INSERT_PLACES:
        case INSERT_SLOTS:
            first = (unsigned) __builtin_ctzll(operation->bits);
            operation->bits &= operation->bits - 1;
            r->operation += operation->bits == 0;

            return insert(step, operation->kind == INSERT_SLOTS
                                    ? first
                                    : r->plan->places[first].slot);

        case DROP:
            r->dropping = 1;
            r->drop_slot = operation->slot;
            break;

        case KEEP:
            r->dropping = 0;
            break;
        }

        r->operation++;
    }

    r->operation = 0;
    r->operation_count = 0;

    return 0;
}


/*
 * Slots and places.
 */

static uint32_t
all_slots(const reco_html_plan_t *plan)
{
    return (uint32_t) ((UINT64_C(1) << plan->slot_count) - 1);
}


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
        && (r->parser.lost || r->ending_count == ENDINGS_MAX
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

    r->before_decided = 1;
    r->replacing = places & ~before;

    queue(r, INSERT_PLACES, at, places, 0);

    if (r->replacing != 0) {
        queue(r, DROP, at, 0, plan->places[__builtin_ctzll(r->replacing)].slot);
    }
}


static int
is_long(const reco_html_tag_t *tag)
{
    return tag->end - tag->start > RECO_HTML_HELD_MAX;
}


/* The same for a tag that is too long to be held until it is complete. */
static void
decide_early(reco_html_rewriter_t *r)
{
    if (r->before_decided) {
        return;
    }

    r->before_decided = 1;

    if (!r->dropping) {
        decide_before(r, match(r, r->parser.tokenizer.tag.early).places);
    }
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
        && (r->parser.lost || r->ending_count == ENDINGS_MAX
            || r->parser.tree.depth == RECO_HTML_DEPTH_MAX))
    {
        r->limited = 1;
        return 0;
    }

    slot = claim_named(r, tag->values[RECO_HTML_ATTRIBUTE_SLOT]);
    if (slot < 0) {
        return 0;
    }

    queue(r, INSERT_SLOTS, tag->end, UINT64_C(1) << slot, 0);

    /* <div data-reco-slot="x"/> is open in HTML, but was not meant to be: what
       follows up to some other element's end is not its content. */
    if (tag->self_closing) {
        return 0;
    }

    queue(r, DROP, tag->end, 0, (unsigned) slot);

    return 1;
}


static void
remember_ending(reco_html_rewriter_t *r, const ending_t *ending)
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
    ending_t ending;
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

    queue(r, INSERT_PLACES, tag->end, prepend, 0);

    if (element->empty) {
        if (ending.keep_after) {
            queue(r, KEEP, tag->end, 0, 0);
        }
        queue(r, INSERT_PLACES, tag->end, ending.after, 0);
        return;
    }

    remember_ending(r, &ending);
}


/* Puts what the tag's element takes. */
static void
decide(reco_html_rewriter_t *r, const reco_html_element_t *element,
    uint64_t places)
{
    if (!r->before_decided) {
        decide_before(r, places);
    }

    decide_content(r, element, places);
}


/* Nesting is too deep to follow: what waits for an end waits in vain. */
static void
give_up_endings(reco_html_rewriter_t *r)
{
    uint64_t bits;
    ending_t *ending;

    r->limited = 1;

    while (r->ending_count != 0) {
        ending = &r->endings[--r->ending_count];

        for (bits = ending->append | ending->after; bits != 0; bits &= bits - 1)
        {
            r->filled &=
                ~(UINT32_C(1) << r->plan->places[__builtin_ctzll(bits)].slot);
        }

        if (ending->keep_before || ending->keep_after) {
            queue(r, KEEP, r->parser.tokenizer.tag.end, 0, 0);
        }
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

        if (matched.places != 0 || r->before_decided
            || (tag->present & 1u << RECO_HTML_ATTRIBUTE_SLOT) != 0)
        {
            decide(r, &element, matched.places);
        }
    }

    r->before_decided = 0;
    r->replacing = 0;

    reco_html_parser_open(&r->parser, &element);

    if (r->parser.lost) {
        give_up_endings(r);
    } else if (!element.empty) {
        reco_html_tree_matched(&r->parser.tree, matched.bits);
    }
}


/*
 * End tags and the page's end.
 */

static void
end_element(reco_html_rewriter_t *r, const ending_t *ending, uint64_t start,
    uint64_t end)
{
    if (ending->keep_before) {
        queue(r, KEEP, start, 0, 0);
    }

    queue(r, INSERT_PLACES, start, ending->append, 0);

    if (ending->keep_after) {
        queue(r, KEEP, end, 0, 0);
    }

    queue(r, INSERT_PLACES, end, ending->after, 0);
}


/* Closes one more of the elements that have something at their end. */
static int
close_one(reco_html_rewriter_t *r, uint64_t start, uint64_t end)
{
    const ending_t *ending;

    if (r->ending_count == 0
        || r->endings[r->ending_count - 1].element < r->close_to)
    {
        reco_html_parser_close(&r->parser, r->close_to);
        return 0;
    }

    ending = &r->endings[--r->ending_count];
    end_element(r, ending, start, end);

    return 1;
}


static void
close_implied(
    reco_html_rewriter_t *r, unsigned depth, uint64_t at, phase_t next)
{
    r->close_to = depth;
    r->close_at = at;
    r->phase = CLOSE;
    r->phase_after_close = next;
}


/* The slots that found no place and may be filled anyway. */
static uint32_t
unplaced(const reco_html_rewriter_t *r)
{
    return r->plan->fallback & ~r->filled;
}


static void
fill_unplaced(reco_html_rewriter_t *r, uint64_t at)
{
    queue(r, INSERT_SLOTS, at, unplaced(r), 0);
    r->filled |= unplaced(r);
}


static void
take_marker(reco_html_rewriter_t *r)
{
    int slot;
    reco_str_t text;
    const reco_html_tokenizer_t *t;

    static const char prefix[] = "reco:";

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
        queue(r, INSERT_SLOTS, t->tag.end, UINT64_C(1) << slot, 0);
    }
}


static void
take_start_tag(reco_html_rewriter_t *r)
{
    unsigned depth;
    const reco_html_tag_t *tag;

    tag = &r->parser.tokenizer.tag;
    depth = reco_html_tree_breakout(&r->parser.tree, tag);

    if (is_long(tag)) {
        decide_early(r);
    }

    if (depth == r->parser.tree.depth) {
        r->phase = OPEN;
        return;
    }

    close_implied(r, depth, is_long(tag) ? tag->end : tag->start, OPEN);
}


static void
take_end_tag(reco_html_rewriter_t *r)
{
    unsigned depth;
    const reco_html_tag_t *tag;

    tag = &r->parser.tokenizer.tag;

    /* Its bytes were not held so long: it cannot be acted on. */
    if (is_long(tag) && !tag->is_raw_end) {
        r->limited = 1;
        return;
    }

    depth = reco_html_tree_match(&r->parser.tree, tag);
    r->matching = depth;

    if (depth < r->parser.tree.depth
        && r->parser.tree.names[depth] == tag->name) {
        depth++;
    }

    close_implied(r, depth, tag->start, FILL_AT_BODY);
}


static void
take(reco_html_rewriter_t *r, reco_html_token_t token)
{
    switch (token) {

    case RECO_HTML_TOKEN_START:
        take_start_tag(r);
        break;

    case RECO_HTML_TOKEN_END:
        take_end_tag(r);
        break;

    case RECO_HTML_TOKEN_COMMENT:
        take_marker(r);
        break;

    case RECO_HTML_TOKEN_NONE:
        break;
    }
}


/* One step of what a token leads to. */
static void
proceed(reco_html_rewriter_t *r)
{
    const reco_html_tag_t *tag;

    tag = &r->parser.tokenizer.tag;

    switch (r->phase) {

    case CLOSE:
        if (!close_one(r, r->close_at, r->close_at)) {
            r->phase = r->phase_after_close;
        }
        break;

    case OPEN:
        open_element(r);
        r->phase = READ;
        break;

    case FILL_AT_BODY:
        if (tag->name == RECO_HTML_TAG_BODY) {
            fill_unplaced(r, tag->start);
        }
        r->close_to = r->matching;
        r->phase = CLOSE_MATCHING;
        break;

    case CLOSE_MATCHING:
        if (!close_one(r, tag->start, tag->end)) {
            r->phase = READ;
        }
        break;

    case FILL_AT_END:
        fill_unplaced(r, chunk_end(r));
        r->phase = ENDED;
        break;

    case READ:
    case ENDED:
        break;
    }
}


/*
 * Chunks.
 */

/* True while something may still have to go before the tag being read. */
static int
must_hold(const reco_html_rewriter_t *r)
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
               || (unplaced(r) != 0
                   && (tag->name == 0 || tag->name == RECO_HTML_TAG_BODY));
    }

    starts =
        !r->before_decided
        && ((r->ending_count != 0 && reco_html_tree_is_foreign(&r->parser.tree))
            || (!r->dropping
                && reco_html_plan_may_match(
                    r->plan, tag->name, open_places(r) & r->plan->held)));
    ends = t->state == RECO_HTML_STATE_TAG_OPEN
           && (r->ending_count != 0 || unplaced(r) != 0);

    return starts || ends;
}


/* The chunk is read.  Returns how much of it may come out. */
static uint64_t
releasable(reco_html_rewriter_t *r)
{
    uint64_t end;
    const reco_html_tag_t *tag;

    tag = &r->parser.tokenizer.tag;
    end = chunk_end(r);

    if (!must_hold(r)) {
        return end;
    }

    if (end - tag->start < RECO_HTML_HELD_MAX) {
        return tag->start;
    }

    if (!tag->is_end) {
        decide_early(r);
    }

    return end;
}


/* The page is over: only where it ends in text may anything follow. */
static void
take_end(reco_html_rewriter_t *r)
{
    r->phase = ENDED;

    if (r->parser.tokenizer.state == RECO_HTML_STATE_DATA) {
        close_implied(r, 0, chunk_end(r), FILL_AT_END);
    }
}


/* Puts what remains of the chunk into hold. */
static void
hold(reco_html_rewriter_t *r)
{
    size_t len;
    uint64_t from;

    from = r->emitted + r->held;
    len = (size_t) (chunk_end(r) - from);

    if (len != 0) {
        memcpy(r->hold + r->held, r->parser.tokenizer.chunk + (from - r->chunk),
            len);
        r->held += (unsigned) len;
    }
}


static void
begin_chunk(reco_html_rewriter_t *r, const char *data, size_t len)
{
    r->chunk = chunk_end(r);
    reco_html_tokenizer_feed(&r->parser.tokenizer, len != 0 ? data : "", len);
    r->feeding = 1;
    r->read = 0;
}


static void
end_chunk(reco_html_rewriter_t *r, int last)
{
    r->read = 1;
    r->release = releasable(r);

    if (last) {
        r->release = chunk_end(r);
        take_end(r);
    }
}


static int
nothing_left(const reco_html_rewriter_t *r)
{
    return r->filled == all_slots(r->plan) && r->plan->all == 0
           && r->ending_count == 0 && !r->dropping && r->phase == READ
           && r->operation_count == 0;
}


static reco_html_token_t
next_token(reco_html_rewriter_t *r)
{
    reco_html_interest_t interest;

    interest.attributes = 0;
    interest.types = 0;
    interest.depth = 0;
    interest.body = unplaced(r) != 0;

    if (!r->dropping) {
        interest.attributes = r->plan->needed | 1u << RECO_HTML_ATTRIBUTE_SLOT;
        interest.types = r->plan->types;
    }

    if (r->ending_count != 0) {
        interest.depth = r->endings[r->ending_count - 1].element + 1;
    }

    return reco_html_parser_next(&r->parser, &interest);
}


/* The next step from the chunk; 0 where it is used up. */
static int
next_step(reco_html_rewriter_t *r, int last, reco_html_step_t *step)
{
    reco_html_token_t token;

    for (;;) {
        if (operate(r, step)) {
            return 1;
        }

        if (r->phase == ENDED || nothing_left(r)) {
            return emit(r, chunk_end(r), step);
        }

        if (r->phase != READ) {
            proceed(r);
            continue;
        }

        if (r->read) {
            return emit(r, r->release, step);
        }

        token = next_token(r);
        if (token == RECO_HTML_TOKEN_NONE) {
            end_chunk(r, last);
        } else {
            take(r, token);
        }
    }
}


reco_status_t
reco_html_rewriter_feed(reco_html_rewriter_t *rewriter, const char *data,
    size_t len, int last, size_t *pos, reco_html_step_t *step)
{
    if (!rewriter->feeding) {
        begin_chunk(rewriter, data, len);
    }

    if (next_step(rewriter, last, step)) {
        *pos = rewriter->emitted > rewriter->chunk
                   ? (size_t) (rewriter->emitted - rewriter->chunk)
                   : 0;
        return RECO_OK;
    }

    hold(rewriter);
    *pos = len;
    rewriter->feeding = 0;

    return RECO_AGAIN;
}


int
reco_html_rewriter_finished(const reco_html_rewriter_t *rewriter)
{
    return rewriter->held == 0 && nothing_left(rewriter);
}


int
reco_html_rewriter_limited(const reco_html_rewriter_t *rewriter)
{
    return rewriter->limited != 0;
}
