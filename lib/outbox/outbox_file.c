#define _GNU_SOURCE

#include "outbox/crc32c.h"
#include "outbox/outbox_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file that its last owner deletes between our open and our lock. */
#define OPEN_TRIES 8


static reco_status_t
io_error(reco_error_t *error, const char *path, const char *what)
{
    int saved;

    saved = errno;
    reco_error_set(error, RECO_IO, "outbox \"%s\": cannot %s: %s", path, what,
        strerror(saved));
    errno = saved;

    return RECO_IO;
}


static uint32_t
header_crc(const reco_outbox_header_t *header)
{
    return reco_crc32c(
        0, &header->capacity, sizeof(header->capacity) + sizeof(header->salt));
}


size_t
reco_outbox_mapped(uint64_t capacity)
{
    return RECO_OUTBOX_PAGE + 2 * (size_t) capacity;
}


/*
 * Reserves the room and writes the header.  Nobody can have appended to a file
 * without its magic, so an unfinished one is simply made again.
 */
static reco_status_t
make_file(int fd, const char *path, uint64_t size, reco_error_t *error)
{
    reco_outbox_header_t header;
    int rc;

    memset(&header, 0, sizeof(header));
    header.version = RECO_OUTBOX_VERSION;
    header.capacity =
        (size + RECO_OUTBOX_PAGE - 1) / RECO_OUTBOX_PAGE * RECO_OUTBOX_PAGE;

    if (size > RECO_OUTBOX_CAPACITY_MAX) {
        return reco_error_set(error, RECO_TOO_LARGE,
            "outbox \"%s\": a ring holds 1 TiB at most", path);
    }

    if (getrandom(&header.salt, sizeof(header.salt), GRND_NONBLOCK)
        != sizeof(header.salt))
    {
        return io_error(error, path, "get random bytes");
    }

    /* So that no byte of the ring's zeros is the position of a record. */
    header.head = header.capacity;
    header.tail = header.capacity;
    header.crc = header_crc(&header);

    rc = ftruncate(fd, 0) == 0 ? posix_fallocate(
             fd, 0, RECO_OUTBOX_PAGE + (off_t) header.capacity)
                               : errno;
    if (rc != 0) {
        (void) unlink(path);
        errno = rc;
        return io_error(error, path, "reserve its room");
    }

    if (pwrite(fd, &header, sizeof(header), 0) != sizeof(header)
        || fsync(fd) != 0
        || pwrite(fd, RECO_OUTBOX_MAGIC, sizeof(header.magic), 0)
               != sizeof(header.magic)
        || fsync(fd) != 0)
    {
        return io_error(error, path, "write its header");
    }

    return RECO_OK;
}


static reco_status_t
check_header(const reco_outbox_header_t *header, off_t size, const char *path,
    reco_error_t *error)
{
    if (memcmp(header->magic, RECO_OUTBOX_MAGIC, sizeof(header->magic)) != 0) {
        return reco_error_set(
            error, RECO_CORRUPT, "outbox \"%s\": not an outbox file", path);
    }

    if (header->version != RECO_OUTBOX_VERSION) {
        return reco_error_set(error, RECO_UNSUPPORTED,
            "outbox \"%s\": version %u is not known here", path,
            header->version);
    }

    if (header->crc != header_crc(header)) {
        return reco_error_set(error, RECO_CORRUPT,
            "outbox \"%s\": its header is damaged; move the file away", path);
    }

    if (header->capacity == 0 || header->capacity > RECO_OUTBOX_CAPACITY_MAX
        || header->capacity % RECO_OUTBOX_PAGE != 0
        || (uint64_t) size != RECO_OUTBOX_PAGE + header->capacity)
    {
        return reco_error_set(error, RECO_CORRUPT,
            "outbox \"%s\": its header tells of another size than the file has; "
            "move the file away",
            path);
    }

    return RECO_OK;
}


