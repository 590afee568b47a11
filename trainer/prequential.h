/*
 * Prequential evaluation (Dawid 1984; Gama et al. 2013): what a visitor does
 * next is predicted before anything learns from it, with the overlay as
 * workers have it at that moment.  Figures fade: an old case counts half for
 * every half-life of cases since.
 *
 * Asked are the base alone; base and overlay; one of the overlay's settings
 * that might be better, in turn; and each source alone, in turn.
 */

#ifndef RECO_PREQUENTIAL_H
#define RECO_PREQUENTIAL_H

#include "config.h"
#include "engine/reco_engine.h"
#include "reco.h"
#include "snapshot/reco_snapshot.h"


#define RECO_PREQUENTIAL_CUTOFF 20

/* How workers use the overlay. */
typedef struct {
    float weight; /* engine parameter overlay.weight */
    int vectors;  /* overlay.vectors */
} reco_prequential_setting_t;

/* Settings that might be better than the one in use. */
typedef enum {
    RECO_PREQUENTIAL_HEAVIER, /* the sessions count twice as much */
    RECO_PREQUENTIAL_LIGHTER, /* half */
    RECO_PREQUENTIAL_VECTORS, /* its vectors too, or not */
    RECO_PREQUENTIAL_RIVALS
} reco_prequential_rival_t;

/* A fading sum over cases. */
typedef struct {
    double weight;
    double weight2; /* of squared weights */
    double sum;
    double square;
    double hits;
} reco_prequential_sum_t;

/* Plain numbers: kept as bytes in the store's state. */
typedef struct {
    uint64_t cases; /* ever */
    reco_prequential_sum_t base;
    reco_prequential_sum_t overlay;
    reco_prequential_sum_t difference; /* overlay - base, case by case */
    reco_prequential_sum_t rivals[RECO_PREQUENTIAL_RIVALS]; /* - overlay */
    reco_prequential_sum_t sources[RECO_ENGINE_SOURCE_COUNT];
} reco_prequential_figures_t;

/* Mean reciprocal rank, share of hits, how many cases that is worth, and the
   interval of the mean at z standard errors. */
typedef struct {
    double mean;
    double hits;
    double cases;
    double low;
    double high;
} reco_prequential_mean_t;

reco_prequential_mean_t reco_prequential_mean(
    const reco_prequential_sum_t *sum, double z);


typedef struct reco_prequential_s reco_prequential_t;

/* Key prequential_halflife.  RECO_NOMEM. */
reco_status_t reco_prequential_create(const reco_config_t *config,
    reco_prequential_t **prequential, reco_error_t *error);
void reco_prequential_destroy(reco_prequential_t *prequential);

reco_prequential_figures_t *reco_prequential_figures(
    reco_prequential_t *prequential);

/*
 * What is asked from now on: the base, and the overlay in a file, NULL: there
 * is none yet.  Both are held.
 */
reco_status_t reco_prequential_set(reco_prequential_t *prequential,
    reco_snapshot_t *base, reco_snapshot_overlay_t *overlay,
    const reco_prequential_setting_t *setting, reco_error_t *error);

/* The setting that a rival stands for. */
reco_prequential_setting_t reco_prequential_rival(
    const reco_prequential_setting_t *setting, reco_prequential_rival_t rival);

/* Base and overlay, or the base where there is none; NULL: neither. */
const reco_engine_model_t *reco_prequential_model(
    const reco_prequential_t *prequential);

/* For use with that model between two cases. */
reco_engine_scratch_t *reco_prequential_scratch(
    const reco_prequential_t *prequential);

/* One case: the visitor asked about by query went for item, a number of base
   or overlay. */
void reco_prequential_case(reco_prequential_t *prequential,
    const reco_engine_query_t *query, uint32_t item);

#endif /* RECO_PREQUENTIAL_H */
