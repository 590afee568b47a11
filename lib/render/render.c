/*
 * Runs a template's nodes.
 */

#include "render/escape.h"
#include "render/price.h"
#include "render/template.h"


typedef struct {
    const reco_render_block_t *block;
    const reco_render_item_t *item;     /* &no_item outside of items */
    unsigned index;                     /* of item */
    const reco_render_locale_t *locale; /* NULL: not looked up yet */
    char scratch[RECO_PRICE_MAX];
    reco_render_out_t out;
} renderer_t;


/* Stands for the item outside of items, where no template can name one. */
static const reco_render_item_t no_item;


static reco_str_t
number(renderer_t *r, unsigned value)
{
    reco_str_t text;
    char *p;

    p = r->scratch + sizeof(r->scratch);
    text.data = p;

    do {
        *--p = '0' + value % 10;
        value /= 10;
    } while (value > 0);

    text.len = text.data - p;
    text.data = p;

    return text;
}


static reco_str_t
price(renderer_t *r, const reco_render_item_t *item)
{
    reco_str_t text;

    if (r->locale == NULL) {
        r->locale = reco_render_locale(r->block->locale);
    }

    text.data = r->scratch;
    text.len = reco_render_price(
        r->scratch, r->locale, r->block->locale, item->currency, item->price);

    return text;
}


static reco_str_t
boolean(int value)
{
    return value ? reco_string("true") : reco_string("false");
}


static int
is_reason(const reco_render_item_t *item, reco_str_t name)
{
    return item->reason.len == name.len
           && memcmp(item->reason.data, name.data, name.len) == 0;
}


static reco_str_t
item_text(renderer_t *r, reco_render_variable_t variable)
{
    const reco_render_item_t *item;
    reco_str_t text;

    item = r->item;

    switch (variable) {
    case RECO_VARIABLE_ID:
        return item->id;
    case RECO_VARIABLE_TITLE:
        return item->title;
    case RECO_VARIABLE_URL:
        return item->url;
    case RECO_VARIABLE_IMAGE:
        return item->image;
    case RECO_VARIABLE_BRAND:
        return item->brand;
    case RECO_VARIABLE_CATEGORY:
        return item->category;
    case RECO_VARIABLE_PRICE:
        return price(r, item);
    case RECO_VARIABLE_PRICE_VALUE:
        text.data = r->scratch;
        text.len =
            reco_render_price_value(r->scratch, item->currency, item->price);
        return text;
    case RECO_VARIABLE_CURRENCY:
        return item->currency;
    case RECO_VARIABLE_AVAILABLE:
        return boolean(item->available);
    case RECO_VARIABLE_RANK:
        return number(r, r->index + 1);
    case RECO_VARIABLE_REASON:
        return item->reason;
    case RECO_VARIABLE_REASON_TITLE:
        return item->reason_title;
    case RECO_VARIABLE_FIRST:
        return boolean(r->index == 0);
    case RECO_VARIABLE_LAST:
        return boolean(r->index + 1 == r->block->nitems);
    case RECO_VARIABLE_EVEN:
        return boolean(r->index % 2 == 1);
    default:
        return reco_null_string;
    }
}


static reco_str_t
text_of(renderer_t *r, reco_render_variable_t variable)
{
    switch (variable) {
    case RECO_VARIABLE_SLOT:
        return r->block->slot;
    case RECO_VARIABLE_HEADING:
        return r->block->heading;
    case RECO_VARIABLE_REQUEST:
        return r->block->request;
    case RECO_VARIABLE_MODEL:
        return r->block->model;
    case RECO_VARIABLE_STRATEGY:
        return r->block->strategy;
    case RECO_VARIABLE_LOCALE:
        return r->block->locale;
    case RECO_VARIABLE_DIR:
        return reco_render_is_rtl(r->block->locale) ? reco_string("rtl")
                                                    : reco_string("ltr");
    case RECO_VARIABLE_NONCE:
        return r->block->nonce;
    case RECO_VARIABLE_PAGE_ITEM:
        return r->block->page_item;
    case RECO_VARIABLE_LIVE:
        return boolean(r->block->live);
    case RECO_VARIABLE_COUNT:
        return number(r, r->block->nitems);
    default:
        return item_text(r, variable);
    }
}


