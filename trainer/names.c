#include "names.h"

#include <stdlib.h>
#include <string.h>


void
reco_names_done(reco_names_t *names)
{
    free(names->starts);
    free(names->text);
    free(names->slots);
    memset(names, 0, sizeof(*names));
}


reco_str_t
reco_names_at(const reco_names_t *names, uint32_t number)
{
    reco_str_t name;

    name.data = names->text + names->starts[number];
    name.len = names->starts[number + 1] - names->starts[number];

    return name;
}


/* Where name is, or the free slot where it belongs. */
static uint32_t
slot_of(const reco_names_t *names, reco_str_t name)
{
    reco_str_t other;
    uint32_t slot;

    slot = (uint32_t) reco_hash(name.data, name.len) & (names->nslots - 1);

    while (names->slots[slot] != RECO_NAMES_NONE) {
        other = reco_names_at(names, names->slots[slot]);
        if (other.len == name.len
            && memcmp(other.data, name.data, name.len) == 0) {
            break;
        }
        slot = (slot + 1) & (names->nslots - 1);
    }

    return slot;
}


uint32_t
reco_names_find(const reco_names_t *names, reco_str_t name)
{
    if (names->nslots == 0) {
        return RECO_NAMES_NONE;
    }

    return names->slots[slot_of(names, name)];
}


static reco_status_t
grow_slots(reco_names_t *names)
{
    uint32_t *slots, nslots, i;

    if (names->count >= UINT32_C(1) << 30) {
        return RECO_TOO_LARGE;
    }

    nslots = names->nslots > 0 ? names->nslots * 2 : 1024;
    slots = malloc((size_t) nslots * sizeof(*slots));
    if (slots == NULL) {
        return RECO_NOMEM;
    }
    memset(slots, 0xff, (size_t) nslots * sizeof(*slots));

    free(names->slots);
    names->slots = slots;
    names->nslots = nslots;

    for (i = 0; i < names->count; i++) {
        slots[slot_of(names, reco_names_at(names, i))] = i;
    }

    return RECO_OK;
}


static reco_status_t
grow_text(reco_names_t *names, size_t len)
{
    uint64_t *starts, size;
    uint32_t capacity;
    char *text;

    if (names->count + 1 >= names->capacity) {
        capacity = names->capacity > 0 ? names->capacity * 2 : 1024;
        starts = realloc(names->starts, (size_t) capacity * sizeof(*starts));
        if (starts == NULL) {
            return RECO_NOMEM;
        }
        names->starts = starts;
        names->capacity = capacity;
        starts[0] = 0;
    }

    if (names->text == NULL || names->starts[names->count] + len > names->size)
    {
        size = names->size * 2 + len + 4096;
        text = realloc(names->text, size);
        if (text == NULL) {
            return RECO_NOMEM;
        }
        names->text = text;
        names->size = size;
    }

    return RECO_OK;
}


reco_status_t
reco_names_add(reco_names_t *names, reco_str_t name, uint32_t *number)
{
    reco_status_t status;
    uint32_t slot;

    if (names->count >= names->nslots / 2) {
        status = grow_slots(names);
        if (status != RECO_OK) {
            return status;
        }
    }

    slot = slot_of(names, name);
    if (names->slots[slot] != RECO_NAMES_NONE) {
        *number = names->slots[slot];
        return RECO_OK;
    }

    status = grow_text(names, name.len);
    if (status != RECO_OK) {
        return status;
    }

    if (name.len > 0) {
        memcpy(names->text + names->starts[names->count], name.data, name.len);
    }
    names->starts[names->count + 1] = names->starts[names->count] + name.len;

    *number = names->count++;
    names->slots[slot] = *number;

    return RECO_OK;
}
