/*
 * The names that a template may use; docs/templates.md is their reference.
 */

#include <string.h>

#include "render/template.h"


#define NAME(text, variable, value)                                            \
    {                                                                          \
        {sizeof(text) - 1, (text)}, RECO_VARIABLE_##variable,                  \
            RECO_VALUE_##value                                                 \
    }

static const reco_render_name_t names[] = {
    NAME("slot", SLOT, TEXT),
    NAME("heading", HEADING, TEXT),
    NAME("request", REQUEST, TEXT),
    NAME("model", MODEL, TEXT),
    NAME("strategy", STRATEGY, TEXT),
    NAME("locale", LOCALE, TEXT),
    NAME("dir", DIR, WORD),
    NAME("nonce", NONCE, TEXT),
    NAME("page_item", PAGE_ITEM, TEXT),
    NAME("live", LIVE, BOOLEAN),
    NAME("count", COUNT, NUMBER),
    NAME("items", ITEMS, LIST),
    NAME("id", ID, TEXT),
    NAME("title", TITLE, TEXT),
    NAME("url", URL, TEXT),
    NAME("image", IMAGE, TEXT),
    NAME("brand", BRAND, TEXT),
    NAME("category", CATEGORY, TEXT),
    NAME("price", PRICE, TEXT),
    NAME("price_value", PRICE_VALUE, NUMBER),
    NAME("currency", CURRENCY, TEXT),
    NAME("available", AVAILABLE, BOOLEAN),
    NAME("rank", RANK, NUMBER),
    NAME("reason", REASON, TEXT),
    NAME("reason_title", REASON_TITLE, TEXT),
    NAME("first", FIRST, BOOLEAN),
    NAME("last", LAST, BOOLEAN),
    NAME("even", EVEN, BOOLEAN),
};

static const reco_render_name_t reason_is = NAME("reason.", REASON_IS, BOOLEAN);

/* What reco_render_item_t.reason may say, so that a typo is found. */
static const char *const reasons[] = {
    "related",
    "because",
    "session",
    "next",
    "factors",
    "viewed",
    "bought",
    "content",
    "return",
    "category",
    "trending",
    "popular",
    "backfill",
};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))
#define LONGEST         16


static int
is_reason(const char *data, size_t len)
{
    size_t i;

    for (i = 0; i < COUNT_OF(reasons); i++) {
        if (strlen(reasons[i]) == len && memcmp(reasons[i], data, len) == 0) {
            return 1;
        }
    }

    return 0;
}


const reco_render_name_t *
reco_render_name(reco_str_t name)
{
    size_t i, prefix;

    for (i = 0; i < COUNT_OF(names); i++) {
        if (names[i].name.len == name.len
            && memcmp(names[i].name.data, name.data, name.len) == 0)
        {
            return &names[i];
        }
    }

    prefix = reason_is.name.len;

    if (name.len > prefix && memcmp(name.data, reason_is.name.data, prefix) == 0
        && is_reason(name.data + prefix, name.len - prefix))
    {
        return &reason_is;
    }

    return NULL;
}


/* Levenshtein's distance, one row at a time. */
static unsigned
distance(reco_str_t a, reco_str_t b)
{
    unsigned row[LONGEST + 1], diagonal, above, best;
    size_t i, j;

    for (j = 0; j <= b.len; j++) {
        row[j] = j;
    }

    for (i = 1; i <= a.len; i++) {
        diagonal = row[0];
        row[0] = i;

        for (j = 1; j <= b.len; j++) {
            above = row[j];
            best = diagonal + (a.data[i - 1] != b.data[j - 1]);
            best = above + 1 < best ? above + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            row[j] = best;
            diagonal = above;
        }
    }

    return row[b.len];
}


const reco_render_name_t *
reco_render_nearest_name(reco_str_t name)
{
    const reco_render_name_t *nearest;
    unsigned d, least;
    size_t i;

    if (name.len == 0 || name.len > LONGEST) {
        return NULL;
    }

    nearest = NULL;
    least = 3;

    for (i = 0; i < COUNT_OF(names); i++) {
        d = distance(name, names[i].name);

        if (d < least && d < name.len) {
            least = d;
            nearest = &names[i];
        }
    }

    return nearest;
}
