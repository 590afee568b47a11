#include "reco_html_charset.h"
#include "reco_html_scan.h"

#include <string.h>


static int
is_one_of(reco_str_t label, const char *const *labels)
{
    for (/* void */; *labels != NULL; labels++) {
        if (reco_html_same(label, *labels)) {
            return 1;
        }
    }

    return 0;
}


static reco_str_t
trimmed(reco_str_t text)
{
    while (text.len != 0 && reco_html_is_space(text.data[0])) {
        text.data++;
        text.len--;
    }

    while (text.len != 0 && reco_html_is_space(text.data[text.len - 1])) {
        text.len--;
    }

    return text;
}


/* True where a label begins with one of the list. */
static int
is_of(reco_str_t label, const char *const *families)
{
    size_t len;

    for (/* void */; *families != NULL; families++) {
        len = strlen(*families);
        if (label.len >= len
            && reco_html_same((reco_str_t){len, label.data}, *families))
        {
            return 1;
        }
    }

    return 0;
}


/* Where letters of ASCII are other bytes than in ASCII. */
static int
is_not_ascii(reco_str_t label)
{
    static const char *const families[] = {"utf-16", "utf16", "utf-32", "utf32",
        "ucs-", "ucs2", "iso-10646-", "unicode", "csunicode", "ebcdic",
        "ibm037", NULL};

    return is_of(trimmed(label), families);
}


/* https://encoding.spec.whatwg.org/#names-and-labels */
reco_html_charset_t
reco_html_charset(reco_str_t label)
{
    static const char *const utf8[] = {"utf-8", "utf8", "unicode-1-1-utf-8",
        "unicode11utf8", "unicode20utf8", "x-unicode20utf8", NULL};

    static const char *const windows_1252[] = {"windows-1252", "iso-8859-1",
        "ansi_x3.4-1968", "ascii", "cp1252", "cp819", "csisolatin1", "ibm819",
        "iso-ir-100", "iso8859-1", "iso88591", "iso_8859-1", "iso_8859-1:1987",
        "l1", "latin1", "us-ascii", "x-cp1252", NULL};

    static const char *const others[] = {
        "utf-7", "iso-2022-", "csiso2022", "hz-gb-2312", "replacement", NULL};

    size_t len;

    /* Of a header nginx has all that follows: charset="utf-8"; x=y */
    for (len = 0; len < label.len; len++) {
        if (label.data[len] == ';' || label.data[len] == '"') {
            break;
        }
    }

    label = trimmed((reco_str_t){len, label.data});

    if (label.len == 0) {
        return RECO_HTML_CHARSET_UNKNOWN;
    }

    if (is_one_of(label, utf8)) {
        return RECO_HTML_CHARSET_UTF8;
    }

    if (is_one_of(label, windows_1252)) {
        return RECO_HTML_CHARSET_1252;
    }

    return is_of(label, others) || is_not_ascii(label)
               ? RECO_HTML_CHARSET_OTHER
               : RECO_HTML_CHARSET_ASCII;
}


void
reco_html_sniff_bytes(
    reco_html_sniffer_t *sniffer, const char *data, size_t len)
{
    const unsigned char *mark;

    mark = sniffer->mark;

    while (sniffer->marked < sizeof(sniffer->mark) && len != 0) {
        sniffer->mark[sniffer->marked++] = (unsigned char) *data++;
        len--;

        if (sniffer->marked == 2
            && ((mark[0] == 0xfe && mark[1] == 0xff)
                || (mark[0] == 0xff && mark[1] == 0xfe)))
        {
            sniffer->charset = RECO_HTML_CHARSET_OTHER;
        }

        if (sniffer->marked == 3 && mark[0] == 0xef && mark[1] == 0xbb
            && mark[2] == 0xbf)
        {
            sniffer->charset = RECO_HTML_CHARSET_UTF8;
        }
    }
}


/* The label in "text/html; charset=label". */
static reco_str_t
label_of(reco_str_t content)
{
    static const char word[] = "charset";

    char quote;
    size_t i, len;
    reco_str_t rest;

    len = sizeof(word) - 1;

    for (i = 0; i + len < content.len; i++) {
        if (!reco_html_same((reco_str_t){len, content.data + i}, word)) {
            continue;
        }

        rest = trimmed(
            (reco_str_t){content.len - i - len, content.data + i + len});
        if (rest.len == 0 || rest.data[0] != '=') {
            continue;
        }

        rest = trimmed((reco_str_t){rest.len - 1, rest.data + 1});
        quote = ';';

        if (rest.len != 0 && (rest.data[0] == '"' || rest.data[0] == '\'')) {
            quote = rest.data[0];
            rest.data++;
            rest.len--;
        }

        for (len = 0; len < rest.len; len++) {
            if (rest.data[len] == quote || reco_html_is_space(rest.data[len])) {
                break;
            }
        }

        return (reco_str_t){len, rest.data};
    }

    return reco_null_string;
}


void
reco_html_sniff_meta(reco_html_sniffer_t *sniffer, const reco_html_tag_t *tag)
{
    reco_str_t label;
    const reco_str_t *charset, *equivalent, *content;

    if (sniffer->charset != RECO_HTML_CHARSET_UNKNOWN
        || tag->start >= RECO_HTML_CHARSET_SPAN)
    {
        return;
    }

    charset = reco_html_tag_value(tag, RECO_HTML_ATTRIBUTE_CHARSET);
    equivalent = reco_html_tag_value(tag, RECO_HTML_ATTRIBUTE_HTTP_EQUIV);
    content = reco_html_tag_value(tag, RECO_HTML_ATTRIBUTE_CONTENT);
    label = reco_null_string;

    if (charset != NULL) {
        label = *charset;

    } else if (equivalent != NULL && content != NULL
               && reco_html_same(*equivalent, "content-type"))
    {
        label = label_of(*content);
    }

    /* where it is true it would not have been read */

    sniffer->charset =
        is_not_ascii(label) ? RECO_HTML_CHARSET_UTF8 : reco_html_charset(label);
}