/* Header and ring, and the ring once more behind it. */
static reco_status_t
map_file(reco_outbox_t *outbox, reco_error_t *error)
{
    char *base, *again;
    size_t mapped, once;
    int protection;

    mapped = reco_outbox_mapped(outbox->capacity);
    once = RECO_OUTBOX_PAGE + (size_t) outbox->capacity;
    protection = outbox->writable ? PROT_READ | PROT_WRITE : PROT_READ;

    base = mmap(NULL, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED) {
        return io_error(error, outbox->path, "map it");
    }

    again = base + once;

    if (mmap(base, once, protection, MAP_SHARED | MAP_FIXED, outbox->fd, 0)
            == MAP_FAILED
        || mmap(again, (size_t) outbox->capacity, protection,
               MAP_SHARED | MAP_FIXED, outbox->fd, RECO_OUTBOX_PAGE)
               == MAP_FAILED)
    {
        munmap(base, mapped);
        return io_error(error, outbox->path, "map it");
    }

    /* Read-ahead fills the cache in large pieces, and the first write to any
       page of one then makes the kernel go over the whole piece. */
    (void) madvise(base, mapped, MADV_RANDOM);

    outbox->header = (reco_outbox_header_t *) base;
    outbox->ring = base + RECO_OUTBOX_PAGE;

    return RECO_OK;
}


static reco_status_t
check_kind(const struct stat *st, const char *path, reco_error_t *error)
{
    if (!S_ISREG(st->st_mode)) {
        return reco_error_set(
            error, RECO_CORRUPT, "outbox \"%s\": not a regular file", path);
    }

    return RECO_OK;
}


/* Makes the handle of an open, locked, finished file; takes fd over. */
static reco_status_t
attach(int fd, const char *path, int writable, reco_outbox_t **out,
    reco_error_t *error)
{
    reco_outbox_t *outbox;
    reco_outbox_header_t header;
    struct stat st;
    reco_status_t rc;

    outbox = calloc(1, sizeof(*outbox) + strlen(path) + 1);
    if (outbox == NULL) {
        close(fd);
        return reco_error_set(
            error, RECO_NOMEM, "outbox \"%s\": out of memory", path);
    }

    outbox->fd = fd;
    outbox->writable = writable;
    memcpy(outbox->path, path, strlen(path) + 1);

    if (fstat(fd, &st) != 0) {
        rc = io_error(error, path, "stat it");
        goto failed;
    }

    rc = check_kind(&st, path, error);
    if (rc != RECO_OK) {
        goto failed;
    }

    memset(&header, 0, sizeof(header));
    if (pread(fd, &header, sizeof(header), 0) < 0) {
        rc = io_error(error, path, "read it");
        goto failed;
    }

    rc = check_header(&header, st.st_size, path, error);
    if (rc != RECO_OK) {
        goto failed;
    }

    outbox->capacity = header.capacity;
    outbox->salt = header.salt;

    rc = map_file(outbox, error);
    if (rc != RECO_OK) {
        goto failed;
    }

    rc = reco_outbox_recover(outbox, error);
    if (rc != RECO_OK) {
        goto failed;
    }

    *out = outbox;

    return RECO_OK;

failed:

    reco_outbox_close(outbox);

    return rc;
}


/* RECO_AGAIN: the file went away between open and lock. */
static reco_status_t
lock_file(int fd, const char *path, reco_error_t *error)
{
    struct stat held, named;

    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            return reco_error_set(error, RECO_BUSY,
                "outbox \"%s\": another process has it", path);
        }
        return io_error(error, path, "lock it");
    }

    if (fstat(fd, &held) != 0) {
        return io_error(error, path, "stat it");
    }

    if (stat(path, &named) != 0 || named.st_ino != held.st_ino
        || named.st_dev != held.st_dev)
    {
        return RECO_AGAIN;
    }

    return check_kind(&held, path, error);
}


/* True where the file was never finished: its magic is still zero. */
static int
is_unfinished(int fd)
{
    static const char zeros[sizeof(((reco_outbox_header_t *) 0)->magic)];
    char magic[sizeof(zeros)];
    ssize_t n;

    n = pread(fd, magic, sizeof(magic), 0);

    return n == 0
           || (n == sizeof(magic) && memcmp(magic, zeros, sizeof(magic)) == 0);
}


