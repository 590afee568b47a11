/*
 * Writing and mapping the container; see the header for its layout.
 */

#include "reco_snapshot_container.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>


static const uint8_t container_magic[8] = "RECOSNAP";


static uint64_t
container_aligned(uint64_t offset)
{
    const uint64_t mask = RECO_SNAPSHOT_CONTAINER_ALIGN - 1;

    return (offset + mask) & ~mask;
}


uint64_t
reco_snapshot_container_seal(const reco_snapshot_container_header_t *header,
    const reco_snapshot_container_entry_t *table)
{
    uint64_t parts[2];
    reco_snapshot_container_header_t unsealed;

    unsealed = *header;
    unsealed.seal = 0;

    parts[0] = reco_hash(&unsealed, sizeof(unsealed));
    parts[1] = reco_hash(table, header->nsections * sizeof(*table));

    return reco_hash(parts, sizeof(parts));
}


static reco_status_t
container_write_all(int fd, const void *data, uint64_t length)
{
    ssize_t written;
    const uint8_t *bytes;

    /* One call of more than 2 GiB would be cut by the kernel anyway. */
    const uint64_t step = 1 << 28;

    bytes = data;

    while (length != 0) {
        written = write(fd, bytes, length < step ? length : step);

        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            return RECO_IO;
        }

        bytes += written;
        length -= (uint64_t) written;
    }

    return RECO_OK;
}


static reco_status_t
container_write_sections(int fd, const reco_snapshot_container_header_t *header,
    const reco_snapshot_container_entry_t *table,
    const reco_snapshot_section_t *sections)
{
    unsigned i;
    uint64_t position;
    reco_status_t status;

    static const uint8_t zeros[RECO_SNAPSHOT_CONTAINER_ALIGN];

    status = container_write_all(fd, header, sizeof(*header));

    if (status == RECO_OK) {
        status =
            container_write_all(fd, table, header->nsections * sizeof(*table));
    }

    position = sizeof(*header) + header->nsections * sizeof(*table);

    for (i = 0; i < header->nsections && status == RECO_OK; i++) {
        status = container_write_all(fd, zeros, table[i].offset - position);

        if (status == RECO_OK) {
            status = container_write_all(fd, sections[i].data, table[i].length);
        }

        position = table[i].offset + table[i].length;
    }

    return status;
}


reco_status_t
reco_snapshot_container_write(const char *path, uint32_t kind,
    const reco_snapshot_section_t *sections, unsigned nsections,
    reco_error_t *error)
{
    int fd;
    unsigned i;
    uint64_t end;
    reco_status_t status;
    reco_snapshot_container_header_t header;
    reco_snapshot_container_entry_t table[RECO_SNAPSHOT_CONTAINER_SECTIONS];

    memset(&header, 0, sizeof(header));
    memset(table, 0, sizeof(table));

    end = sizeof(header) + nsections * sizeof(table[0]);

    for (i = 0; i < nsections; i++) {
        table[i].tag = sections[i].tag;
        table[i].offset = container_aligned(end);
        table[i].length = sections[i].length;
        table[i].hash = reco_hash(sections[i].data, sections[i].length);
        end = table[i].offset + table[i].length;
    }

    memcpy(header.magic, container_magic, sizeof(header.magic));
    header.kind = kind;
    header.format = RECO_SNAPSHOT_CONTAINER_FORMAT;
    header.nsections = nsections;
    header.size = end;
    header.seal = reco_snapshot_container_seal(&header, table);

    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    if (fd == -1) {
        return reco_error_set(
            error, RECO_IO, "cannot create \"%s\": %s", path, strerror(errno));
    }

    status = container_write_sections(fd, &header, table, sections);

    if (status == RECO_OK && fsync(fd) != 0) {
        status = RECO_IO;
    }

    if (status != RECO_OK) {
        reco_error_set(
            error, status, "cannot write \"%s\": %s", path, strerror(errno));
    }

    if (close(fd) != 0 && status == RECO_OK) {
        return reco_error_set(
            error, RECO_IO, "cannot write \"%s\": %s", path, strerror(errno));
    }

    return status;
}


