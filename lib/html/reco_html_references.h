/*
 * Character references in attribute values (internal): &amp; and the like.
 */

#ifndef RECO_HTML_REFERENCES_H
#define RECO_HTML_REFERENCES_H

#include "reco.h"

/*
 * Writes the value of an attribute as a parser reads it: references resolved
 * (numeric ones, the names of HTML 4 and apos), line ends normalised.  out has
 * room for value.len bytes.  Returns the length.
 */
size_t reco_html_resolve(reco_str_t value, char *out);

/* True where resolving would alter value. */
int reco_html_has_references(reco_str_t value);

/* The character of a byte in Windows-1252. */
uint32_t reco_html_windows_1252(uint32_t byte);

/*
 * Writes a code point as UTF-8, U+FFFD for what is none.  Returns where the
 * four bytes at most that it wrote end.
 */
char *reco_html_put_character(char *out, uint32_t code);

#endif /* RECO_HTML_REFERENCES_H */
