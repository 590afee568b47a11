/*
 * The session zone's stripes in shared memory, with processes that die while
 * they hold a lock.
 */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "ngx_http_reco_random.h"
#include "ngx_http_reco_zone.h"

#define ZONE_SIZE (1024 * 1024)
#define NOW       1700000000
#define TTL       3600
#define SECRET    0x5ec7e7

/* What no visitor's value is, and what get() never says of an unknown one. */
#define HALF_WRITTEN 7777777

/* More than a stripe has records, and some. */
#define NEIGHBOURS 1024


static ngx_time_t test_time = {.sec = NOW};
volatile ngx_time_t *ngx_cached_time = &test_time;


/* A visitor by number, as a client may choose ids: alike but for the end. */
static ngx_http_reco_id_t
visitor(uint32_t n)
{
    ngx_http_reco_id_t id;

    ngx_memzero(&id, sizeof(id));
    ngx_memcpy(id.bytes + 12, &n, sizeof(n));

    return id;
}


static void
zone_create(ngx_http_reco_zone_ctx_t *zone, size_t size)
{
    zone->ttl = TTL;
    zone->header = mmap(
        NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(zone->header, MAP_FAILED);
    assert_int_equal(ngx_http_reco_zone_format(zone->header, size), NGX_OK);
    zone->header->secret = SECRET;

    test_time.sec = NOW;
}


static void
put(ngx_http_reco_zone_ctx_t *zone, uint32_t n, uint32_t value)
{
    ngx_http_reco_id_t id = visitor(n);
    ngx_http_reco_shelf_t shelf;
    ngx_http_reco_record_t *record;

    ngx_http_reco_shelf_lock(&shelf, zone, &id);
    record = ngx_http_reco_shelf_open(&shelf, &id);
    record->session.nevents = value;
    ngx_http_reco_shelf_close(record);
    ngx_http_reco_shelf_unlock(&shelf);
}


/* The value, or -1 where the visitor is unknown. */
static int
get(ngx_http_reco_zone_ctx_t *zone, uint32_t n)
{
    int value;
    ngx_http_reco_id_t id = visitor(n);
    ngx_http_reco_shelf_t shelf;
    ngx_http_reco_record_t *record;

    ngx_http_reco_shelf_lock(&shelf, zone, &id);
    record = ngx_http_reco_shelf_find(&shelf, &id);
    value = record != NULL ? (int) record->session.nevents : -1;
    ngx_http_reco_shelf_unlock(&shelf);

    return value;
}


static ngx_http_reco_stripe_t *
stripe_of(ngx_http_reco_zone_ctx_t *zone, uint32_t n)
{
    ngx_http_reco_id_t id = visitor(n);
    ngx_http_reco_shelf_t shelf;

    ngx_http_reco_shelf_lock(&shelf, zone, &id);
    ngx_http_reco_shelf_unlock(&shelf);

    return shelf.stripe;
}


/* So many visitors of one stripe. */
static void
neighbours(ngx_http_reco_zone_ctx_t *zone, uint32_t *numbers, uint32_t count)
{
    uint32_t n, found;
    ngx_http_reco_stripe_t *stripe;

    stripe = stripe_of(zone, 0);

    for (n = 0, found = 0; found < count; n++) {
        if (stripe_of(zone, n) == stripe) {
            numbers[found++] = n;
        }
    }
}


static void
test_finds_what_was_put(void **state)
{
    uint32_t i;
    ngx_http_reco_zone_ctx_t zone;

    zone_create(&zone, ZONE_SIZE);

    for (i = 0; i < 300; i++) {
        put(&zone, i, i + 1);
    }

    for (i = 0; i < 300; i++) {
        assert_int_equal(get(&zone, i), i + 1);
    }

    assert_int_equal(get(&zone, 1000), -1);
}


/* How many visitors the longest chain of a stripe has. */
static uint32_t
longest_chain(ngx_http_reco_shelf_t *shelf)
{
    uint32_t i, n, length, longest;

    longest = 0;

    for (i = 0; i < shelf->header->buckets; i++) {
        length = 0;

        for (n = shelf->buckets[i]; n != NGX_HTTP_RECO_ZONE_NONE;
             n = shelf->records[n].next)
        {
            length++;
        }

        longest = ngx_max(longest, length);
    }

    return longest;
}


/* Whichever bits clients leave alike: their ids meet nowhere in particular. */
static void
test_clients_choose_no_place(void **state)
{
    size_t at;
    uint32_t i, capacity;
    ngx_http_reco_id_t id;
    ngx_http_reco_shelf_t shelf;
    ngx_http_reco_zone_ctx_t zone;

    for (at = 0; at <= sizeof(id) - sizeof(i); at += sizeof(i)) {
        zone_create(&zone, ZONE_SIZE);
        capacity = zone.header->stripes * zone.header->records;

        for (i = 0; i < capacity / 2; i++) {
            ngx_memset(&id, 'a', sizeof(id));
            ngx_memcpy(id.bytes + at, &i, sizeof(i));

            ngx_http_reco_shelf_lock(&shelf, &zone, &id);
            ngx_http_reco_shelf_close(ngx_http_reco_shelf_open(&shelf, &id));
            assert_in_range(longest_chain(&shelf), 1, 12);
            assert_int_equal(shelf.stripe->evicted, 0);
            ngx_http_reco_shelf_unlock(&shelf);
        }

        munmap(zone.header, ZONE_SIZE);
    }
}


/* And each zone has a secret of its own. */
static void
test_places_are_secret(void **state)
{
    ngx_http_reco_zone_header_t *headers[2];
    uint32_t i;

    for (i = 0; i < 2; i++) {
        headers[i] = calloc(1, ZONE_SIZE);
        assert_non_null(headers[i]);
        assert_int_equal(
            ngx_http_reco_zone_format(headers[i], ZONE_SIZE), NGX_OK);
    }

    assert_int_not_equal(headers[0]->secret, headers[1]->secret);

    free(headers[0]);
    free(headers[1]);
}


/* A new one of which no more is asked than that it is new. */
static void
test_adds_unasked(void **state)
{
    uint32_t i;
    ngx_http_reco_id_t id;
    ngx_http_reco_shelf_t shelf;
    ngx_http_reco_record_t *record;
    ngx_http_reco_zone_ctx_t zone;

    zone_create(&zone, ZONE_SIZE);

    for (i = 0; i < 300; i++) {
        id = visitor(i);
        ngx_http_reco_shelf_lock(&shelf, &zone, &id);
        record = ngx_http_reco_shelf_add(&shelf, &id);
        ngx_memzero(&record->session, sizeof(record->session));
        record->session.nevents = i + 1;
        ngx_http_reco_shelf_close(record);
        ngx_http_reco_shelf_unlock(&shelf);
    }

    put(&zone, 7, 4242);

    for (i = 0; i < 300; i++) {
        assert_int_equal(get(&zone, i), i == 7 ? 4242 : (int) i + 1);
    }
}


static void
test_forgets_after_its_time(void **state)
{
    ngx_http_reco_zone_ctx_t zone;

    zone_create(&zone, ZONE_SIZE);
    put(&zone, 1, 7);

    test_time.sec = NOW + TTL;
    assert_int_equal(get(&zone, 1), 7);

    test_time.sec = NOW + TTL + 1;
    assert_int_equal(get(&zone, 1), -1);
    assert_int_equal(stripe_of(&zone, 1)->used, 0);
}


/* Visitors of a single request turn over; those who came back stay. */
static void
test_crawlers_leave_visitors_in_peace(void **state)
{
    uint32_t i, returning, capacity;
    ngx_http_reco_zone_ctx_t zone;

    zone_create(&zone, ZONE_SIZE);
    capacity = zone.header->stripes * zone.header->records;
    returning = capacity / 2;

    for (i = 0; i < 2 * returning; i++) {
        put(&zone, i % returning, i);
    }

    for (i = 0; i < 20 * capacity; i++) {
        put(&zone, 1000000 + i, 1);
    }

    for (i = 0; i < returning; i++) {
        assert_int_equal(get(&zone, i), returning + i);
    }
}


static void
test_evicts_the_oldest(void **state)
{
    uint32_t i, records, n[NEIGHBOURS];
    ngx_http_reco_zone_ctx_t zone;

    zone_create(&zone, ZONE_SIZE);
    records = zone.header->records;
    assert_true(records + 10 <= NEIGHBOURS);
    neighbours(&zone, n, records + 10);

    for (i = 0; i < records + 10; i++) {
        put(&zone, n[i], i + 1);
    }

    for (i = 0; i < records + 10; i++) {
        assert_int_equal(get(&zone, n[i]), i < 10 ? -1 : (int) i + 1);
    }

    assert_int_equal(stripe_of(&zone, 0)->used, records);
    assert_int_equal(stripe_of(&zone, 0)->evicted, 10);
}


/* What a process was doing when it was killed. */
enum {
    READING,
    OPENED,   /* a known visitor's session half-written */
    CREATED,  /* a new visitor's */
    REMOVING, /* links half-way */
    DEATHS
};


static void
die_holding(ngx_http_reco_zone_ctx_t *zone, uint32_t n, int doing)
{
    int status;
    pid_t pid;
    ngx_http_reco_id_t id = visitor(n);
    ngx_http_reco_shelf_t shelf;
    ngx_http_reco_record_t *record;

    pid = fork();
    assert_true(pid >= 0);

    if (pid > 0) {
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFSIGNALED(status));
        return;
    }

    ngx_http_reco_shelf_lock(&shelf, zone, &id);

    switch (doing) {
    case OPENED:
    case CREATED:
        record = ngx_http_reco_shelf_open(&shelf, &id);
        record->session.nevents = HALF_WRITTEN;
        break;

    case REMOVING:
        record = ngx_http_reco_shelf_find(&shelf, &id);
        ngx_memset(shelf.buckets, 0, shelf.header->buckets * sizeof(uint32_t));
        record->next = 7654321;
        shelf.stripe->lists[record->list].newest = 12345678;
        shelf.stripe->free = 87654321;
        break;

    default:
        break;
    }

    kill(getpid(), SIGKILL);
}


