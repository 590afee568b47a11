#include "cli.h"
#include "clock.h"
#include "import.h"
#include "import_time.h"
#include "place.h"
#include "progress.h"
#include "withdraw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TYPES_MAX 32


typedef enum {
    AUTO,
    CSV,
    TSV,
    JSONL
} format_t;

/* Options that have no letter. */
enum {
    OPTION_FORMAT = 256,
    OPTION_MAP,
    OPTION_NULL,
    OPTION_TYPE,
    OPTION_TYPES,
    OPTION_ITEMS,
    OPTION_COMPLETE,
    OPTION_LATEST,
    OPTION_DELIMITER,
    OPTION_NO_HEADER,
    OPTION_CHECK,
    OPTION_SHOW
};

typedef struct {
    const char *name; /* of the subcommand */
    reco_config_t *config;
    reco_import_map_t *map;
    reco_store_t *store;
    format_t format;
    char delimiter;
    reco_event_type_t type;
    reco_import_type_t types[TYPES_MAX];
    size_t ntypes;
    int items;
    int complete; /* what no file names is off sale */
    int header;
    int check;
    uint64_t show;  /* refused rows that are told, of each file */
    int64_t latest; /* when the newest event shall have happened; 0: then */
    int64_t shift;

    const char *path; /* of the file that is read */
    reco_table_t *table;
    uint64_t told;
    uint64_t refused; /* of all files */
    reco_names_t named;
    reco_progress_t progress;
} run_t;

static const struct option table[] = {RECO_PLACE_OPTIONS,
    {"format", required_argument, NULL, OPTION_FORMAT},
    {"map", required_argument, NULL, OPTION_MAP},
    {"null", required_argument, NULL, OPTION_NULL},
    {"type", required_argument, NULL, OPTION_TYPE},
    {"types", required_argument, NULL, OPTION_TYPES},
    {"items", no_argument, NULL, OPTION_ITEMS},
    {"complete", no_argument, NULL, OPTION_COMPLETE},
    {"latest", required_argument, NULL, OPTION_LATEST},
    {"delimiter", required_argument, NULL, OPTION_DELIMITER},
    {"no-header", no_argument, NULL, OPTION_NO_HEADER},
    {"check", no_argument, NULL, OPTION_CHECK},
    {"show", required_argument, NULL, OPTION_SHOW}, {NULL, 0, NULL, 0}};


static int
set_format(run_t *run, const char *value)
{
    static const char *const names[] = {"auto", "csv", "tsv", "jsonl"};
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], value) == 0) {
            run->format = (format_t) i;
            return RECO_CLI_OK;
        }
    }

    return reco_cli_misuse(
        run->name, "\"%s\" is no format: csv, tsv or jsonl", value);
}


/* "addtocart=cart,transaction=purchase" */
static int
add_types(run_t *run, const char *text)
{
    const char *equal, *end;
    reco_import_type_t *type;

    for (;;) {
        end = text + strcspn(text, ",");
        equal = memchr(text, '=', (size_t) (end - text));
        if (equal == NULL || run->ntypes == TYPES_MAX) {
            return reco_cli_misuse(
                run->name, "--types takes up to %d WORD=TYPE", TYPES_MAX);
        }

        type = &run->types[run->ntypes++];
        type->word = (reco_str_t){(size_t) (equal - text), text};
        type->type = reco_event_type(
            (reco_str_t){(size_t) (end - equal) - 1, equal + 1});
        if (type->type == RECO_EVENT_TYPE_COUNT) {
            return reco_cli_misuse(run->name, "\"%.*s\" is no type of event",
                (int) (end - equal) - 1, equal + 1);
        }

        if (*end == '\0') {
            return RECO_CLI_OK;
        }
        text = end + 1;
    }
}


static int
set_latest(run_t *run, const char *value)
{
    if (strcmp(value, "now") == 0) {
        run->latest = reco_clock_ms();
        return RECO_CLI_OK;
    }

    if (!reco_import_time((reco_str_t){strlen(value), value}, &run->latest)) {
        return reco_cli_misuse(
            run->name, "--latest takes now or a time, not \"%s\"", value);
    }

    return RECO_CLI_OK;
}


static int
take_option(void *data, int option, const char *value)
{
    run_t *run = data;

    switch (option) {
    case OPTION_FORMAT:
        return set_format(run, value);
    case OPTION_TYPE:
        run->type = reco_event_type((reco_str_t){strlen(value), value});
        return run->type < RECO_EVENT_TYPE_COUNT
                   ? RECO_CLI_OK
                   : reco_cli_misuse(
                       run->name, "\"%s\" is no type of event", value);
    case OPTION_TYPES:
        return add_types(run, value);
    case OPTION_ITEMS:
        run->items = 1;
        return RECO_CLI_OK;
    case OPTION_COMPLETE:
        run->complete = 1;
        return RECO_CLI_OK;
    case OPTION_LATEST:
        return set_latest(run, value);
    case OPTION_DELIMITER:
        run->delimiter = strcmp(value, "\\t") == 0 ? '\t' : value[0];
        return strlen(value) == 1 || run->delimiter == '\t'
                   ? RECO_CLI_OK
                   : reco_cli_misuse(
                       run->name, "--delimiter takes one character");
    case OPTION_NO_HEADER:
        run->header = 0;
        return RECO_CLI_OK;
    case OPTION_CHECK:
        run->check = 1;
        return RECO_CLI_OK;
    case OPTION_SHOW:
        return reco_options_count(
            run->name, "show", value, 0, UINT64_MAX, &run->show);
    case OPTION_MAP:
    case OPTION_NULL:
        /* They need the map, which needs to know of --items first. */
        return RECO_CLI_OK;
    default:
        return reco_place_option(run->name, option, value, run->config);
    }
}


