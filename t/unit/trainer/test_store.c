/*
 * The store: what a batch does, what it refuses, what leaves it.
 */

#include "store_case.h"

#include <sys/wait.h>


typedef struct {
    const char *name;
    uint64_t count;
} wanted_t;


static reco_status_t
look_for(void *context, reco_str_t name, uint64_t count)
{
    wanted_t *wanted = context;

    if (strlen(wanted->name) == name.len
        && memcmp(wanted->name, name.data, name.len) == 0)
    {
        wanted->count = count;
    }

    return RECO_OK;
}


static uint64_t
counter(store_case_t *self, const char *name)
{
    wanted_t wanted = {name, 0};

    assert_int_equal(
        reco_store_counters(self->store, look_for, &wanted, NULL), RECO_OK);

    return wanted.count;
}


static void
test_applies_once(void **state)
{
    store_case_t *self = *state;
    reco_event_t event;

    event = case_event(RECO_EVENT_VIEW, 1, "a1", "42", CASE_TIME);
    assert_int_equal(case_apply(self, &event), RECO_STORE_APPLIED);
    assert_int_equal(case_apply(self, &event), RECO_STORE_DUPLICATE);

    /* The same id of another visitor is another event. */
    event.visitor = case_visitor(2);
    assert_int_equal(case_apply(self, &event), RECO_STORE_APPLIED);

    assert_int_equal(case_stats(self).events, 2);
    assert_int_equal(case_stats(self).visitors, 2);
    assert_int_equal(case_stats(self).items, 1);
    assert_int_equal(counter(self, "applied"), 2);
    assert_int_equal(counter(self, "duplicate"), 1);
    assert_int_equal(counter(self, "view"), 2);
}


static void
test_refuses(void **state)
{
    store_case_t *self = *state;
    reco_event_t good, bad;
    char text[3000];

    good = case_event(RECO_EVENT_VIEW, 1, "a1", "42", CASE_TIME);

    bad = good;
    memset(text, 'x', sizeof(text));
    bad.visitor = (reco_str_t){RECO_STORE_VISITOR_MAX + 1, text};
    assert_int_equal(case_apply(self, &bad), RECO_STORE_BAD_VISITOR);

    bad.visitor.len = 0;
    assert_int_equal(case_apply(self, &bad), RECO_STORE_BAD_VISITOR);

    bad = good;
    bad.id.len = 0;
    assert_int_equal(case_apply(self, &bad), RECO_STORE_BAD_ID);

    bad = good;
    bad.item = (reco_str_t){RECO_EVENT_ITEM_MAX + 1, text};
    assert_int_equal(case_apply(self, &bad), RECO_STORE_BAD_ITEM);

    bad = good;
    bad.type = RECO_EVENT_ITEM;
    bad.item.len = 0;
    assert_int_equal(case_apply(self, &bad), RECO_STORE_BAD_ITEM);

    bad = good;
    bad.ts = 1718000000; /* seconds */
    assert_int_equal(case_apply(self, &bad), RECO_STORE_BAD_TIME);

    bad.ts = self->limits.now + 2 * CASE_DAY;
    assert_int_equal(case_apply(self, &bad), RECO_STORE_BAD_TIME);

    bad = good;
    bad.price = 1.0 / 0.0;
    assert_int_equal(case_apply(self, &bad), RECO_STORE_BAD_VALUE);

    bad = good;
    bad.slot = (reco_str_t){sizeof(text), text};
    assert_int_equal(case_apply(self, &bad), RECO_STORE_BAD_VALUE);

    assert_int_equal(case_apply(self, &good), RECO_STORE_APPLIED);
    bad =
        case_event(RECO_EVENT_VIEW, 1, "a2", "42", CASE_TIME - 401 * CASE_DAY);
    assert_int_equal(case_apply(self, &bad), RECO_STORE_TOO_OLD);

    assert_int_equal(case_stats(self).events, 1);
    assert_int_equal(case_stats(self).visitors, 1);
    assert_int_equal(counter(self, "bad-time"), 2);
}


