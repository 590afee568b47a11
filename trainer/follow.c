#include "follow.h"

#include "batch.h"
#include "clock.h"
#include "feature_store.h"
#include "learner.h"
#include "log.h"
#include "overlay.h"
#include "snapshot/reco_snapshot.h"
#include "visitor_vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How long workers may still be opening a version that was replaced. */
#define TIDY_AFTER 60.0


struct reco_follow_s {
    const reco_config_t *config;
    reco_store_t *store;
    reco_registry_t *registry;
    reco_version_id_t version; /* "" none */
    reco_overlay_t *overlay;
    reco_learner_t *learner;
    reco_features_t *features; /* NULL: switched off */
    int features_failed;
    uint64_t sequence;  /* the version's newest event */
    uint64_t change;    /* of the catalogue, that the overlay knows of */
    uint64_t forgotten; /* visitors, before the overlay was made */
    uint64_t identity;  /* of the version */
    int64_t created;
    int64_t followed; /* monotonic ns: since when */
    int tidy;         /* its predecessor may still be in the model folder */
    int renew;        /* the overlay is to be made again */
    char path[PATH_MAX];
};


reco_status_t
reco_follow_create(const reco_config_t *config, reco_store_t *store,
    reco_registry_t *registry, reco_follow_t **follow, reco_error_t *error)
{
    reco_follow_t *created;

    created = calloc(1, sizeof(*created));
    if (created == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    created->config = config;
    created->store = store;
    created->registry = registry;
    snprintf(created->path, PATH_MAX, "%.*s/overlay", PATH_MAX - 16,
        reco_config_string(config, "model"));

    *follow = created;

    return RECO_OK;
}


static void
close_overlay(reco_follow_t *follow)
{
    reco_learner_close(follow->learner);
    reco_overlay_close(follow->overlay);
    reco_features_destroy(follow->features);
    follow->features = NULL;
    follow->learner = NULL;
    follow->overlay = NULL;
}


void
reco_follow_destroy(reco_follow_t *follow)
{
    if (follow == NULL) {
        return;
    }

    close_overlay(follow);
    free(follow);
}


const char *
reco_follow_version(const reco_follow_t *follow)
{
    return follow->version.id;
}


int64_t
reco_follow_created(const reco_follow_t *follow)
{
    return follow->created;
}


uint64_t
reco_follow_sequence(const reco_follow_t *follow)
{
    return follow->sequence;
}


/* The overlay looks at the whole catalogue when it is new. */
static reco_status_t
note_changes(reco_follow_t *follow, reco_error_t *error)
{
    reco_store_view_t *view;
    reco_status_t status;

    status = reco_store_view_begin(follow->store, &view, error);
    if (status == RECO_OK) {
        follow->change = reco_store_view_changes(view);
        follow->forgotten = reco_store_view_forgotten(view);
        reco_store_view_end(view);
    }

    return status;
}


static reco_status_t
open_overlay(reco_follow_t *follow, reco_snapshot_t *base, reco_error_t *error)
{
    reco_status_t status;

    /* What the old one has learnt is saved before the new one reads it. */
    close_overlay(follow);

    status = note_changes(follow, error);
    if (status == RECO_OK) {
        status = reco_overlay_open(follow->store, base, follow->sequence,
            follow->config, &follow->overlay, error);
    }
    if (status == RECO_OK) {
        status = reco_features_create(follow->config, follow->store,
            reco_snapshot_id(base), &follow->features, error);
        status = status == RECO_DECLINED ? RECO_OK : status;
    }
    if (status == RECO_OK) {
        status = reco_learner_open(follow->store, base, follow->sequence,
            follow->config, follow->overlay, follow->features, &follow->learner,
            error);
    }
    if (status != RECO_OK) {
        close_overlay(follow);
    }

    return status;
}


/* Vectors of visitors that came with the version go to the feature store. */
static reco_status_t
fill_features(reco_follow_t *follow, uint64_t identity, reco_error_t *error)
{
    reco_store_view_t *view;
    reco_status_t status;
    uint32_t *visitors;
    uint64_t count;

    follow->identity = identity;
    if (follow->features == NULL) {
        return RECO_OK;
    }

    status = reco_store_view_begin(follow->store, &view, error);
    if (status != RECO_OK) {
        return status;
    }
    status = reco_visitor_vectors_list(view, identity, &visitors, &count);
    reco_store_view_end(view);

    if (status == RECO_OK) {
        reco_features_fill(follow->features, visitors, count);
        return RECO_OK;
    }

    return status == RECO_DECLINED
               ? RECO_OK
               : reco_error_set(
                   error, status, "the vectors of visitors cannot be read");
}


static reco_status_t
take_over(
    reco_follow_t *follow, const reco_version_id_t *id, reco_error_t *error)
{
    reco_batch_facts_t facts;
    reco_snapshot_t *base;
    reco_status_t status;
    char path[PATH_MAX];

    status = reco_registry_path(follow->registry, id, path, error);
    if (status == RECO_OK) {
        status = reco_snapshot_open(path, 0, &base, error);
    }
    if (status != RECO_OK) {
        return status;
    }

    reco_batch_facts(reco_snapshot_manifest(base), &facts);
    follow->sequence = facts.sequence;
    status = open_overlay(follow, base, error);
    if (status == RECO_OK) {
        status = fill_features(follow, reco_snapshot_identity(base), error);
    }
    reco_snapshot_release(base);

    if (status != RECO_OK) {
        /* Nothing is followed until it works. */
        follow->version.id[0] = '\0';

    } else {
        follow->version = *id;
        follow->renew = 0;
        follow->created = facts.created;
        follow->followed = reco_clock_monotonic_ns();
        follow->tidy = 1;
        reco_log(RECO_LOG_NOTICE, "version %s is live", id->id);
    }

    return status;
}


static reco_status_t
tell_changes(reco_follow_t *follow, reco_error_t *error)
{
    reco_store_view_t *view;
    reco_store_item_t item;
    reco_status_t status;
    uint64_t before;
    uint32_t number;

    status = reco_store_view_begin(follow->store, &view, error);
    if (status != RECO_OK) {
        return status;
    }

    /* The overlay holds sessions of somebody who wants to be forgotten: a new
       one is made of what the store still has. */
    if (reco_store_view_forgotten(view) != follow->forgotten) {
        follow->renew = 1;
        reco_store_view_end(view);
        return RECO_OK;
    }

    for (;;) {
        before = follow->change;
        status = reco_store_view_change(view, &follow->change, &number);
        if (status == RECO_OK) {
            status = reco_store_view_item(view, number, &item);
        }
        if (status != RECO_OK) {
            break;
        }
        if (follow->change != before + 1) {
            /* Some were forgotten: only a new overlay knows them all. */
            follow->renew = 1;
            break;
        }
        status = reco_overlay_product(follow->overlay, item.id);
        if (status != RECO_OK) {
            reco_error_set(error, status, "out of memory");
            break;
        }
    }

    reco_store_view_end(view);

    return status == RECO_DECLINED ? RECO_OK : status;
}


static const float *
vector_of(void *context, reco_store_view_t *view, uint32_t visitor,
    uint32_t *dimensions)
{
    return reco_learner_vector(context, view, visitor, dimensions);
}


/* So that a restart does not write them again. */
static void
note_filled(reco_follow_t *follow, uint64_t left)
{
    reco_error_t error = {0};

    if (left > 0 && reco_features_left(follow->features) == 0
        && reco_visitor_vectors_reported(
               follow->store, follow->identity, &error)
               != RECO_OK)
    {
        reco_log(RECO_LOG_WARN, "%s", error.message);
    }
}


/* It is for others' use: that it cannot be written stops nothing here. */
static void
write_features(reco_follow_t *follow)
{
    reco_error_t error = {0};
    reco_status_t status;
    uint64_t left;

    if (follow->features == NULL) {
        return;
    }

    left = reco_features_left(follow->features);
    status = reco_features_write(
        follow->features, vector_of, follow->learner, &error);
    note_filled(follow, left);

    if (status == RECO_OK && follow->features_failed) {
        follow->features_failed = 0;
        reco_log(RECO_LOG_NOTICE, "the feature store is written again");

    } else if (status == RECO_IO && !follow->features_failed) {
        follow->features_failed = 1;
        reco_log(RECO_LOG_WARN, "the feature store cannot be written: %s",
            error.message);
    }
}


reco_status_t
reco_follow_step(reco_follow_t *follow, int64_t now, reco_error_t *error)
{
    reco_version_id_t live;
    reco_status_t status;

    status = reco_registry_live(follow->registry, &live, error);
    if (status != RECO_OK) {
        return status;
    }

    if (follow->renew || strcmp(live.id, follow->version.id) != 0) {
        status = take_over(follow, &live, error);
        if (status != RECO_OK) {
            return status == RECO_DECLINED ? RECO_CORRUPT : status;
        }
    }

    if (follow->tidy && reco_clock_elapsed(follow->followed) > TIDY_AFTER) {
        follow->tidy = 0;
        reco_registry_tidy(follow->registry, NULL);
    }

    status = tell_changes(follow, error);
    if (status != RECO_OK) {
        return status;
    }
    if (follow->renew) {
        return RECO_AGAIN;
    }

    status = reco_overlay_publish(follow->overlay, follow->path, now, error);

    if (status == RECO_OK) {
        write_features(follow);
        return reco_learner_published(
            follow->learner, follow->path, now, error);
    }
    if (status == RECO_DECLINED && follow->features != NULL
        && reco_features_left(follow->features) > 0)
    {
        write_features(follow);
    }

    return status;
}
