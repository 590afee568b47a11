#include "search.h"

#include "cli.h"
#include "clock.h"
#include "files.h"
#include "progress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CUTOFF        20
#define RESAMPLES     1000
#define LINE_MAX_SIZE 4096


/* What is configured, and the point over it.  NULL: out of memory. */
static reco_config_t *
configure(const reco_search_t *search, const reco_tune_point_t *point,
    reco_error_t *error)
{
    reco_config_entry_t entry;
    reco_config_t *config;
    reco_status_t status;
    size_t i;

    config = reco_config_create();
    if (config == NULL) {
        return NULL;
    }

    status = RECO_OK;
    for (i = 0; status == RECO_OK && reco_config_at(search->config, i, &entry);
         i++) {
        if (entry.set) {
            status = reco_config_set(config,
                (reco_str_t){strlen(entry.key), entry.key},
                (reco_str_t){strlen(entry.value), entry.value}, error);
        }
    }
    if (status == RECO_OK) {
        status = reco_tune_apply(point, config, error);
    }

    if (status != RECO_OK) {
        reco_config_destroy(config);
        return NULL;
    }

    return config;
}


static reco_status_t
ask(const reco_search_t *search, const reco_tune_point_t *point,
    reco_evaluation_t *evaluation, reco_error_t *error)
{
    static const reco_evaluate_options_t wanted = {
        .ncutoffs = 1, .cutoffs = {CUTOFF}};
    reco_config_t *config;
    reco_status_t status;
    reco_trial_t trial;

    config = configure(search, point, error);
    if (config == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    status = reco_trial_open(&trial, search->experiment, config, error);
    if (status == RECO_OK) {
        status = reco_trial_evaluate(
            &trial, search->experiment, "blend", &wanted, evaluation, error);
        reco_trial_close(&trial);
    }

    reco_config_destroy(config);

    return status;
}


static void
print_settings(FILE *file, const reco_tune_point_t *point, const char *between)
{
    reco_str_t value;
    const char *key;
    unsigned i;

    for (i = 0; reco_tune_setting(point, i, &key, &value); i++) {
        fprintf(file, "%s%s%s%.*s", between[0] == '\n' || i > 0 ? between : "",
            key, between[0] == '\n' ? " " : "=", (int) value.len, value.data);
    }
}


static void
print_figures(FILE *file, const reco_search_t *search)
{
    const reco_evaluation_t *best;
    reco_interval_t interval;
    unsigned m;

    best = search->best.nmetrics > 0 ? &search->best : &search->before;
    fprintf(file, "#\n# %-14s %10s %10s   difference (95 %%)\n", "on valid",
        "before", "found");
    for (m = 0; m < best->nmetrics; m++) {
        if (reco_evaluation_bootstrap(&interval, best, &search->before,
                &search->experiment->cases, m, RESAMPLES, search->tune.seed,
                NULL)
            == RECO_OK)
        {
            fprintf(file, "# %-14s %10.4f %10.4f   %+.4f (%+.4f .. %+.4f)\n",
                best->names[m], search->before.means[m], best->means[m],
                interval.difference, interval.low, interval.high);
        }
    }
}


static int
is_tuned(const reco_tune_point_t *point, const char *key)
{
    reco_str_t value;
    const char *other;
    unsigned i;

    for (i = 0; reco_tune_setting(point, i, &other, &value); i++) {
        if (strcmp(key, other) == 0) {
            return 1;
        }
    }

    return 0;
}


/* What was configured from the start. */
static void
print_configured(FILE *file, const reco_search_t *search)
{
    reco_config_entry_t entry;
    size_t i;

    for (i = 0; reco_config_at(search->config, i, &entry); i++) {
        if (entry.set && !is_tuned(&search->tune.best, entry.key)) {
            fprintf(file, "\n%s \"%s\"", entry.key, entry.value);
        }
    }
}


/* The best so far, as a configuration; a whole one is there at any moment. */
static int
write_config(const reco_search_t *search)
{
    reco_error_t error = {0};
    reco_status_t status;
    FILE *file;
    char *text;
    size_t length;

    text = NULL;
    file = open_memstream(&text, &length);
    if (file == NULL) {
        return reco_cli_fail(search->name, "out of memory");
    }

    fprintf(file,
        "# recoctl tune: %s by %s on %llu cases, %llu trials, seed %llu\n",
        reco_protocols[search->protocol], search->metric,
        (unsigned long long) search->experiment->cases.ncases,
        (unsigned long long) search->tune.ntrials,
        (unsigned long long) search->tune.seed);
    print_figures(file, search);
    print_configured(file, search);
    print_settings(file, &search->tune.best, "\n");
    fputc('\n', file);
    fclose(file);

    status = reco_files_write(search->out, (reco_str_t){length, text}, &error);
    free(text);

    return status == RECO_OK
               ? RECO_CLI_OK
               : reco_cli_fail_at(search->name, search->out, &error);
}


/* What a search must have in common with the one that it takes up. */
static void
print_head(const reco_search_t *search, char *head, size_t size)
{
    snprintf(head, size, "# %s %s cases %llu train %llu seed %llu\n",
        reco_protocols[search->protocol], search->metric,
        (unsigned long long) search->experiment->cases.ncases,
        (unsigned long long) search->experiment->train.nevents,
        (unsigned long long) search->tune.seed);
}


/* Tells the search again what an earlier run found. */
static int
take_up(reco_search_t *search)
{
    char head[256], line[LINE_MAX_SIZE], *end;
    reco_tune_point_t point;
    double score;
    FILE *file;
    int same;

    print_head(search, head, sizeof(head));
    file = fopen(search->trials, "r");
    if (file == NULL) {
        return RECO_CLI_OK;
    }

    same = fgets(line, sizeof(line), file) != NULL && strcmp(line, head) == 0;
    while (same && fgets(line, sizeof(line), file) != NULL) {
        score = strtod(line, &end);
        if (end == line || strchr(line, '\n') == NULL) {
            break;
        }
        reco_tune_next(&search->tune, &point);
        reco_tune_tell(&search->tune, &point, score);
    }
    fclose(file);

    if (!same) {
        return reco_cli_fail(search->name,
            "%s is of another search: remove it, or name another --out",
            search->trials);
    }

    fprintf(stderr, "%s: goes on after %llu trials of %s\n", search->name,
        (unsigned long long) search->tune.ntrials, search->trials);

    return RECO_CLI_OK;
}


static int
open_log(reco_search_t *search)
{
    char head[256];

    search->log = fopen(search->trials, search->tune.ntrials > 0 ? "a" : "w");
    if (search->log == NULL) {
        return reco_cli_fail(search->name, "cannot write \"%s\": %s",
            search->trials, strerror(errno));
    }

    if (search->tune.ntrials == 0) {
        print_head(search, head, sizeof(head));
        fputs(head, search->log);
    }

    return RECO_CLI_OK;
}


static int
log_trial(reco_search_t *search, const reco_tune_point_t *point, double score)
{
    fprintf(search->log, "%.9g\t", score);
    print_settings(search->log, point, " ");
    fputc('\n', search->log);

    return fflush(search->log) == 0
               ? RECO_CLI_OK
               : reco_cli_fail(search->name, "cannot write \"%s\": %s",
                   search->trials, strerror(errno));
}


static void
print_best(const reco_search_t *search, double seconds)
{
    printf("%6.0f s  trial %4llu  %s %.4f%s", seconds,
        (unsigned long long) search->tune.ntrials - 1, search->metric,
        search->tune.score,
        search->tune.ntrials > 1 ? "  " : "  as configured");
    print_settings(stdout, &search->tune.best, " ");
    printf("\n");
    fflush(stdout);
}


/* One trial; a better one becomes the file. */
static int
try_next(reco_search_t *search, double seconds)
{
    reco_evaluation_t evaluation = {0};
    reco_tune_point_t point;
    reco_error_t error = {0};
    double score;
    int result;

    reco_tune_next(&search->tune, &point);
    if (ask(search, &point, &evaluation, &error) != RECO_OK) {
        return reco_cli_fail(search->name, "%s", error.message);
    }

    score = evaluation.means[search->place];
    result = log_trial(search, &point, score);

    if (reco_tune_tell(&search->tune, &point, score)) {
        reco_evaluation_done(&search->best);
        search->best = evaluation;
        print_best(search, seconds);
        if (result == RECO_CLI_OK) {
            result = write_config(search);
        }
    } else {
        reco_evaluation_done(&evaluation);
    }

    return result;
}


/* What is configured is trial 0; what an earlier run found best follows. */
static int
begin(reco_search_t *search)
{
    reco_tune_point_t nothing;
    reco_error_t error = {0};
    reco_tune_t fresh;
    int result;

    reco_tune_init(&fresh, search->protocol, search->tune.seed);
    reco_tune_next(&fresh, &nothing);
    if (ask(search, &nothing, &search->before, &error) != RECO_OK
        || (search->tune.ntrials > 0
            && ask(search, &search->tune.best, &search->best, &error)
                   != RECO_OK))
    {
        return reco_cli_fail(search->name, "%s", error.message);
    }

    search->place = reco_evaluation_metric(&search->before, search->metric);
    if (search->place < 0) {
        return reco_cli_misuse(search->name,
            "%s has no metric \"%.32s\": %s and so on",
            reco_protocols[search->protocol], search->metric,
            search->before.names[0]);
    }

    result = open_log(search);
    if (result == RECO_CLI_OK && search->tune.ntrials == 0) {
        result =
            log_trial(search, &nothing, search->before.means[search->place]);
        reco_tune_tell(
            &search->tune, &nothing, search->before.means[search->place]);
        print_best(search, 0);
    }

    return result;
}


static int
go_on(reco_search_t *search)
{
    reco_progress_t progress;
    double seconds;
    int64_t began;
    int result;

    began = reco_clock_monotonic_ns();
    result = take_up(search);
    if (result == RECO_CLI_OK) {
        result = begin(search);
    }

    reco_progress_begin(&progress);
    while (result == RECO_CLI_OK
           && (search->trials_max == 0
               || search->tune.ntrials < search->trials_max))
    {
        seconds = reco_clock_elapsed(began);
        if (seconds >= (double) search->budget) {
            break;
        }
        reco_progress_show(&progress, "%.0f of %llu s, %llu trials, best %.4f",
            seconds, (unsigned long long) search->budget,
            (unsigned long long) search->tune.ntrials, search->tune.score);
        result = try_next(search, seconds);
    }
    reco_progress_end(&progress);

    if (result == RECO_CLI_OK) {
        result = write_config(search);
    }
    if (result == RECO_CLI_OK) {
        print_figures(stdout, search);
        printf("%s: %llu trials, in %s\n", search->out,
            (unsigned long long) search->tune.ntrials, search->trials);
    }

    return result;
}


int
reco_search(reco_search_t *search)
{
    int result;

    if (snprintf(
            search->trials, sizeof(search->trials), "%s.trials", search->out)
        >= (int) sizeof(search->trials))
    {
        return reco_cli_misuse(search->name, "--out is too long");
    }

    reco_tune_init(&search->tune, search->protocol,
        (uint64_t) reco_config_integer(search->config, "seed"));
    result = go_on(search);

    if (search->log != NULL) {
        fclose(search->log);
    }
    reco_evaluation_done(&search->before);
    reco_evaluation_done(&search->best);

    return result;
}
