/*
 * The table of trainer.conf's keys.  A room that wants one adds a line to
 * config_keys.c and a paragraph to docs/trainer.conf.md.
 */

#ifndef RECO_CONFIG_KEYS_H
#define RECO_CONFIG_KEYS_H


typedef enum {
    RECO_CONFIG_TEXT,
    RECO_CONFIG_WORD, /* one of some: reco_config_words() */
    RECO_CONFIG_INTEGER,
    RECO_CONFIG_NUMBER,
    RECO_CONFIG_SIZE,     /* bytes */
    RECO_CONFIG_DURATION, /* milliseconds */
    RECO_CONFIG_FLAG,
    RECO_CONFIG_SERVER, /* HOST[:PORT], or empty */
    RECO_CONFIG_SERVERS /* HOST[:PORT] and unix:PATH, by blanks */
} reco_config_type_t;

/* minimum and maximum bound numbers, in the type's unit, and the bytes of a
   text; equal: unbounded. */
typedef struct {
    const char *name;
    reco_config_type_t type;
    const char *value; /* the default, as it would be written */
    double minimum;
    double maximum;
} reco_config_key_t;

/* Ends with a NULL name. */
extern const reco_config_key_t reco_config_keys[];

/* The words that a key of type RECO_CONFIG_WORD takes (words.h). */
const char *const *reco_config_words(const char *name);

#endif /* RECO_CONFIG_KEYS_H */
