#include "reco_html_recall.h"

#include <string.h>


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
            &plan->attributes, plan->bit_count != 0)
        != RECO_OK)
    {
        return NULL;
    }

    reco_html_tokenizer_harvest(
        &rewriter->parser.tokenizer, RECO_HTML_CHARSET_SPAN);

    return rewriter;
}


void
reco_html_rewriter_xml(reco_html_rewriter_t *rewriter)
{
    reco_html_tree_xml(&rewriter->parser.tree);
    reco_html_parser_close(&rewriter->parser, 0);
}


void
reco_html_rewriter_harvest(
    reco_html_rewriter_t *rewriter, reco_html_harvest_t *harvest)
{
    rewriter->harvest = harvest;
    reco_html_tokenizer_harvest(&rewriter->parser.tokenizer, UINT64_MAX);
}


void
reco_html_rewriter_header_charset(
    reco_html_rewriter_t *rewriter, reco_str_t label)
{
    rewriter->sniffer.charset = reco_html_charset(label);
}


static uint64_t
chunk_end(const reco_html_rewriter_t *r)
{
    return r->chunk + r->data.len;
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

    data = r->data.data + (r->emitted - r->chunk);
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
    reco_html_operation_t *operation;

    while (r->operation < r->operation_count) {
        operation = &r->operations[r->operation];

        if (emit(r, operation->at, step)) {
            return 1;
        }

        switch (operation->kind) {

        case RECO_HTML_INSERT_PLACES:
        case RECO_HTML_INSERT_SLOTS:
            first = (unsigned) __builtin_ctzll(operation->bits);
            operation->bits &= operation->bits - 1;
            r->operation += operation->bits == 0;

            return insert(step, operation->kind == RECO_HTML_INSERT_SLOTS
                                    ? first
                                    : r->plan->places[first].slot);

        case RECO_HTML_DROP_FROM:
            r->dropping = 1;
            r->drop_slot = operation->slot;
            break;

        case RECO_HTML_KEEP_FROM:
            r->dropping = 0;
            break;
        }

        r->operation++;
    }

    r->operation = 0;
    r->operation_count = 0;

    return 0;
}


/* The chunk is read.  Returns how much of it may come out. */
static uint64_t
releasable(reco_html_rewriter_t *r)
{
    uint64_t end;
    const reco_html_tag_t *tag;

    tag = &r->parser.tokenizer.tag;
    end = chunk_end(r);

    if (!reco_html_rewriter_must_hold(r)) {
        return end;
    }

    if (end - tag->start < RECO_HTML_HELD_MAX) {
        return tag->start;
    }

    if (!tag->is_end) {
        reco_html_rewriter_decide_early(r);
    }

    return end;
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
        memcpy(r->hold + r->held, r->data.data + (from - r->chunk), len);
        r->held += (unsigned) len;
    }
}


static void
begin_chunk(reco_html_rewriter_t *r, const char *data, size_t len)
{
    r->chunk = chunk_end(r);
    r->data = (reco_str_t){len, len != 0 ? data : ""};
    reco_html_parser_feed(&r->parser, r->data.data, len);
    reco_html_sniff_bytes(&r->sniffer, data, len);
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
        reco_html_rewriter_take_end(r, r->release);
    }
}


/* There is no token up to where the reader is. */
static void
use_up(reco_html_rewriter_t *r, int last)
{
    const reco_html_tokenizer_t *t;

    t = &r->parser.tokenizer;

    if (t->p != t->end) {
        return;
    }

    if (reco_html_recall_used_up(r)) {
        reco_html_parser_feed(&r->parser, r->data.data, r->data.len);
        return;
    }

    end_chunk(r, last);
}


static uint32_t
all_slots(const reco_html_plan_t *plan)
{
    return (uint32_t) ((UINT64_C(1) << plan->slot_count) - 1);
}


/* Nothing is looked for any more; or the bytes do not mean what was read. */
static int
is_done(const reco_html_rewriter_t *r)
{
    return (r->filled == all_slots(r->plan) && r->plan->all == 0
               && r->harvest == NULL)
           || r->sniffer.charset == RECO_HTML_CHARSET_OTHER;
}


static int
nothing_left(const reco_html_rewriter_t *r)
{
    return is_done(r) && r->ending_count == 0 && !r->dropping
           && r->phase == RECO_HTML_PHASE_READ && r->operation_count == 0;
}


/* What is looked at beyond the plan: the page's charset, and its product. */
static uint64_t
harvest_types(reco_html_rewriter_t *r)
{
    int in_tag;
    uint64_t from;
    reco_html_tokenizer_t *t;

    t = &r->parser.tokenizer;

    if (r->harvest != NULL) {
        return reco_html_harvest_types();
    }

    in_tag = reco_html_tokenizer_in_tag(t);
    from = in_tag ? t->tag.start : reco_html_page_offset(t, t->p);

    /* where the page is read once more, it begins once more */

    if (from < t->harvest_until) {
        t->wanted = &t->attributes->harvesting;
        return reco_html_type_bit(RECO_HTML_TAG_META);
    }

    if (!in_tag) {
        t->wanted = &t->attributes->rewriting;
    }

    return 0;
}


static reco_html_token_t
next_token(reco_html_rewriter_t *r)
{
    reco_html_token_t token;
    reco_html_interest_t interest;
    const reco_html_tokenizer_t *t;

    t = &r->parser.tokenizer;
    memset(&interest, 0, sizeof(interest));
    interest.types = harvest_types(r);
    interest.body = reco_html_rewriter_unplaced(r) != 0;

    if (!r->dropping) {
        interest.attributes = r->plan->needed | 1u << RECO_HTML_ATTRIBUTE_SLOT;
        interest.needles = &r->plan->needles;
        interest.comment = RECO_HTML_MARKER;
        interest.types |= r->plan->types;
        if (reco_html_tree_matches(&r->parser.tree) & r->plan->inner_around) {
            interest.types |= r->plan->inner_types;
        }
    }

    /* A tag that something was put before is not passed over. */
    if (reco_html_tokenizer_in_tag(t) && r->decided == t->tag.start + 1) {
        interest.types = UINT64_MAX;
    }

    if (r->ending_count != 0) {
        interest.depth = r->endings[r->ending_count - 1].element + 1;
    }

    interest.stop = reco_html_recall_stop(r);

    token = reco_html_parser_next(&r->parser, &interest);

    if (token == RECO_HTML_TOKEN_START && t->tag.name == RECO_HTML_TAG_META) {
        reco_html_sniff_meta(&r->sniffer, &t->tag);
    }

    if (r->harvest != NULL) {
        reco_html_harvest_take(r->harvest, t, token, r->sniffer.charset);
    }

    return token;
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

        if (r->phase == RECO_HTML_PHASE_ENDED || nothing_left(r)) {
            return emit(r, chunk_end(r), step);
        }

        if (r->phase != RECO_HTML_PHASE_READ) {
            reco_html_rewriter_proceed(r);
            continue;
        }

        if (r->read) {
            return emit(r, r->release, step);
        }

        reco_html_recall_advance(r, last);

        token = next_token(r);
        if (token == RECO_HTML_TOKEN_NONE) {
            use_up(r, last);
        } else {
            reco_html_recall_token(r, token);
            reco_html_rewriter_take(r, token);
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


reco_html_charset_t
reco_html_rewriter_charset(const reco_html_rewriter_t *rewriter)
{
    return rewriter->sniffer.charset;
}
