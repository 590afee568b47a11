#include "daemon.h"

#include "batch.h"
#include "clock.h"
#include "config.h"
#include "follow.h"
#include "ingest.h"
#include "log.h"
#include "redis_tls.h"
#include "registry.h"
#include "retreat.h"
#include "runner.h"
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS         200 /* the longest that a signal waits */
#define GATHER_MS       20  /* lets events of a moment share a transaction */
#define CHECK_SECONDS   1.0
#define COMPARE_SECONDS 5.0
#define QUIET_SECONDS   60.0


typedef struct {
    const char *path;
    int lock; /* of STATE/daemon.lock, for as long as the process lives */
    reco_config_t *config;
    reco_store_t *store;
    reco_registry_t *registry;
    reco_ingest_t *ingest;
    reco_follow_t *follow;
    reco_runner_t runner;
    int64_t overlay_due; /* monotonic ns */
    int64_t ingest_due;
    int64_t checked;    /* when a batch run was last thought of */
    int64_t complained; /* of the overlay */
    int64_t compared;   /* the live version with the one before */
    int64_t notified;
    uint64_t applied; /* events since the start */
    int was_connected;
    int requested; /* a batch run, by signal */
} daemon_t;

static volatile sig_atomic_t stop_requested;
static volatile sig_atomic_t reload_requested;
static volatile sig_atomic_t train_requested;


static void
on_signal(int number)
{
    switch (number) {
    case SIGHUP:
        reload_requested = 1;
        break;
    case SIGUSR1:
        train_requested = 1;
        break;
    default:
        stop_requested = 1;
        break;
    }
}


static void
catch_signals(void)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
    struct sigaction action;
    size_t i;

    memset(&action, 0, sizeof(action));
    action.sa_handler = on_signal;
    for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        sigaction(numbers[i], &action, NULL);
    }

    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}


static void
nap(int ms)
{
    struct timespec pause = {ms / 1000, (ms % 1000) * 1000000L};

    nanosleep(&pause, NULL);
}


static int64_t
in_ms(int64_t ms)
{
    return reco_clock_monotonic_ns() + ms * 1000000;
}


static void
set_log_level(const reco_config_t *config)
{
    reco_log_set_level(
        (reco_log_level_t) reco_config_integer(config, "log_level"));
}


static reco_status_t
read_config(const char *path, reco_config_t **config, reco_error_t *error)
{
    reco_status_t status;

    *config = reco_config_create();
    if (*config == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    status = reco_config_read(*config, path, error);
    if (status == RECO_OK) {
        status = reco_config_check(*config, error);
    }
    if (status == RECO_OK) {
        status = reco_redis_tls_check(*config, error);
    }

    if (status != RECO_OK) {
        reco_config_destroy(*config);
        *config = NULL;
    }

    return status;
}


/* What works by the configuration; the parts before are kept on failure. */
static reco_status_t
create_parts(daemon_t *daemon, const reco_config_t *config, reco_error_t *error)
{
    reco_ingest_t *ingest;
    reco_follow_t *follow;
    reco_status_t status;

    status = reco_ingest_create(config, daemon->store, &ingest, error);
    if (status != RECO_OK) {
        return status;
    }

    status = reco_follow_create(
        config, daemon->store, daemon->registry, &follow, error);
    if (status != RECO_OK) {
        reco_ingest_destroy(ingest);
        return status;
    }

    reco_ingest_destroy(daemon->ingest);
    reco_follow_destroy(daemon->follow);
    daemon->ingest = ingest;
    daemon->follow = follow;
    daemon->ingest_due = 0;
    daemon->overlay_due = 0;

    return RECO_OK;
}


/*
 * One trainer learns from a store: two would undo each other's vectors and
 * overlays.  The lock goes with the process, however it ends: flock() would
 * leave it to a batch run that was about to begin.
 */
static reco_status_t
lock_state(daemon_t *daemon, reco_error_t *error)
{
    const char *state = reco_config_string(daemon->config, "state");
    char path[PATH_MAX];
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (snprintf(path, sizeof(path), "%s/daemon.lock", state)
        >= (int) sizeof(path)) {
        return reco_error_set(error, RECO_INVALID, "\"state\" is too long");
    }

    daemon->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (daemon->lock == -1) {
        return reco_error_set(
            error, RECO_IO, "cannot open \"%s\": %s", path, strerror(errno));
    }

    if (fcntl(daemon->lock, F_SETLK, &whole) == 0) {
        return RECO_OK;
    }

    return errno == EAGAIN || errno == EACCES
               ? reco_error_set(error, RECO_BUSY,
                   "another trainer works in \"%s\": stop it first", state)
               : reco_error_set(error, RECO_IO, "cannot lock \"%s\": %s", path,
                   strerror(errno));
}


static reco_status_t
begin(daemon_t *daemon, reco_error_t *error)
{
    reco_status_t status;

    status = read_config(daemon->path, &daemon->config, error);
    if (status != RECO_OK) {
        return status;
    }

    set_log_level(daemon->config);

    status = reco_store_open(reco_config_string(daemon->config, "state"),
        RECO_STORE_WRITE,
        (uint64_t) reco_config_integer(daemon->config, "store_size"),
        &daemon->store, error);
    if (status == RECO_OK) {
        status = lock_state(daemon, error);
    }
    if (status == RECO_OK) {
        status = reco_batch_registry(
            daemon->config, RECO_REGISTRY_CREATE, &daemon->registry, error);
    }
    if (status == RECO_OK) {
        status = reco_registry_restore(daemon->registry, error);
        status = status == RECO_DECLINED ? RECO_OK : status;
    }
    if (status == RECO_OK) {
        status = create_parts(daemon, daemon->config, error);
    }

    return status;
}


static int
same_place(const reco_config_t *a, const reco_config_t *b)
{
    static const char *const keys[] = {"state", "model", "archive"};
    size_t i;

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(
                reco_config_string(a, keys[i]), reco_config_string(b, keys[i]))
            != 0) {
            return 0;
        }
    }

    return 1;
}


