#include "reco_html_parser.h"


reco_status_t
reco_html_parser_init(reco_html_parser_t *parser,
    const reco_html_memory_t *memory, const reco_html_attributes_t *attributes,
    int want_matches)
{
    parser->lost = 0;
    parser->kernels = reco_html_kernels();
    parser->index.needles = NULL;
    parser->index.sparse = 0;
    parser->index.plain_next = 0;
    reco_html_tokenizer_init(&parser->tokenizer, attributes);

    return reco_html_tree_init(&parser->tree, memory, want_matches);
}


void
reco_html_parser_feed(reco_html_parser_t *parser, const char *data, size_t len)
{
    size_t plain;
    reco_html_index_t *index;

    reco_html_tokenizer_feed(&parser->tokenizer, data, len);

    index = &parser->index;
    plain = index->plain_next < len ? index->plain_next : len;
    index->plain_next -= plain;
    index->plain = data + plain;
    index->clear = data;
    index->resume = data;
    index->count = 0;
    index->next = 0;
}


void
reco_html_parser_open(
    reco_html_parser_t *parser, const reco_html_element_t *element)
{
    uint64_t name;
    reco_html_tokenizer_t *tokenizer;

    tokenizer = &parser->tokenizer;
    name = tokenizer->tag.name;

    if (element->empty) {
        return;
    }

    if (!parser->lost
        && reco_html_tree_open(&parser->tree, name, element->space) != RECO_OK)
    {
        parser->lost = 1;
        parser->tree.depth = 0;
    }

    tokenizer->cdata = reco_html_tree_is_foreign(&parser->tree);

    switch (element->kind) {

    case RECO_HTML_KIND_RAW:
        reco_html_tokenizer_raw(tokenizer, reco_html_tag_text(name));
        break;

    case RECO_HTML_KIND_SCRIPT:
        reco_html_tokenizer_script(tokenizer);
        break;

    case RECO_HTML_KIND_PLAINTEXT:
        tokenizer->state = RECO_HTML_STATE_PLAINTEXT;
        break;

    default:
        break;
    }
}


void
reco_html_parser_take(reco_html_parser_t *parser, reco_html_token_t token)
{
    reco_html_tree_t *tree;
    const reco_html_tag_t *tag;
    reco_html_element_t element;

    tree = &parser->tree;
    tag = &parser->tokenizer.tag;

    if (token == RECO_HTML_TOKEN_START) {
        reco_html_parser_close(parser, reco_html_tree_breakout(tree, tag));
        element = reco_html_tree_element(tree, tag);
        reco_html_parser_open(parser, &element);

    } else if (token == RECO_HTML_TOKEN_END) {
        reco_html_parser_close(parser, reco_html_tree_match(tree, tag));
    }
}