static const reco_options_t options = {
    RECO_OPTIONS_LETTERS, table, take_option, RECO_OPTIONS_ANY};


static int
take_map(run_t *run, int argc, char **argv)
{
    reco_error_t error = {0};
    reco_status_t status;
    int option;

    run->map = reco_import_map_create(run->items);
    if (run->map == NULL) {
        return reco_cli_fail(run->name, "out of memory");
    }

    status = RECO_OK;
    optind = 1;

    while (
        status == RECO_OK
        && (option = getopt_long(argc, argv, RECO_OPTIONS_LETTERS, table, NULL))
               != -1)
    {
        if (option == OPTION_MAP) {
            status = reco_import_map_add(run->map, optarg, &error);
        } else if (option == OPTION_NULL) {
            status = reco_import_map_add_null(run->map, optarg, &error);
        }
    }

    return status == RECO_OK ? RECO_CLI_OK
                             : reco_cli_misuse(run->name, "%s", error.message);
}


static int
ends_with(const char *text, size_t len, const char *end)
{
    size_t n;

    n = strlen(end);

    return len >= n && memcmp(text + len - n, end, n) == 0;
}


static format_t
format_of(const run_t *run, const char *path)
{
    size_t len;

    if (run->format != AUTO) {
        return run->format;
    }

    len = strlen(path);
    if (ends_with(path, len, ".gz")) {
        len -= 3;
    }

    if (ends_with(path, len, ".csv")) {
        return CSV;
    }

    if (ends_with(path, len, ".tsv") || ends_with(path, len, ".tab")) {
        return TSV;
    }

    return ends_with(path, len, ".jsonl") || ends_with(path, len, ".ndjson")
               ? JSONL
               : AUTO;
}


static void
tell_refused(void *context, unsigned line, const char *reason)
{
    run_t *run = context;

    if (run->told++ < run->show) {
        reco_progress_end(&run->progress);
        reco_cli_print(stderr, run->path);
        fprintf(stderr, ":%u: %s\n", line, reason);
    }
}


static void
tell_progress(void *context, const reco_import_report_t *report)
{
    run_t *run = context;
    uint64_t size;

    size = reco_table_size(run->table);

    if (size > 0) {
        reco_progress_show(&run->progress, "%s: %.0f %%, %llu events, %.0f/s",
            run->path,
            100.0 * (double) reco_table_position(run->table) / (double) size,
            (unsigned long long) report->rows,
            (double) report->rows / reco_progress_seconds(&run->progress));
    } else {
        reco_progress_show(&run->progress, "%s: %llu events, %.0f/s", run->path,
            (unsigned long long) report->rows,
            (double) report->rows / reco_progress_seconds(&run->progress));
    }
}


/* Reads the file through; store NULL only checks. */
static reco_status_t
read_file(run_t *run, format_t format, reco_store_t *store, int quiet,
    reco_import_report_t *report, reco_error_t *error)
{
    static const reco_table_format_t formats[] = {[CSV] = RECO_TABLE_CSV,
        [TSV] = RECO_TABLE_TSV,
        [JSONL] = RECO_TABLE_LINES};
    reco_import_options_t import = {.store = store,
        .map = format == JSONL ? NULL : run->map,
        .header = run->header,
        .type = run->items ? RECO_EVENT_ITEM : run->type,
        .types = run->types,
        .ntypes = run->ntypes,
        .shift = run->shift,
        .named = run->complete ? &run->named : NULL,
        .refused = quiet ? NULL : tell_refused,
        .progress = tell_progress,
        .context = run};
    reco_status_t status;

    reco_place_limits(run->config, &import.limits);
    /* History is trusted; only visitors of the site are capped. */
    import.limits.visitor_rate = UINT32_MAX;

    status = reco_table_open(
        run->path, formats[format], run->delimiter, &run->table, error);
    if (status != RECO_OK) {
        return status;
    }

    reco_progress_begin(&run->progress);
    status = reco_import(run->table, &import, report, error);
    reco_progress_end(&run->progress);
    reco_table_close(run->table);

    return status;
}


