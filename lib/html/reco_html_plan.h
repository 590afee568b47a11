/*
 * A plan's inside (internal): slots, the places that selectors name, and the
 * selectors, compiled.
 *
 * A selector is a chain of compounds.  Each compound but the last has a bit;
 * an element that matches the chain up to there carries the bit, so that the
 * next compound looks at its parent's bits (>) or its ancestors' (space).
 */

#ifndef RECO_HTML_PLAN_H
#define RECO_HTML_PLAN_H

#include "reco_html_parser.h"

#define RECO_HTML_SLOTS_MAX      32
#define RECO_HTML_PLACES_MAX     64
#define RECO_HTML_COMPOUNDS_MAX  128
#define RECO_HTML_CONDITIONS_MAX 256


typedef enum {
    RECO_HTML_PRESENT, /* [a] */
    RECO_HTML_EQUAL,   /* [a=v], #v */
    RECO_HTML_PREFIX,  /* [a^=v] */
    RECO_HTML_SUFFIX,  /* [a$=v] */
    RECO_HTML_INFIX,   /* [a*=v] */
    RECO_HTML_WORD,    /* [a~=v], .v */
    RECO_HTML_SUBRANGE /* [a|=v] */
} reco_html_operator_t;


typedef struct {
    uint8_t attribute;
    uint8_t operator;
    uint8_t ignore_case;
    reco_str_t value;
} reco_html_condition_t;


typedef struct {
    uint64_t type;   /* name of the element, 0 for any */
    uint64_t around; /* bit of the compound before this one, 0 for none */
    uint64_t bit;    /* this one's bit, 0 for the last of a selector */
    uint64_t place;  /* for the last: the place as a bit */
    uint32_t needed; /* attributes that must be there */
    uint16_t first;  /* conditions */
    uint16_t count;
    uint8_t is_child; /* around is the parent's */
} reco_html_compound_t;


typedef struct {
    uint8_t slot;
    uint8_t position;
    uint8_t all;
} reco_html_place_t;


struct reco_html_plan_s {
    reco_html_memory_t memory;
    reco_html_attributes_t attributes;

    reco_str_t slots[RECO_HTML_SLOTS_MAX];
    unsigned slot_count;
    uint32_t fallback; /* slots as bits */

    reco_html_place_t places[RECO_HTML_PLACES_MAX];
    unsigned place_count;
    uint64_t all;     /* places that take every match */
    uint64_t held;    /* places before the start tag */
    uint64_t content; /* places that need to know the element's end */

    reco_html_compound_t compounds[RECO_HTML_COMPOUNDS_MAX];
    unsigned compound_count;
    unsigned bit_count;

    reco_html_condition_t conditions[RECO_HTML_CONDITIONS_MAX];
    unsigned condition_count;
    uint32_t needed; /* attributes that selectors name */
    uint64_t types;  /* names that match without any: reco_html_type_bit() */
    uint64_t inner_types;  /* the same within elements that matched */
    uint64_t inner_around; /* one of these bits */
    reco_html_needles_t needles;
};


/* Compiles selector into the plan's compounds, for the place as a bit. */
reco_status_t reco_html_selector_compile(reco_html_plan_t *plan,
    reco_str_t selector, uint64_t place, reco_error_t *error);

typedef struct {
    uint64_t places;
    uint64_t bits;
} reco_html_match_t;

/*
 * What a start tag matches, of its attributes only those in present; parent
 * is NULL at the root.
 */
reco_html_match_t reco_html_plan_match(const reco_html_plan_t *plan,
    const reco_html_tag_t *tag, uint32_t present,
    const reco_html_matches_t *parent);

/* True where a start tag of this name (0: not known yet) may match a place. */
int reco_html_plan_may_match(
    const reco_html_plan_t *plan, uint64_t name, uint64_t places);

/* The slot of a name, or -1. */
int reco_html_plan_slot_named(const reco_html_plan_t *plan, reco_str_t name);

#endif /* RECO_HTML_PLAN_H */
