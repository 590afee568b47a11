/*
 * From a template's text to its program of nodes.
 *
 * Tags that stand alone on a line take the line with them, as Mustache wants
 * it; sections nest up to a limit; what each value is escaped for is asked of
 * the scanner, which is fed the literal text in between.
 */

#define _GNU_SOURCE /* memmem() */

#include <string.h>

#include "render/escape.h"
#include "render/template_context.h"
#include "render/template_tag.h"


#define SOURCE_MAX (1 << 20)
#define DEPTH_MAX  16

typedef struct {
    reco_str_t name;
    const char *tag; /* where it was opened, for messages */
    unsigned node;
    reco_render_variable_t variable;
    reco_render_context_t skipped;
} section_t;

typedef struct {
    reco_str_t source;
    const char *p; /* what is read next */
    const char *end;
    const reco_render_memory_t *memory;
    reco_render_template_t *template;
    reco_render_context_t context;
    section_t sections[DEPTH_MAX];
    unsigned depth;
    int in_items;
    reco_error_t *error;
} parser_t;

/* Sets line and column of a place in the source; columns in characters. */
static reco_status_t
fail_at(parser_t *parser, const char *place, reco_status_t status)
{
    const char *p;
    unsigned line, column;

    if (parser->error == NULL) {
        return status;
    }

    line = 1;
    column = 1;

    for (p = parser->source.data; p < place; p++) {
        if (*p == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char) *p & 0xC0) != 0x80) {
            column++;
        }
    }

    parser->error->line = line;
    parser->error->column = column;

    return status;
}


static reco_status_t
refuse(parser_t *parser, const char *place, const char *reason)
{
    (void) reco_error_set(parser->error, RECO_INVALID, "%s", reason);

    return fail_at(parser, place, RECO_INVALID);
}


static reco_status_t
refuse_tag(parser_t *parser, const reco_render_tag_t *tag, const char *reason)
{
    (void) reco_error_set(parser->error, RECO_INVALID, "\"%.*s\": %s",
        (int) tag->name.len, tag->name.data, reason);

    return fail_at(parser, tag->start, RECO_INVALID);
}


static reco_status_t
out_of_memory(parser_t *parser)
{
    return reco_error_set(
        parser->error, RECO_NOMEM, "no memory for the parsed template");
}


/* Room was made for as many nodes as the source can need. */
static reco_render_node_t *
add_node(parser_t *parser, reco_render_op_t op)
{
    reco_render_template_t *template;
    reco_render_node_t *node;

    template = parser->template;
    node = &template->nodes[template->nnodes++];

    memset(node, 0, sizeof(*node));
    node->op = op;

    return node;
}


/*
 * One character that is not ASCII, for pages that are not UTF-8: written to
 * *ascii.  Where the markup has no spelling for it, it is not content either.
 */
static void
spell(const parser_t *parser, uint32_t code, reco_render_out_t *ascii)
{
    switch (reco_render_context_spell(&parser->context)) {
    case RECO_SPELL_REFERENCE:
        reco_render_reference(ascii, code);
        break;
    case RECO_SPELL_JSON:
        reco_render_json_code(ascii, code);
        break;
    default:
        reco_render_put(ascii, "?", 1);
        break;
    }
}


/* Feeds the scanner and spells the literal in ASCII on the way. */
static reco_status_t
scan(parser_t *parser, reco_str_t literal, reco_render_out_t *ascii)
{
    const char *p, *end, *refusal;
    uint32_t code;
    size_t i, len;

    p = literal.data;
    end = p + literal.len;

    while (p < end) {
        len = reco_render_decode(p, end, &code);
        if (code == RECO_CODE_INVALID) {
            return refuse(parser, p, "the template is not valid UTF-8");
        }

        for (i = 0; i < len; i++) {
            refusal = reco_render_context_byte(
                &parser->context, (unsigned char) p[i]);
            if (refusal != NULL) {
                return refuse(parser, p, refusal);
            }
        }

        if (code < 0x80) {
            reco_render_put(ascii, p, len);
        } else {
            spell(parser, code, ascii);
        }

        p += len;
    }

    return RECO_OK;
}


