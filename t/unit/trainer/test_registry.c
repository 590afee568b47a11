/*
 * The registry while it is pruned and killed: what is among the versions is
 * whole, and what was being removed is swept up.  Its lock, and signals.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "registry.h"
#include "registry_place.h"

#define KILLS    40
#define VERSIONS 20
#define FILES    40 /* of a version */


typedef struct {
    char folder[64];
    char model[96];
    char archive[96];
    reco_registry_t *registry;
} case_t;


static int
setup(void **state)
{
    reco_error_t error = {0};
    case_t *self;

    self = calloc(1, sizeof(*self));
    assert_non_null(self);
    strcpy(self->folder, "/tmp/reco-registry-XXXXXX");
    assert_non_null(mkdtemp(self->folder));
    snprintf(self->model, sizeof(self->model), "%s/model", self->folder);
    snprintf(self->archive, sizeof(self->archive), "%s/archive", self->folder);

    if (reco_registry_open(self->model, self->archive, RECO_REGISTRY_CREATE,
            &self->registry, &error)
        != RECO_OK)
    {
        fail_msg("%s", error.message);
    }
    *state = self;

    return 0;
}


static int
teardown(void **state)
{
    case_t *self = *state;

    reco_registry_close(self->registry);
    reco_files_remove(self->folder, NULL);
    free(self);

    return 0;
}


/* Folders of files that stand for versions; the registry looks at no more. */
static void
make_versions(const case_t *self, unsigned first)
{
    char path[256];
    unsigned i, j;
    FILE *file;

    for (i = first; i < first + VERSIONS; i++) {
        snprintf(path, sizeof(path), "%s/versions/%06u", self->archive, i);
        assert_int_equal(mkdir(path, 0755), 0);
        for (j = 0; j < FILES; j++) {
            snprintf(
                path, sizeof(path), "%s/versions/%06u/%u", self->archive, i, j);
            file = fopen(path, "w");
            assert_non_null(file);
            fclose(file);
        }
    }
}


static unsigned
count_entries(const char *path)
{
    struct dirent *entry;
    unsigned count;
    DIR *dir;

    count = 0;
    dir = opendir(path);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        count += entry->d_name[0] != '.';
    }
    if (dir != NULL) {
        closedir(dir);
    }

    return count;
}


/* All versions that are left have all of their files. */
static void
check_whole(const case_t *self)
{
    reco_version_id_t *ids;
    char path[PATH_MAX];
    size_t i, nids;

    assert_int_equal(
        reco_registry_list(self->registry, &ids, &nids, NULL), RECO_OK);

    for (i = 0; i < nids; i++) {
        assert_int_equal(
            reco_registry_path(self->registry, &ids[i], path, NULL), RECO_OK);
        assert_int_equal(count_entries(path), FILES);
    }

    free(ids);
}


static void
test_killed_while_pruning(void **state)
{
    case_t *self = *state;
    struct timespec pause = {0};
    reco_version_id_t *ids;
    char path[PATH_MAX];
    unsigned kill_number, interrupted;
    size_t nids;
    int status;
    pid_t child;

    srand(1);
    interrupted = 0;

    for (kill_number = 0; kill_number < KILLS; kill_number++) {
        make_versions(self, 1 + kill_number * VERSIONS);

        child = fork();
        assert_true(child != -1);
        if (child == 0) {
            _exit(reco_registry_prune(self->registry, 1, NULL) != RECO_OK);
        }
        pause.tv_nsec = 20000 * (rand() % 100);
        nanosleep(&pause, NULL);
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        interrupted += WIFSIGNALED(status) != 0;
        assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);

        check_whole(self);
    }

    assert_in_range(interrupted, 1, KILLS);

    assert_int_equal(reco_registry_prune(self->registry, 1, NULL), RECO_OK);
    check_whole(self);
    assert_int_equal(
        reco_registry_list(self->registry, &ids, &nids, NULL), RECO_OK);
    assert_int_equal(nids, 1);
    free(ids);
    snprintf(path, sizeof(path), "%s/removed", self->archive);
    assert_int_equal(count_entries(path), 0);
}


static volatile sig_atomic_t nsignals;
static int holder_pipe; /* its end lets go of the lock */


static void
on_alarm(int number)
{
    (void) number;

    if (++nsignals == 3) {
        close(holder_pipe);
    }
}


/* Another process, until its pipe is closed. */
static void
hold_lock(case_t *self, int ready, int release)
{
    char byte = 0;

    if (reco_registry_lock(self->registry, NULL) != RECO_OK) {
        _exit(1);
    }
    (void) !write(ready, &byte, 1);
    (void) !read(release, &byte, 1);
    _exit(0);
}


/* As the daemon's: it asks no call to go on. */
static void
test_lock_and_signals(void **state)
{
    struct itimerval often = {{0, 20000}, {0, 20000}}, never = {0};
    struct sigaction action = {.sa_handler = on_alarm};
    int ready[2], release[2], status;
    case_t *self = *state;
    reco_error_t error = {0};
    pid_t holder;
    char byte;

    assert_int_equal(pipe(ready), 0);
    assert_int_equal(pipe(release), 0);
    holder = fork();
    assert_true(holder != -1);
    if (holder == 0) {
        close(release[1]);
        hold_lock(self, ready[1], release[0]);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);

    holder_pipe = release[1];
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &often, NULL);
    if (reco_registry_lock(self->registry, &error) != RECO_OK) {
        fail_msg("%s", error.message);
    }
    setitimer(ITIMER_REAL, &never, NULL);
    assert_true(nsignals >= 3);

    reco_registry_unlock(self->registry);
    waitpid(holder, &status, 0);
    assert_int_equal(status, 0);
    close(ready[0]);
    close(ready[1]);
    close(release[0]);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_killed_while_pruning, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lock_and_signals, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
