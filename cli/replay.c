#include "cli.h"
#include "clock.h"
#include "place.h"
#include "random.h"
#include "replay_door.h"
#include "replay_history.h"
#include "replay_probe.h"

#include <cjson/cJSON.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BLOCK         20
#define NO_EVENT      SIZE_MAX
#define FAILURES_MAX  100
#define DRAIN_SECONDS 65.0


typedef struct {
    const char *name;
    reco_config_t *config;
    const char *url;
    reco_store_t *store;
    reco_replay_history_t history;
    reco_replay_door_t door;
    reco_replay_probes_t probes;
    reco_random_t random;
    size_t *last; /* of each visit: its event before, or NO_EVENT */

    double rate;     /* events a second; 0: by speed */
    double speed;    /* of the recorded times */
    double share;    /* of events that are asked for first */
    double exponent; /* of the position model */
    double probe_rate;
    int clicks; /* simulated ones are sent as well */

    uint64_t sent;
    uint64_t refused;
    uint64_t cases;
    uint64_t hits;
    double reciprocal;
    double through;
    uint64_t simulated;
    double seconds;
    char json[RECO_EVENT_JSON_MAX + 4096];
} replay_t;

static const struct option table[] = {RECO_PLACE_OPTIONS,
    {"url", required_argument, NULL, 'u'},
    {"beacon", required_argument, NULL, 'b'},
    {"api", required_argument, NULL, 'a'},
    {"slot", required_argument, NULL, 'l'},
    {"rate", required_argument, NULL, 'r'},
    {"speed", required_argument, NULL, 'x'},
    {"ask", required_argument, NULL, 'k'},
    {"position", required_argument, NULL, 'e'},
    {"probes", required_argument, NULL, 'p'},
    {"clicks", no_argument, NULL, 'C'}, {NULL, 0, NULL, 0}};


/* A cookie never begins with ff, as ids made of logins do: nginx would give
   each of the visit's events a visitor of its own. */
static void
name_visitor(uint32_t visit, char name[33])
{
    uint64_t halves[2] = {visit, UINT64_C(0x7265706c6179)};

    snprintf(name, 33, "%016llx%016llx",
        (unsigned long long) reco_hash(halves, sizeof(halves)) >> 8,
        (unsigned long long) visit);
}


/* The id of the item that an event is about; of an order, of its first. */
static reco_str_t
item_of(const reco_event_t *event)
{
    return event->item.len > 0 ? event->item
           : event->nlines > 0 ? event->lines[0].item
                               : reco_null_string;
}


static reco_status_t
read_event(const replay_t *replay, reco_store_view_t *view, size_t index,
    reco_store_scratch_t *scratch, reco_event_t *event)
{
    reco_store_event_t header;
    reco_status_t status;

    status = reco_store_view_get(
        view, replay->history.events[index].sequence, &header);

    return status == RECO_OK
               ? reco_store_view_event(view, &header, scratch, event)
               : status;
}


/*
 * The position model: who finds what they want at place r (from 1) looks that
 * far with probability r^-exponent, and then clicks.
 */
static int
judge(replay_t *replay, const reco_replay_block_t *block, uint64_t wanted)
{
    double looks;
    unsigned place;

    replay->cases++;
    place = reco_replay_place(block, wanted);
    if (place == block->nitems) {
        return 0;
    }

    looks = pow(place + 1.0, -replay->exponent);
    replay->hits++;
    replay->reciprocal += 1.0 / (place + 1);
    replay->through += looks;

    return reco_random_unit(&replay->random) < looks;
}


/* An impression of the block, and perhaps the click on it. */
static void
add_simulated(replay_t *replay, const reco_replay_block_t *block, int clicked,
    reco_str_t item, size_t *len)
{
    char id[2 * RECO_EVENT_ITEM_MAX + 8];
    size_t size = sizeof(replay->json);
    cJSON *name;

    *len += (size_t) snprintf(replay->json + *len, size - *len,
        "{\"type\":\"impression\",\"slot\":\"%s\",\"req\":\"%s\","
        "\"items\":%s},",
        replay->door.slot, block->request, block->ids);

    if (!clicked) {
        return;
    }

    snprintf(id, sizeof(id), "%.*s", (int) item.len, item.data);
    name = cJSON_CreateString(id);
    if (cJSON_PrintPreallocated(name, id, sizeof(id), 0)) {
        replay->simulated++;
        *len += (size_t) snprintf(replay->json + *len, size - *len,
            "{\"type\":\"click\",\"slot\":\"%s\",\"req\":\"%s\","
            "\"rank\":%u,\"item\":%s},",
            replay->door.slot, block->request,
            reco_replay_place(block, reco_item_key(item)), id);
    }
    cJSON_Delete(name);
}


