#include "lru.h"

#include <stdlib.h>
#include <string.h>


void
reco_lru_init(reco_lru_t *lru, size_t size, uint32_t max)
{
    memset(lru, 0, sizeof(*lru));

    lru->size = size;
    lru->max = max;
    lru->newest = RECO_LRU_NONE;
    lru->oldest = RECO_LRU_NONE;
}


void
reco_lru_done(reco_lru_t *lru)
{
    uint32_t i;

    for (i = 0; i < lru->count; i++) {
        free(lru->records[i]);
    }

    free(lru->records);
    free(lru->places);
    memset(lru, 0, sizeof(*lru));
}


static reco_lru_link_t *
link_at(const reco_lru_t *lru, uint32_t place)
{
    return place != RECO_LRU_NONE ? lru->records[place] : NULL;
}


void *
reco_lru_find(const reco_lru_t *lru, uint32_t number)
{
    return number < lru->nplaces ? link_at(lru, lru->places[number]) : NULL;
}


void *
reco_lru_victim(const reco_lru_t *lru, uint32_t number)
{
    if (lru->count < lru->max || reco_lru_find(lru, number) != NULL) {
        return NULL;
    }

    return link_at(lru, lru->oldest);
}


static void
unlink_record(reco_lru_t *lru, const reco_lru_link_t *link)
{
    if (link->newer != RECO_LRU_NONE) {
        link_at(lru, link->newer)->older = link->older;
    } else {
        lru->newest = link->older;
    }

    if (link->older != RECO_LRU_NONE) {
        link_at(lru, link->older)->newer = link->newer;
    } else {
        lru->oldest = link->newer;
    }
}


static void
link_newest(reco_lru_t *lru, reco_lru_link_t *link)
{
    link->newer = RECO_LRU_NONE;
    link->older = lru->newest;

    if (lru->newest != RECO_LRU_NONE) {
        link_at(lru, lru->newest)->newer = link->place;
    } else {
        lru->oldest = link->place;
    }

    lru->newest = link->place;
}


static reco_status_t
make_room_for_number(reco_lru_t *lru, uint32_t number)
{
    uint32_t *places;
    size_t size;

    if (number < lru->nplaces) {
        return RECO_OK;
    }

    size = (size_t) number + number / 2 + 1024;
    if (size >= RECO_LRU_NONE) {
        return RECO_NOMEM;
    }

    places = realloc(lru->places, size * sizeof(uint32_t));
    if (places == NULL) {
        return RECO_NOMEM;
    }

    memset(
        places + lru->nplaces, 0xff, (size - lru->nplaces) * sizeof(uint32_t));
    lru->places = places;
    lru->nplaces = (uint32_t) size;

    return RECO_OK;
}


static reco_lru_link_t *
add_record(reco_lru_t *lru)
{
    reco_lru_link_t *link;
    uint32_t capacity;
    void **records;

    if (lru->count == lru->capacity) {
        capacity = 2 * lru->capacity + 256;
        records = realloc(lru->records, capacity * sizeof(void *));
        if (records == NULL) {
            return NULL;
        }
        lru->records = records;
        lru->capacity = capacity;
    }

    link = calloc(1, lru->size);
    if (link != NULL) {
        link->place = lru->count;
        lru->records[lru->count++] = link;
    }

    return link;
}


reco_status_t
reco_lru_take(reco_lru_t *lru, uint32_t number, void **record, int *made)
{
    reco_lru_link_t *link;
    uint32_t place;

    if (make_room_for_number(lru, number) != RECO_OK) {
        return RECO_NOMEM;
    }

    link = reco_lru_find(lru, number);
    *made = link == NULL;

    if (link != NULL) {
        unlink_record(lru, link);

    } else if (lru->count < lru->max) {
        link = add_record(lru);
        if (link == NULL) {
            return RECO_NOMEM;
        }

    } else {
        link = link_at(lru, lru->oldest);
        unlink_record(lru, link);
        lru->places[link->number] = RECO_LRU_NONE;
        place = link->place;
        memset(link, 0, lru->size);
        link->place = place;
    }

    link->number = number;
    lru->places[number] = link->place;
    link_newest(lru, link);
    *record = link;

    return RECO_OK;
}


void *
reco_lru_newest(const reco_lru_t *lru)
{
    return link_at(lru, lru->newest);
}


void *
reco_lru_older(const reco_lru_t *lru, const void *record)
{
    return link_at(lru, ((const reco_lru_link_t *) record)->older);
}
