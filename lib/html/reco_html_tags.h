/*
 * The elements that HTML treats in a way of their own (internal).  The number
 * is reco_html_name() of the name; test_html_tree.c compares the two.
 *
 *   VOID       has no content
 *   RAW        its content is text up to its end tag
 *   SCRIPT     the same, with the escapes of script data
 *   PLAINTEXT  the rest of the page is text
 *   ROOT       begins SVG or MathML
 *   BREAKOUT   its start tag ends SVG or MathML
 *   FOREIGN    has a meaning in SVG or MathML only
 */

#ifndef RECO_HTML_TAGS_H
#define RECO_HTML_TAGS_H

#include <stdint.h>

#define RECO_HTML_TAGS(X)                                                      \
    X(ANNOTATION_XML, "annotation-xml", 0x62a33168572ae33a, FOREIGN)           \
    X(AREA, "area", 0x61657261, VOID)                                          \
    X(B, "b", 0x62, BREAKOUT)                                                  \
    X(BASE, "base", 0x65736162, VOID)                                          \
    X(BASEFONT, "basefont", 0x746e6f6665736162, VOID)                          \
    X(BGSOUND, "bgsound", 0x646e756f736762, VOID)                              \
    X(BIG, "big", 0x676962, BREAKOUT)                                          \
    X(BLOCKQUOTE, "blockquote", 0x6d812dfbe4c4da38, BREAKOUT)                  \
    X(BODY, "body", 0x79646f62, BREAKOUT)                                      \
    X(BR, "br", 0x7262, VOID_BREAKOUT)                                         \
    X(CENTER, "center", 0x7265746e6563, BREAKOUT)                              \
    X(CODE, "code", 0x65646f63, BREAKOUT)                                      \
    X(COL, "col", 0x6c6f63, VOID)                                              \
    X(DD, "dd", 0x6464, BREAKOUT)                                              \
    X(DESC, "desc", 0x63736564, FOREIGN)                                       \
    X(DIV, "div", 0x766964, BREAKOUT)                                          \
    X(DL, "dl", 0x6c64, BREAKOUT)                                              \
    X(DT, "dt", 0x7464, BREAKOUT)                                              \
    X(EM, "em", 0x6d65, BREAKOUT)                                              \
    X(EMBED, "embed", 0x6465626d65, VOID_BREAKOUT)                             \
    X(FONT, "font", 0x746e6f66, BREAKOUT)                                      \
    X(FOREIGNOBJECT, "foreignobject", 0xfc529470db1f4000, FOREIGN)             \
    X(FRAME, "frame", 0x656d617266, VOID)                                      \
    X(H1, "h1", 0x3168, BREAKOUT)                                              \
    X(H2, "h2", 0x3268, BREAKOUT)                                              \
    X(H3, "h3", 0x3368, BREAKOUT)                                              \
    X(H4, "h4", 0x3468, BREAKOUT)                                              \
    X(H5, "h5", 0x3568, BREAKOUT)                                              \
    X(H6, "h6", 0x3668, BREAKOUT)                                              \
    X(HEAD, "head", 0x64616568, BREAKOUT)                                      \
    X(HR, "hr", 0x7268, VOID_BREAKOUT)                                         \
    X(I, "i", 0x69, BREAKOUT)                                                  \
    X(IFRAME, "iframe", 0x656d61726669, RAW)                                   \
    X(IMAGE, "image", 0x6567616d69, VOID)                                      \
    X(IMG, "img", 0x676d69, VOID_BREAKOUT)                                     \
    X(INPUT, "input", 0x7475706e69, VOID)                                      \
    X(KEYGEN, "keygen", 0x6e656779656b, VOID)                                  \
    X(LI, "li", 0x696c, BREAKOUT)                                              \
    X(LINK, "link", 0x6b6e696c, VOID)                                          \
    X(LISTING, "listing", 0x676e697473696c, BREAKOUT)                          \
    X(MALIGNMARK, "malignmark", 0xfba47e7bc0c7f832, FOREIGN)                   \
    X(MATH, "math", 0x6874616d, ROOT)                                          \
    X(MENU, "menu", 0x756e656d, BREAKOUT)                                      \
    X(META, "meta", 0x6174656d, VOID_BREAKOUT)                                 \
    X(MGLYPH, "mglyph", 0x6870796c676d, FOREIGN)                               \
    X(MI, "mi", 0x696d, FOREIGN)                                               \
    X(MN, "mn", 0x6e6d, FOREIGN)                                               \
    X(MO, "mo", 0x6f6d, FOREIGN)                                               \
    X(MS, "ms", 0x736d, FOREIGN)                                               \
    X(MTEXT, "mtext", 0x747865746d, FOREIGN)                                   \
    X(NOBR, "nobr", 0x72626f6e, BREAKOUT)                                      \
    X(NOEMBED, "noembed", 0x6465626d656f6e, RAW)                               \
    X(NOFRAMES, "noframes", 0x73656d6172666f6e, RAW)                           \
    X(NOSCRIPT, "noscript", 0x7470697263736f6e, RAW)                           \
    X(OL, "ol", 0x6c6f, BREAKOUT)                                              \
    X(P, "p", 0x70, BREAKOUT)                                                  \
    X(PARAM, "param", 0x6d61726170, VOID)                                      \
    X(PLAINTEXT, "plaintext", 0x2687fbc60dbe6e21, PLAINTEXT)                   \
    X(PRE, "pre", 0x657270, BREAKOUT)                                          \
    X(RUBY, "ruby", 0x79627572, BREAKOUT)                                      \
    X(S, "s", 0x73, BREAKOUT)                                                  \
    X(SCRIPT, "script", 0x747069726373, SCRIPT)                                \
    X(SMALL, "small", 0x6c6c616d73, BREAKOUT)                                  \
    X(SOURCE, "source", 0x656372756f73, VOID)                                  \
    X(SPAN, "span", 0x6e617073, BREAKOUT)                                      \
    X(STRIKE, "strike", 0x656b69727473, BREAKOUT)                              \
    X(STRONG, "strong", 0x676e6f727473, BREAKOUT)                              \
    X(STYLE, "style", 0x656c797473, RAW)                                       \
    X(SUB, "sub", 0x627573, BREAKOUT)                                          \
    X(SUP, "sup", 0x707573, BREAKOUT)                                          \
    X(SVG, "svg", 0x677673, ROOT)                                              \
    X(TABLE, "table", 0x656c626174, BREAKOUT)                                  \
    X(TEXTAREA, "textarea", 0x6165726174786574, RAW)                           \
    X(TITLE, "title", 0x656c746974, RAW)                                       \
    X(TRACK, "track", 0x6b63617274, VOID)                                      \
    X(TT, "tt", 0x7474, BREAKOUT)                                              \
    X(U, "u", 0x75, BREAKOUT)                                                  \
    X(UL, "ul", 0x6c75, BREAKOUT)                                              \
    X(VAR, "var", 0x726176, BREAKOUT)                                          \
    X(WBR, "wbr", 0x726277, VOID)                                              \
    X(XMP, "xmp", 0x706d78, RAW)


typedef enum {
    RECO_HTML_KIND_FOREIGN = 0,
    RECO_HTML_KIND_VOID = 1,
    RECO_HTML_KIND_BREAKOUT = 2,
    RECO_HTML_KIND_VOID_BREAKOUT = 3,
    RECO_HTML_KIND_RAW = 4,
    RECO_HTML_KIND_SCRIPT = 8,
    RECO_HTML_KIND_PLAINTEXT = 16,
    RECO_HTML_KIND_ROOT = 32
} reco_html_kind_t;


/* A name's place in the table of reco_html_tag_kind(): no two share one. */
#define RECO_HTML_TAG_FACTOR 0x5261163e698a1439
#define RECO_HTML_TAG_PLACE(name)                                              \
    (((uint64_t) (name) *RECO_HTML_TAG_FACTOR) >> 56)


enum {
#define RECO_HTML_TAG_NUMBER(id, text, number, kind)                           \
    RECO_HTML_TAG_##id = UINT64_C(number),
    RECO_HTML_TAGS(RECO_HTML_TAG_NUMBER)
#undef RECO_HTML_TAG_NUMBER
};

#endif /* RECO_HTML_TAGS_H */