static void
test_caps_a_visitor(void **state)
{
    store_case_t *self = *state;
    reco_event_t event;
    char id[16];
    int i;

    self->limits.visitor_rate = 3;

    for (i = 0; i < 5; i++) {
        snprintf(id, sizeof(id), "a%d", i);
        event = case_event(RECO_EVENT_VIEW, 1, id, "42", CASE_TIME);
        assert_int_equal(case_apply(self, &event),
            i < 3 ? RECO_STORE_APPLIED : RECO_STORE_TOO_MANY);
    }

    /* Going back a day starts no new count; the next day does. */
    event = case_event(RECO_EVENT_VIEW, 1, "b", "42", CASE_TIME - CASE_DAY);
    assert_int_equal(case_apply(self, &event), RECO_STORE_TOO_MANY);
    event = case_event(RECO_EVENT_VIEW, 1, "c", "42", CASE_TIME + CASE_DAY);
    assert_int_equal(case_apply(self, &event), RECO_STORE_APPLIED);
}


static void
test_merges_metadata(void **state)
{
    store_case_t *self = *state;
    reco_store_view_t *view;
    reco_store_item_t item;
    reco_event_t event;
    uint64_t change;
    uint32_t number;

    event = case_event(RECO_EVENT_VIEW, 1, "a", "42", CASE_TIME - 5000);
    assert_int_equal(case_apply(self, &event), RECO_STORE_APPLIED);

    event = case_event(RECO_EVENT_ITEM, 1, "", "42", CASE_TIME);
    event.product.title = reco_string("Teapot");
    event.product.price = 4.5;
    event.currency = reco_string("GBP");
    assert_int_equal(case_apply(self, &event), RECO_STORE_APPLIED);

    event = case_event(RECO_EVENT_ITEM, 1, "", "42", CASE_TIME + 1);
    event.product.available = 0;
    assert_int_equal(case_apply(self, &event), RECO_STORE_APPLIED);

    /* The same news again change nothing. */
    event = case_event(RECO_EVENT_ITEM, 1, "", "42", CASE_TIME + 2);
    event.product.available = 0;
    assert_int_equal(case_apply(self, &event), RECO_STORE_APPLIED);

    /* Late news do not undo newer ones. */
    event = case_event(RECO_EVENT_ITEM, 1, "", "42", CASE_TIME - 1);
    event.product.title = reco_string("Old teapot");
    assert_int_equal(case_apply(self, &event), RECO_STORE_DUPLICATE);

    assert_int_equal(reco_store_view_begin(self->store, &view, NULL), RECO_OK);
    assert_int_equal(
        reco_store_view_find_item(view, reco_string("42"), &number), RECO_OK);
    assert_int_equal(reco_store_view_item(view, number, &item), RECO_OK);
    assert_int_equal(item.product.title.len, 6);
    assert_memory_equal(item.product.title.data, "Teapot", 6);
    assert_true(item.product.price == 4.5);
    assert_int_equal(item.product.available, 0);
    assert_memory_equal(item.currency.data, "GBP", 3);
    assert_int_equal(item.first_seen, CASE_TIME - 5000);

    assert_int_equal(reco_store_view_changes(view), 2);
    change = 0;
    assert_int_equal(reco_store_view_change(view, &change, &number), RECO_OK);
    assert_int_equal(change, 1);
    assert_int_equal(number, 0);
    assert_int_equal(reco_store_view_change(view, &change, &number), RECO_OK);
    assert_int_equal(
        reco_store_view_change(view, &change, &number), RECO_DECLINED);
    assert_int_equal(
        reco_store_view_find_item(view, reco_string("43"), &number),
        RECO_DECLINED);
    reco_store_view_end(view);
}


static void
assert_text(reco_str_t text, const char *expected)
{
    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.data, expected, text.len);
}


