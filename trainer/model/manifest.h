/*
 * What the trainer keeps with a version: manifest.json but for what the
 * snapshot's writer adds.
 */

#ifndef RECO_MANIFEST_H
#define RECO_MANIFEST_H

#include "config.h"
#include "history.h"
#include "model/blend.h"
#include "train.h"


/*
 * JSON text, for the caller to free; NULL: out of memory.  blend: NULL where
 * no weights were learnt.
 *
 *   trained  sizes of the history and its span
 *   params   every key of the configuration that training reads
 *   seconds  of each phase so far
 *   blend    how the weights were learnt
 *   engine   parameters of the engine: configured ones over learned ones
 */
char *reco_manifest_print(const reco_history_t *history,
    const reco_config_t *config, const reco_blend_t *blend,
    const reco_train_report_t *report);

#endif /* RECO_MANIFEST_H */