reco_status_t
reco_snapshot_map(
    const char *path, const uint8_t **base, uint64_t *size, reco_error_t *error)
{
    int fd;
    void *address;
    struct stat st;

    fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd == -1) {
        return reco_error_set(error, errno == ENOENT ? RECO_DECLINED : RECO_IO,
            "cannot open \"%s\": %s", path, strerror(errno));
    }

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        close(fd);
        return reco_error_set(
            error, RECO_IO, "\"%s\" is not a readable regular file", path);
    }

    if (st.st_size == 0) {
        close(fd);
        return reco_error_set(error, RECO_DECLINED, "\"%s\" is empty", path);
    }

    address = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    close(fd);

    if (address == MAP_FAILED) {
        return reco_error_set(
            error, RECO_IO, "cannot map \"%s\": %s", path, strerror(errno));
    }

#ifdef MADV_HUGEPAGE
    /* Where the system grants them: a walk misses fewer translations. */
    (void) madvise(address, (size_t) st.st_size, MADV_HUGEPAGE);
#endif

    *base = address;
    *size = (uint64_t) st.st_size;

    return RECO_OK;
}


static reco_status_t
container_check_header(const reco_snapshot_container_t *container,
    uint32_t kind, reco_error_t *error)
{
    const reco_snapshot_container_header_t *header;

    header = (const reco_snapshot_container_header_t *) container->base;

    if (container->size < sizeof(*header)
        || memcmp(header->magic, container_magic, sizeof(header->magic)) != 0)
    {
        return reco_error_set(error, RECO_CORRUPT,
            "\"%s\" is not a snapshot file", container->path);
    }

    if (header->kind != kind
        || header->format != RECO_SNAPSHOT_CONTAINER_FORMAT) {
        return reco_error_set(error, RECO_UNSUPPORTED,
            "\"%s\" is of another kind or format (%u); publish it again",
            container->path, header->format);
    }

    if (header->size != container->size) {
        return reco_error_set(error, RECO_CORRUPT,
            "\"%s\" has %llu bytes instead of %llu", container->path,
            (unsigned long long) container->size,
            (unsigned long long) header->size);
    }

    if (header->nsections > RECO_SNAPSHOT_CONTAINER_SECTIONS
        || sizeof(*header)
                   + header->nsections * sizeof(reco_snapshot_container_entry_t)
               > container->size
        || reco_snapshot_container_seal(header, container->table)
               != header->seal)
    {
        return reco_error_set(error, RECO_CORRUPT,
            "the table of \"%s\" fails its check", container->path);
    }

    return RECO_OK;
}


static reco_status_t
container_check_sections(
    const reco_snapshot_container_t *container, reco_error_t *error)
{
    unsigned i;
    const reco_snapshot_container_entry_t *entry;

    for (i = 0; i < container->nsections; i++) {
        entry = &container->table[i];

        if (entry->offset % RECO_SNAPSHOT_CONTAINER_ALIGN != 0
            || entry->offset > container->size
            || entry->length > container->size - entry->offset)
        {
            return reco_error_set(error, RECO_CORRUPT,
                "section %u of \"%s\" lies outside of the file", i,
                container->path);
        }
    }

    return RECO_OK;
}


reco_status_t
reco_snapshot_verification_init(reco_snapshot_verification_t *verification)
{
    memset(verification, 0, sizeof(*verification));
    verification->hasher = reco_hasher_create();

    return verification->hasher != NULL ? RECO_OK : RECO_NOMEM;
}


void
reco_snapshot_verification_done(reco_snapshot_verification_t *verification)
{
    reco_hasher_destroy(verification->hasher);
    verification->hasher = NULL;
}