static reco_status_t
add_literal(parser_t *parser, const char *start, const char *end)
{
    reco_render_node_t *node;
    reco_render_out_t ascii;
    reco_status_t status;
    const char *p;
    size_t extra;

    if (start == end) {
        return RECO_OK;
    }

    node = add_node(parser, RECO_NODE_LITERAL);
    node->literal.data = start;
    node->literal.len = end - start;
    node->ascii = node->literal;

    extra = 0;
    for (p = start; p < end; p++) {
        extra += (unsigned char) *p >= 0xC0;
    }

    reco_render_out_init(&ascii, NULL, 0, 1);

    if (extra > 0) {
        ascii.size = node->literal.len + extra * RECO_REFERENCE_MAX;
        ascii.data = parser->memory->alloc(parser->memory->owner, ascii.size);
        if (ascii.data == NULL) {
            return out_of_memory(parser);
        }
    }

    status = scan(parser, node->literal, &ascii);

    if (status == RECO_OK && extra > 0) {
        node->ascii.data = ascii.data;
        node->ascii.len = ascii.len;
    }

    return status;
}


static reco_status_t
find_name(parser_t *parser, const reco_render_tag_t *tag,
    const reco_render_name_t **name)
{
    const reco_render_name_t *nearest;

    *name = reco_render_name(tag->name);

    if (*name == NULL) {
        nearest = reco_render_nearest_name(tag->name);
        (void) reco_error_set(parser->error, RECO_INVALID,
            "unknown variable \"%.*s\"%s%s%s", (int) tag->name.len,
            tag->name.data, nearest == NULL ? "" : ", did you mean \"",
            nearest == NULL ? "" : nearest->name.data,
            nearest == NULL ? "" : "\"?");
        return fail_at(parser, tag->start, RECO_INVALID);
    }

    if ((*name)->variable >= RECO_VARIABLE_ID && !parser->in_items) {
        return refuse_tag(
            parser, tag, "is known only between {{#items}} and {{/items}}");
    }

    return RECO_OK;
}


static reco_status_t
add_value(parser_t *parser, const reco_render_tag_t *tag)
{
    const reco_render_name_t *name;
    reco_render_node_t *node;
    reco_status_t status;
    const char *refusal;

    status = find_name(parser, tag, &name);
    if (status != RECO_OK) {
        return status;
    }

    if (name->value == RECO_VALUE_LIST
        || name->variable == RECO_VARIABLE_REASON_IS) {
        return refuse_tag(parser, tag, "can only start a section");
    }

    if (tag->kind == RECO_TAG_PLAIN_VALUE && name->value == RECO_VALUE_TEXT) {
        return refuse_tag(parser, tag,
            "comes from outside and is never printed unescaped; use "
            "{{two braces}}");
    }

    node = add_node(parser, RECO_NODE_VALUE);
    node->variable = name->variable;
    node->value = name->value;

    refusal = reco_render_context_value(&parser->context, &node->escape);

    return refusal == NULL ? RECO_OK : refuse_tag(parser, tag, refusal);
}


static reco_status_t
open_section(parser_t *parser, const reco_render_tag_t *tag)
{
    const reco_render_name_t *name;
    reco_render_node_t *node;
    section_t *section;
    reco_status_t status;
    const char *refusal;
    int list;

    status = find_name(parser, tag, &name);
    if (status != RECO_OK) {
        return status;
    }

    if (parser->depth == DEPTH_MAX) {
        return refuse_tag(parser, tag, "sections are nested too deeply");
    }

    list = name->value == RECO_VALUE_LIST && tag->kind == RECO_TAG_SECTION;
    if (list && parser->in_items) {
        return refuse_tag(parser, tag, "cannot be nested in itself");
    }

    refusal = reco_render_context_section(&parser->context);
    if (refusal != NULL) {
        return refuse_tag(parser, tag, refusal);
    }

    node =
        add_node(parser, list                            ? RECO_NODE_LOOP
                         : tag->kind == RECO_TAG_SECTION ? RECO_NODE_SECTION
                                                         : RECO_NODE_INVERTED);
    node->variable = name->variable;
    node->value = name->value;

    if (name->variable == RECO_VARIABLE_REASON_IS) {
        node->literal.data = tag->name.data + name->name.len;
        node->literal.len = tag->name.len - name->name.len;
    }

    section = &parser->sections[parser->depth++];
    section->name = tag->name;
    section->tag = tag->start;
    section->node = node - parser->template->nodes;
    section->variable = name->variable;
    section->skipped = parser->context;
    parser->in_items |= list;

    return RECO_OK;
}


