/*
 * Values that are one of some words.  A list of words ends with NULL; their
 * places in it are the values of an enumeration.
 */

#ifndef RECO_WORDS_H
#define RECO_WORDS_H

#include <stddef.h>


/* The place of text in the list; the number of words if it is none of them. */
int reco_words_find(const char *const *words, const char *text);

/* All of them for a message, a blank before each, as far as size allows. */
void reco_words_list(const char *const *words, char *out, size_t size);

#endif /* RECO_WORDS_H */
