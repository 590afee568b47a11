/*
 * What every folder of the library shares: the status that functions return,
 * the counted string, what is a control character, the error that a person
 * reads, and the one hash.
 *
 * The library never logs, never reads a clock, opens no socket and keeps no
 * global state.  Memory comes from the caller.
 */

#ifndef RECO_H
#define RECO_H

#include <stddef.h>
#include <stdint.h>


typedef enum {
    RECO_OK = 0,
    RECO_AGAIN,       /* more input or more room is needed; call again */
    RECO_DECLINED,    /* nothing there: not found, not applicable */
    RECO_INVALID,     /* the input breaks the rules of its format */
    RECO_TOO_LARGE,   /* a documented limit was exceeded */
    RECO_FULL,        /* no room left in a bounded store */
    RECO_NOMEM,       /* an allocation failed */
    RECO_IO,          /* a system call failed; errno tells which way */
    RECO_CORRUPT,     /* stored data fails its checks */
    RECO_UNSUPPORTED, /* well-formed, but of a version or kind unknown here */
    RECO_BUSY,        /* another process holds it */
    RECO_STATUS_COUNT
} reco_status_t;


/* Bytes that somebody else owns; not terminated by NUL. */
typedef struct {
    size_t len;
    const char *data;
} reco_str_t;

#define reco_string(literal) ((reco_str_t){sizeof(literal) - 1, (literal)})
#define reco_null_string     ((reco_str_t){0, NULL})


/*
 * What failed, on which input, and what to do: one line without a final
 * period or newline.  Functions that take one write it only on failure and
 * accept NULL.  line and column are 1-based, 0 where they have no meaning.
 */
typedef struct {
    unsigned line;
    unsigned column;
    char message[256];
} reco_error_t;


/* The status's name in lower case ("invalid"), for logs and counters. */
const char *reco_status_name(reco_status_t status);

/*
 * reco_error_set(error, status, format, ...) formats into error->message,
 * truncating, and is status: a failing path is one statement.  It does nothing
 * else where error is NULL.  A macro, so that compilers and analyzers see which
 * status comes out.
 */
#define reco_error_set(error, status, ...)                                     \
    (reco_error_write((error), __VA_ARGS__), reco_error_status(status))

void reco_error_write(reco_error_t *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline reco_status_t
reco_error_status(reco_status_t status)
{
    return status;
}


/*
 * The bytes of the control character that begins at an offset of text in UTF-8:
 * one of C0 and DEL, two of U+0080 to U+009F; 0 where it is another character.
 */
static inline size_t
reco_control(reco_str_t text, size_t offset)
{
    const unsigned char *p;

    p = (const unsigned char *) text.data + offset;

    if (p[0] < 0x20 || p[0] == 0x7f) {
        return 1;
    }

    return p[0] == 0xc2 && text.len - offset > 1 && p[1] >= 0x80 && p[1] < 0xa0
               ? 2
               : 0;
}


/* XXH3, 64 bits, seed 0: the only hash, in files and in memory. */
uint64_t reco_hash(const void *data, size_t len);

/* The same of parts that follow each other.  create: NULL, no memory. */
typedef struct reco_hasher_s reco_hasher_t;

reco_hasher_t *reco_hasher_create(void);
void reco_hasher_destroy(reco_hasher_t *hasher);
void reco_hasher_add(reco_hasher_t *hasher, const void *data, size_t len);

/* The hash of all that was added; what is added next begins another. */
uint64_t reco_hasher_end(reco_hasher_t *hasher);

/*
 * The same under a secret key, for tables in memory that are filled by whoever
 * comes along: who does not know the key cannot choose what meets in a place.
 */
uint64_t reco_hash_keyed(uint64_t key, const void *data, size_t len);

/*
 * The 64-bit key that stands for an item outside of one model version: in
 * sessions, overlays, event joins.  Never 0, which means "no item".
 */
uint64_t reco_item_key(reco_str_t id);

#endif /* RECO_H */
