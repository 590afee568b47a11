/*
 * Hostile values never leave the place that they are printed in.
 *
 * Input: a template, NUL, and values separated by NUL.  The template is
 * rendered twice, with those values and with harmless ones that are as true;
 * a second tokenizer, after the WHATWG standard and of another make than the
 * parser's scanner, must find the same tags, attributes and comments in both,
 * no URL of another scheme, and JSON where there was JSON.
 */

#define _GNU_SOURCE /* memmem() */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cjson/cJSON.h>

#include "render/escape.h"
#include "render/reco_render.h"
#include "render_pool.h"


#define OUT_SIZE (1 << 16)
#define NVALUES  12

/* What a tokenizer saw: one line for each tag, attribute and comment. */
typedef struct {
    char data[OUT_SIZE * 2];
    size_t len;
    char schemes[OUT_SIZE];
    size_t nschemes;
} shape_t;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
note(shape_t *shape, char kind, const char *p, size_t len)
{
    if (shape->len + len + 2 > sizeof(shape->data)) {
        abort();
    }

    shape->data[shape->len++] = kind;
    memcpy(shape->data + shape->len, p, len);
    shape->len += len;
    shape->data[shape->len++] = '\n';
}


static int
space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}


static int
is(const char *p, size_t len, const char *name)
{
    return strlen(name) == len && strncasecmp(p, name, len) == 0;
}


/* The few references that matter to a scheme; others stay as they are. */
static size_t
decode_references(const char *p, size_t len, char *out)
{
    size_t i, n;
    long code;
    char *end;

    for (i = 0, n = 0; i < len; n++) {
        out[n] = p[i];

        if (len - i > 6 && strncmp(p + i, "&colon;", 7) == 0) {
            out[n] = ':';
            i += 7;
        } else if (len - i > 3 && p[i] == '&' && p[i + 1] == '#') {
            code = p[i + 2] == 'x' || p[i + 2] == 'X'
                       ? strtol(p + i + 3, &end, 16)
                       : strtol(p + i + 2, &end, 10);
            out[n] = code > 0 && code < 128 ? (char) code : '?';
            i = end > p + len ? len : (size_t) (end - p);
            i += i < len && p[i] == ';';
        } else {
            i++;
        }
    }

    return n;
}


/* The scheme as a browser finds it, noted behind the others. */
static void
note_scheme(shape_t *shape, const char *p, size_t len)
{
    static char text[OUT_SIZE + 1];
    size_t i, n, used;

    n = decode_references(p, len, text);

    for (i = 0; i < n && (unsigned char) text[i] <= ' '; i++) {
        /* void */
    }

    for (used = shape->nschemes; i < n; i++) {
        if (text[i] == '\t' || text[i] == '\n' || text[i] == '\r') {
            continue;
        }

        if (text[i] == ':') {
            break;
        }

        if (!isalnum((unsigned char) text[i]) && !strchr("+-.", text[i])) {
            return;
        }

        shape->schemes[used++] = tolower((unsigned char) text[i]);
    }

    if (i == n) {
        return;
    }

    shape->schemes[used++] = ':';
    shape->nschemes = used;
}


static int
is_url_attribute(const char *name, size_t len)
{
    static const char *const names[] = {"href", "src", "action", "formaction",
        "poster", "cite", "srcset", "ping", "data", "xlink:href", "background"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (is(name, len, names[i])) {
            return 1;
        }
    }

    return 0;
}


/* An attribute at p; returns what is behind it. */
static const char *
attribute(shape_t *shape, const char *p, const char *end)
{
    const char *name, *value;
    size_t len;
    char quote;

    name = p++;
    while (p < end && !space(*p) && !strchr("/>=", *p)) {
        p++;
    }
    len = p - name;
    note(shape, 'A', name, len);

    while (p < end && space(*p)) {
        p++;
    }

    if (p == end || *p != '=') {
        return p;
    }

    for (p++; p < end && space(*p); p++) {
        /* void */
    }

    if (p < end && (*p == '"' || *p == '\'')) {
        quote = *p++;
        value = p;
        p = memchr(p, quote, end - p);
        p = p == NULL ? end : p;
        note(shape, quote, "", 0);
    } else {
        value = p;
        while (p < end && !space(*p) && *p != '>') {
            p++;
        }
    }

    if (is_url_attribute(name, len)) {
        note_scheme(shape, value, p - value);
    }

    return p < end && (*p == '"' || *p == '\'') ? p + 1 : p;
}


/* Behind the end tag of a raw element, or the end. */
static const char *
raw_content(const char *p, const char *end, const char *name, size_t len)
{
    for (/* void */; p < end; p++) {
        if ((size_t) (end - p) > len + 2 && p[0] == '<' && p[1] == '/'
            && strncasecmp(p + 2, name, len) == 0
            && (space(p[2 + len]) || strchr("/>", p[2 + len])))
        {
            return p;
        }
    }

    return end;
}


static void
check_json(shape_t *shape, const char *p, const char *end)
{
    cJSON *json;

    json = cJSON_ParseWithLength(p, end - p);
    note(shape, 'J', json != NULL ? "1" : "0", 1);
    cJSON_Delete(json);
}


