/*
 * The site's own rules, resolved for one query.
 */

#ifndef RECO_ENGINE_RULES_H
#define RECO_ENGINE_RULES_H

#include "reco_engine_model.h"


/* A rule by numbers. */
typedef struct {
    const reco_engine_rule_t *rule;
    uint32_t item;     /* RECO_ITEM_NONE: not by item */
    uint32_t category; /* RECO_ITEM_NONE: any */
} reco_engine_resolved_t;

typedef struct {
    reco_engine_resolved_t rules[RECO_ENGINE_RULES_MAX];
    unsigned count;
    unsigned excluding; /* how many of each kind */
    unsigned boosting;
    unsigned pinning;
} reco_engine_rules_t;

void reco_engine_rules_resolve(reco_engine_rules_t *rules,
    const reco_engine_model_t *model, const reco_engine_query_t *query);

/* Does a rule forbid the item? */
int reco_engine_rules_exclude(const reco_engine_rules_t *rules,
    const reco_engine_model_t *model, uint32_t item);

/* The product of the factors of the boosts that fit the item. */
float reco_engine_rules_boost(const reco_engine_rules_t *rules,
    const reco_engine_model_t *model, uint32_t item);

#endif /* RECO_ENGINE_RULES_H */
