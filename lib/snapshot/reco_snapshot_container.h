/*
 * The container that every binary file of a version shares.
 *
 *      0  +-----------------------------------------------+
 *         | "RECOSNAP" kind format nsections size seal    |  64 bytes
 *     64  +-----------------------------------------------+
 *         | tag  -  offset  length  XXH3                  |  32 bytes each
 *         | ...                                           |
 *         +-----------------------------------------------+
 *         | a section, aligned to 64 bytes                |
 *         +-----------------------------------------------+
 *
 * All numbers are little-endian.  The seal is the XXH3 of header and table,
 * so that a damaged table never leads anywhere; what a section holds is
 * hashed by the table's entry, which is checked only where a caller can pay
 * for reading every byte.
 */

#ifndef RECO_SNAPSHOT_CONTAINER_H
#define RECO_SNAPSHOT_CONTAINER_H

#include "reco.h"


#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the files are mapped as they are: a little-endian machine is needed"
#endif

#define RECO_SNAPSHOT_TAG(a, b, c, d)                                          \
    ((uint32_t) (a) | (uint32_t) (b) << 8 | (uint32_t) (c) << 16               \
        | (uint32_t) (d) << 24)

#define RECO_SNAPSHOT_CONTAINER_FORMAT   1
#define RECO_SNAPSHOT_CONTAINER_SECTIONS 32
#define RECO_SNAPSHOT_CONTAINER_ALIGN    64

/* On disk. */
typedef struct {
    uint8_t magic[8];
    uint32_t kind;
    uint32_t format;
    uint32_t nsections;
    uint32_t unused;
    uint64_t size; /* of the whole file */
    uint64_t seal; /* XXH3 of header and table with this field 0 */
    uint8_t reserved[24];
} reco_snapshot_container_header_t;

typedef struct {
    uint32_t tag;
    uint32_t unused;
    uint64_t offset; /* from the start of the file */
    uint64_t length; /* bytes */
    uint64_t hash;
} reco_snapshot_container_entry_t;


/* The seal of a file: the hash of header and table, the seal taken as 0. */
uint64_t reco_snapshot_container_seal(
    const reco_snapshot_container_header_t *header,
    const reco_snapshot_container_entry_t *table);


/* What a writer puts in. */
typedef struct {
    uint32_t tag;
    const void *data;
    uint64_t length; /* bytes */
} reco_snapshot_section_t;

/* Writes the new file path, and fsyncs it. */
reco_status_t reco_snapshot_container_write(const char *path, uint32_t kind,
    const reco_snapshot_section_t *sections, unsigned nsections,
    reco_error_t *error);


/* A mapped file; base is NULL while it is closed. */
typedef struct {
    const uint8_t *base;
    uint64_t size;
    const reco_snapshot_container_entry_t *table;
    uint32_t nsections;
    const char *path; /* for messages; the caller's, valid while it is open */
} reco_snapshot_container_t;

/*
 * Maps path read-only.  RECO_DECLINED: no such file.  RECO_IO.  RECO_CORRUPT:
 * header, table or a section's bounds are wrong; with verify also a section's
 * hash.  RECO_UNSUPPORTED: another kind or format.
 */
reco_status_t reco_snapshot_container_open(reco_snapshot_container_t *container,
    const char *path, uint32_t kind, int verify, reco_error_t *error);
void reco_snapshot_container_close(reco_snapshot_container_t *container);

/* How far the checksums of a container are verified. */
typedef struct {
    unsigned section;
    uint64_t offset;
    reco_hasher_t *hasher;
} reco_snapshot_verification_t;

/* RECO_NOMEM. */
reco_status_t reco_snapshot_verification_init(
    reco_snapshot_verification_t *verification);
void reco_snapshot_verification_done(
    reco_snapshot_verification_t *verification);

/* The next so many bytes.  RECO_AGAIN: there are more.  RECO_CORRUPT. */
reco_status_t reco_snapshot_container_verify(
    const reco_snapshot_container_t *container,
    reco_snapshot_verification_t *verification, size_t bytes,
    reco_error_t *error);

/*
 * The section as an array of count elements of size bytes.  RECO_CORRUPT
 * where it is missing or of another length.  data is the address of a pointer,
 * which will be aligned to 64 bytes.
 */
reco_status_t reco_snapshot_container_array(
    const reco_snapshot_container_t *container, uint32_t tag, size_t size,
    uint64_t count, void *data, reco_error_t *error);

/* A file's sections as one table, so that a reader checks them in one go. */
typedef struct {
    uint32_t tag;
    size_t size;
    uint64_t count;
    void *data; /* the address of a pointer */
} reco_snapshot_array_t;

reco_status_t reco_snapshot_container_arrays(
    const reco_snapshot_container_t *container,
    const reco_snapshot_array_t *arrays, unsigned narrays, reco_error_t *error);

/* The length of a section in bytes; 0 if there is none. */
uint64_t reco_snapshot_container_length(
    const reco_snapshot_container_t *container, uint32_t tag);

/* Maps a whole file of any kind read-only; RECO_DECLINED: none, or empty. */
reco_status_t reco_snapshot_map(const char *path, const uint8_t **base,
    uint64_t *size, reco_error_t *error);

#endif /* RECO_SNAPSHOT_CONTAINER_H */
