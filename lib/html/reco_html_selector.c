/*
 * The selector parser: a subset of CSS (https://www.w3.org/TR/selectors-4/),
 * see docs/html.md.  What browsers know and this does not (pseudo-classes,
 * the sibling combinators) is refused by name, never ignored.
 */

#include "reco_html_selector.h"

#include <string.h>

#define SELECTOR_MAX 4096

/* A value that is shorter is in too many tags to be looked for. */
#define NEEDLE_MIN 3


static reco_status_t
add_condition(reco_html_selector_t *parser, reco_html_compound_t *compound,
    reco_str_t attribute, reco_html_condition_t condition)
{
    int index;
    reco_html_plan_t *plan;

    plan = parser->plan;

    if (plan->condition_count == RECO_HTML_CONDITIONS_MAX) {
        return reco_html_selector_fail_with(
            parser, RECO_TOO_LARGE, "too many conditions");
    }

    if (attribute.len > RECO_HTML_NAME_MAX) {
        return reco_html_selector_fail(parser, "attribute name too long");
    }

    index = reco_html_attributes_add(&plan->attributes, attribute);
    if (index < 0) {
        return reco_html_selector_fail_with(
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
parse_shorthand(reco_html_selector_t *parser, reco_html_compound_t *compound,
    reco_str_t attribute, reco_html_operator_t operator)
{
    reco_status_t status;
    reco_html_condition_t condition;

    memset(&condition, 0, sizeof(condition));
    condition.operator=(uint8_t) operator;

    status = reco_html_selector_name(parser, "name expected", &condition.value);
    if (status != RECO_OK) {
        return status;
    }

    return add_condition(parser, compound, attribute, condition);
}


static reco_status_t
parse_operator(reco_html_selector_t *parser, reco_html_condition_t *condition)
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
        if (reco_html_selector_at(parser, operators[i].c)) {
            condition->operator=(uint8_t) operators[i].operator;
            parser->p++;
            break;
        }
    }

    if (!reco_html_selector_at(parser, '=')) {
        return reco_html_selector_fail(parser, "\"]\" or an operator expected");
    }

    parser->p++;
    reco_html_selector_spaces(parser);

    return RECO_OK;
}


static reco_status_t
parse_value(reco_html_selector_t *parser, reco_html_condition_t *condition)
{
    char quote;
    reco_status_t status;

    if (!reco_html_selector_at(parser, '"')
        && !reco_html_selector_at(parser, '\'')) {
        return reco_html_selector_name(
            parser, "name or quoted string expected", &condition->value);
    }

    quote = *parser->p++;

    status = reco_html_selector_text(parser, quote, &condition->value);
    if (status != RECO_OK) {
        return status;
    }

    if (!reco_html_selector_at(parser, quote)) {
        return reco_html_selector_fail(parser, "unfinished string");
    }

    parser->p++;

    return RECO_OK;
}


/* After '['. */
static reco_status_t
parse_attribute(reco_html_selector_t *parser, reco_html_compound_t *compound)
{
    reco_str_t name;
    reco_status_t status;
    reco_html_condition_t condition;

    memset(&condition, 0, sizeof(condition));
    reco_html_selector_spaces(parser);

    status = reco_html_selector_name(parser, "attribute name expected", &name);
    if (status != RECO_OK) {
        return status;
    }

    reco_html_selector_spaces(parser);

    if (!reco_html_selector_at(parser, ']')) {
        status = parse_operator(parser, &condition);
        if (status == RECO_OK) {
            status = parse_value(parser, &condition);
        }
        if (status != RECO_OK) {
            return status;
        }

        reco_html_selector_spaces(parser);

        if (reco_html_selector_at(parser, 'i')
            || reco_html_selector_at(parser, 'I')) {
            condition.ignore_case = 1;
            parser->p++;
            reco_html_selector_spaces(parser);
        } else if (reco_html_selector_at(parser, 's')
                   || reco_html_selector_at(parser, 'S'))
        {
            parser->p++;
            reco_html_selector_spaces(parser);
        }
    }

    if (!reco_html_selector_at(parser, ']')) {
        return reco_html_selector_fail(parser, "\"]\" expected");
    }

    parser->p++;

    return add_condition(parser, compound, name, condition);
}


static reco_status_t
parse_type(reco_html_selector_t *parser, reco_html_compound_t *compound)
{
    reco_str_t name;
    reco_status_t status;

    if (reco_html_selector_at(parser, '*')) {
        parser->p++;
        return RECO_OK;
    }

    if (parser->p == parser->end
        || (!reco_html_selector_starts_name(*parser->p) && *parser->p != '\\'))
    {
        return RECO_OK;
    }

    status = reco_html_selector_name(parser, "element name expected", &name);
    if (status != RECO_OK) {
        return status;
    }

    if (name.len > RECO_HTML_NAME_MAX) {
        return reco_html_selector_fail(parser, "element name too long");
    }

    compound->type = reco_html_name(name.data, name.len);

    return RECO_OK;
}


static reco_status_t
parse_compound(reco_html_selector_t *parser, reco_html_compound_t *compound)
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
            return reco_html_selector_fail(
                parser, "pseudo-classes are not supported,");

        case '|':
            return reco_html_selector_fail(
                parser, "namespaces are not supported,");

        default:
            break;
        }

        break;
    }

    if (status == RECO_OK && parser->p == begin) {
        return reco_html_selector_fail(parser, "selector expected");
    }

    return status;
}