/* Asks on the page of the event before, as the visitor. */
static reco_status_t
predict(replay_t *replay, reco_store_view_t *view, size_t before,
    const char *visitor, reco_str_t item, size_t *len, reco_error_t *error)
{
    reco_store_scratch_t scratch;
    reco_replay_block_t block;
    reco_event_t event;
    reco_status_t status;
    int clicked;

    status = read_event(replay, view, before, &scratch, &event);
    if (status != RECO_OK) {
        return status;
    }

    if (reco_item_key(item_of(&event)) == reco_item_key(item)) {
        return RECO_OK;
    }

    status = reco_replay_ask(
        &replay->door, visitor, item_of(&event), BLOCK, &block, error);
    if (status != RECO_OK) {
        return status;
    }

    clicked = judge(replay, &block, reco_item_key(item));
    if (replay->clicks && block.nitems > 0) {
        add_simulated(replay, &block, clicked, item, len);
    }

    return RECO_OK;
}


/* One event, with what is to be asked before it. */
static reco_status_t
step(replay_t *replay, reco_store_view_t *view, size_t index,
    reco_error_t *error)
{
    uint32_t visit = replay->history.events[index].visit;
    reco_store_scratch_t scratch;
    reco_event_t event;
    reco_status_t status;
    char visitor[33];
    size_t len, used;

    status = read_event(replay, view, index, &scratch, &event);
    if (status != RECO_OK) {
        return reco_error_set(error, status, "the history cannot be read");
    }

    name_visitor(visit, visitor);
    used = 0;
    replay->json[used++] = '[';

    if (replay->last[visit] != NO_EVENT
        && reco_random_unit(&replay->random) < replay->share)
    {
        status = predict(replay, view, replay->last[visit], visitor,
            item_of(&event), &used, error);
        if (status != RECO_OK) {
            return status;
        }
    }
    replay->last[visit] = index;

    /* It happens now, and who it was is in the cookie. */
    event.ts = reco_clock_ms();
    event.received = event.ts;
    status = reco_event_to_json(
        &event, replay->json + used, sizeof(replay->json) - used - 2, &len);
    if (status != RECO_OK) {
        return reco_error_set(error, status, "an event is too long");
    }
    strcpy(replay->json + used + len, "]");

    return reco_replay_send(&replay->door, visitor, replay->json, error);
}


/* When the event is due, ns from the start. */
static int64_t
due(const replay_t *replay, size_t index)
{
    const reco_replay_event_t *events = replay->history.events;

    return replay->rate > 0
               ? (int64_t) ((double) index / replay->rate * 1e9)
               : (int64_t) ((double) (events[index].ts - events[0].ts) * 1e6
                            / replay->speed);
}


static void
nap(int64_t ns)
{
    struct timespec pause;

    ns = ns < 1000000 ? ns : 1000000;
    pause = (struct timespec){0, ns > 0 ? ns : 1};
    nanosleep(&pause, NULL);
}


/* Sends and asks for probes until the time is there. */
static reco_status_t
wait_until(replay_t *replay, int64_t began, int64_t when, reco_error_t *error)
{
    reco_status_t status;
    int64_t now;

    for (;;) {
        now = reco_clock_monotonic_ns() - began;

        if (replay->probe_rate > 0
            && (double) now / 1e9 * replay->probe_rate > replay->probes.sent)
        {
            status =
                reco_replay_probe_send(&replay->probes, &replay->door, error);
            if (status != RECO_OK && status != RECO_FULL) {
                return status;
            }
        }

        reco_replay_probe_ask(&replay->probes, &replay->door);
        now = reco_clock_monotonic_ns() - began;
        if (now >= when) {
            return RECO_OK;
        }
        nap(when - now);
    }
}


/* A front door that refuses everything ends the replay. */
static int
is_fatal(replay_t *replay, reco_status_t status, const reco_error_t *error)
{
    if (status == RECO_OK) {
        replay->sent++;
        return 0;
    }

    if (status == RECO_DECLINED
        && replay->refused < FAILURES_MAX + replay->sent) {
        if (replay->refused++ == 0) {
            fprintf(stderr, "recoctl %s: %s\n", replay->name, error->message);
        }
        return 0;
    }

    reco_cli_fail(replay->name, "%s", error->message);

    return 1;
}


static int
play(replay_t *replay)
{
    reco_error_t error = {0};
    reco_store_view_t *view;
    reco_status_t status;
    int64_t began;
    size_t i;

    began = reco_clock_monotonic_ns();

    for (i = 0; i < replay->history.nevents; i++) {
        status = wait_until(replay, began, due(replay, i), &error);
        if (status == RECO_OK) {
            status = reco_store_view_begin(replay->store, &view, &error);
        }
        if (status == RECO_OK) {
            status = step(replay, view, i, &error);
            reco_store_view_end(view);
        }
        if (is_fatal(replay, status, &error)) {
            return RECO_CLI_FAILED;
        }
    }

    replay->seconds = reco_clock_elapsed(began);

    /* Those under way. */
    began = reco_clock_monotonic_ns();
    while (reco_replay_probe_ask(&replay->probes, &replay->door) > 0
           && reco_clock_elapsed(began) < DRAIN_SECONDS)
    {
        nap(1000000);
    }

    return RECO_CLI_OK;
}