static void
test_survives_a_killed_holder(void **state)
{
    int doing;
    uint32_t i, records, n[NEIGHBOURS];
    ngx_http_reco_zone_ctx_t zone;

    for (doing = 0; doing < DEATHS; doing++) {
        zone_create(&zone, ZONE_SIZE);
        records = zone.header->records;
        assert_true(101 + records <= NEIGHBOURS);
        neighbours(&zone, n, 101 + records);

        for (i = 0; i < 100; i++) {
            test_time.sec = NOW + i;
            put(&zone, n[i], i + 1);
        }

        die_holding(&zone, n[doing == CREATED ? 100 : 50], doing);

        for (i = 0; i < 100; i++) {
            assert_int_equal(get(&zone, n[i]),
                i == 50 && doing == OPENED ? -1 : (int) i + 1);
        }

        assert_int_equal(get(&zone, n[100]), -1);
        assert_int_equal(stripe_of(&zone, 0)->recovered, 1);

        /* and the lists are in order: the oldest makes room */

        for (i = 0; i < records; i++) {
            put(&zone, n[101 + i], 1);
        }

        assert_int_equal(get(&zone, n[0]), -1);
        assert_int_equal(get(&zone, n[100 + records]), 1);
        assert_int_equal(stripe_of(&zone, 0)->used, records);
    }
}


