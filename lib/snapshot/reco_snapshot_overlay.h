/*
 * The overlay: one container, tied to a base by its id.
 *
 *   OMET  counts, the base's id, when and with what weight
 *   ...   the catalogue of the new items and the recent sessions, as in a
 *         base, the sessions with rows only for the items that occur
 *   TITM, TSCO  what is trending now
 *   VITM, VECT, VNRM, VSLT  vectors of touched and new items, their inverse
 *         norms, and a hash index item -> row
 *   UNAV  items of the base that are gone, ascending
 *   PARM  parameters of the engine: key NUL value NUL key NUL ...
 *   RPRT  JSON: what the trainer found out
 *
 * It is small and comes from a folder that is written all the time, so its
 * checksums are always verified.
 */

#ifndef RECO_SNAPSHOT_OVERLAY_H
#define RECO_SNAPSHOT_OVERLAY_H

#include "reco_snapshot_parts.h"


#define RECO_SNAPSHOT_OVERLAY_META RECO_SNAPSHOT_TAG('O', 'M', 'E', 'T')
#define RECO_SNAPSHOT_OVERLAY_TITM RECO_SNAPSHOT_TAG('T', 'I', 'T', 'M')
#define RECO_SNAPSHOT_OVERLAY_TSCO RECO_SNAPSHOT_TAG('T', 'S', 'C', 'O')
#define RECO_SNAPSHOT_OVERLAY_VITM RECO_SNAPSHOT_TAG('V', 'I', 'T', 'M')
#define RECO_SNAPSHOT_OVERLAY_VECT RECO_SNAPSHOT_TAG('V', 'E', 'C', 'T')
#define RECO_SNAPSHOT_OVERLAY_VNRM RECO_SNAPSHOT_TAG('V', 'N', 'R', 'M')
#define RECO_SNAPSHOT_OVERLAY_VSLT RECO_SNAPSHOT_TAG('V', 'S', 'L', 'T')
#define RECO_SNAPSHOT_OVERLAY_UNAV RECO_SNAPSHOT_TAG('U', 'N', 'A', 'V')
#define RECO_SNAPSHOT_OVERLAY_PARM RECO_SNAPSHOT_TAG('P', 'A', 'R', 'M')
#define RECO_SNAPSHOT_OVERLAY_RPRT RECO_SNAPSHOT_TAG('R', 'P', 'R', 'T')

typedef struct {
    char base[128];
    uint64_t sequence;
    int64_t created;
    uint32_t base_nitems;
    uint32_t nitems;
    uint32_t ntrending;
    uint32_t dimensions;
    uint32_t nvectors;
    uint32_t vector_slots;
    uint32_t nunavailable;
    float weight;
} reco_snapshot_overlay_meta_t;

#endif /* RECO_SNAPSHOT_OVERLAY_H */
