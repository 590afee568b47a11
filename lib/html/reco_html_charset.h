/*
 * The page's character set, from its first bytes (internal).
 */

#ifndef RECO_HTML_CHARSET_H
#define RECO_HTML_CHARSET_H

#include "reco_html_tokenizer.h"

typedef struct {
    reco_html_charset_t charset;
    unsigned marked; /* bytes seen of what may be a byte order mark */
    unsigned char mark[4];
} reco_html_sniffer_t;

/* The next bytes of the page. */
void reco_html_sniff_bytes(
    reco_html_sniffer_t *sniffer, const char *data, size_t len);

/* A <meta>. */
void reco_html_sniff_meta(
    reco_html_sniffer_t *sniffer, const reco_html_tag_t *tag);

/* The value of an attribute, NULL where the tag has none. */
static inline const reco_str_t *
reco_html_tag_value(const reco_html_tag_t *tag, int attribute)
{
    return (tag->present & ~tag->overlong) >> attribute & 1
               ? &tag->values[attribute]
               : NULL;
}


#endif /* RECO_HTML_CHARSET_H */
