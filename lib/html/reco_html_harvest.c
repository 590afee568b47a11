#include "reco_html_harvest.h"
#include "reco_html_product.h"
#include "reco_html_reader.h"
#include "reco_html_references.h"
#include "reco_html_scan.h"

#include <string.h>

/* Bytes that one byte of a page can become in UTF-8. */
#define GROWTH 3

/* A script, and what may have been kept of its end tag. */
#define JSON_ROOM (RECO_HTML_JSON_MAX + sizeof("</script"))


struct reco_html_harvest_s {
    const reco_html_memory_t *memory;
    reco_html_charset_t charset;

    reco_html_fields_t fields;
    int has_product; /* JSON-LD has one */
    int is_product;  /* the page's meta says that it is one */

    /* The JSON-LD script that is being read. */
    int reading;
    uint64_t from; /* offset in the page of what comes next */
    size_t json_len;
    char *json; /* JSON_ROOM bytes, once there is a script */
    unsigned scripts;

    /* Where the page is read for the harvest alone. */
    reco_html_parser_t *parser;
    reco_html_sniffer_t sniffer;
};


reco_html_harvest_t *
reco_html_harvest_create(const reco_html_memory_t *memory)
{
    reco_html_harvest_t *harvest;

    harvest = memory->alloc(memory->owner, sizeof(reco_html_harvest_t));
    if (harvest == NULL) {
        return NULL;
    }

    memset(harvest, 0, sizeof(reco_html_harvest_t));
    harvest->memory = memory;
    reco_html_fields_init(&harvest->fields);

    return harvest;
}


void
reco_html_harvest_charset(reco_html_harvest_t *harvest, reco_str_t charset)
{
    harvest->sniffer.charset = reco_html_charset(charset);
}


uint64_t
reco_html_harvest_types(void)
{
    return reco_html_type_bit(RECO_HTML_TAG_META)
           | reco_html_type_bit(RECO_HTML_TAG_LINK)
           | reco_html_type_bit(RECO_HTML_TAG_SCRIPT);
}


/* Writes the page's bytes as UTF-8; U+FFFD where that cannot be done. */
static size_t
convert(const reco_html_harvest_t *harvest, reco_str_t bytes, char *out)
{
    size_t i;
    char *begin;
    unsigned char byte;

    if (harvest->charset == RECO_HTML_CHARSET_UTF8
        || harvest->charset == RECO_HTML_CHARSET_UNKNOWN)
    {
        memcpy(out, bytes.data, bytes.len);
        return bytes.len;
    }

    begin = out;

    for (i = 0; i < bytes.len; i++) {
        byte = (unsigned char) bytes.data[i];
        if (byte < 0x80) {
            *out++ = (char) byte;
        } else {
            out = reco_html_put_character(
                out, harvest->charset == RECO_HTML_CHARSET_1252
                         ? reco_html_windows_1252(byte)
                         : 0);
        }
    }

    return (size_t) (out - begin);
}


/*
 * Meta and link.
 */

static void
put_meta(
    reco_html_harvest_t *harvest, reco_html_field_t field, reco_str_t content)
{
    reco_html_fields_put(&harvest->fields, field, RECO_HTML_FROM_META, content);
}


static void
take_property(
    reco_html_harvest_t *harvest, reco_str_t property, reco_str_t content)
{
    static const struct {
        const char *property;
        reco_html_field_t field;
    } texts[] = {
        {"og:title", RECO_HTML_FIELD_TITLE},
        {"og:image", RECO_HTML_FIELD_IMAGE},
        {"og:image:secure_url", RECO_HTML_FIELD_IMAGE},
        {"og:image:url", RECO_HTML_FIELD_IMAGE},
        {"og:url", RECO_HTML_FIELD_URL},
        {"product:category", RECO_HTML_FIELD_CATEGORY},
        {"product:brand", RECO_HTML_FIELD_BRAND},
        {"og:brand", RECO_HTML_FIELD_BRAND},
        {"product:retailer_item_id", RECO_HTML_FIELD_ID},
        {"product:price:currency", RECO_HTML_FIELD_CURRENCY},
        {"og:price:currency", RECO_HTML_FIELD_CURRENCY},
    };

    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (reco_html_same(property, texts[i].property)) {
            put_meta(harvest, texts[i].field, content);
            return;
        }
    }

    if (reco_html_same(property, "product:price:amount")
        || reco_html_same(property, "og:price:amount"))
    {
        reco_html_fields_put_price(
            &harvest->fields, RECO_HTML_FROM_META, reco_html_price(content));
        harvest->is_product = 1;

    } else if (reco_html_same(property, "product:sale_price:amount")) {
        reco_html_fields_put_price(&harvest->fields, RECO_HTML_FROM_META_SALE,
            reco_html_price(content));

    } else if (reco_html_same(property, "product:availability")
               || reco_html_same(property, "og:availability"))
    {
        reco_html_fields_put_available(&harvest->fields, RECO_HTML_FROM_META,
            reco_html_availability(content));

    } else if (reco_html_same(property, "og:type")
               && (reco_html_same(content, "product")
                   || reco_html_same(content, "og:product")
                   || reco_html_same(content, "product.item")))
    {
        harvest->is_product = 1;
    }
}


