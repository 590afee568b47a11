#include "reco_html_needles.h"

#include <string.h>


void
reco_html_needles_add(reco_html_needles_t *needles, reco_str_t text)
{
    size_t i;
    unsigned n;
    char folded[RECO_HTML_NEEDLE_MAX];

    if (needles->count > RECO_HTML_NEEDLES_MAX) {
        return;
    }

    if (text.len > RECO_HTML_NEEDLE_MAX) {
        text.len = RECO_HTML_NEEDLE_MAX;
    }

    for (i = 0; i < text.len; i++) {
        folded[i] = (char) (text.data[i] | 0x20);
    }

    for (n = 0; n < needles->count; n++) {
        if (needles->needles[n].len == text.len
            && memcmp(needles->needles[n].text, folded, text.len) == 0)
        {
            return;
        }
    }

    if (n < RECO_HTML_NEEDLES_MAX) {
        needles->needles[n].len = (unsigned) text.len;
        memcpy(needles->needles[n].text, folded, text.len);
    }

    needles->count = n + 1;
}