static void
test_restores_every_field(void **state)
{
    static reco_event_pair_t context[] = {
        {{4, "page"}, {7, "product"}}, {{5, "empty"}, {0, NULL}}};
    static reco_event_line_t lines[] = {{{2, "43"}, 2, 1.5}, {{2, "44"}, 1, 3}};
    store_case_t *self = *state;
    reco_event_t event, restored;
    reco_store_scratch_t scratch;
    reco_store_event_t header;
    reco_store_view_t *view;

    event = case_event(RECO_EVENT_PURCHASE, 7,
        "0123456789abcdef0123456789abcdef", "42", CASE_TIME);
    event.ms = 1234;
    event.depth = 0.5;
    event.value = 4;
    event.qty = 3;
    event.price = 7.25;
    event.currency = reco_string("EUR");
    event.slot = reco_string("related");
    event.rank = 2;
    event.req = reco_string("r-1");
    event.lines = lines;
    event.nlines = 2;
    event.context = context;
    event.ncontext = 2;
    event.received = CASE_TIME + 250;
    event.sequence = 99;
    event.arm = reco_string("b");
    event.model = reco_string("000042");
    event.source = reco_string("elsewhere");
    assert_int_equal(case_apply(self, &event), RECO_STORE_APPLIED);

    assert_int_equal(reco_store_view_begin(self->store, &view, NULL), RECO_OK);
    assert_int_equal(reco_store_view_seek(view, 0, &header), RECO_OK);
    assert_int_equal(
        reco_store_view_event(view, &header, &scratch, &restored), RECO_OK);

    assert_int_equal(header.sequence, 1);
    assert_int_equal(restored.type, RECO_EVENT_PURCHASE);
    assert_text(restored.id, "0123456789abcdef0123456789abcdef");
    assert_text(restored.visitor, "00000000000000000000000000000007");
    assert_text(restored.item, "42");
    assert_text(restored.currency, "EUR");
    assert_text(restored.slot, "related");
    assert_text(restored.req, "r-1");
    assert_text(restored.arm, "b");
    assert_text(restored.model, "000042");
    assert_text(restored.source, "elsewhere");
    assert_int_equal(restored.ts, CASE_TIME);
    assert_int_equal(restored.received, CASE_TIME + 250);
    assert_int_equal(restored.sequence, 99);
    assert_int_equal(restored.ms, 1234);
    assert_int_equal(restored.rank, 2);
    assert_true(restored.depth == 0.5 && restored.value == 4);
    assert_true(restored.qty == 3 && restored.price == 7.25);
    assert_int_equal(restored.nlines, 2);
    assert_text(restored.lines[1].item, "44");
    assert_true(restored.lines[0].qty == 2 && restored.lines[1].price == 3);
    assert_int_equal(restored.ncontext, 2);
    assert_text(restored.context[0].key, "page");
    assert_text(restored.context[0].value, "product");
    assert_text(restored.context[1].value, "");

    assert_int_equal(reco_store_view_next(view, &header), RECO_DECLINED);
    reco_store_view_end(view);
}


static void
test_keeps_positions(void **state)
{
    store_case_t *self = *state;
    reco_store_position_t position = {.stream = "reco:events:0", .id = "17-3"};
    reco_store_count_t count = {"unreadable", 2};
    reco_store_batch_t batch = {.positions = &position,
        .npositions = 1,
        .counts = &count,
        .ncounts = 1};
    reco_store_position_t found = {.stream = "reco:events:0"};

    assert_int_equal(
        reco_store_position(self->store, &found, NULL), RECO_DECLINED);
    assert_int_equal(
        reco_store_apply(self->store, &batch, &self->limits, NULL), RECO_OK);
    assert_int_equal(reco_store_position(self->store, &found, NULL), RECO_OK);
    assert_string_equal(found.id, "17-3");
    assert_int_equal(counter(self, "unreadable"), 2);
}


/* Fills the store with n events of 100 visitors and items. */
static void
apply_many(store_case_t *self, const char *prefix, size_t n)
{
    reco_store_outcome_t *outcomes;
    reco_store_batch_t batch;
    reco_event_t *events;
    char(*names)[64];
    size_t i;

    events = calloc(n, sizeof(*events));
    names = calloc(n, sizeof(*names));
    outcomes = calloc(n, sizeof(*outcomes));
    assert_true(events != NULL && names != NULL && outcomes != NULL);

    for (i = 0; i < n; i++) {
        snprintf(names[i], 33, "%032zx", i % 100);
        snprintf(names[i] + 33, 31, "%s%zu", prefix, i);
        events[i] = case_event(RECO_EVENT_VIEW, 0, names[i] + 33, names[i] + 31,
            CASE_TIME + (int64_t) i);
        events[i].visitor.data = names[i];
        events[i].item = (reco_str_t){2, names[i] + 30};
    }

    batch = (reco_store_batch_t){
        .events = events, .nevents = n, .outcomes = outcomes};
    assert_int_equal(
        reco_store_apply(self->store, &batch, &self->limits, NULL), RECO_OK);

    for (i = 0; i < n; i++) {
        assert_int_equal(outcomes[i], RECO_STORE_APPLIED);
    }

    free(events);
    free(names);
    free(outcomes);
}


static void
test_grows(void **state)
{
    store_case_t *self = *state;

    /* The map begins with a megabyte; this needs several. */
    apply_many(self, "a", 40000);
    assert_int_equal(case_stats(self).events, 40000);
    assert_true(case_stats(self).bytes > 2 << 20);
}


