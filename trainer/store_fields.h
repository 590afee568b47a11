/*
 * Fields of a record: tag, length (2 bytes), bytes.  Tags that a reader does not
 * know are passed over.
 */

#ifndef RECO_STORE_FIELDS_H
#define RECO_STORE_FIELDS_H

#include "reco.h"

#include <stddef.h>
#include <stdint.h>


/* Numbers in files: never reuse one. */
typedef enum {
    RECO_STORE_TAG_ID = 1,
    RECO_STORE_TAG_ID_HEX, /* an id of lower-case hex digits, two a byte */
    RECO_STORE_TAG_SEQUENCE,
    RECO_STORE_TAG_RECEIVED,
    RECO_STORE_TAG_LINES,
    RECO_STORE_TAG_DEPTH,
    RECO_STORE_TAG_VALUE,
    RECO_STORE_TAG_QTY,
    RECO_STORE_TAG_PRICE,
    RECO_STORE_TAG_CURRENCY,
    RECO_STORE_TAG_SLOT,
    RECO_STORE_TAG_RANK,
    RECO_STORE_TAG_REQ,
    RECO_STORE_TAG_ARM,
    RECO_STORE_TAG_MODEL,
    RECO_STORE_TAG_SOURCE,
    RECO_STORE_TAG_CONTEXT, /* key, NUL, value */
    RECO_STORE_TAG_TITLE,
    RECO_STORE_TAG_URL,
    RECO_STORE_TAG_IMAGE,
    RECO_STORE_TAG_CATEGORY,
    RECO_STORE_TAG_BRAND
} reco_store_tag_t;

typedef struct {
    char *data; /* RECO_STORE_RECORD_MAX bytes */
    size_t len; /* of what is written */
    int full;   /* something had no room */
} reco_store_fields_t;


/* Room for a field's bytes, or NULL once the record is full. */
char *reco_store_add_field(
    reco_store_fields_t *writer, reco_store_tag_t tag, size_t len);

/* An empty string is left out. */
void reco_store_add_string(
    reco_store_fields_t *writer, reco_store_tag_t tag, reco_str_t text);
void reco_store_add_integer(
    reco_store_fields_t *writer, reco_store_tag_t tag, uint64_t value);
void reco_store_add_number(
    reco_store_fields_t *writer, reco_store_tag_t tag, double value);

/* Takes the next field off fields; 0 at the end or at a broken one. */
int reco_store_next_field(
    reco_str_t *fields, reco_store_tag_t *tag, reco_str_t *value);

#endif /* RECO_STORE_FIELDS_H */