/* How often a stripe was taken over from a process that died. */
static uint64_t
recovered(ngx_http_reco_zone_ctx_t *zone)
{
    uint32_t i;
    uint64_t sum;
    ngx_http_reco_stripe_t *stripes;

    stripes = (void *) ((u_char *) zone->header + zone->header->stripes_offset);
    sum = 0;

    for (i = 0; i < zone->header->stripes; i++) {
        sum += stripes[i].recovered;
    }

    return sum;
}


/* Processes write while others are killed at any instruction, until some of those
   had a lock. */
static void
test_survives_random_kills(void **state)
{
    int i, k, status;
    pid_t pid[4];
    uint32_t n;
    ngx_http_reco_zone_ctx_t zone;

    zone_create(&zone, 512 * 1024);

    alarm(600);

    for (i = 0; i < 60 || recovered(&zone) < 3; i++) {
        for (k = 0; k < 4; k++) {
            pid[k] = fork();
            assert_true(pid[k] >= 0);

            if (pid[k] == 0) {
                alarm(600);

                for (n = k;; n += 7) {
                    put(&zone, n % 5000, n);
                    (void) get(&zone, n % 3000);
                }
            }
        }

        usleep(1000 + 137 * (i % 60));

        for (k = 0; k < 4; k++) {
            kill(pid[k], SIGKILL);
            waitpid(pid[k], &status, 0);
        }
    }

    for (n = 0; n < 5000; n++) {
        put(&zone, n, n);
        assert_int_equal(get(&zone, n), n);
    }

    alarm(0);
}


