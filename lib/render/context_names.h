/*
 * What the scanner needs to know of HTML's elements and attributes.  Names
 * are in lower case.
 */

#ifndef RECO_RENDER_CONTEXT_NAMES_H
#define RECO_RENDER_CONTEXT_NAMES_H

#include "reco.h"


typedef enum {
    RECO_ELEMENT_ORDINARY,
    RECO_ELEMENT_LINKING, /* its URLs are followed or shown, never executed */
    RECO_ELEMENT_SCRIPT,
    RECO_ELEMENT_RAW,     /* content is not markup, nor is it shown as text */
    RECO_ELEMENT_RCDATA,  /* content is text with character references */
    RECO_ELEMENT_REFUSED, /* no value may reach its attributes */
    RECO_ELEMENT_PLAINTEXT
} reco_render_element_t;

typedef enum {
    RECO_ATTRIBUTE_PLAIN,
    RECO_ATTRIBUTE_URL,
    RECO_ATTRIBUTE_URL_LIST,
    RECO_ATTRIBUTE_CODE /* script, style or markup of its own */
} reco_render_attribute_t;

reco_render_element_t reco_render_element(reco_str_t name);
reco_render_attribute_t reco_render_attribute(reco_str_t name);

/* May a value stand in this attribute of a script or style element? */
int reco_render_attribute_is_inert(reco_str_t name);

#endif /* RECO_RENDER_CONTEXT_NAMES_H */
