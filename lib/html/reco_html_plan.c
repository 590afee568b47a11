#include "reco_html_plan.h"

#include <string.h>

#define SLOT_NAME_MAX 64


reco_html_plan_t *
reco_html_plan_create(const reco_html_memory_t *memory)
{
    reco_html_plan_t *plan;

    plan = memory->alloc(memory->owner, sizeof(reco_html_plan_t));
    if (plan == NULL) {
        return NULL;
    }

    memset(plan, 0, sizeof(reco_html_plan_t));
    plan->memory = *memory;
    reco_html_attributes_init(&plan->attributes);
    reco_html_needles_add(&plan->needles, reco_string("data-reco-slot"));

    return plan;
}


static int
is_slot_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '_' || c == '-';
}


reco_status_t
reco_html_plan_slot(reco_html_plan_t *plan, reco_str_t name, unsigned *slot,
    reco_error_t *error)
{
    char *copy;
    size_t i;

    if (name.len == 0 || name.len > SLOT_NAME_MAX) {
        return reco_error_set(error, RECO_INVALID,
            "a slot's name has 1 to %d characters", SLOT_NAME_MAX);
    }

    for (i = 0; i < name.len; i++) {
        if (!is_slot_character(name.data[i])) {
            return reco_error_set(error, RECO_INVALID,
                "slot name \"%.*s\" may hold letters, digits, \"_\" and \"-\" "
                "only",
                (int) name.len, name.data);
        }
    }

    if (reco_html_plan_slot_named(plan, name) >= 0) {
        return reco_error_set(error, RECO_INVALID, "duplicate slot \"%.*s\"",
            (int) name.len, name.data);
    }

    if (plan->slot_count == RECO_HTML_SLOTS_MAX) {
        return reco_error_set(
            error, RECO_TOO_LARGE, "more than %d slots", RECO_HTML_SLOTS_MAX);
    }

    copy = plan->memory.alloc(plan->memory.owner, name.len);
    if (copy == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    memcpy(copy, name.data, name.len);
    plan->slots[plan->slot_count] = (reco_str_t){name.len, copy};
    *slot = plan->slot_count++;

    return RECO_OK;
}


reco_status_t
reco_html_plan_select(reco_html_plan_t *plan, unsigned slot,
    reco_str_t selector, reco_html_position_t position, int all,
    reco_error_t *error)
{
    uint64_t bit;
    reco_status_t status;
    reco_html_place_t *place;

    if (slot >= plan->slot_count) {
        return reco_error_set(error, RECO_INVALID, "no slot %u", slot);
    }

    if (plan->place_count == RECO_HTML_PLACES_MAX) {
        return reco_error_set(error, RECO_TOO_LARGE, "more than %d selectors",
            RECO_HTML_PLACES_MAX);
    }

    bit = UINT64_C(1) << plan->place_count;

    status = reco_html_selector_compile(plan, selector, bit, error);
    if (status != RECO_OK) {
        return status;
    }

    place = &plan->places[plan->place_count++];
    place->slot = (uint8_t) slot;
    place->position = (uint8_t) position;
    place->all = all != 0;

    if (all) {
        plan->all |= bit;
    }

    switch (position) {

    case RECO_HTML_BEFORE:
        plan->held |= bit;
        break;

    case RECO_HTML_REPLACE:
        plan->held |= bit;
        plan->content |= bit;
        break;

    case RECO_HTML_PREPEND:
        break;

    case RECO_HTML_APPEND:
    case RECO_HTML_AFTER:
        plan->content |= bit;
        break;
    }

    return RECO_OK;
}


void
reco_html_plan_fallback(reco_html_plan_t *plan, unsigned slot)
{
    if (slot < plan->slot_count) {
        plan->fallback |= UINT32_C(1) << slot;
    }
}


int
reco_html_plan_slot_named(const reco_html_plan_t *plan, reco_str_t name)
{
    unsigned i;

    for (i = 0; i < plan->slot_count; i++) {
        if (plan->slots[i].len == name.len
            && memcmp(plan->slots[i].data, name.data, name.len) == 0)
        {
            return (int) i;
        }
    }

    return -1;
}


int
reco_html_plan_may_match(
    const reco_html_plan_t *plan, uint64_t name, uint64_t places)
{
    unsigned i;
    const reco_html_compound_t *compound;

    for (i = 0; i < plan->compound_count; i++) {
        compound = &plan->compounds[i];
        if ((compound->place & places)
            && (name == 0 || compound->type == 0 || compound->type == name))
        {
            return 1;
        }
    }

    return 0;
}
