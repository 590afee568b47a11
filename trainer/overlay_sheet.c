#include "overlay_state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>


#define TRENDING_MAX   500
#define TRENDING_FLOOR 0.05 /* of one view; less is forgotten */


/* What of the overlay is put together for one publish. */
typedef struct {
    reco_snapshot_item_t *items;
    uint32_t *unavailable;
    uint32_t *trending;
    float *scores;
    reco_snapshot_overlay_source_t source;
} sheet_t;


static void
sheet_done(sheet_t *sheet)
{
    free(sheet->items);
    free(sheet->unavailable);
    free(sheet->trending);
    free(sheet->scores);
    reco_overlay_sessions_free(&sheet->source.sessions);
}


/* New items, with what the catalogue knows of them by now. */
static reco_status_t
collect_items(
    const reco_overlay_t *overlay, reco_store_view_t *view, sheet_t *sheet)
{
    reco_store_item_t item;
    reco_status_t status;
    uint32_t i;

    sheet->items = calloc(
        (size_t) overlay->added.length + 1, sizeof(reco_snapshot_item_t));
    if (sheet->items == NULL) {
        return RECO_NOMEM;
    }

    for (i = 0; i < overlay->added.length; i++) {
        status = reco_store_view_item(view, overlay->added.numbers[i], &item);
        if (status != RECO_OK) {
            return status == RECO_DECLINED ? RECO_CORRUPT : status;
        }

        sheet->items[i] = (reco_snapshot_item_t){.id = item.id,
            .title = item.product.title,
            .url = item.product.url,
            .image = item.product.image,
            .category = item.product.category,
            .brand = item.product.brand,
            .currency = item.currency,
            .price = item.product.price,
            .available = item.product.available != 0,
            .born = (uint32_t) (item.first_seen / 1000)};
    }

    sheet->source.items = sheet->items;
    sheet->source.nitems = overlay->added.length;

    return RECO_OK;
}


static reco_status_t
collect_unavailable(
    const reco_overlay_t *overlay, reco_store_view_t *view, sheet_t *sheet)
{
    reco_store_item_t item;
    reco_status_t status;
    uint32_t i, number;

    sheet->unavailable =
        malloc(((size_t) overlay->touched.length + 1) * sizeof(uint32_t));
    if (sheet->unavailable == NULL) {
        return RECO_NOMEM;
    }

    for (i = 0; i < overlay->touched.length; i++) {
        number = overlay->items[overlay->touched.numbers[i]].number;
        if (number >= sheet->source.base_nitems) {
            continue;
        }

        status = reco_store_view_item(view, overlay->touched.numbers[i], &item);
        if (status != RECO_OK) {
            return status == RECO_DECLINED ? RECO_CORRUPT : status;
        }

        if (item.product.available == 0) {
            sheet->unavailable[sheet->source.nunavailable++] = number;
        }
    }

    sheet->source.unavailable = sheet->unavailable;

    return RECO_OK;
}


typedef struct {
    double score;
    uint32_t number;
} trend_t;


static int
by_score(const void *one, const void *other)
{
    const trend_t *a = one;
    const trend_t *b = other;

    if (a->score != b->score) {
        return a->score > b->score ? -1 : 1;
    }

    return a->number < b->number ? -1 : a->number > b->number;
}


static reco_status_t
collect_trending(const reco_overlay_t *overlay, int64_t now, sheet_t *sheet)
{
    uint32_t i, item, length;
    trend_t *trends;
    double factor;

    length = overlay->moving.length;
    trends = malloc(((size_t) length + 1) * sizeof(trend_t));
    sheet->trending = malloc(TRENDING_MAX * sizeof(uint32_t));
    sheet->scores = malloc(TRENDING_MAX * sizeof(float));
    if (trends == NULL || sheet->trending == NULL || sheet->scores == NULL) {
        free(trends);
        return RECO_NOMEM;
    }

    factor = exp2(-(double) (now - overlay->origin) / overlay->halflife);
    for (i = 0; i < length; i++) {
        item = overlay->moving.numbers[i];
        trends[i].score = overlay->trend[item] * factor;
        trends[i].number = overlay->items[item].number;
    }

    qsort(trends, length, sizeof(trend_t), by_score);

    for (i = 0; i < length && i < TRENDING_MAX; i++) {
        if (trends[i].score < TRENDING_FLOOR) {
            break;
        }
        sheet->trending[i] = trends[i].number;
        sheet->scores[i] = (float) trends[i].score;
    }

    sheet->source.ntrending = i;
    sheet->source.trending = sheet->trending;
    sheet->source.trending_scores = sheet->scores;
    free(trends);

    return RECO_OK;
}


static reco_status_t
add_learnt(const reco_overlay_t *overlay, reco_store_view_t *view, int64_t now,
    sheet_t *sheet)
{
    reco_overlay_learnt_t learnt;
    reco_status_t status;
    int64_t lag;

    memset(&learnt, 0, sizeof(learnt));
    lag = overlay->newest > 0 ? now - overlay->newest : 0;
    status = overlay->watch.fill(
        overlay->watch.context, view, lag > 0 ? lag : 0, &learnt);

    sheet->source.dimensions = learnt.dimensions;
    sheet->source.nvectors = learnt.nvectors;
    sheet->source.vector_items = learnt.vector_items;
    sheet->source.vectors = learnt.vectors;
    sheet->source.parameters = learnt.parameters;
    sheet->source.report = learnt.report;

    return status;
}


/* Puts the parts together; what was made so far is the sheet's on failure. */
static reco_status_t
fill_sheet(reco_overlay_t *overlay, reco_store_view_t *view, sheet_t *sheet,
    int64_t now)
{
    reco_status_t status;

    sheet->source.base = reco_snapshot_id(overlay->base);
    sheet->source.base_nitems = reco_snapshot_nitems(overlay->base);
    sheet->source.sequence = overlay->sequence;
    sheet->source.created = now;
    sheet->source.weight = overlay->weight;

    status = collect_items(overlay, view, sheet);
    if (status == RECO_OK) {
        status = collect_unavailable(overlay, view, sheet);
    }
    if (status == RECO_OK) {
        status = collect_trending(overlay, now, sheet);
    }
    if (status == RECO_OK) {
        status = reco_overlay_sessions_collect(
            &overlay->sessions, &sheet->source.sessions);
    }

    if (status == RECO_OK && overlay->watch.fill != NULL) {
        status = add_learnt(overlay, view, now, sheet);
    }

    return status;
}


reco_status_t
reco_overlay_sheet_write(reco_overlay_t *overlay, reco_store_view_t *view,
    const char *path, int64_t now, reco_error_t *error)
{
    reco_status_t status;
    sheet_t sheet;

    memset(&sheet, 0, sizeof(sheet));

    status = fill_sheet(overlay, view, &sheet, now);
    status =
        status == RECO_OK
            ? reco_snapshot_overlay_write(path, &sheet.source, error)
            : reco_error_set(error, status, "cannot put the overlay together");

    sheet_done(&sheet);

    return status;
}
