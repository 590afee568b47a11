#include "runner.h"

#include "clock.h"
#include "log.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define RETRY_SECONDS 60.0

extern char **environ;


static double
retry_seconds(const reco_runner_t *runner, double interval)
{
    double seconds;
    int i;

    seconds = RETRY_SECONDS;
    for (i = 1; i < runner->failures && seconds < interval; i++) {
        seconds *= 2;
    }

    return seconds < interval ? seconds : interval;
}


int
reco_runner_due(const reco_runner_t *runner, const reco_runner_state_t *state)
{
    double pause;

    pause = runner->failures > 0 && !state->followed
                ? retry_seconds(runner, state->interval)
                : state->interval;

    if (runner->ended != 0 && reco_clock_elapsed(runner->ended) < pause) {
        return 0;
    }

    return state->followed
               ? state->age >= state->interval && state->newest > state->learnt
               : state->events >= state->min_events;
}


reco_status_t
reco_runner_start(reco_runner_t *runner, int force, reco_error_t *error)
{
    char parent[24];
    char *argv[] = {"reco-trainer", "-c", (char *) runner->path, "--once",
        "--parent", parent, force ? "--force" : NULL, NULL};
    posix_spawnattr_t attributes;
    sigset_t none;
    int rc;

    if (runner->pid != 0) {
        return reco_error_set(
            error, RECO_BUSY, "a batch run is under way already");
    }

    snprintf(parent, sizeof(parent), "%ld", (long) getpid());
    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    rc = posix_spawn(
        &runner->pid, runner->program, NULL, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);

    if (rc != 0) {
        runner->pid = 0;
        return reco_error_set(
            error, RECO_IO, "cannot start a batch run: %s", strerror(rc));
    }

    reco_log(RECO_LOG_INFO, "batch run %ld started", (long) runner->pid);

    return RECO_OK;
}


static void
note_end(reco_runner_t *runner, int status)
{
    runner->ended = reco_clock_monotonic_ns();
    runner->pid = 0;

    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        runner->failures = 0;
        return;
    }

    runner->failures++;

    if (WIFSIGNALED(status)) {
        reco_log(RECO_LOG_WARN, "the batch run was ended by signal %d",
            WTERMSIG(status));
    }
}


int
reco_runner_poll(reco_runner_t *runner)
{
    int status;
    pid_t pid;

    if (runner->pid == 0) {
        return 0;
    }

    pid = waitpid(runner->pid, &status, WNOHANG);
    if (pid == 0 || (pid == -1 && errno == EINTR)) {
        return 0;
    }

    note_end(runner, pid == -1 ? 0 : status);

    return 1;
}


void
reco_runner_stop(reco_runner_t *runner)
{
    int status;

    if (runner->pid == 0) {
        return;
    }

    kill(runner->pid, SIGTERM);
    while (waitpid(runner->pid, &status, 0) == -1 && errno == EINTR) {
    }
    runner->pid = 0;
}