static void
reload(daemon_t *daemon)
{
    reco_error_t error = {0};
    reco_config_t *config;
    reco_status_t status;

    sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld",
        (long long) (reco_clock_monotonic_ns() / 1000));

    status = read_config(daemon->path, &config, &error);
    if (status == RECO_OK && !same_place(config, daemon->config)) {
        status = reco_error_set(&error, RECO_UNSUPPORTED,
            "state, model and archive only change with a restart");
        reco_config_destroy(config);
        config = NULL;
    }
    if (status == RECO_OK) {
        status = create_parts(daemon, config, &error);
    }

    if (status == RECO_OK) {
        reco_config_destroy(daemon->config);
        daemon->config = config;
        set_log_level(config);
        reco_log(RECO_LOG_NOTICE, "read \"%s\" again", daemon->path);
    } else {
        reco_config_destroy(config);
        reco_log(RECO_LOG_ERROR, "%s:%u: %s; the configuration stays as it was",
            daemon->path, error.line, error.message);
    }

    sd_notify(0, "READY=1");
}


/* How long the ingest may wait for events. */
static int
wait_ms(const daemon_t *daemon)
{
    int64_t left;

    left = (daemon->overlay_due - reco_clock_monotonic_ns()) / 1000000;
    if (left > TICK_MS) {
        left = TICK_MS;
    }

    return left > 1 ? (int) left : 1;
}


static void
note_connection(daemon_t *daemon, const reco_error_t *error)
{
    int connected;

    connected = reco_ingest_connected(daemon->ingest);

    if (connected && daemon->was_connected != 1) {
        reco_log(RECO_LOG_NOTICE, "reading \"%s:0\" and on from Redis",
            reco_config_string(daemon->config, "stream"));
    } else if (!connected && daemon->was_connected != 0) {
        reco_log(RECO_LOG_WARN, "%s; trying again", error->message);
    }

    daemon->was_connected = connected;
}


static void
ingest(daemon_t *daemon)
{
    reco_error_t error = {0};
    reco_status_t status;
    size_t applied;

    if (reco_clock_monotonic_ns() < daemon->ingest_due) {
        nap(wait_ms(daemon));
        return;
    }

    status =
        reco_ingest_step(daemon->ingest, wait_ms(daemon), &applied, &error);
    daemon->applied += applied;
    note_connection(daemon, &error);

    if (status == RECO_IO) {
        daemon->ingest_due = in_ms(reco_ingest_pause(daemon->ingest));
    } else if (status == RECO_OK && applied < 100) {
        nap(GATHER_MS);
    }
}


static void
publish_overlay(daemon_t *daemon)
{
    reco_error_t error = {0};
    reco_status_t status;

    if (reco_clock_monotonic_ns() < daemon->overlay_due) {
        return;
    }

    daemon->overlay_due =
        in_ms(reco_config_integer(daemon->config, "overlay_interval"));
    status = reco_follow_step(daemon->follow, reco_clock_ms(), &error);

    if (status == RECO_AGAIN) {
        daemon->overlay_due = 0;
        return;
    }

    if (status != RECO_OK && status != RECO_DECLINED
        && (daemon->complained == 0
            || reco_clock_elapsed(daemon->complained) > QUIET_SECONDS))
    {
        daemon->complained = reco_clock_monotonic_ns();
        reco_log(RECO_LOG_ERROR, "no overlay: %s", error.message);
    }
}