static reco_status_t
close_section(parser_t *parser, const reco_render_tag_t *tag)
{
    reco_render_node_t *opening, *node;
    section_t *section;
    const char *refusal;
    int loop;

    if (parser->depth == 0) {
        return refuse_tag(parser, tag, "no section is open here");
    }

    section = &parser->sections[--parser->depth];

    if (section->name.len != tag->name.len
        || memcmp(section->name.data, tag->name.data, tag->name.len) != 0)
    {
        (void) reco_error_set(parser->error, RECO_INVALID,
            "\"%.*s\" is closed, but the open section is \"%.*s\"",
            (int) tag->name.len, tag->name.data, (int) section->name.len,
            section->name.data);
        return fail_at(parser, tag->start, RECO_INVALID);
    }

    opening = &parser->template->nodes[section->node];
    loop = opening->op == RECO_NODE_LOOP;

    refusal = reco_render_context_section(&parser->context);
    if (refusal == NULL) {
        refusal =
            reco_render_context_join(&parser->context, &section->skipped, loop);
    }
    if (refusal != NULL) {
        return refuse_tag(parser, tag, refusal);
    }

    if (loop) {
        node = add_node(parser, RECO_NODE_LOOP_END);
        node->jump = section->node + 1;
        parser->in_items = 0;
    }

    opening->jump = parser->template->nnodes;

    return RECO_OK;
}


static reco_status_t
add_tag(parser_t *parser, const reco_render_tag_t *tag)
{
    switch (tag->kind) {
    case RECO_TAG_VALUE:
    case RECO_TAG_PLAIN_VALUE:
        return add_value(parser, tag);
    case RECO_TAG_SECTION:
    case RECO_TAG_INVERTED:
        return open_section(parser, tag);
    case RECO_TAG_CLOSE:
        return close_section(parser, tag);
    default:
        return RECO_OK;
    }
}


static reco_status_t
parse_tags(parser_t *parser)
{
    const char *text, *text_end, *start, *refusal;
    reco_status_t status;
    reco_render_tag_t tag;

    for (;;) {
        text = parser->p;
        start = memmem(text, parser->end - text, "{{", 2);
        if (start == NULL) {
            return add_literal(parser, text, parser->end);
        }

        refusal = reco_render_read_tag(start, parser->end, &tag);
        if (refusal != NULL) {
            return refuse(parser, start, refusal);
        }

        text_end =
            reco_render_take_line(&tag, parser->source.data, text, parser->end);

        status = add_literal(parser, text, text_end);
        if (status == RECO_OK) {
            status = add_tag(parser, &tag);
        }
        if (status != RECO_OK) {
            return status;
        }

        parser->p = tag.end;
    }
}


static reco_status_t
finish(parser_t *parser)
{
    const char *refusal;
    section_t *section;

    if (parser->depth > 0) {
        section = &parser->sections[parser->depth - 1];
        (void) reco_error_set(parser->error, RECO_INVALID,
            "section \"%.*s\" is never closed", (int) section->name.len,
            section->name.data);
        return fail_at(parser, section->tag, RECO_INVALID);
    }

    refusal = reco_render_context_end(&parser->context);

    return refusal == NULL ? RECO_OK : refuse(parser, parser->end, refusal);
}


/* A tag makes one node at most, and has one literal before it. */
static reco_status_t
make_room(parser_t *parser)
{
    reco_render_template_t *template;
    const char *p;
    size_t n;

    n = 1;
    p = parser->p;

    while ((p = memmem(p, parser->end - p, "{{", 2)) != NULL) {
        n += 2;
        p += 2;
    }

    template = parser->memory->alloc(parser->memory->owner, sizeof(*template));
    if (template == NULL) {
        return out_of_memory(parser);
    }

    template->nnodes = 0;
    template->nodes = parser->memory->alloc(
        parser->memory->owner, n * sizeof(reco_render_node_t));
    if (template->nodes == NULL) {
        return out_of_memory(parser);
    }

    parser->template = template;

    return RECO_OK;
}


reco_status_t
reco_render_parse(reco_str_t source, const reco_render_memory_t *memory,
    reco_render_template_t **template, reco_error_t *error)
{
    reco_status_t status;
    parser_t parser;

    memset(&parser, 0, sizeof(parser));
    parser.source = source;
    parser.p = source.data;
    parser.end = source.data + source.len;
    parser.memory = memory;
    parser.error = error;
    reco_render_context_init(&parser.context);

    if (source.len == 0) {
        return reco_error_set(error, RECO_INVALID, "the template is empty");
    }

    if (source.len > SOURCE_MAX) {
        return reco_error_set(error, RECO_TOO_LARGE,
            "the template has %zu bytes, at most %d are taken", source.len,
            SOURCE_MAX);
    }

    if (source.len >= 3 && memcmp(source.data, "\xEF\xBB\xBF", 3) == 0) {
        parser.source.data += 3;
        parser.source.len -= 3;
        parser.p += 3;
    }

    status = make_room(&parser);
    if (status == RECO_OK) {
        status = parse_tags(&parser);
    }
    if (status == RECO_OK) {
        status = finish(&parser);
    }
    if (status == RECO_OK) {
        *template = parser.template;
    }

    return status;
}
