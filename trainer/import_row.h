/*
 * Rows of a table as events: what the cells of people's exports mean.
 */

#ifndef RECO_IMPORT_ROW_H
#define RECO_IMPORT_ROW_H

#include "event/reco_event.h"
#include "import.h"
#include "import_map.h"
#include "reco.h"
#include "table.h"


/*
 * Makes the event of a row.  Its texts are in the arena; buffer is for one cell
 * at a time.  RECO_INVALID: the row is refused, for what *reject says;
 * RECO_DECLINED: the map names a field that events do not have; RECO_NOMEM: the
 * arena is full.
 */
reco_status_t reco_import_row_read(const reco_table_row_t *row,
    const reco_import_options_t *options, char buffer[RECO_IMPORT_VALUE_MAX],
    reco_event_arena_t *arena, reco_event_t *event,
    reco_event_reject_t *reject);

#endif /* RECO_IMPORT_ROW_H */
