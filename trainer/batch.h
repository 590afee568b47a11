/*
 * A batch run, from the store to a live version.
 */

#ifndef RECO_BATCH_H
#define RECO_BATCH_H

#include "config.h"
#include "gate.h"
#include "reco.h"
#include "registry.h"
#include "store.h"
#include "train.h"


typedef struct {
    reco_version_id_t id;
    uint64_t events;
    uint32_t sessions;
    uint32_t items;
    uint64_t expired; /* events that were older than the retention */
    int live;         /* 0: kept, but not published */
    int pinned;       /* another one is, and stays live */
    reco_gate_t gate;
    reco_train_report_t train;
    double read;    /* seconds from the store into memory */
    double seconds; /* in all */
} reco_batch_report_t;

/*
 * Removes what is too old, trains on the rest, compares with the live version,
 * keeps the new one and publishes it.  force: publish whatever the gate says.
 * RECO_DECLINED: there is nothing to learn from; RECO_BUSY: another process is
 * training.  Where the gate refuses or a version is pinned it is RECO_OK with
 * report->live 0.
 */
reco_status_t reco_batch_run(const reco_config_t *config, reco_store_t *store,
    int force, reco_batch_report_t *report, reco_error_t *error);

/* "is live", or why it is not, to be said of the version. */
const char *reco_batch_outcome(const reco_batch_report_t *report);

/* The registry of config's folders. */
reco_status_t reco_batch_registry(const reco_config_t *config,
    reco_registry_mode_t mode, reco_registry_t **registry, reco_error_t *error);

/* What a manifest says of the version; 0 where it says nothing. */
typedef struct {
    uint64_t sequence; /* the store's newest event that it learnt */
    int64_t created;   /* ms since the epoch */
} reco_batch_facts_t;

void reco_batch_facts(reco_str_t manifest, reco_batch_facts_t *facts);

#endif /* RECO_BATCH_H */