static reco_status_t
open_once(const char *path, uint64_t size, reco_outbox_t **outbox,
    reco_error_t *error)
{
    int fd, flags;
    reco_status_t rc;

    flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | (size > 0 ? O_CREAT : 0);

    fd = open(path, flags, 0600);
    if (fd == -1) {
        if (errno == ENOENT && size == 0) {
            return reco_error_set(
                error, RECO_DECLINED, "outbox \"%s\": no such file", path);
        }
        return io_error(error, path, "open it");
    }

    rc = lock_file(fd, path, error);

    if (rc == RECO_OK && is_unfinished(fd)) {
        if (size > 0) {
            rc = make_file(fd, path, size, error);
        } else {
            (void) unlink(path);
            rc = reco_error_set(
                error, RECO_DECLINED, "outbox \"%s\": never finished", path);
        }
    }

    if (rc != RECO_OK) {
        close(fd);
        return rc;
    }

    return attach(fd, path, 1, outbox, error);
}


reco_status_t
reco_outbox_open(const char *path, uint64_t size, reco_outbox_t **outbox,
    reco_error_t *error)
{
    int tries;
    reco_status_t rc;

    for (tries = 0; tries < OPEN_TRIES; tries++) {
        rc = open_once(path, size, outbox, error);
        if (rc != RECO_AGAIN) {
            return rc;
        }
    }

    return reco_error_set(
        error, RECO_BUSY, "outbox \"%s\": others keep deleting it", path);
}


reco_status_t
reco_outbox_view(const char *path, reco_outbox_t **outbox, reco_error_t *error)
{
    int fd;

    /* O_NONBLOCK: opening a pipe would wait for its writer. */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd == -1) {
        return io_error(error, path, "open it");
    }

    return attach(fd, path, 0, outbox, error);
}


void
reco_outbox_close(reco_outbox_t *outbox)
{
    if (outbox == NULL) {
        return;
    }

    if (outbox->header != NULL) {
        munmap(outbox->header, reco_outbox_mapped(outbox->capacity));
    }

    close(outbox->fd);
    free(outbox);
}


reco_status_t
reco_outbox_remove(reco_outbox_t *outbox)
{
    uint64_t cursor;
    reco_str_t record;
    reco_status_t rc;

    cursor = 0;
    if (reco_outbox_next(outbox, &cursor, &record) == RECO_OK) {
        return RECO_BUSY;
    }

    rc = unlink(outbox->path) == 0 ? RECO_OK : RECO_IO;
    reco_outbox_close(outbox);

    return rc;
}


/* Asks the kernel to begin to write len bytes at offset; 0 would mean to it all
   that follow. */
static int
begin_write(const reco_outbox_t *outbox, uint64_t offset, uint64_t len)
{
    return len == 0 ? 0
                    : sync_file_range(outbox->fd, (off_t) offset, (off_t) len,
                        SYNC_FILE_RANGE_WRITE);
}


/*
 * What was delivered need not reach the disk.  And its pages stay writable: one
 * that the kernel has begun to write costs a fault when it is written to again.
 */
static int
begin_sync(const reco_outbox_t *outbox)
{
    uint64_t start, waiting, first;

    start = outbox->head % outbox->capacity;
    waiting = outbox->tail - outbox->head;
    first =
        waiting < outbox->capacity - start ? waiting : outbox->capacity - start;

    if (begin_write(outbox, RECO_OUTBOX_PAGE + start, first) != 0
        || begin_write(outbox, RECO_OUTBOX_PAGE, waiting - first) != 0)
    {
        return -1;
    }

    return begin_write(outbox, 0, sizeof(*outbox->header));
}


reco_status_t
reco_outbox_sync(reco_outbox_t *outbox, int async)
{
    int rc;

    rc = async ? begin_sync(outbox) : fdatasync(outbox->fd);

    return rc == 0 ? RECO_OK : RECO_IO;
}