static void
print_report(replay_t *replay)
{
    double cases = replay->cases > 0 ? (double) replay->cases : 1;

    printf("events             %llu sent in %.1f s (%.0f a second), %llu "
           "refused\n",
        (unsigned long long) replay->sent, replay->seconds,
        replay->seconds > 0 ? (double) replay->sent / replay->seconds : 0,
        (unsigned long long) replay->refused);
    printf("visits             %u\n", replay->history.nvisits);
    printf("predictions        %llu asked: MRR@%d %.4f, HitRate@%d %.4f\n",
        (unsigned long long) replay->cases, BLOCK, replay->reciprocal / cases,
        BLOCK, (double) replay->hits / cases);
    printf("click-through      %.2f %% of blocks, by a model: who finds at "
           "place r what they want looks that far with probability r^-%g\n",
        100 * replay->through / cases, replay->exponent);
    if (replay->clicks) {
        printf("clicks             %llu simulated and sent\n",
            (unsigned long long) replay->simulated);
    }
    if (replay->probes.sent > 0) {
        printf(
            "event to overlay   p50 %.2f s, p90 %.2f s, p99 %.2f s, longest %.2f s; "
            "%zu probes, %u lost\n",
            reco_replay_probe_quantile(&replay->probes, 0.5),
            reco_replay_probe_quantile(&replay->probes, 0.9),
            reco_replay_probe_quantile(&replay->probes, 0.99),
            reco_replay_probe_quantile(&replay->probes, 1),
            replay->probes.nlags,
            replay->probes.sent - (unsigned) replay->probes.nlags);
    }
}


static int
take_number(
    const replay_t *replay, const char *text, double least, double *number)
{
    char *end;

    *number = strtod(text, &end);

    return *end == '\0' && *number >= least && *number < 1e9
               ? RECO_CLI_OK
               : reco_cli_misuse(
                   replay->name, "\"%s\" is no number from %g on", text, least);
}


static int
take_option(void *data, int option, const char *value)
{
    replay_t *replay = data;

    switch (option) {
    case 'u':
        replay->url = value;
        return RECO_CLI_OK;
    case 'b':
        replay->door.beacon = value;
        return RECO_CLI_OK;
    case 'a':
        replay->door.api = value;
        return RECO_CLI_OK;
    case 'l':
        replay->door.slot = value;
        return RECO_CLI_OK;
    case 'r':
        return take_number(replay, value, 0.001, &replay->rate);
    case 'x':
        replay->rate = 0;
        return take_number(replay, value, 0.001, &replay->speed);
    case 'k':
        return take_number(replay, value, 0, &replay->share);
    case 'e':
        return take_number(replay, value, 0, &replay->exponent);
    case 'p':
        return take_number(replay, value, 0, &replay->probe_rate);
    case 'C':
        replay->clicks = 1;
        return RECO_CLI_OK;
    default:
        return reco_place_option(replay->name, option, value, replay->config);
    }
}


static const reco_options_t options = {
    RECO_OPTIONS_LETTERS, table, take_option, 0};


static int
prepare(replay_t *replay)
{
    reco_error_t error = {0};
    reco_status_t status;
    size_t i;

    if (replay->url == NULL) {
        return reco_cli_misuse(replay->name, "--url tells where to");
    }

    if (reco_place_open(
            replay->name, replay->config, RECO_STORE_EXISTING, &replay->store)
        != RECO_CLI_OK)
    {
        return RECO_CLI_FAILED;
    }

    status = reco_cli_http_init(&replay->door.http, replay->url, &error);
    if (status == RECO_OK) {
        status = reco_replay_history_read(&replay->history, replay->store,
            reco_config_integer(replay->config, "session_gap"), &error);
    }
    if (status != RECO_OK) {
        return reco_cli_fail(replay->name, "%s", error.message);
    }

    replay->last =
        malloc(((size_t) replay->history.nvisits + 1) * sizeof(size_t));
    if (replay->last == NULL) {
        return reco_cli_fail(replay->name, "out of memory");
    }
    for (i = 0; i < replay->history.nvisits; i++) {
        replay->last[i] = NO_EVENT;
    }

    return RECO_CLI_OK;
}


static void
done(replay_t *replay)
{
    reco_cli_http_done(&replay->door.http);
    reco_replay_history_done(&replay->history);
    reco_store_close(replay->store);
    reco_config_destroy(replay->config);
    free(replay->probes.lags);
    free(replay->last);
    free(replay);
}


int
reco_cli_replay(int argc, char **argv)
{
    replay_t *replay;
    int result;

    replay = calloc(1, sizeof(*replay));
    if (replay == NULL) {
        return reco_cli_fail(argv[0], "out of memory");
    }

    replay->name = argv[0];
    replay->door = (reco_replay_door_t){
        .beacon = "/reco/beacon", .api = "/reco/v1/", .slot = "related"};
    replay->rate = 1000;
    replay->speed = 1;
    replay->share = 1;
    replay->exponent = 1;
    replay->probes.run = (uint64_t) reco_clock_ms();
    result = reco_place_read(argc, argv, &options, replay, &replay->config);
    if (result == RECO_CLI_OK) {
        result = prepare(replay);
    }
    if (result == RECO_CLI_OK) {
        result = play(replay);
    }
    if (result == RECO_CLI_OK) {
        print_report(replay);
    }

    done(replay);

    return result;
}
