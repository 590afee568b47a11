#include "reco_html_plan.h"
#include "reco_html_references.h"
#include "reco_html_scan.h"

#include <string.h>


static int
equal(const char *a, const char *b, size_t len, int ignore_case)
{
    size_t i;

    if (!ignore_case) {
        return len == 0 || memcmp(a, b, len) == 0;
    }

    for (i = 0; i < len; i++) {
        if (reco_html_lower(a[i]) != reco_html_lower(b[i])) {
            return 0;
        }
    }

    return 1;
}


static int
has_infix(reco_str_t value, reco_str_t wanted, int ignore_case)
{
    size_t i;

    for (i = 0; i + wanted.len <= value.len; i++) {
        if (equal(value.data + i, wanted.data, wanted.len, ignore_case)) {
            return 1;
        }
    }

    return 0;
}


static int
has_word(reco_str_t value, reco_str_t wanted, int ignore_case)
{
    const char *p, *end;

    end = value.data + value.len;

    for (p = value.data; (size_t) (end - p) >= wanted.len; p++) {
        if (!ignore_case) {
            p = reco_html_scan(p, end, wanted.data[0]);
            if ((size_t) (end - p) < wanted.len) {
                break;
            }
        }

        if (equal(p, wanted.data, wanted.len, ignore_case)
            && (p == value.data || reco_html_is_space(p[-1]))
            && (p + wanted.len == end || reco_html_is_space(p[wanted.len])))
        {
            return 1;
        }
    }

    return 0;
}


static int
value_matches(const reco_html_condition_t *condition, reco_str_t value)
{
    int ignore_case;
    reco_str_t wanted;

    wanted = condition->value;
    ignore_case = condition->ignore_case;

    switch ((reco_html_operator_t) condition->operator) {

    case RECO_HTML_PRESENT:
        return 1;

    case RECO_HTML_EQUAL:
        return value.len == wanted.len
               && equal(value.data, wanted.data, wanted.len, ignore_case);

    case RECO_HTML_PREFIX:
        return wanted.len != 0 && value.len >= wanted.len
               && equal(value.data, wanted.data, wanted.len, ignore_case);

    case RECO_HTML_SUFFIX:
        return wanted.len != 0 && value.len >= wanted.len
               && equal(value.data + value.len - wanted.len, wanted.data,
                   wanted.len, ignore_case);

    case RECO_HTML_INFIX:
        return wanted.len != 0 && has_infix(value, wanted, ignore_case);

    case RECO_HTML_WORD:
        return wanted.len != 0 && value.len != 0
               && has_word(value, wanted, ignore_case);

    case RECO_HTML_SUBRANGE:
        return value.len >= wanted.len
               && equal(value.data, wanted.data, wanted.len, ignore_case)
               && (value.len == wanted.len || value.data[wanted.len] == '-');
    }

    return 0;
}


static int
condition_holds(
    const reco_html_condition_t *condition, const reco_html_tag_t *tag)
{
    char resolved[RECO_HTML_VALUES_MAX];
    reco_str_t value;

    if (condition->operator== RECO_HTML_PRESENT) {
        return 1;
    }

    if (tag->overlong >> condition->attribute & 1) {
        return 0;
    }

    value = tag->values[condition->attribute];

    if (reco_html_has_references(value)) {
        value.len = reco_html_resolve(value, resolved);
        value.data = resolved;
    }

    return value_matches(condition, value);
}


static int
conditions_hold(const reco_html_plan_t *plan,
    const reco_html_compound_t *compound, const reco_html_tag_t *tag)
{
    unsigned i;

    for (i = 0; i < compound->count; i++) {
        if (!condition_holds(&plan->conditions[compound->first + i], tag)) {
            return 0;
        }
    }

    return 1;
}


reco_html_match_t
reco_html_plan_match(const reco_html_plan_t *plan, const reco_html_tag_t *tag,
    uint32_t present, const reco_html_matches_t *parent)
{
    unsigned i;
    uint64_t around;
    reco_html_match_t match;
    const reco_html_compound_t *compound;

    match.places = 0;
    match.bits = 0;

    for (i = 0; i < plan->compound_count; i++) {
        compound = &plan->compounds[i];

        if ((compound->needed & ~present) != 0
            || (compound->type != 0 && compound->type != tag->name))
        {
            continue;
        }

        if (compound->around != 0) {
            around = parent == NULL       ? 0
                     : compound->is_child ? parent->element
                                          : parent->ancestors;
            if (!(around & compound->around)) {
                continue;
            }
        }

        if (conditions_hold(plan, compound, tag)) {
            match.places |= compound->place;
            match.bits |= compound->bit;
        }
    }

    return match;
}
