#include "reco_html_needles.h"


void
reco_html_needles_add(reco_html_needles_t *needles, reco_str_t text)
{
    char *folded;
    unsigned i, n, len;

    if (needles->count > RECO_HTML_NEEDLES_MAX) {
        return;
    }

    len = text.len < RECO_HTML_NEEDLE_MAX ? (unsigned) text.len
                                          : RECO_HTML_NEEDLE_MAX;

    for (n = 0; n < needles->count; n++) {
        if (needles->needles[n].len == len
            && reco_html_is_needle(text.data, needles->needles[n].text, len))
        {
            return;
        }
    }

    needles->count = n + 1;

    if (n == RECO_HTML_NEEDLES_MAX) {
        return;
    }

    needles->needles[n].len = len;
    folded = needles->needles[n].text;

    for (i = 0; i < len; i++) {
        folded[i] = (char) (text.data[i] | 0x20);
    }
}
