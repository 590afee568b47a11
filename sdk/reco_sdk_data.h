/*
 * reco.js as data of the program, so that serving it reads no file.  The
 * definitions are in $(BUILD)/reco_sdk_data.c, which sdk/embed makes.
 */

#ifndef RECO_SDK_DATA_H
#define RECO_SDK_DATA_H

#include <stddef.h>


/* As it is, and as gzip -9 made it. */
extern const unsigned char ngx_http_reco_sdk_plain[];
extern const size_t ngx_http_reco_sdk_plain_size;
extern const unsigned char ngx_http_reco_sdk_gzip[];
extern const size_t ngx_http_reco_sdk_gzip_size;

/* 16 hex digits of the content's SHA-256: ETag and versioned address. */
extern const char ngx_http_reco_sdk_hash[];

#endif /* RECO_SDK_DATA_H */