static void
print_report(const run_t *run, const reco_import_report_t *report)
{
    double seconds;

    seconds = reco_progress_seconds(&run->progress);

    if (run->told > run->show) {
        reco_cli_print(stderr, run->path);
        fprintf(stderr, ": %llu more refused rows are not shown\n",
            (unsigned long long) (run->told - run->show));
    }

    reco_cli_print(stdout, run->path);
    printf(": %llu rows: %llu %s, %llu known already, %llu refused; "
           "%.1f s, %.0f rows/s\n",
        (unsigned long long) report->rows, (unsigned long long) report->applied,
        run->check ? "good" : "imported",
        (unsigned long long) report->duplicates,
        (unsigned long long) report->refused, seconds,
        (double) report->rows / (seconds > 0 ? seconds : 1));
}


/* Sets the file that is next; AUTO after a message. */
static format_t
begin_file(run_t *run, const char *path)
{
    format_t format;

    run->path = path;
    run->told = 0;

    format = format_of(run, path);
    if (format == AUTO) {
        reco_cli_misuse(run->name,
            "what is in \"%s\"? say --format csv, tsv or jsonl", path);
    }

    return format;
}


/* How far all times are to move, so that the newest of all files fits. */
static int
find_shift(run_t *run, int nfiles, char **files)
{
    reco_import_report_t report;
    reco_error_t error = {0};
    format_t format;
    int64_t newest;
    int i;

    newest = 0;

    for (i = 0; i < nfiles; i++) {
        if (strcmp(files[i], "-") == 0) {
            return reco_cli_misuse(run->name,
                "--latest reads a file twice, which standard input cannot be");
        }

        format = begin_file(run, files[i]);
        if (format == AUTO) {
            return RECO_CLI_USAGE;
        }

        if (read_file(run, format, NULL, 1, &report, &error) != RECO_OK) {
            return reco_cli_fail_at(run->name, files[i], &error);
        }

        newest = report.newest > newest ? report.newest : newest;
    }

    run->shift = newest != 0 ? run->latest - newest : 0;

    return RECO_CLI_OK;
}


static int
import_file(run_t *run, const char *path)
{
    reco_import_report_t report = {0};
    reco_error_t error = {0};
    format_t format;

    format = begin_file(run, path);
    if (format == AUTO) {
        return RECO_CLI_USAGE;
    }

    if (read_file(run, format, run->store, 0, &report, &error) != RECO_OK) {
        if (report.rows > 0) {
            print_report(run, &report);
        }
        return reco_cli_fail_at(run->name, path, &error);
    }

    print_report(run, &report);
    run->refused += report.refused;

    if (report.refused > 0 && report.refused == report.rows) {
        return reco_cli_fail(run->name, "%s: every row was refused", path);
    }

    return RECO_CLI_OK;
}


/* Takes off sale what no file named. */
static int
complete(run_t *run)
{
    reco_store_limits_t limits;
    reco_error_t error = {0};
    uint64_t withdrawn;

    /* A row that was refused may have named any of them. */
    if (run->refused > 0) {
        return reco_cli_fail(
            run->name, "rows were refused, so that nothing is taken off sale");
    }

    if (run->named.count == 0) {
        return reco_cli_fail(
            run->name, "no row was read, so that nothing is taken off sale");
    }

    reco_place_limits(run->config, &limits);

    if (reco_withdraw(run->store, &run->named, &limits, &withdrawn, &error)
        != RECO_OK)
    {
        return reco_cli_fail(run->name, "%s", error.message);
    }

    printf("%llu items that no row names are off sale\n",
        (unsigned long long) withdrawn);

    return RECO_CLI_OK;
}


static int
import_files(run_t *run, int argc, char **argv)
{
    int result;

    result = reco_place_read(argc, argv, &options, run, &run->config);
    if (result == RECO_CLI_OK) {
        result = take_map(run, argc, argv);
    }

    if (result == RECO_CLI_OK && optind == argc) {
        result = reco_cli_misuse(run->name, "which file? - is standard input");
    }

    if (result == RECO_CLI_OK && run->complete && !run->items) {
        result = reco_cli_misuse(run->name, "--complete goes with --items");
    }

    if (result == RECO_CLI_OK && run->latest != 0) {
        result = find_shift(run, argc - optind, argv + optind);
    }

    if (result == RECO_CLI_OK && !run->check) {
        result = reco_place_open(
            run->name, run->config, RECO_STORE_WRITE, &run->store);
    }

    for (; result == RECO_CLI_OK && optind < argc; optind++) {
        result = import_file(run, argv[optind]);
    }

    if (result == RECO_CLI_OK && run->complete && !run->check) {
        result = complete(run);
    }

    return result;
}


int
reco_cli_import(int argc, char **argv)
{
    run_t run = {
        .name = argv[0], .type = RECO_EVENT_VIEW, .header = 1, .show = 20};
    int result;

    result = import_files(&run, argc, argv);

    reco_store_close(run.store);
    reco_names_done(&run.named);
    reco_import_map_destroy(run.map);
    reco_config_destroy(run.config);

    return result;
}