/* Is a section's variable true: not empty, not zero, a URL that is shown? */
static int
is_true(renderer_t *r, const reco_render_node_t *node)
{
    reco_str_t text;

    switch (node->variable) {
    case RECO_VARIABLE_ITEMS:
    case RECO_VARIABLE_COUNT:
        return r->block->nitems > 0;
    case RECO_VARIABLE_URL:
    case RECO_VARIABLE_IMAGE:
        return reco_render_url_is_safe(item_text(r, node->variable));
    case RECO_VARIABLE_PRICE:
    case RECO_VARIABLE_PRICE_VALUE:
        return reco_render_is_price(r->item->price);
    case RECO_VARIABLE_REASON_IS:
        return is_reason(r->item, node->literal);
    default:
        break;
    }

    text = text_of(r, node->variable);

    return node->value == RECO_VALUE_BOOLEAN ? text.len == 4 : text.len > 0;
}


static void
put_json_value(renderer_t *r, const reco_render_node_t *node, reco_str_t text)
{
    if (node->value == RECO_VALUE_NUMBER || node->value == RECO_VALUE_BOOLEAN) {
        if (text.len == 0) {
            text = reco_string("null");
        }
        reco_render_put(&r->out, text.data, text.len);
        return;
    }

    reco_render_put_literal(&r->out, "\"");
    reco_render_json_string(&r->out, text);
    reco_render_put_literal(&r->out, "\"");
}


static void
put_value(renderer_t *r, const reco_render_node_t *node)
{
    reco_str_t text;

    text = text_of(r, node->variable);

    switch (node->escape) {
    case RECO_ESCAPE_HTML:
        reco_render_html(&r->out, text);
        return;
    case RECO_ESCAPE_URL:
        reco_render_url(&r->out, text, 0);
        return;
    case RECO_ESCAPE_URL_LIST:
        reco_render_url(&r->out, text, 1);
        return;
    case RECO_ESCAPE_URL_PART:
        reco_render_url_part(&r->out, text);
        return;
    case RECO_ESCAPE_JSON_STRING:
        reco_render_json_string(&r->out, text);
        return;
    case RECO_ESCAPE_JSON_VALUE:
        put_json_value(r, node, text);
        return;
    }
}


/* One node; returns the one to go on with. */
static unsigned
run_node(renderer_t *r, const reco_render_node_t *node, unsigned next)
{
    const reco_str_t *literal;

    switch (node->op) {

    case RECO_NODE_LITERAL:
        literal = r->out.ascii ? &node->ascii : &node->literal;
        reco_render_put(&r->out, literal->data, literal->len);
        return next;

    case RECO_NODE_VALUE:
        put_value(r, node);
        return next;

    case RECO_NODE_SECTION:
        return is_true(r, node) ? next : node->jump;

    case RECO_NODE_INVERTED:
        return is_true(r, node) ? node->jump : next;

    case RECO_NODE_LOOP:
        if (r->block->nitems == 0) {
            return node->jump;
        }
        r->item = r->block->items;
        r->index = 0;
        return next;

    default:
        if (++r->index < r->block->nitems) {
            r->item++;
            return node->jump;
        }
        r->item = &no_item;
        return next;
    }
}


int
reco_render_uses_nonce(const reco_render_template_t *template)
{
    unsigned i;

    for (i = 0; i < template->nnodes; i++) {
        if (template->nodes[i].op != RECO_NODE_LITERAL
            && template->nodes[i].variable == RECO_VARIABLE_NONCE)
        {
            return 1;
        }
    }

    return 0;
}


int
reco_render_links(const reco_render_template_t *template)
{
    unsigned i;
    int prints;

    prints = 0;

    for (i = 0; i < template->nnodes; i++) {
        if (template->nodes[i].op == RECO_NODE_LITERAL
            || template->nodes[i].variable != RECO_VARIABLE_URL)
        {
            continue;
        }

        if (template->nodes[i].op != RECO_NODE_VALUE) {
            return 0;
        }

        prints = 1;
    }

    return prints;
}


reco_status_t
reco_render(const reco_render_template_t *template,
    const reco_render_block_t *block, char *out, size_t size, size_t *len)
{
    renderer_t r;
    unsigned i;

    r.block = block;
    r.item = &no_item;
    r.index = 0;
    r.locale = NULL;
    reco_render_out_init(&r.out, out, size, block->ascii);

    for (i = 0; i < template->nnodes; /* void */) {
        i = run_node(&r, &template->nodes[i], i + 1);
    }

    *len = r.out.len;

    return r.out.len <= size ? RECO_OK : RECO_TOO_LARGE;
}
