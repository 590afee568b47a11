#include "cli.h"
#include "import_time.h"
#include "place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A view holds back the reuse of pages: let go of it now and then. */
#define VIEW_EVENTS 10000


typedef struct {
    const char *name;
    reco_config_t *config;
    reco_store_t *store;
    const char *visitor; /* NULL: all */
    reco_event_type_t type;
    int64_t since;
    uint64_t limit;
    int items;
    uint64_t printed;
    char json[RECO_EVENT_JSON_MAX];
} run_t;

static const struct option table[] = {RECO_PLACE_OPTIONS,
    {"visitor", required_argument, NULL, 'v'},
    {"type", required_argument, NULL, 't'},
    {"since", required_argument, NULL, 'T'},
    {"limit", required_argument, NULL, 'n'}, {"items", no_argument, NULL, 'i'},
    {NULL, 0, NULL, 0}};


static int
take_option(void *data, int option, const char *value)
{
    run_t *run = data;

    switch (option) {
    case 'v':
        run->visitor = value;
        return RECO_CLI_OK;
    case 't':
        run->type = reco_event_type((reco_str_t){strlen(value), value});
        return run->type < RECO_EVENT_TYPE_COUNT
                   ? RECO_CLI_OK
                   : reco_cli_misuse(
                       run->name, "\"%s\" is no type of event", value);
    case 'T':
        return reco_import_time((reco_str_t){strlen(value), value}, &run->since)
                   ? RECO_CLI_OK
                   : reco_cli_misuse(run->name, "\"%s\" is no time", value);
    case 'n':
        return reco_options_count(
            run->name, "limit", value, 1, UINT64_MAX, &run->limit);
    case 'i':
        run->items = 1;
        return RECO_CLI_OK;
    default:
        return reco_place_option(run->name, option, value, run->config);
    }
}


static const reco_options_t options = {
    RECO_OPTIONS_LETTERS, table, take_option, 0};


static reco_status_t
print_event(run_t *run, const reco_event_t *event)
{
    reco_status_t status;
    size_t len;

    status = reco_event_to_json(event, run->json, sizeof(run->json), &len);
    if (status != RECO_OK) {
        return status;
    }

    run->printed++;
    if (fwrite(run->json, 1, len, stdout) != len || putchar('\n') == EOF) {
        return RECO_IO;
    }

    return RECO_OK;
}


/* 0: the visitor is unknown, so that there is nothing to print. */
static int
find_visitor(run_t *run, reco_store_view_t *view, uint32_t *number)
{
    reco_store_visitor_t record;

    *number = 0;
    if (run->visitor == NULL) {
        return 1;
    }

    if (reco_store_view_visitor(
            view, (reco_str_t){strlen(run->visitor), run->visitor}, &record)
        != RECO_OK)
    {
        return 0;
    }

    *number = record.number;

    return 1;
}


/* Prints from event *next on and moves it; RECO_DECLINED at the end. */
static reco_status_t
print_some(run_t *run, reco_store_view_t *view, uint64_t *next)
{
    reco_store_scratch_t scratch;
    reco_store_event_t header;
    reco_event_t event;
    reco_status_t status;
    uint32_t visitor;
    size_t seen;

    if (!find_visitor(run, view, &visitor)) {
        return RECO_DECLINED;
    }

    status = reco_store_view_seek(view, *next, &header);

    for (seen = 0; status == RECO_OK && seen < VIEW_EVENTS; seen++) {
        if (run->printed == run->limit) {
            return RECO_DECLINED;
        }

        *next = header.sequence + 1;
        if ((visitor == 0 || header.visitor == visitor)
            && header.ts >= run->since
            && (run->type == RECO_EVENT_TYPE_COUNT || header.type == run->type))
        {
            status = reco_store_view_event(view, &header, &scratch, &event);
            if (status == RECO_OK) {
                status = print_event(run, &event);
            }
        }

        if (status == RECO_OK) {
            status = reco_store_view_next(view, &header);
        }
    }

    return status;
}


static reco_status_t
print_some_items(run_t *run, reco_store_view_t *view, uint64_t *next)
{
    reco_store_item_t item;
    reco_event_t event;
    reco_status_t status;
    size_t seen;

    status = RECO_OK;

    for (seen = 0; status == RECO_OK && seen < VIEW_EVENTS; seen++) {
        if (*next >= reco_store_view_nitems(view) || run->printed == run->limit)
        {
            return RECO_DECLINED;
        }

        status = reco_store_view_item(view, (uint32_t) (*next)++, &item);
        if (status == RECO_OK) {
            reco_event_init(&event);
            event.type = RECO_EVENT_ITEM;
            event.item = item.id;
            event.ts = item.updated != 0 ? item.updated : item.first_seen;
            event.product = item.product;
            event.price = item.product.price;
            event.currency = item.currency;
            status = print_event(run, &event);
        }
    }

    return status;
}


static int
export_all(run_t *run)
{
    reco_error_t error = {0};
    reco_store_view_t *view;
    reco_status_t status;
    uint64_t next;

    next = 0;

    do {
        status = reco_store_view_begin(run->store, &view, &error);
        if (status != RECO_OK) {
            return reco_cli_fail(run->name, "%s", error.message);
        }
        status = run->items ? print_some_items(run, view, &next)
                            : print_some(run, view, &next);
        reco_store_view_end(view);
    } while (status == RECO_OK);

    if (status != RECO_DECLINED || fflush(stdout) != 0) {
        return reco_cli_fail(run->name, "cannot export: %s",
            reco_status_name(status == RECO_DECLINED ? RECO_IO : status));
    }

    return RECO_CLI_OK;
}


static int
events(run_t *run, int argc, char **argv)
{
    int result;

    result = reco_place_read(argc, argv, &options, run, &run->config);
    if (result == RECO_CLI_OK) {
        result = reco_place_open(
            run->name, run->config, RECO_STORE_EXISTING, &run->store);
    }
    if (result == RECO_CLI_OK) {
        result = export_all(run);
    }

    return result;
}


int
reco_cli_events(int argc, char **argv)
{
    run_t *run;
    int result;

    run = calloc(1, sizeof(*run));
    if (run == NULL) {
        return reco_cli_fail(argv[0], "out of memory");
    }

    run->name = argv[0];
    run->type = RECO_EVENT_TYPE_COUNT;
    run->limit = UINT64_MAX;
    result = events(run, argc, argv);

    reco_store_close(run->store);
    reco_config_destroy(run->config);
    free(run);

    return result;
}
