/*
 * The selector parser: a subset of CSS (https://www.w3.org/TR/selectors-4/),
 * see docs/html.md.  What browsers know and this does not (pseudo-classes,
 * the sibling combinators) is refused by name, never ignored.
 */

#include "reco_html_plan.h"
#include "reco_html_references.h"
#include "reco_html_scan.h"

#include <string.h>

#define SELECTOR_MAX 4096

/* A value that is shorter is in too many tags to be looked for. */
#define NEEDLE_MIN 3


typedef struct {
    reco_html_plan_t *plan;
    reco_str_t attribute; /* the last one that was named */
    reco_error_t *error;
    const char *begin;
    const char *p;
    const char *end;
} parser_t;


static reco_status_t
fail_with(parser_t *parser, reco_status_t status, const char *what)
{
    unsigned column;

    column = (unsigned) (parser->p - parser->begin) + 1;

    if (parser->error != NULL) {
        parser->error->line = 1;
        parser->error->column = column;
    }

    return reco_error_set(parser->error, status,
        "%s at column %u of selector \"%.*s\"", what, column,
        (int) (parser->end - parser->begin), parser->begin);
}


static reco_status_t
fail(parser_t *parser, const char *what)
{
    return fail_with(parser, RECO_INVALID, what);
}


static int
at(const parser_t *parser, char c)
{
    return parser->p < parser->end && *parser->p == c;
}


static int
skip_spaces(parser_t *parser)
{
    const char *begin;

    begin = parser->p;

    while (parser->p < parser->end && reco_html_is_space(*parser->p)) {
        parser->p++;
    }

    return parser->p != begin;
}


static int
is_name_start(char c)
{
    return reco_html_is_alpha(c) || c == '_' || (unsigned char) c >= 0x80;
}


static int
is_name_character(char c)
{
    return is_name_start(c) || c == '-' || (c >= '0' && c <= '9');
}


static int
hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}


/* After '\\': one to six hex digits and a space, or the character itself. */
static char *
unescape(parser_t *parser, char *out)
{
    int digits;
    uint32_t code;

    if (hex_digit(*parser->p) < 0) {
        *out++ = *parser->p++;
        return out;
    }

    code = 0;

    for (digits = 0;
         digits < 6 && parser->p < parser->end && hex_digit(*parser->p) >= 0;
         digits++)
    {
        code = code << 4 | (uint32_t) hex_digit(*parser->p++);
    }

    if (parser->p < parser->end && reco_html_is_space(*parser->p)) {
        parser->p++;
    }

    return reco_html_put_character(out, code);
}


/*
 * A name, or a string up to quote, with its escapes resolved: never longer
 * than it was written, but for \0, which becomes U+FFFD.
 */
static reco_status_t
parse_text(parser_t *parser, char quote, reco_str_t *text)
{
    char *out, *begin;
    size_t len;

    len = (size_t) (parser->end - parser->p) * 2 + 1;

    begin = parser->plan->memory.alloc(parser->plan->memory.owner, len);
    if (begin == NULL) {
        return fail_with(parser, RECO_NOMEM, "out of memory");
    }

    out = begin;

    while (parser->p < parser->end) {
        if (*parser->p == '\\') {
            if (parser->end - parser->p < 2) {
                return fail(parser, "unfinished escape");
            }
            parser->p++;
            out = unescape(parser, out);
            continue;
        }

        if (quote != '\0' ? *parser->p == quote
                          : !is_name_character(*parser->p)) {
            break;
        }

        *out++ = *parser->p++;
    }

    *text = (reco_str_t){(size_t) (out - begin), begin};

    return RECO_OK;
}


static reco_status_t
parse_name(parser_t *parser, const char *what, reco_str_t *name)
{
    const char *p;

    p = parser->p;

    if (p < parser->end && *p == '-') {
        p++;
    }

    if (p == parser->end
        || (!is_name_start(*p) && *p != '\\' && !(*p == '-' && p > parser->p)))
    {
        return fail(parser, what);
    }

    return parse_text(parser, '\0', name);
}


static reco_status_t
add_condition(parser_t *parser, reco_html_compound_t *compound,
    reco_str_t attribute, reco_html_condition_t condition)
{
    int index;
    reco_html_plan_t *plan;

    plan = parser->plan;

    if (plan->condition_count == RECO_HTML_CONDITIONS_MAX) {
        return fail_with(parser, RECO_TOO_LARGE, "too many conditions");
    }

    if (attribute.len > RECO_HTML_NAME_MAX) {
        return fail(parser, "attribute name too long");
    }

    index = reco_html_attributes_add(&plan->attributes, attribute);
    if (index < 0) {
        return fail_with(
            parser, RECO_TOO_LARGE, "too many different attributes");
    }

    parser->attribute = attribute;
    condition.attribute = (uint8_t) index;
    compound->needed |= UINT32_C(1) << index;
    plan->needed |= UINT32_C(1) << index;
    compound->count++;
    plan->conditions[plan->condition_count++] = condition;

    return RECO_OK;
}


