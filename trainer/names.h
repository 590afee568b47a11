/*
 * External ids <-> dense numbers, in order of first appearance.
 */

#ifndef RECO_NAMES_H
#define RECO_NAMES_H

#include "reco.h"


#define RECO_NAMES_NONE UINT32_MAX

typedef struct {
    uint32_t count;
    uint32_t capacity; /* of names */
    uint64_t *starts;  /* of each name in text; count + 1 */
    char *text;
    uint64_t size;
    uint32_t *slots; /* open addressing; RECO_NAMES_NONE: free */
    uint32_t nslots; /* a power of two */
} reco_names_t;

/* An empty table is all zero; done() leaves one. */
void reco_names_done(reco_names_t *names);

/* The number of name, a new one if need be.  RECO_NOMEM, RECO_TOO_LARGE. */
reco_status_t reco_names_add(
    reco_names_t *names, reco_str_t name, uint32_t *number);

/* RECO_NAMES_NONE if unknown. */
uint32_t reco_names_find(const reco_names_t *names, reco_str_t name);

/* Refers to the table's memory; valid until the next add. */
reco_str_t reco_names_at(const reco_names_t *names, uint32_t number);

#endif /* RECO_NAMES_H */
