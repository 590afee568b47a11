#include "store_fields.h"

#include "store_bytes.h"
#include "store_record.h"

#include <string.h>


char *
reco_store_add_field(
    reco_store_fields_t *writer, reco_store_tag_t tag, size_t len)
{
    char *p;

    if (writer->full || len > UINT16_MAX
        || writer->len + 3 + len > RECO_STORE_RECORD_MAX)
    {
        writer->full = 1;
        return NULL;
    }

    p = writer->data + writer->len;
    p[0] = (char) tag;
    p[1] = (char) len;
    p[2] = (char) (len >> 8);
    writer->len += 3 + len;

    return p + 3;
}


void
reco_store_add_string(
    reco_store_fields_t *writer, reco_store_tag_t tag, reco_str_t text)
{
    char *p;

    if (text.len == 0) {
        return;
    }

    p = reco_store_add_field(writer, tag, text.len);
    if (p != NULL) {
        memcpy(p, text.data, text.len);
    }
}


void
reco_store_add_integer(
    reco_store_fields_t *writer, reco_store_tag_t tag, uint64_t value)
{
    char *p;

    p = reco_store_add_field(writer, tag, 8);
    if (p != NULL) {
        reco_store_u64(p, value);
    }
}


void
reco_store_add_number(
    reco_store_fields_t *writer, reco_store_tag_t tag, double value)
{
    char *p;

    p = reco_store_add_field(writer, tag, 8);
    if (p != NULL) {
        reco_store_double(p, value);
    }
}


int
reco_store_next_field(
    reco_str_t *fields, reco_store_tag_t *tag, reco_str_t *value)
{
    if (fields->len < 3) {
        return 0;
    }

    *tag = (unsigned char) fields->data[0];
    value->len = (size_t) (unsigned char) fields->data[1]
                 | (size_t) (unsigned char) fields->data[2] << 8;
    value->data = fields->data + 3;
    if (value->len > fields->len - 3) {
        return 0;
    }

    fields->data += 3 + value->len;
    fields->len -= 3 + value->len;

    return 1;
}