static void
take_meta(reco_html_harvest_t *harvest, const reco_html_tag_t *tag)
{
    char text[RECO_HTML_VALUES_MAX * GROWTH];
    size_t len;
    const reco_str_t *property, *content;

    property = reco_html_tag_value(tag, RECO_HTML_ATTRIBUTE_PROPERTY);
    content = reco_html_tag_value(tag, RECO_HTML_ATTRIBUTE_CONTENT);

    if (property == NULL) {
        property = reco_html_tag_value(tag, RECO_HTML_ATTRIBUTE_NAME);
    }

    if (property != NULL && content != NULL && content->len != 0) {
        len = convert(harvest, *content, text);
        take_property(harvest, *property, (reco_str_t){len, text});
    }
}


static void
take_link(reco_html_harvest_t *harvest, const reco_html_tag_t *tag)
{
    char text[RECO_HTML_VALUES_MAX * GROWTH];
    size_t len;
    const reco_str_t *rel, *href;

    rel = reco_html_tag_value(tag, RECO_HTML_ATTRIBUTE_REL);
    href = reco_html_tag_value(tag, RECO_HTML_ATTRIBUTE_HREF);

    if (rel != NULL && href != NULL && href->len != 0
        && reco_html_same(*rel, "canonical"))
    {
        len = convert(harvest, *href, text);
        reco_html_fields_put(&harvest->fields, RECO_HTML_FIELD_URL,
            RECO_HTML_FROM_LINK, (reco_str_t){len, text});
    }
}


/*
 * Scripts.
 */

static void
take_script(reco_html_harvest_t *harvest, const reco_html_tag_t *tag)
{
    size_t len;
    reco_str_t type;
    const reco_str_t *value;

    value = reco_html_tag_value(tag, RECO_HTML_ATTRIBUTE_TYPE);
    if (value == NULL) {
        return;
    }

    type = *value;

    for (len = 0; len < type.len; len++) {
        if (type.data[len] == ';' || reco_html_is_space(type.data[len])) {
            break;
        }
    }

    if (!reco_html_same((reco_str_t){len, type.data}, "application/ld+json")) {
        return;
    }

    if (harvest->json == NULL) {
        harvest->json =
            harvest->memory->alloc(harvest->memory->owner, JSON_ROOM);
    }

    if (harvest->json == NULL || harvest->scripts == RECO_HTML_SCRIPTS_MAX) {
        return;
    }

    harvest->scripts++;
    harvest->reading = 1;
    harvest->json_len = 0;
    harvest->from = tag->end;
}


/* Keeps the script's text in the chunk, up to an offset of the page. */
static void
read_script(reco_html_harvest_t *harvest,
    const reco_html_tokenizer_t *tokenizer, uint64_t to)
{
    char converted[256 * GROWTH];
    size_t len, piece;
    const char *p;

    while (harvest->reading && harvest->from < to) {
        p = tokenizer->chunk + (harvest->from - tokenizer->offset);
        piece = to - harvest->from < 256 ? (size_t) (to - harvest->from) : 256;
        len = convert(harvest, (reco_str_t){piece, p}, converted);

        if (len > JSON_ROOM - harvest->json_len) {
            harvest->reading = 0;
            return;
        }

        memcpy(harvest->json + harvest->json_len, converted, len);
        harvest->json_len += len;
        harvest->from += piece;
    }
}


static void
end_script(reco_html_harvest_t *harvest, const reco_html_tag_t *tag)
{
    size_t beyond;

    if (!harvest->reading) {
        return;
    }

    harvest->reading = 0;

    /* What was kept of the end tag before it was known to be one. */
    beyond = (size_t) (harvest->from - tag->start);

    if (harvest->json_len - beyond <= RECO_HTML_JSON_MAX) {
        (void) reco_html_read_json(&harvest->fields, harvest->json,
            harvest->json_len - beyond, &harvest->has_product);
    }
}


