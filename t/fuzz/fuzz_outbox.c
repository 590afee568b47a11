/*
 * A damaged or hostile outbox file: input is [offset u32, byte]* laid over a
 * file that held records, or over nothing.  Opening, reading, appending and
 * acknowledging keep their own rules whatever the file holds.
 */

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "outbox/crc32c.h"
#include "outbox/reco_outbox.h"

#define PAGE    65536
#define RECORDS 40
#define HEADER  32 /* of the header: what its own checksum covers ends there */


static char path[64];
static char pristine[2 * PAGE];


static void
remove_file(void)
{
    (void) unlink(path);
}


/* A file whose ring has gone round, with records waiting. */
static void
make_pristine(void)
{
    char data[4096];
    reco_outbox_t *outbox;
    uint64_t cursor;
    reco_str_t record;
    unsigned i;
    int fd;

    snprintf(path, sizeof(path), "/dev/shm/fuzz_outbox.%d", (int) getpid());
    atexit(remove_file);

    if (reco_outbox_open(path, PAGE, &outbox, NULL) != RECO_OK) {
        abort();
    }

    memset(data, 'd', sizeof(data));
    for (i = 0; i < RECORDS; i++) {
        record = (reco_str_t){sizeof(data) - 97 * i, data};
        while (reco_outbox_append(outbox, record) == RECO_FULL) {
            cursor = 0;
            (void) reco_outbox_next(outbox, &cursor, &record);
            reco_outbox_acknowledge(outbox, cursor);
            record = (reco_str_t){sizeof(data) - 97 * i, data};
        }
    }

    reco_outbox_close(outbox);

    fd = open(path, O_RDONLY);
    if (fd == -1 || read(fd, pristine, sizeof(pristine)) != sizeof(pristine)) {
        abort();
    }
    close(fd);
}


static void
write_file(const char *image)
{
    int fd;

    fd = open(path, O_WRONLY | O_CREAT, 0600);
    if (fd == -1 || pwrite(fd, image, sizeof(pristine), 0) != sizeof(pristine))
    {
        abort();
    }
    close(fd);
}


/* The header's own checksum made right, so that what is behind it is seen. */
static void
mend_header(char *image)
{
    uint32_t crc;

    crc = reco_crc32c(0, image + 16, HEADER - 16);
    memcpy(image + 12, &crc, sizeof(crc));
}


static uint64_t
read_all(reco_outbox_t *outbox, uint64_t *cursor)
{
    reco_str_t record;
    uint64_t n, sum;
    size_t i;

    n = 0;
    sum = 0;
    *cursor = 0;

    while (reco_outbox_next(outbox, cursor, &record) == RECO_OK) {
        n++;
        for (i = 0; i < record.len; i++) {
            sum += (unsigned char) record.data[i];
        }
    }

    return sum == UINT64_MAX ? 0 : n;
}


static void
use(reco_outbox_t *outbox)
{
    reco_outbox_stats_t stats;
    uint64_t cursor, n;

    reco_outbox_stats(outbox, &stats);
    if (stats.bytes > stats.capacity
        || read_all(outbox, &cursor) != stats.records) {
        abort();
    }

    while (reco_outbox_append(outbox, reco_string("after")) == RECO_FULL) {
        if (reco_outbox_drop_oldest(outbox) == RECO_INVALID) {
            abort();
        }
    }

    n = read_all(outbox, &cursor);
    reco_outbox_stats(outbox, &stats);
    if (n == 0 || n != stats.records) {
        abort();
    }

    reco_outbox_acknowledge(outbox, cursor);
    reco_outbox_stats(outbox, &stats);
    if (stats.records != 0 || stats.bytes != 0) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char image[sizeof(pristine)];
    reco_outbox_t *outbox;
    uint32_t offset;
    size_t i;

    if (path[0] == '\0') {
        make_pristine();
    }

    memcpy(image, pristine, sizeof(image));
    for (i = 1; i + 5 <= size; i += 5) {
        memcpy(&offset, data + i, sizeof(offset));
        image[offset % sizeof(image)] = (char) data[i + 4];
    }
    if (size > 0 && (data[0] & 1) != 0) {
        mend_header(image);
    }

    write_file(image);

    if (reco_outbox_view(path, &outbox, NULL) == RECO_OK) {
        uint64_t cursor;

        (void) read_all(outbox, &cursor);
        reco_outbox_close(outbox);
    }

    if (reco_outbox_open(path, PAGE, &outbox, NULL) == RECO_OK) {
        use(outbox);
        reco_outbox_close(outbox);
    }

    return 0;
}
