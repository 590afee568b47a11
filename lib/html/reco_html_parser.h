/*
 * Tokenizer and open elements together (internal): what a start tag opens
 * decides how the text after it is read.
 */

#ifndef RECO_HTML_PARSER_H
#define RECO_HTML_PARSER_H

#include "reco_html_tree.h"

typedef struct {
    reco_html_tokenizer_t tokenizer;
    reco_html_tree_t tree;
    int lost; /* nested too deep: from here on nothing is open */
} reco_html_parser_t;

/* RECO_NOMEM */
reco_status_t reco_html_parser_init(reco_html_parser_t *parser,
    const reco_html_memory_t *memory, const reco_html_attributes_t *attributes,
    const uint8_t *wanted, int want_matches);

/* Takes the start tag that was read: its element is open unless empty. */
void reco_html_parser_open(
    reco_html_parser_t *parser, const reco_html_element_t *element);

/* Closes the elements deeper than depth. */
void reco_html_parser_close(reco_html_parser_t *parser, unsigned depth);

#endif /* RECO_HTML_PARSER_H */
