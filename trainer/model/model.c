#include "model/model.h"

#include "event/reco_event.h"
#include "model/content.h"
#include "model/ials.h"
#include "model/neighbors.h"
#include "model/occurrences.h"
#include "model/popular.h"
#include "model/rules.h"
#include "parallel.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>


typedef struct {
    const reco_history_t *history;
    const reco_snapshot_item_t *items;
    const reco_config_t *config;
    reco_weights_t weights;
    unsigned threads;
    reco_error_t *error;
} building_t;


double
reco_model_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (double) now.tv_sec + (double) now.tv_nsec * 1e-9;
}


static reco_status_t
build_sessions(reco_model_t *model, building_t *building)
{
    reco_sessions_params_t params;

    reco_sessions_params_read(&params, building->config);

    return reco_sessions_build(&model->sessions, &params, building->history,
        &building->weights, building->error);
}


static reco_status_t
build_factors(reco_model_t *model, building_t *building)
{
    reco_ials_params_t params;
    reco_matrix_t matrix;
    reco_status_t status;

    reco_ials_params_read(&params, building->config);
    if (params.dimensions == 0) {
        return RECO_OK;
    }

    status = reco_matrix_build(
        &matrix, building->history, &building->weights, building->error);
    if (status != RECO_OK) {
        return status;
    }

    reco_ials_params_fit(&params, &matrix);
    status = reco_ials_train(
        &matrix, &params, NULL, &model->factors, building->error);
    if (status == RECO_OK) {
        status = reco_ials_whiten(model->factors, matrix.ncolumns,
            (double) matrix.offsets[matrix.nrows] / (matrix.nrows + 1.0),
            &params, NULL, 0, building->error);
    }
    reco_matrix_done(&matrix);
    model->dimensions = status == RECO_OK ? params.dimensions : 0;

    return status;
}


static reco_status_t
build_rules(reco_model_t *model, building_t *building)
{
    reco_occurrences_t occurrences;
    reco_rules_params_t params;
    reco_status_t status;

    status = reco_occurrences_build(
        &occurrences, building->history, building->error);
    if (status != RECO_OK) {
        return status;
    }

    reco_rules_params_read(&params, building->config);
    status = reco_rules_build(&model->edges[RECO_NEIGHBORS_NEXT], &params,
        &occurrences, &building->weights, building->threads, building->error);
    reco_occurrences_done(&occurrences);

    return status;
}


static int
has_types(const reco_history_t *history, uint32_t types)
{
    uint64_t event;

    for (event = history->offsets[0];
         event < history->offsets[history->nsessions]; event++)
    {
        if (types & RECO_NEIGHBORS_TYPE(history->types[event])) {
            return 1;
        }
    }

    return 0;
}


static reco_status_t
build_neighbors(reco_model_t *model, building_t *building)
{
    reco_neighbors_params_t params;
    reco_status_t status;
    uint32_t bought;

    reco_neighbors_params_read(&params, building->config, "view");
    status = reco_neighbors_build(&model->edges[RECO_NEIGHBORS_VIEW], &params,
        building->history, &building->weights, RECO_NEIGHBORS_TYPES_ALL,
        building->threads, building->error);

    bought = RECO_NEIGHBORS_TYPE(RECO_EVENT_PURCHASE);
    if (reco_config_integer(building->config, "buy_carts") != 0) {
        bought |= RECO_NEIGHBORS_TYPE(RECO_EVENT_CART);
    }

    if (status == RECO_OK && has_types(building->history, bought)) {
        reco_neighbors_params_read(&params, building->config, "buy");
        status = reco_neighbors_build(&model->edges[RECO_NEIGHBORS_BUY],
            &params, building->history, &building->weights, bought,
            building->threads, building->error);
    }

    return status;
}


/* Items that nobody has met get their vectors from those who are like them. */
static void
map_unmet(reco_model_t *model, const building_t *building)
{
    reco_snapshot_content_t content;
    uint32_t item;

    content.nfeatures = model->content.nfeatures;
    content.rarities = model->content.rarities;
    content.map = model->content.map;

    for (item = 0; item < building->history->nitems; item++) {
        if (!(model->popularity[item] > 0)) {
            reco_content_map_vector(&content, model->dimensions,
                &building->items[item],
                model->factors + (size_t) item * model->dimensions);
        }
    }
}


static reco_status_t
build_content_map(reco_model_t *model, building_t *building)
{
    reco_status_t status;

    if (model->dimensions == 0
        || !reco_config_integer(building->config, "content_map"))
    {
        return RECO_OK;
    }

    status = reco_content_map_learn(&model->content, building->history->nitems,
        building->items, model->popularity, model->factors, model->dimensions,
        building->threads, building->error);
    if (status == RECO_OK) {
        map_unmet(model, building);
    }

    return status;
}


