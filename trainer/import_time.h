/*
 * Times as people write them.
 */

#ifndef RECO_IMPORT_TIME_H
#define RECO_IMPORT_TIME_H

#include "reco.h"


/*
 * Seconds, milliseconds or microseconds since the epoch, told apart by their
 * size, fractions allowed; or ISO 8601 (2024-05-01, 2024-05-01 12:30,
 * 2024-05-01T12:30:05.250+02:00; UTC where no zone is given).  Returns 0 if
 * text is neither; *ms is in milliseconds.
 */
int reco_import_time(reco_str_t text, int64_t *ms);

#endif /* RECO_IMPORT_TIME_H */
