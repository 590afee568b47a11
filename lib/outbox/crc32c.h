/* CRC-32C (Castagnoli), as in RFC 3720; by the processor where it can. */

#ifndef RECO_CRC32C_H
#define RECO_CRC32C_H

#include <stddef.h>
#include <stdint.h>


/* Goes on from crc: 0 for a first call, the last result for more data. */
uint32_t reco_crc32c(uint32_t crc, const void *data, size_t len);

/* The same without the processor's instruction: for tests, and elsewhere. */
uint32_t reco_crc32c_table(uint32_t crc, const void *data, size_t len);

#endif /* RECO_CRC32C_H */
