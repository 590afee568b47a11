#include "outbox/crc32c.h"
#include "outbox/outbox_ring.h"

#include <string.h>
#include <sys/mman.h>

#define ALIGN 8

#define CACHE_LINE 64
#define EXPECTED   512 /* bytes of the next record that are fetched ahead */

/* How far behind a tail recovery looks for records that a power cut left
   there without their header's page. */
#define WINDOW (1 << 20)

/* How many rings' worth of bytes with wrong checksums are read before a file is
   given up: no file may be made up to keep a process busy for hours. */
#define PATIENCE 8


static reco_outbox_record_t *
record_at(const reco_outbox_t *outbox, uint64_t position)
{
    return (
        reco_outbox_record_t *) (outbox->ring + position % outbox->capacity);
}


static uint64_t
record_size(uint64_t length)
{
    return (sizeof(reco_outbox_record_t) + length + ALIGN - 1)
           & ~(uint64_t) (ALIGN - 1);
}


/*
 * From length to the end of the payload, seeded with the salt.  header is a
 * copy: whoever else writes to the file cannot change what was checked.
 */
static uint32_t
record_crc(const reco_outbox_t *outbox, const reco_outbox_record_t *header,
    const char *payload)
{
    uint32_t crc;

    crc = (uint32_t) (outbox->salt ^ outbox->salt >> 32);
    crc = reco_crc32c(crc, &header->length,
        sizeof(*header) - offsetof(reco_outbox_record_t, length));

    return reco_crc32c(crc, payload, header->length);
}


/*
 * Copies the header of what stands at position.  Its size where it may be a
 * record of this lap that ends by limit; 0 otherwise.
 */
static uint64_t
plausible(const reco_outbox_t *outbox, uint64_t position, uint64_t limit,
    reco_outbox_record_t *header)
{
    uint64_t size;

    if (limit - position < sizeof(*header)) {
        return 0;
    }

    *header = *record_at(outbox, position);
    if (header->position != position) {
        return 0;
    }

    size = record_size(header->length);

    return size <= limit - position ? size : 0;
}


/* The same, and its checksum fits; *record is its payload. */
static uint64_t
valid(reco_outbox_t *outbox, uint64_t position, uint64_t limit,
    reco_str_t *record)
{
    reco_outbox_record_t header;
    uint64_t size;

    size = plausible(outbox, position, limit, &header);
    if (size == 0 || outbox->patience < header.length) {
        return 0;
    }

    record->data = (const char *) (record_at(outbox, position) + 1);
    record->len = header.length;

    if (header.crc != record_crc(outbox, &header, record->data)) {
        outbox->patience -= header.length;
        return 0;
    }

    return size;
}


/*
 * The first valid record from position on that starts before stop and ends by
 * limit: its position, with its size in *size; or stop.
 */
static uint64_t
find(reco_outbox_t *outbox, uint64_t position, uint64_t stop, uint64_t limit,
    uint64_t *size, reco_str_t *record)
{
    for (; position < stop; position += ALIGN) {
        *size = valid(outbox, position, limit, record);
        if (*size != 0) {
            return position;
        }
    }

    return stop;
}


static void
store_head(reco_outbox_t *outbox, uint64_t head)
{
    outbox->head = head;
    if (outbox->writable) {
        __atomic_store_n(&outbox->header->head, head, __ATOMIC_RELEASE);
    }
}


static void
store_tail(reco_outbox_t *outbox, uint64_t tail)
{
    outbox->tail = tail;
    if (outbox->writable) {
        __atomic_store_n(&outbox->header->tail, tail, __ATOMIC_RELEASE);
    }
}


static uint64_t
smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}


static uint64_t
larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}


/*
 * Finds the records from head to tail, and those behind tail: the one that a
 * kill left complete but not counted, or all whose header a power cut took.
 * Room that damage takes at either end is given back.
 */
static void
walk(reco_outbox_t *outbox, uint64_t head, uint64_t tail)
{
    uint64_t first, end, found, stop, size;
    reco_str_t record;
    reco_outbox_record_t header;

    first = head;
    end = head;

    for (;;) {
        stop = smaller(first + outbox->capacity, larger(end, tail) + WINDOW);
        found =
            find(outbox, end, stop, first + outbox->capacity, &size, &record);
        if (found == stop) {
            break;
        }

        if (outbox->records == 0) {
            first = found;
        }

        outbox->torn += found != end;
        outbox->records++;
        end = found + size;
    }

    /* What a kill left half done, or damage before tail. */
    outbox->torn +=
        end < tail
        || plausible(outbox, end, first + outbox->capacity, &header) != 0;

    store_tail(outbox, end);
    store_head(outbox, outbox->records > 0 ? first : end);
}


/* What will be walked is read from the disk in one go. */
static void
read_ahead(const reco_outbox_t *outbox, uint64_t head, uint64_t tail)
{
    uint64_t start, length;

    start = head % outbox->capacity / RECO_OUTBOX_PAGE * RECO_OUTBOX_PAGE;
    length = smaller(tail - head + WINDOW, outbox->capacity);

    (void) madvise(outbox->ring + start, (size_t) length, MADV_WILLNEED);
}