reco_status_t
reco_snapshot_container_verify(const reco_snapshot_container_t *container,
    reco_snapshot_verification_t *verification, size_t bytes,
    reco_error_t *error)
{
    uint64_t rest;
    size_t part;
    const reco_snapshot_container_entry_t *entry;

    for (; verification->section < container->nsections;
         verification->section++) {
        entry = &container->table[verification->section];
        rest = entry->length - verification->offset;
        part = bytes < rest ? bytes : (size_t) rest;
        reco_hasher_add(verification->hasher,
            container->base + entry->offset + verification->offset, part);
        bytes -= part;

        if (part < rest) {
            verification->offset += part;
            return RECO_AGAIN;
        }

        verification->offset = 0;

        if (reco_hasher_end(verification->hasher) != entry->hash) {
            return reco_error_set(error, RECO_CORRUPT,
                "section %u of \"%s\" fails its checksum",
                verification->section, container->path);
        }
    }

    return RECO_OK;
}


static reco_status_t
container_verify_all(
    const reco_snapshot_container_t *container, reco_error_t *error)
{
    reco_status_t status;
    reco_snapshot_verification_t verification;

    status = reco_snapshot_verification_init(&verification);

    if (status == RECO_OK) {
        status = reco_snapshot_container_verify(
            container, &verification, SIZE_MAX, error);
    }

    reco_snapshot_verification_done(&verification);

    return status;
}


reco_status_t
reco_snapshot_container_open(reco_snapshot_container_t *container,
    const char *path, uint32_t kind, int verify, reco_error_t *error)
{
    reco_status_t status;
    const reco_snapshot_container_header_t *header;

    memset(container, 0, sizeof(*container));
    container->path = path;

    status = reco_snapshot_map(path, &container->base, &container->size, error);

    if (status != RECO_OK) {
        return status;
    }

    header = (const reco_snapshot_container_header_t *) container->base;
    container->table =
        (const reco_snapshot_container_entry_t *) (container->base
                                                   + sizeof(*header));

    status = container_check_header(container, kind, error);

    if (status == RECO_OK) {
        container->nsections = header->nsections;
        status = container_check_sections(container, error);
    }

    if (status == RECO_OK && verify) {
        status = container_verify_all(container, error);
    }

    if (status != RECO_OK) {
        reco_snapshot_container_close(container);
    }

    return status;
}


void
reco_snapshot_container_close(reco_snapshot_container_t *container)
{
    if (container->base != NULL) {
        munmap((void *) container->base, container->size);
    }

    memset(container, 0, sizeof(*container));
}


static const reco_snapshot_container_entry_t *
container_find(const reco_snapshot_container_t *container, uint32_t tag)
{
    unsigned i;

    for (i = 0; i < container->nsections; i++) {
        if (container->table[i].tag == tag) {
            return &container->table[i];
        }
    }

    return NULL;
}


uint64_t
reco_snapshot_container_length(
    const reco_snapshot_container_t *container, uint32_t tag)
{
    const reco_snapshot_container_entry_t *entry;

    entry = container_find(container, tag);

    return entry != NULL ? entry->length : 0;
}


reco_status_t
reco_snapshot_container_array(const reco_snapshot_container_t *container,
    uint32_t tag, size_t size, uint64_t count, void *data, reco_error_t *error)
{
    const uint8_t *start;
    const reco_snapshot_container_entry_t *entry;

    entry = container_find(container, tag);

    if (entry == NULL || entry->length / size != count
        || entry->length % size != 0) {
        return reco_error_set(error, RECO_CORRUPT,
            "section \"%.4s\" of \"%s\" is missing or has a wrong length",
            (const char *) &tag, container->path);
    }

    /* The caller's pointer is of any type: no cast would be an alias. */
    start = container->base + entry->offset;
    memcpy(data, &start, sizeof(start));

    return RECO_OK;
}


reco_status_t
reco_snapshot_container_arrays(const reco_snapshot_container_t *container,
    const reco_snapshot_array_t *arrays, unsigned narrays, reco_error_t *error)
{
    unsigned i;
    reco_status_t status;

    for (i = 0; i < narrays; i++) {
        status = reco_snapshot_container_array(container, arrays[i].tag,
            arrays[i].size, arrays[i].count, arrays[i].data, error);

        if (status != RECO_OK) {
            return status;
        }
    }

    return RECO_OK;
}