static void
take_start_tag(
    reco_html_harvest_t *harvest, const reco_html_tag_t *tag, int foreign)
{
    switch (tag->name) {

    case RECO_HTML_TAG_META:
        take_meta(harvest, tag);
        break;

    case RECO_HTML_TAG_LINK:
        if (!foreign) {
            take_link(harvest, tag);
        }
        break;

    case RECO_HTML_TAG_SCRIPT:
        if (!foreign) {
            take_script(harvest, tag);
        }
        break;
    }
}


void
reco_html_harvest_take(reco_html_harvest_t *harvest,
    const reco_html_tokenizer_t *tokenizer, reco_html_token_t token,
    reco_html_charset_t charset)
{
    const reco_html_tag_t *tag;

    tag = &tokenizer->tag;
    harvest->charset = charset;

    if (token == RECO_HTML_TOKEN_NONE && !reco_html_tokenizer_in_tag(tokenizer))
    {
        read_script(harvest, tokenizer,
            reco_html_page_offset(tokenizer, tokenizer->end));

    } else if (token != RECO_HTML_TOKEN_COMMENT) {
        read_script(harvest, tokenizer, tag->start);
    }

    if (token == RECO_HTML_TOKEN_END) {
        end_script(harvest, tag);

    } else if (token == RECO_HTML_TOKEN_START) {
        take_start_tag(harvest, tag, tokenizer->cdata);
    }
}


/*
 * A harvest without a rewriter.
 */

static int
start_parser(reco_html_harvest_t *harvest)
{
    reco_html_parser_t *parser;
    const reco_html_memory_t *memory;
    reco_html_attributes_t *attributes;

    memory = harvest->memory;
    parser = memory->alloc(memory->owner, sizeof(reco_html_parser_t));
    attributes = memory->alloc(memory->owner, sizeof(reco_html_attributes_t));

    if (parser == NULL || attributes == NULL) {
        return 0;
    }

    reco_html_attributes_init(attributes);

    if (reco_html_parser_init(parser, memory, attributes, 0) != RECO_OK) {
        return 0;
    }

    reco_html_tokenizer_harvest(&parser->tokenizer, UINT64_MAX);
    harvest->parser = parser;

    return 1;
}


void
reco_html_harvest_feed(
    reco_html_harvest_t *harvest, const char *data, size_t len)
{
    reco_html_token_t token;
    reco_html_parser_t *parser;
    reco_html_interest_t interest;

    if (len == 0 || (harvest->parser == NULL && !start_parser(harvest))) {
        return;
    }

    parser = harvest->parser;
    memset(&interest, 0, sizeof(interest));
    interest.types = reco_html_harvest_types();

    reco_html_sniff_bytes(&harvest->sniffer, data, len);
    reco_html_parser_feed(parser, data, len);

    do {
        token = reco_html_parser_next(parser, &interest);

        if (token == RECO_HTML_TOKEN_START
            && parser->tokenizer.tag.name == RECO_HTML_TAG_META)
        {
            reco_html_sniff_meta(&harvest->sniffer, &parser->tokenizer.tag);
        }

        reco_html_harvest_take(
            harvest, &parser->tokenizer, token, harvest->sniffer.charset);
        reco_html_parser_take(parser, token);
    } while (token != RECO_HTML_TOKEN_NONE);
}


reco_status_t
reco_html_harvest_product(
    reco_html_harvest_t *harvest, reco_html_product_t *product)
{
    const reco_html_fields_t *fields;

    if (!harvest->has_product && !harvest->is_product) {
        return RECO_DECLINED;
    }

    fields = &harvest->fields;
    product->id = reco_html_fields_get(fields, RECO_HTML_FIELD_ID);
    product->title = reco_html_fields_get(fields, RECO_HTML_FIELD_TITLE);
    product->url = reco_html_fields_get(fields, RECO_HTML_FIELD_URL);
    product->image = reco_html_fields_get(fields, RECO_HTML_FIELD_IMAGE);
    product->category = reco_html_fields_get(fields, RECO_HTML_FIELD_CATEGORY);
    product->brand = reco_html_fields_get(fields, RECO_HTML_FIELD_BRAND);
    product->currency = reco_html_fields_get(fields, RECO_HTML_FIELD_CURRENCY);
    product->price = fields->price;
    product->available = fields->available;

    return RECO_OK;
}
