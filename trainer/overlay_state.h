/*
 * What an overlay holds between two publishes: overlay.c takes events in,
 * overlay_items.c numbers items and scores them, overlay_sheet.c writes the
 * file.
 */

#ifndef RECO_OVERLAY_STATE_H
#define RECO_OVERLAY_STATE_H

#include "overlay.h"


/* What is known of an item of the store, by its number there. */
typedef struct {
    uint32_t number; /* the overlay's: base's or new; NONE, UNKNOWN */
    uint8_t checked; /* its metadata came in: listed in touched */
    uint8_t trending;
} reco_overlay_item_t;

typedef struct {
    uint32_t *numbers; /* of the store */
    uint32_t length;
    uint32_t size;
} reco_overlay_list_t;

struct reco_overlay_s {
    reco_store_t *store;
    reco_snapshot_t *base;
    reco_overlay_sessions_t sessions;
    uint64_t sequence;
    uint64_t published;
    int64_t published_at;
    int64_t newest; /* time of the newest event taken in since then, ms */
    int64_t origin; /* ms: time at which an event scores 1 */
    double halflife;
    float weight;
    float type_weights[RECO_EVENT_TYPE_COUNT];
    reco_overlay_item_t *items; /* by the store's number */
    double *trend;
    uint32_t nitems;
    reco_overlay_list_t added; /* not in base; the k-th is base.nitems + k */
    uint64_t *added_keys;
    uint32_t added_size;
    reco_overlay_list_t touched; /* metadata came in */
    reco_overlay_list_t moving;  /* have a trend */
    int scanned; /* the catalogue was compared with the base's */
    char *ids;   /* of items whose metadata came in since the last publish,
                       each ended by NUL */
    reco_overlay_watch_t watch;
    size_t ids_length;
    size_t ids_size;
};


/* RECO_NOMEM. */
reco_status_t reco_overlay_list_add(reco_overlay_list_t *list, uint32_t number);

/* Makes room for what is known of the store's first nitems.  RECO_NOMEM. */
reco_status_t reco_overlay_room(reco_overlay_t *overlay, uint32_t nitems);

/* The overlay's number of an item of the store, a new one if need be;
   RECO_ITEM_NONE if it cannot have one.  RECO_NOMEM. */
reco_status_t reco_overlay_item(reco_overlay_t *overlay,
    reco_store_view_t *view, uint32_t item, uint32_t *number);

/* The item, which has a number, was met at ts (ms).  RECO_NOMEM. */
reco_status_t reco_overlay_trend(
    reco_overlay_t *overlay, uint32_t item, int64_t ts, double weight);

/* Writes all of it to path, with the catalogue as view has it. */
reco_status_t reco_overlay_sheet_write(reco_overlay_t *overlay,
    reco_store_view_t *view, const char *path, int64_t now,
    reco_error_t *error);

#endif /* RECO_OVERLAY_STATE_H */
