#include "metrics.h"

#include <math.h>


static const char *const session_names[] = {
    "MRR", "HitRate", "Recall", "Precision", "NDCG", NULL};
static const char *const heldout_names[] = {
    "Recall", "recall_full", "NDCG", NULL};
static const char *const last_names[] = {"HR", "NDCG", "MRR", NULL};


const char *
reco_metric_name(reco_protocol_t protocol, unsigned metric)
{
    switch (protocol) {
    case RECO_PROTOCOL_HELDOUT:
        return heldout_names[metric];
    case RECO_PROTOCOL_LEAVE_LAST:
        return last_names[metric];
    default:
        return session_names[metric];
    }
}


static int
contains(const uint32_t *items, uint64_t nitems, uint32_t item)
{
    uint64_t i;

    for (i = 0; i < nitems; i++) {
        if (items[i] == item) {
            return 1;
        }
    }

    return 0;
}


/* The place of item in what counts of the list, from 0; -1: it is not there. */
static int
place_of(const reco_ranking_t *ranking, uint32_t item)
{
    unsigned i;

    for (i = 0; i < ranking->nlist && i < ranking->cutoff; i++) {
        if (ranking->list[i] == item) {
            return (int) i;
        }
    }

    return -1;
}


/* What a hit at index i gains in the session protocols: the first two count
   alike. */
static double
session_gain(unsigned i)
{
    return i == 0 ? 1 : 1 / log2(i + 1);
}


/* And in the others. */
static double
rank_gain(unsigned i)
{
    return 1 / log2(i + 2);
}


/* Hits among the true items, and the gains of hits over those of the best
   list. */
static unsigned
gains(const reco_ranking_t *ranking, uint64_t ntruth, double (*gain)(unsigned),
    double *ndcg)
{
    double sum, ideal;
    unsigned i, hits;

    sum = 0;
    hits = 0;
    for (i = 0; i < ranking->nlist && i < ranking->cutoff; i++) {
        if (contains(ranking->truth, ranking->ntruth, ranking->list[i])) {
            sum += gain(i);
            hits++;
        }
    }

    ideal = 0;
    for (i = 0; i < ntruth && i < ranking->cutoff; i++) {
        ideal += gain(i);
    }
    *ndcg = ideal > 0 ? sum / ideal : 0;

    return hits;
}


static void
session_metrics(const reco_ranking_t *ranking, float *values)
{
    unsigned hits;
    double ndcg;
    int place;

    place = place_of(ranking, ranking->truth[0]);
    hits = gains(ranking, ranking->ntruth, session_gain, &ndcg);

    values[0] = place >= 0 ? 1.0F / (float) (place + 1) : 0;
    values[1] = place >= 0;
    values[2] = (float) hits / (float) ranking->ntruth;
    values[3] = (float) hits / (float) ranking->cutoff;
    values[4] = (float) ndcg;
}


static uint64_t
count_distinct(const uint32_t *items, uint64_t nitems)
{
    uint64_t i, count;

    count = 0;
    for (i = 0; i < nitems; i++) {
        count += !contains(items, i, items[i]);
    }

    return count;
}


static void
heldout_metrics(const reco_ranking_t *ranking, float *values)
{
    uint64_t ntruth;
    unsigned hits;
    double ndcg;

    ntruth = count_distinct(ranking->truth, ranking->ntruth);
    hits = gains(ranking, ntruth, rank_gain, &ndcg);

    values[0] = (float) hits
                / (float) (ntruth < ranking->cutoff ? ntruth : ranking->cutoff);
    values[1] = (float) hits / (float) ntruth;
    values[2] = (float) ndcg;
}


static void
last_metrics(const reco_ranking_t *ranking, float *values)
{
    int place;

    place = place_of(ranking, ranking->truth[0]);
    values[0] = place >= 0;
    values[1] = place >= 0 ? (float) rank_gain((unsigned) place) : 0;
    values[2] = place >= 0 ? 1.0F / (float) (place + 1) : 0;
}


void
reco_metrics(
    reco_protocol_t protocol, const reco_ranking_t *ranking, float *values)
{
    switch (protocol) {
    case RECO_PROTOCOL_HELDOUT:
        heldout_metrics(ranking, values);
        break;
    case RECO_PROTOCOL_LEAVE_LAST:
        last_metrics(ranking, values);
        break;
    default:
        session_metrics(ranking, values);
        break;
    }
}