/* After '#' or '.'. */
static reco_status_t
parse_shorthand(parser_t *parser, reco_html_compound_t *compound,
    reco_str_t attribute, reco_html_operator_t operator)
{
    reco_status_t status;
    reco_html_condition_t condition;

    memset(&condition, 0, sizeof(condition));
    condition.operator=(uint8_t) operator;

    status = parse_name(parser, "name expected", &condition.value);
    if (status != RECO_OK) {
        return status;
    }

    return add_condition(parser, compound, attribute, condition);
}


static reco_status_t
parse_operator(parser_t *parser, reco_html_condition_t *condition)
{
    static const struct {
        char c;
        reco_html_operator_t operator;
    } operators[] = {
        {'^', RECO_HTML_PREFIX},
        {'$', RECO_HTML_SUFFIX},
        {'*', RECO_HTML_INFIX},
        {'~', RECO_HTML_WORD},
        {'|', RECO_HTML_SUBRANGE},
    };

    size_t i;

    condition->operator= RECO_HTML_EQUAL;

    for (i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
        if (at(parser, operators[i].c)) {
            condition->operator=(uint8_t) operators[i].operator;
            parser->p++;
            break;
        }
    }

    if (!at(parser, '=')) {
        return fail(parser, "\"]\" or an operator expected");
    }

    parser->p++;
    skip_spaces(parser);

    return RECO_OK;
}


static reco_status_t
parse_value(parser_t *parser, reco_html_condition_t *condition)
{
    char quote;
    reco_status_t status;

    if (!at(parser, '"') && !at(parser, '\'')) {
        return parse_name(
            parser, "name or quoted string expected", &condition->value);
    }

    quote = *parser->p++;

    status = parse_text(parser, quote, &condition->value);
    if (status != RECO_OK) {
        return status;
    }

    if (!at(parser, quote)) {
        return fail(parser, "unfinished string");
    }

    parser->p++;

    return RECO_OK;
}


/* After '['. */
static reco_status_t
parse_attribute(parser_t *parser, reco_html_compound_t *compound)
{
    reco_str_t name;
    reco_status_t status;
    reco_html_condition_t condition;

    memset(&condition, 0, sizeof(condition));
    skip_spaces(parser);

    status = parse_name(parser, "attribute name expected", &name);
    if (status != RECO_OK) {
        return status;
    }

    skip_spaces(parser);

    if (!at(parser, ']')) {
        status = parse_operator(parser, &condition);
        if (status == RECO_OK) {
            status = parse_value(parser, &condition);
        }
        if (status != RECO_OK) {
            return status;
        }

        skip_spaces(parser);

        if (at(parser, 'i') || at(parser, 'I')) {
            condition.ignore_case = 1;
            parser->p++;
            skip_spaces(parser);
        } else if (at(parser, 's') || at(parser, 'S')) {
            parser->p++;
            skip_spaces(parser);
        }
    }

    if (!at(parser, ']')) {
        return fail(parser, "\"]\" expected");
    }

    parser->p++;

    return add_condition(parser, compound, name, condition);
}


static reco_status_t
parse_type(parser_t *parser, reco_html_compound_t *compound)
{
    reco_str_t name;
    reco_status_t status;

    if (at(parser, '*')) {
        parser->p++;
        return RECO_OK;
    }

    if (parser->p == parser->end
        || (!is_name_start(*parser->p) && *parser->p != '\\'))
    {
        return RECO_OK;
    }

    status = parse_name(parser, "element name expected", &name);
    if (status != RECO_OK) {
        return status;
    }

    if (name.len > RECO_HTML_NAME_MAX) {
        return fail(parser, "element name too long");
    }

    compound->type = reco_html_name(name.data, name.len);

    return RECO_OK;
}


static reco_status_t
parse_compound(parser_t *parser, reco_html_compound_t *compound)
{
    const char *begin;
    reco_status_t status;

    begin = parser->p;
    compound->first = (uint16_t) parser->plan->condition_count;

    status = parse_type(parser, compound);

    while (status == RECO_OK && parser->p < parser->end) {
        switch (*parser->p) {

        case '#':
            parser->p++;
            status = parse_shorthand(
                parser, compound, reco_string("id"), RECO_HTML_EQUAL);
            continue;

        case '.':
            parser->p++;
            status = parse_shorthand(
                parser, compound, reco_string("class"), RECO_HTML_WORD);
            continue;

        case '[':
            parser->p++;
            status = parse_attribute(parser, compound);
            continue;

        case ':':
            return fail(parser, "pseudo-classes are not supported,");

        case '|':
            return fail(parser, "namespaces are not supported,");

        default:
            break;
        }

        break;
    }

    if (status == RECO_OK && parser->p == begin) {
        return fail(parser, "selector expected");
    }

    return status;
}


