/*
 * The output buffer, and values written into it so that they stay where they
 * were put: HTML text and quoted attributes, URLs, JSON.
 *
 * Input is any bytes: UTF-8 is decoded and checked, what is not UTF-8 becomes
 * U+FFFD, so do control characters.
 */

#ifndef RECO_RENDER_ESCAPE_H
#define RECO_RENDER_ESCAPE_H

#include <string.h>

#include "reco.h"


/* len goes on counting when size is exceeded; nothing is written then. */
typedef struct {
    char *data;
    size_t size;
    size_t len;
    int ascii; /* non-ASCII characters as references */
} reco_render_out_t;

static inline void
reco_render_out_init(reco_render_out_t *out, char *data, size_t size, int ascii)
{
    out->data = data;
    out->size = size;
    out->len = 0;
    out->ascii = ascii;
}


static inline void
reco_render_put(reco_render_out_t *out, const char *data, size_t len)
{
    if (len > 0 && out->len <= out->size && len <= out->size - out->len) {
        memcpy(out->data + out->len, data, len);
    }

    out->len += len;
}


#define reco_render_put_literal(out, literal)                                  \
    reco_render_put(out, literal, sizeof(literal) - 1)


#define RECO_CODE_INVALID  UINT32_MAX
#define RECO_REFERENCE_MAX 12 /* "\uD83D\uDE00" and "&#x10FFFF;" */

/*
 * The character at p < end; returns its length in bytes, at least 1.  Bytes
 * that are not UTF-8 give RECO_CODE_INVALID and the length of what a browser
 * replaces by one U+FFFD.
 */
size_t reco_render_decode(const char *p, const char *end, uint32_t *code);

/* "&#xE9;" and "\u00E9", surrogates where needed. */
void reco_render_reference(reco_render_out_t *out, uint32_t code);
void reco_render_json_code(reco_render_out_t *out, uint32_t code);

/* Text, RCDATA, and values of attributes in either quotes. */
void reco_render_html(reco_render_out_t *out, reco_str_t text);

/*
 * The value of a whole URL attribute; list: of one URL among several.  What
 * is neither http, https nor relative, or is dressed up, becomes "#".
 */
void reco_render_url(reco_render_out_t *out, reco_str_t url, int list);

/* Would reco_render_url() print it? */
int reco_render_url_is_safe(reco_str_t url);

/* A piece of a URL: percent-encoded but for unreserved characters. */
void reco_render_url_part(reco_render_out_t *out, reco_str_t text);

/*
 * Between the quotes of a JSON string that may itself stand in a script, in
 * text or in an attribute: no quote, "<", ">", "&", U+2028 or U+2029 is left.
 */
void reco_render_json_string(reco_render_out_t *out, reco_str_t text);

#endif /* RECO_RENDER_ESCAPE_H */