/* A start or end tag at p, which is behind "<"; with its raw content. */
static const char *
tag(shape_t *shape, const char *p, const char *end)
{
    static const char *const raw[] = {"script", "style", "title", "textarea",
        "iframe", "noembed", "noframes", "noscript", "xmp"};
    const char *name, *content;
    size_t len, i;

    name = p;
    while (p < end && !space(*p) && *p != '>' && (*p != '/' || p == name)) {
        p++;
    }
    len = p - name;
    note(shape, 'T', name, len);

    while (p < end && *p != '>') {
        p = space(*p) || *p == '/' ? p + 1 : attribute(shape, p, end);
    }

    p += p < end;

    for (i = 0; i < sizeof(raw) / sizeof(raw[0]); i++) {
        if (is(name, len, raw[i])) {
            content = p;
            p = raw_content(p, end, name, len);
            note(shape, 'R', "", 0);
            if (i == 0) {
                check_json(shape, content, p);
            }
        }
    }

    return p;
}


static const char *
comment(const char *p, const char *end)
{
    const char *start;

    if (p < end && *p == '>') {
        return p + 1;
    }

    if (end - p > 1 && memcmp(p, "->", 2) == 0) {
        return p + 2;
    }

    for (start = p; p < end; p++) {
        if (*p == '>' && p - start >= 2 && memcmp(p - 2, "--", 2) == 0) {
            return p + 1;
        }
        if (*p == '>' && p - start >= 3 && memcmp(p - 3, "--!", 3) == 0) {
            return p + 1;
        }
    }

    return end;
}


static void
tokenize(shape_t *shape, const char *p, const char *end)
{
    shape->len = 0;
    shape->nschemes = 0;

    for (;;) {
        p = memchr(p, '<', end - p);
        if (p == NULL || ++p == end) {
            return;
        }

        if (isalpha((unsigned char) *p)
            || (*p == '/' && p + 1 < end && isalpha((unsigned char) p[1])))
        {
            p = tag(shape, p, end);
        } else if (end - p > 2 && memcmp(p, "!--", 3) == 0) {
            note(shape, 'C', "", 0);
            p = comment(p + 3, end);
        } else if (*p == '!' || *p == '?' || *p == '/') {
            note(shape, 'B', "", 0);
            p = memchr(p, '>', end - p);
            p = p == NULL ? end : p + 1;
        }
    }
}


/* As true as the value, and harmless. */
static reco_str_t
harmless(reco_str_t value, int url)
{
    if (url && !reco_render_url_is_safe(value)) {
        return reco_null_string;
    }

    return value.len > 0 ? reco_string("x") : reco_null_string;
}


static void
fill(reco_render_item_t *item, reco_render_block_t *block,
    const reco_str_t values[NVALUES], int hostile)
{
    reco_str_t v[NVALUES];
    unsigned i;

    for (i = 0; i < NVALUES; i++) {
        v[i] = hostile ? values[i] : harmless(values[i], i == 2 || i == 3);
    }

    memset(item, 0, sizeof(*item));
    memset(block, 0, sizeof(*block));

    item->id = v[0];
    item->title = v[1];
    item->url = v[2];
    item->image = v[3];
    item->brand = v[4];
    item->category = v[5];
    item->currency = v[6];
    item->price = 9.99;
    item->reason = reco_string("related");
    item->reason_title = v[7];
    block->slot = v[8];
    block->heading = v[9];
    block->request = v[10];
    block->nonce = v[11];
    block->items = item;
    block->nitems = 1;
}


static void
render(shape_t *shape, const reco_render_template_t *template,
    const reco_str_t values[NVALUES], int hostile, int ascii, int *fits)
{
    static char out[OUT_SIZE];
    reco_render_item_t item;
    reco_render_block_t block;
    size_t len;

    fill(&item, &block, values, hostile);
    block.ascii = ascii;

    if (reco_render(template, &block, out, sizeof(out), &len) != RECO_OK) {
        *fits = 0;
        return;
    }

    tokenize(shape, out, out + len);
}


/* Each scheme is a web one, or was the template's own. */
static void
check_schemes(const shape_t *shape, const shape_t *model)
{
    const char *p, *end, *next;
    size_t len;

    end = shape->schemes + shape->nschemes;

    for (p = shape->schemes; p < end; p = next) {
        next = (const char *) memchr(p, ':', end - p) + 1;
        len = next - p;

        if (!is(p, len, "http:") && !is(p, len, "https:")
            && memmem(model->schemes, model->nschemes, p, len) == NULL)
        {
            abort();
        }
    }
}


static void
check(
    const reco_render_template_t *template, const reco_str_t *values, int ascii)
{
    static shape_t hostile, model;
    int fits;

    fits = 1;
    render(&hostile, template, values, 1, ascii, &fits);
    render(&model, template, values, 0, ascii, &fits);

    if (!fits) {
        return;
    }

    if (hostile.len != model.len
        || memcmp(hostile.data, model.data, model.len) != 0)
    {
        abort();
    }

    check_schemes(&hostile, &model);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char memory_data[POOL_SIZE] __attribute__((aligned(16)));
    pool_t pool = {memory_data, 0};
    reco_render_memory_t memory = {pool_alloc, &pool};
    reco_render_template_t *template;
    reco_str_t source, values[NVALUES];
    const char *p, *end, *nul;
    unsigned i;

    p = (const char *) data;
    end = p + size;
    source = reco_null_string;

    for (i = 0; i <= NVALUES; i++) {
        nul = p < end ? memchr(p, '\0', end - p) : NULL;
        nul = nul == NULL ? end : nul;

        if (i == 0) {
            source.data = p;
            source.len = nul - p;
        } else {
            values[i - 1].data = p;
            values[i - 1].len = nul - p;
        }

        p = nul < end ? nul + 1 : end;
    }

    if (reco_render_parse(source, &memory, &template, NULL) == RECO_OK) {
        check(template, values, 0);
        check(template, values, 1);
    }

    return 0;
}
