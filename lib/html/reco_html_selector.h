/*
 * The selector parser's inside (internal): where it stands, and the words that
 * it reads there.
 */

#ifndef RECO_HTML_SELECTOR_H
#define RECO_HTML_SELECTOR_H

#include "reco_html_plan.h"
#include "reco_html_scan.h"

#include <string.h>


typedef struct {
    reco_html_plan_t *plan;
    reco_str_t attribute; /* the last one that was named */
    reco_error_t *error;
    const char *begin;
    const char *p;
    const char *end;
} reco_html_selector_t;


/* The status of what is at hand, which error is told of. */
reco_status_t reco_html_selector_fail_with(
    reco_html_selector_t *parser, reco_status_t status, const char *what);

/* RECO_INVALID */
reco_status_t reco_html_selector_fail(
    reco_html_selector_t *parser, const char *what);

static inline int
reco_html_selector_at(const reco_html_selector_t *parser, char c)
{
    return parser->p < parser->end && *parser->p == c;
}


/* Returns 1 where there were any. */
int reco_html_selector_spaces(reco_html_selector_t *parser);

/* True for what a name may begin with, but '-' and an escape. */
int reco_html_selector_starts_name(char c);

/*
 * Reads a name, or a string up to quote, in the plan's memory and with its
 * escapes resolved: never longer than it was written, but for \0, which becomes
 * U+FFFD.
 */
reco_status_t reco_html_selector_text(
    reco_html_selector_t *parser, char quote, reco_str_t *text);

/* Reads a name; what: the error where there is none. */
reco_status_t reco_html_selector_name(
    reco_html_selector_t *parser, const char *what, reco_str_t *name);

#endif /* RECO_HTML_SELECTOR_H */