static void
test_follows_another_process(void **state)
{
    store_case_t *self = *state;
    pid_t child;
    int status;

    apply_many(self, "a", 10);
    reco_store_close(self->store);
    self->store = NULL;

    child = fork();
    assert_true(child != -1);
    if (child == 0) {
        case_open(self, 0);
        apply_many(self, "b", 40000);
        _exit(0);
    }

    case_open(self, 0);
    apply_many(self, "c", 10);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(case_stats(self).events, 40020);
    apply_many(self, "d", 10);
    assert_int_equal(case_stats(self).events, 40030);
}


static void
test_forgets(void **state)
{
    store_case_t *self = *state;
    uint64_t removed;

    apply_many(self, "a", 1000);

    assert_int_equal(
        reco_store_forget(self->store, case_visitor(7), &removed, NULL),
        RECO_OK);
    assert_int_equal(removed, 10);
    assert_int_equal(case_stats(self).events, 990);
    assert_int_equal(case_stats(self).visitors, 99);
    assert_int_equal(
        reco_store_forget(self->store, case_visitor(7), &removed, NULL),
        RECO_DECLINED);
    assert_int_equal(
        reco_store_forget(self->store, reco_null_string, &removed, NULL),
        RECO_INVALID);
}


static void
test_keeps_names(void **state)
{
    static const char *const names[] = {"17850", "x",
        "0123456789abcdef0123456789abcdef", "0123456789ABCDEF0123456789ABCDEF",
        "0123456789abcde",
        "a-name-of-64-bytes------------------------------------------64--"};
    store_case_t *self = *state;
    reco_store_scratch_t scratch;
    reco_store_event_t header;
    reco_store_view_t *view;
    reco_event_t event;
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        event = case_event(RECO_EVENT_VIEW, 0, "a", "1", CASE_TIME);
        event.visitor = case_text(names[i]);
        assert_int_equal(case_apply(self, &event), RECO_STORE_APPLIED);
        assert_int_equal(case_apply(self, &event), RECO_STORE_DUPLICATE);
    }

    assert_int_equal(reco_store_view_begin(self->store, &view, NULL), RECO_OK);
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(reco_store_view_seek(view, i + 1, &header), RECO_OK);
        assert_int_equal(
            reco_store_view_event(view, &header, &scratch, &event), RECO_OK);
        assert_text(event.visitor, names[i]);
    }
    reco_store_view_end(view);
}


static void
test_expires(void **state)
{
    store_case_t *self = *state;
    reco_event_t event;
    uint64_t removed;

    /* Visitor 1 is old; visitor 2 has an old and a new event. */
    event = case_event(RECO_EVENT_VIEW, 1, "a", "1", CASE_TIME - 20 * CASE_DAY);
    case_apply(self, &event);
    event = case_event(RECO_EVENT_VIEW, 2, "b", "1", CASE_TIME - 19 * CASE_DAY);
    case_apply(self, &event);
    event = case_event(RECO_EVENT_VIEW, 2, "c", "1", CASE_TIME);
    case_apply(self, &event);

    assert_int_equal(
        reco_store_expire(self->store, 10 * CASE_DAY, 1, &removed, NULL),
        RECO_OK);
    assert_int_equal(removed, 1);
    assert_int_equal(case_stats(self).visitors, 1);
    assert_int_equal(
        reco_store_expire(self->store, 10 * CASE_DAY, 100, &removed, NULL),
        RECO_OK);
    assert_int_equal(removed, 1);
    assert_int_equal(case_stats(self).events, 1);
    assert_int_equal(case_stats(self).visitors, 1);

    /* What is left can still be forgotten, and told from a duplicate. */
    assert_int_equal(case_apply(self, &event), RECO_STORE_DUPLICATE);
    assert_int_equal(
        reco_store_forget(self->store, case_visitor(2), &removed, NULL),
        RECO_OK);
    assert_int_equal(removed, 1);
    assert_int_equal(case_stats(self).events, 0);
}


static void
test_needs_a_store(void **state)
{
    store_case_t *self = *state;
    reco_store_t *store = NULL;
    reco_error_t error = {0};

    assert_int_equal(
        reco_store_open(self->folder, RECO_STORE_EXISTING, 0, &store, &error),
        RECO_DECLINED);
    assert_non_null(strstr(error.message, self->folder));
    assert_null(store);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            test_applies_once, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_refuses, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_caps_a_visitor, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_merges_metadata, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_restores_every_field, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_keeps_positions, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(test_grows, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_follows_another_process, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_forgets, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_keeps_names, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_expires, case_setup, case_teardown),
        cmocka_unit_test_setup_teardown(
            test_needs_a_store, case_setup, case_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
