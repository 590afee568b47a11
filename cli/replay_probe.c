#include "replay_probe.h"

#include "clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ASK_NS       25000000
#define LOST_SECONDS 60.0
#define BLOCK        20


static int
name_item(const reco_replay_probes_t *probes, unsigned number, char which,
    char name[64])
{
    return snprintf(name, 64, "probe-%llx-%u-%c",
        (unsigned long long) probes->run, number, which);
}


reco_status_t
reco_replay_probe_send(
    reco_replay_probes_t *probes, reco_replay_door_t *door, reco_error_t *error)
{
    char body[512], first[64], second[64], visitor[33];
    reco_replay_probe_t *probe;
    reco_status_t status;
    unsigned i;

    for (i = 0; i < RECO_REPLAY_PROBES_OPEN && probes->open[i].sent != 0; i++) {
        /* void */
    }
    if (i == RECO_REPLAY_PROBES_OPEN) {
        return reco_error_set(
            error, RECO_FULL, "too many probes are under way");
    }

    probe = &probes->open[i];
    probe->number = ++probes->sent;
    name_item(probes, probe->number, 'a', first);
    name_item(probes, probe->number, 'b', second);
    snprintf(visitor, sizeof(visitor), "%016llx%016x",
        (unsigned long long) probes->run, probe->number);
    snprintf(body, sizeof(body),
        "[{\"type\":\"view\",\"item\":\"%s\"},"
        "{\"type\":\"view\",\"item\":\"%s\"}]",
        first, second);

    status = reco_replay_send(door, visitor, body, error);
    if (status == RECO_OK) {
        probe->sent = reco_clock_monotonic_ns();
        probe->asked = probe->sent;
    }

    return status;
}


static void
note_lag(reco_replay_probes_t *probes, double lag)
{
    double *lags;
    size_t size;

    if (probes->nlags == probes->size) {
        size = 2 * probes->size + 256;
        lags = realloc(probes->lags, size * sizeof(double));
        if (lags == NULL) {
            return;
        }
        probes->lags = lags;
        probes->size = size;
    }

    probes->lags[probes->nlags++] = lag;
}


static void
ask_one(reco_replay_probes_t *probes, reco_replay_door_t *door,
    reco_replay_probe_t *probe)
{
    char first[64], second[64];
    reco_replay_block_t block;
    reco_str_t item, wanted;
    double lag;

    item = (reco_str_t){
        (size_t) name_item(probes, probe->number, 'a', first), first};
    wanted = (reco_str_t){
        (size_t) name_item(probes, probe->number, 'b', second), second};

    if (reco_replay_ask(door, NULL, item, BLOCK, &block, NULL) != RECO_OK) {
        block.nitems = 0;
    }

    lag = reco_clock_elapsed(probe->sent);

    if (reco_replay_place(&block, reco_item_key(wanted)) < block.nitems) {
        note_lag(probes, lag);
        probe->sent = 0;
    } else if (lag > LOST_SECONDS) {
        probes->lost++;
        probe->sent = 0;
    }
}


unsigned
reco_replay_probe_ask(reco_replay_probes_t *probes, reco_replay_door_t *door)
{
    reco_replay_probe_t *probe;
    unsigned i, nopen;
    int64_t now;

    nopen = 0;

    for (i = 0; i < RECO_REPLAY_PROBES_OPEN; i++) {
        probe = &probes->open[i];
        now = reco_clock_monotonic_ns();
        if (probe->sent == 0) {
            continue;
        }
        if (now - probe->asked >= ASK_NS) {
            probe->asked = now;
            ask_one(probes, door, probe);
        }
        nopen += probe->sent != 0;
    }

    return nopen;
}


static int
by_value(const void *one, const void *other)
{
    double a = *(const double *) one;
    double b = *(const double *) other;

    return a < b ? -1 : a > b;
}


double
reco_replay_probe_quantile(reco_replay_probes_t *probes, double share)
{
    size_t place;

    if (probes->nlags == 0) {
        return 0;
    }

    qsort(probes->lags, probes->nlags, sizeof(double), by_value);
    place = (size_t) (share * (double) (probes->nlags - 1) + 0.999);

    return probes->lags[place < probes->nlags ? place : probes->nlags - 1];
}
