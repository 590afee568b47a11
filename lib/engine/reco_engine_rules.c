/*
 * Which rules fit which items.
 */

#include "reco_engine_rules.h"

#include <string.h>


/* A rule that names what the catalogue does not have fits nothing. */
static int
rules_resolve_one(reco_engine_resolved_t *resolved,
    const reco_engine_model_t *model, const reco_engine_rule_t *rule)
{
    resolved->rule = rule;
    resolved->item = RECO_ITEM_NONE;
    resolved->category = RECO_ITEM_NONE;

    if (rule->item != 0) {
        resolved->item = reco_engine_find(model, rule->item);
        return resolved->item != RECO_ITEM_NONE;
    }

    if (rule->category.len != 0) {
        resolved->category = reco_engine_find_category(model, rule->category);
        return resolved->category != RECO_ITEM_NONE;
    }

    return rule->brand.len != 0;
}


void
reco_engine_rules_resolve(reco_engine_rules_t *rules,
    const reco_engine_model_t *model, const reco_engine_query_t *query)
{
    unsigned i;
    const reco_engine_rule_t *rule;

    rules->count = 0;
    rules->excluding = 0;
    rules->boosting = 0;
    rules->pinning = 0;

    for (i = 0; i < query->nrules && i < RECO_ENGINE_RULES_MAX; i++) {
        rule = &query->rules[i];

        if (!rules_resolve_one(&rules->rules[rules->count], model, rule)) {
            continue;
        }

        switch (rule->kind) {
        case RECO_ENGINE_RULE_EXCLUDE:
            rules->excluding++;
            break;
        case RECO_ENGINE_RULE_BOOST:
            rules->boosting++;
            break;
        case RECO_ENGINE_RULE_PIN:
            if (rule->item == 0) {
                continue;
            }
            rules->pinning++;
            break;
        default:
            continue;
        }

        rules->count++;
    }
}


/* Category and brand, where both are named, must both fit. */
static int
rules_fit(const reco_engine_resolved_t *resolved,
    const reco_engine_model_t *model, uint32_t item)
{
    reco_str_t brand;

    if (resolved->item != RECO_ITEM_NONE) {
        return resolved->item == item;
    }

    if (resolved->category != RECO_ITEM_NONE
        && resolved->category
               != reco_engine_category(
                   model, item, reco_engine_hot(model, item)))
    {
        return 0;
    }

    if (resolved->rule->brand.len == 0) {
        return 1;
    }

    brand = reco_engine_brand(model, item);

    return brand.len == resolved->rule->brand.len
           && memcmp(brand.data, resolved->rule->brand.data, brand.len) == 0;
}


int
reco_engine_rules_exclude(const reco_engine_rules_t *rules,
    const reco_engine_model_t *model, uint32_t item)
{
    unsigned i;

    for (i = 0; i < rules->count; i++) {
        if (rules->rules[i].rule->kind == RECO_ENGINE_RULE_EXCLUDE
            && rules_fit(&rules->rules[i], model, item))
        {
            return 1;
        }
    }

    return 0;
}


float
reco_engine_rules_boost(const reco_engine_rules_t *rules,
    const reco_engine_model_t *model, uint32_t item)
{
    float factor;
    unsigned i;

    factor = 1;

    for (i = 0; i < rules->count; i++) {
        if (rules->rules[i].rule->kind == RECO_ENGINE_RULE_BOOST
            && rules_fit(&rules->rules[i], model, item))
        {
            factor *= rules->rules[i].rule->factor;
        }
    }

    return factor;
}