/* What is between two compounds: 1 there is another, 0 there is none. */
static int
parse_combinator(reco_html_selector_t *parser, reco_html_compound_t *next)
{
    int spaces;

    spaces = reco_html_selector_spaces(parser);

    if (reco_html_selector_at(parser, '>')) {
        parser->p++;
        reco_html_selector_spaces(parser);
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
add_needle(reco_html_selector_t *parser, const reco_html_compound_t *compound)
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
parse_complex(reco_html_selector_t *parser, uint64_t place)
{
    reco_status_t status;
    reco_html_plan_t *plan;
    reco_html_compound_t compound, next;

    plan = parser->plan;
    memset(&next, 0, sizeof(next));
    reco_html_selector_spaces(parser);

    for (;;) {
        compound = next;
        memset(&next, 0, sizeof(next));

        if (reco_html_selector_at(parser, '+')
            || reco_html_selector_at(parser, '~')) {
            return reco_html_selector_fail(
                parser, "sibling combinators are not supported,");
        }

        status = parse_compound(parser, &compound);
        if (status != RECO_OK) {
            return status;
        }

        if (plan->compound_count == RECO_HTML_COMPOUNDS_MAX) {
            return reco_html_selector_fail_with(
                parser, RECO_TOO_LARGE, "too many selectors");
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
            return reco_html_selector_fail_with(
                parser, RECO_TOO_LARGE, "too many combinators");
        }

        compound.bit = UINT64_C(1) << plan->bit_count++;
        next.around = compound.bit;
        plan->compounds[plan->compound_count++] = compound;
    }
}


static reco_status_t
parse_list(reco_html_selector_t *parser, uint64_t place)
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

        if (!reco_html_selector_at(parser, ',')) {
            return reco_html_selector_fail(parser, "unexpected character");
        }

        parser->p++;
    }
}


reco_status_t
reco_html_selector_compile(reco_html_plan_t *plan, reco_str_t selector,
    uint64_t place, reco_error_t *error)
{
    reco_html_selector_t parser;
    unsigned bits, compounds, conditions;
    reco_status_t status;

    parser.plan = plan;
    parser.attribute = reco_null_string;
    parser.error = error;
    parser.begin = selector.data;
    parser.p = selector.data;
    parser.end = selector.data + selector.len;

    if (selector.len > SELECTOR_MAX) {
        return reco_html_selector_fail_with(
            &parser, RECO_TOO_LARGE, "selector too long");
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