static void
move(const ngx_http_reco_record_t *record, void *data)
{
    ngx_http_reco_shelf_put(data, record);
}


static void
test_moves_to_another_size(void **state)
{
    uint32_t i;
    ngx_uint_t moved;
    ngx_http_reco_zone_ctx_t small, large;

    zone_create(&small, 512 * 1024);

    for (i = 0; i < 100; i++) {
        put(&small, i, i + 1);
    }

    put(&small, 42, 4242);

    zone_create(&large, 2 * ZONE_SIZE);
    moved = ngx_http_reco_shelf_each(&small, move, &large);

    assert_int_equal(moved, 100);

    for (i = 0; i < 100; i++) {
        assert_int_equal(get(&large, i), i == 42 ? 4242 : (int) i + 1);
    }
}


/* More bytes than the kernel gives in one go come what may. */
static void
test_random_fills_all(void **state)
{
    u_char bytes[4096];
    ngx_uint_t i, zeros;

    (void) state;

    ngx_memzero(bytes, sizeof(bytes));
    assert_int_equal(
        ngx_http_reco_random(bytes + 1, sizeof(bytes) - 2), NGX_OK);
    assert_int_equal(bytes[0], 0);
    assert_int_equal(bytes[sizeof(bytes) - 1], 0);

    /* eight zeros in a row come once in 2^52 times */

    zeros = 0;

    for (i = 1; i < sizeof(bytes) - 1; i++) {
        zeros = bytes[i] == 0 ? zeros + 1 : 0;
        assert_true(zeros < 8);
    }
}


static void
test_zones_have_secrets_of_their_own(void **state)
{
    ngx_http_reco_zone_ctx_t zones[2];
    ngx_uint_t i;

    (void) state;

    for (i = 0; i < 2; i++) {
        zone_create(&zones[i], ZONE_SIZE);
        assert_int_equal(
            ngx_http_reco_zone_format(zones[i].header, ZONE_SIZE), NGX_OK);
    }

    assert_true(zones[0].header->secret != zones[1].header->secret);

    for (i = 0; i < 2; i++) {
        munmap(zones[i].header, ZONE_SIZE);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_fills_all),
        cmocka_unit_test(test_zones_have_secrets_of_their_own),
        cmocka_unit_test(test_finds_what_was_put),
        cmocka_unit_test(test_clients_choose_no_place),
        cmocka_unit_test(test_places_are_secret),
        cmocka_unit_test(test_adds_unasked),
        cmocka_unit_test(test_forgets_after_its_time),
        cmocka_unit_test(test_crawlers_leave_visitors_in_peace),
        cmocka_unit_test(test_evicts_the_oldest),
        cmocka_unit_test(test_survives_a_killed_holder),
        cmocka_unit_test(test_survives_random_kills),
        cmocka_unit_test(test_moves_to_another_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