static reco_status_t
build_content(reco_model_t *model, building_t *building)
{
    reco_content_t content;
    reco_status_t status;

    status = reco_content_build(
        &content, building->history->nitems, building->items, building->error);
    if (status != RECO_OK) {
        return status;
    }

    if (content.ntokens > 0) {
        status = reco_content_neighbors(&model->edges[RECO_NEIGHBORS_CONTENT],
            &content,
            (uint32_t) reco_config_integer(building->config, "content_common"),
            (uint32_t) reco_config_integer(building->config, "neighbors_limit"),
            building->threads, building->error);
    }
    if (status == RECO_OK && content.ntokens > 0) {
        status = build_content_map(model, building);
    }

    reco_content_done(&content);

    return status;
}


static reco_status_t
build_popular(reco_model_t *model, building_t *building)
{
    reco_popular_params_t params;

    reco_popular_params_read(&params, building->config);

    return reco_popular_build(&model->popularity, &model->velocity, &params,
        building->history, &building->weights, building->error);
}


static reco_status_t
build_parts(
    reco_model_t *model, building_t *building, reco_train_report_t *report)
{
    reco_status_t status;
    double begin, end;

    begin = reco_model_clock();
    status = build_sessions(model, building);
    if (status == RECO_OK) {
        status = build_popular(model, building);
    }
    end = reco_model_clock();
    report->sessions += end - begin;

    if (status == RECO_OK) {
        begin = end;
        status = build_factors(model, building);
        end = reco_model_clock();
        report->factors += end - begin;
    }

    if (status == RECO_OK) {
        begin = end;
        status = build_rules(model, building);
        end = reco_model_clock();
        report->rules += end - begin;
    }

    if (status == RECO_OK) {
        begin = end;
        status = build_neighbors(model, building);
        end = reco_model_clock();
        report->neighbors += end - begin;
    }

    if (status == RECO_OK) {
        status = build_content(model, building);
        report->content += reco_model_clock() - end;
    }

    return status;
}


reco_status_t
reco_model_build(reco_model_t *model, const reco_history_t *history,
    const reco_snapshot_item_t *items, const reco_config_t *config,
    reco_train_report_t *report, reco_error_t *error)
{
    building_t building = {
        .history = history, .items = items, .config = config, .error = error};
    reco_status_t status;

    memset(model, 0, sizeof(*model));
    building.threads =
        reco_parallel_threads(reco_config_integer(config, "threads"));

    status = reco_weights_build(&building.weights, history, config, error);
    if (status != RECO_OK) {
        return status;
    }

    status = build_parts(model, &building, report);
    report->mapped = model->content.nitems;
    report->penalty = model->content.penalty;
    report->explained = model->content.explained;
    reco_weights_done(&building.weights);

    if (status != RECO_OK) {
        reco_model_done(model);
    }

    return status;
}


void
reco_model_done(reco_model_t *model)
{
    int kind;

    reco_sessions_done(&model->sessions);
    for (kind = 0; kind < RECO_NEIGHBORS_COUNT; kind++) {
        reco_edges_done(&model->edges[kind]);
    }
    free(model->popularity);
    free(model->velocity);
    free(model->factors);
    reco_content_map_done(&model->content);
    memset(model, 0, sizeof(*model));
}


void
reco_model_source(const reco_model_t *model, uint32_t nitems,
    const reco_snapshot_item_t *items, const char *manifest,
    reco_snapshot_source_t *source)
{
    int kind;

    memset(source, 0, sizeof(*source));
    source->nitems = nitems;
    source->items = items;
    source->sessions.nsessions = model->sessions.nsessions;
    source->sessions.offsets = model->sessions.offsets;
    source->sessions.items = model->sessions.items;
    source->sessions.weights = model->sessions.weights;
    source->sessions.times = model->sessions.times;

    for (kind = 0; kind < RECO_NEIGHBORS_COUNT; kind++) {
        source->neighbors[kind].offsets = model->edges[kind].offsets;
        source->neighbors[kind].items = model->edges[kind].items;
        source->neighbors[kind].scores = model->edges[kind].scores;
    }

    source->popular.nitems = nitems;
    source->popular.popularity = model->popularity;
    source->popular.trend = model->velocity;
    source->dimensions = model->dimensions;
    source->factors = model->factors;
    source->content.nfeatures = model->content.nfeatures;
    source->content.rarities = model->content.rarities;
    source->content.map = model->content.map;
    source->manifest = manifest;
}