/* What is between two compounds: 1 there is another, 0 there is none. */
static int
parse_combinator(parser_t *parser, reco_html_compound_t *next)
{
    int spaces;

    spaces = skip_spaces(parser);

    if (at(parser, '>')) {
        parser->p++;
        skip_spaces(parser);
        next->is_child = 1;
        return 1;
    }

    return spaces && parser->p < parser->end && *parser->p != ',';
}


/*
 * What must be in a tag that matches: a value, else the attribute's name.  A
 * value may be written with character references.
 */
static void
add_needle(parser_t *parser, const reco_html_compound_t *compound)
{
    unsigned i;
    reco_str_t needle;
    reco_html_plan_t *plan;
    const reco_html_condition_t *condition;

    plan = parser->plan;
    needle = reco_null_string;

    for (i = 0; i < compound->count; i++) {
        condition = &plan->conditions[compound->first + i];
        if (condition->value.len > needle.len) {
            needle = condition->value;
        }
    }

    if (needle.len >= NEEDLE_MIN) {
        plan->needles.references = 1;
    } else {
        needle = parser->attribute;
    }

    reco_html_needles_add(&plan->needles, needle);
}


static void
add_type(reco_html_plan_t *plan, const reco_html_compound_t *compound)
{
    uint64_t types;

    types =
        compound->type != 0 ? reco_html_type_bit(compound->type) : UINT64_MAX;

    if (compound->around != 0) {
        plan->inner_types |= types;
        plan->inner_around |= compound->around;
    } else {
        plan->types |= types;
    }
}


static reco_status_t
parse_complex(parser_t *parser, uint64_t place)
{
    reco_status_t status;
    reco_html_plan_t *plan;
    reco_html_compound_t compound, next;

    plan = parser->plan;
    memset(&next, 0, sizeof(next));
    skip_spaces(parser);

    for (;;) {
        compound = next;
        memset(&next, 0, sizeof(next));

        if (at(parser, '+') || at(parser, '~')) {
            return fail(parser, "sibling combinators are not supported,");
        }

        status = parse_compound(parser, &compound);
        if (status != RECO_OK) {
            return status;
        }

        if (plan->compound_count == RECO_HTML_COMPOUNDS_MAX) {
            return fail_with(parser, RECO_TOO_LARGE, "too many selectors");
        }

        if (compound.needed != 0) {
            add_needle(parser, &compound);
        } else {
            add_type(parser->plan, &compound);
        }

        if (!parse_combinator(parser, &next)) {
            compound.place = place;
            plan->compounds[plan->compound_count++] = compound;
            return RECO_OK;
        }

        if (plan->bit_count == 64) {
            return fail_with(parser, RECO_TOO_LARGE, "too many combinators");
        }

        compound.bit = UINT64_C(1) << plan->bit_count++;
        next.around = compound.bit;
        plan->compounds[plan->compound_count++] = compound;
    }
}


static reco_status_t
parse_list(parser_t *parser, uint64_t place)
{
    reco_status_t status;

    for (;;) {
        status = parse_complex(parser, place);
        if (status != RECO_OK) {
            return status;
        }

        if (parser->p == parser->end) {
            return RECO_OK;
        }

        if (!at(parser, ',')) {
            return fail(parser, "unexpected character");
        }

        parser->p++;
    }
}


reco_status_t
reco_html_selector_compile(reco_html_plan_t *plan, reco_str_t selector,
    uint64_t place, reco_error_t *error)
{
    parser_t parser;
    unsigned bits, compounds, conditions;
    reco_status_t status;

    parser.plan = plan;
    parser.attribute = reco_null_string;
    parser.error = error;
    parser.begin = selector.data;
    parser.p = selector.data;
    parser.end = selector.data + selector.len;

    if (selector.len > SELECTOR_MAX) {
        return fail_with(&parser, RECO_TOO_LARGE, "selector too long");
    }

    bits = plan->bit_count;
    compounds = plan->compound_count;
    conditions = plan->condition_count;

    status = parse_list(&parser, place);
    if (status != RECO_OK) {
        plan->bit_count = bits;
        plan->compound_count = compounds;
        plan->condition_count = conditions;
    }

    return status;
}