/* Is it time for a batch run, and is there anything new to learn? */
static int
is_due(const daemon_t *daemon, const reco_store_stats_t *stats)
{
    const reco_config_t *config = daemon->config;
    const reco_follow_t *follow = daemon->follow;
    reco_runner_state_t state = {
        .followed = reco_follow_version(follow)[0] != '\0',
        .age = (double) (reco_clock_ms() - reco_follow_created(follow)) / 1000,
        .learnt = reco_follow_sequence(follow),
        .newest = stats->sequence,
        .events = stats->events,
        .min_events = (uint64_t) reco_config_integer(config, "min_events"),
        .interval =
            (double) reco_config_integer(config, "train_interval") / 1000};

    return reco_runner_due(&daemon->runner, &state);
}


static void
schedule(daemon_t *daemon)
{
    reco_error_t error = {0};
    reco_store_stats_t stats;

    if (reco_runner_poll(&daemon->runner)) {
        daemon->overlay_due = 0;
    }

    if (train_requested) {
        train_requested = 0;
        daemon->requested = 1;
    }

    if (daemon->runner.pid != 0
        || (!daemon->requested
            && reco_clock_elapsed(daemon->checked) < CHECK_SECONDS))
    {
        return;
    }

    daemon->checked = reco_clock_monotonic_ns();

    if (reco_store_stats(daemon->store, &stats, &error) != RECO_OK) {
        reco_log(RECO_LOG_ERROR, "%s", error.message);
        return;
    }

    if (!daemon->requested && !is_due(daemon, &stats)) {
        return;
    }

    daemon->requested = 0;
    if (reco_runner_start(&daemon->runner, 0, &error) != RECO_OK) {
        reco_log(RECO_LOG_ERROR, "%s", error.message);
    }
}


/* Goes back where the live version is clicked less than the one before. */
static void
compare(daemon_t *daemon)
{
    reco_error_t error = {0};
    reco_retreat_t retreat;
    reco_version_id_t id;
    reco_status_t status;

    if (daemon->compared != 0
        && reco_clock_elapsed(daemon->compared) < COMPARE_SECONDS)
    {
        return;
    }

    daemon->compared = reco_clock_monotonic_ns();
    status = reco_retreat(
        &retreat, daemon->registry, daemon->store, daemon->config, &id, &error);

    if (status == RECO_OK) {
        daemon->overlay_due = 0;
        reco_log(RECO_LOG_WARN,
            "version %s is clicked less than the one before: %.3f %% of items "
            "shown, against %.3f %% (%.1f standard errors); back to version %s",
            reco_follow_version(daemon->follow), 100 * retreat.live,
            100 * retreat.before, retreat.z, id.id);
    } else if (status != RECO_DECLINED) {
        reco_log(RECO_LOG_ERROR, "%s", error.message);
    }
}


static void
notify(daemon_t *daemon)
{
    const char *version;

    if (daemon->notified != 0 && reco_clock_elapsed(daemon->notified) < 1) {
        return;
    }

    daemon->notified = reco_clock_monotonic_ns();
    version = reco_follow_version(daemon->follow);
    sd_notifyf(0,
        "WATCHDOG=1\nSTATUS=%s, version %s, %llu events since start%s",
        reco_ingest_connected(daemon->ingest) ? "reading from Redis"
                                              : "no Redis",
        version[0] != '\0' ? version : "none",
        (unsigned long long) daemon->applied,
        daemon->runner.pid != 0 ? ", training" : "");
}


static void
serve(daemon_t *daemon)
{
    sd_notify(0, "READY=1");
    reco_log(RECO_LOG_NOTICE, "started");

    /* Its first failure to connect is worth a line. */
    daemon->was_connected = -1;

    while (!stop_requested) {
        if (reload_requested) {
            reload_requested = 0;
            reload(daemon);
        }

        ingest(daemon);
        publish_overlay(daemon);
        schedule(daemon);
        compare(daemon);
        notify(daemon);
    }

    sd_notify(0, "STOPPING=1");
    reco_runner_stop(&daemon->runner);
    reco_log(RECO_LOG_NOTICE, "stopped");
}


reco_status_t
reco_daemon_run(const char *program, const char *path, reco_error_t *error)
{
    daemon_t daemon;
    reco_status_t status;

    memset(&daemon, 0, sizeof(daemon));
    daemon.path = path;
    daemon.lock = -1;
    daemon.runner.program = program;
    daemon.runner.path = path;

    catch_signals();

    status = begin(&daemon, error);
    if (status == RECO_OK) {
        serve(&daemon);
    }

    reco_follow_destroy(daemon.follow);
    reco_ingest_destroy(daemon.ingest);
    reco_registry_close(daemon.registry);
    reco_store_close(daemon.store);
    reco_config_destroy(daemon.config);
    if (daemon.lock != -1) {
        close(daemon.lock);
    }

    return status;
}