reco_status_t
reco_outbox_recover(reco_outbox_t *outbox, reco_error_t *error)
{
    uint64_t head, tail;

    head = __atomic_load_n(&outbox->header->head, __ATOMIC_ACQUIRE);
    tail = __atomic_load_n(&outbox->header->tail, __ATOMIC_ACQUIRE);

    if (head > tail || head % ALIGN != 0 || tail % ALIGN != 0
        || tail > UINT64_MAX / 2)
    {
        return reco_error_set(error, RECO_CORRUPT,
            "outbox \"%s\": head %llu and tail %llu cannot be; move the file "
            "away",
            outbox->path, (unsigned long long) head, (unsigned long long) tail);
    }

    /* A recovery may have been killed between the two stores of walk(). */
    if (tail - head > outbox->capacity) {
        head = tail - outbox->capacity;
    }

    outbox->patience = PATIENCE * outbox->capacity;

    read_ahead(outbox, head, tail);
    walk(outbox, head, tail);

    if (outbox->patience < outbox->capacity) {
        return reco_error_set(error, RECO_CORRUPT,
            "outbox \"%s\": damaged all over; move the file away",
            outbox->path);
    }

    outbox->patience = UINT64_MAX;

    return RECO_OK;
}


/* The next record is likely to be as long.  A ring is larger than the caches:
   that place comes in while the caller does something else. */
static void
expect_append(const reco_outbox_t *outbox, uint64_t size)
{
    const char *place;
    uint64_t offset;

    place = (const char *) record_at(outbox, outbox->tail);

    for (offset = 0; offset < smaller(size, EXPECTED); offset += CACHE_LINE) {
        __builtin_prefetch(place + offset, 1);
    }
}


reco_status_t
reco_outbox_append(reco_outbox_t *outbox, reco_str_t record)
{
    reco_outbox_record_t header, *place;
    uint64_t size;

    if (!outbox->writable) {
        return RECO_INVALID;
    }

    if (record.len > UINT32_MAX || record_size(record.len) > outbox->capacity) {
        return RECO_TOO_LARGE;
    }

    size = record_size(record.len);
    if (outbox->tail + size - outbox->head > outbox->capacity) {
        return RECO_FULL;
    }

    place = record_at(outbox, outbox->tail);

    header.position = outbox->tail;
    header.length = (uint32_t) record.len;
    header.crc = record_crc(outbox, &header, record.data);

    memcpy(place + 1, record.data, record.len);
    place->position = header.position;
    place->length = header.length;
    __atomic_store_n(&place->crc, header.crc, __ATOMIC_RELEASE);
    store_tail(outbox, outbox->tail + size);

    outbox->records++;
    outbox->appended++;
    expect_append(outbox, size);

    return RECO_OK;
}


reco_status_t
reco_outbox_next(reco_outbox_t *outbox, uint64_t *cursor, reco_str_t *record)
{
    uint64_t position, size;

    position = *cursor < outbox->head ? outbox->head : *cursor;
    if (position % ALIGN != 0) {
        return RECO_DECLINED;
    }

    position =
        find(outbox, position, outbox->tail, outbox->tail, &size, record);
    if (position >= outbox->tail) {
        return RECO_DECLINED;
    }

    *cursor = position + size;

    return RECO_OK;
}


/* How many records end by cursor, counted from head. */
static uint64_t
count_until(reco_outbox_t *outbox, uint64_t cursor)
{
    uint64_t position, size, n;
    reco_str_t record;

    n = 0;

    for (position = outbox->head; position < cursor; position += size) {
        position = find(outbox, position, cursor, cursor, &size, &record);
        if (position == cursor) {
            break;
        }
        n++;
    }

    return n;
}


void
reco_outbox_acknowledge(reco_outbox_t *outbox, uint64_t cursor)
{
    uint64_t n;

    if (!outbox->writable || cursor <= outbox->head || cursor > outbox->tail
        || cursor % ALIGN != 0)
    {
        return;
    }

    n = count_until(outbox, cursor);
    outbox->records -= smaller(n, outbox->records);
    store_head(outbox, cursor);
}


reco_status_t
reco_outbox_drop_oldest(reco_outbox_t *outbox)
{
    uint64_t cursor;
    reco_str_t record;

    if (!outbox->writable) {
        return RECO_INVALID;
    }

    cursor = 0;
    if (reco_outbox_next(outbox, &cursor, &record) != RECO_OK) {
        store_head(outbox, outbox->tail);
        outbox->records = 0;
        return RECO_DECLINED;
    }

    store_head(outbox, cursor);
    outbox->records--;
    outbox->dropped++;

    return RECO_OK;
}


void
reco_outbox_stats(const reco_outbox_t *outbox, reco_outbox_stats_t *stats)
{
    stats->records = outbox->records;
    stats->bytes = outbox->tail - outbox->head;
    stats->capacity = outbox->capacity;
    stats->torn = outbox->torn;
    stats->appended = outbox->appended;
    stats->dropped = outbox->dropped;
}
