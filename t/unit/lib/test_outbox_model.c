/*
 * The outbox against a naive model of it: what is appended, read, dropped and
 * acknowledged by chance is the same in both, many times round the ring.
 */

#include "outbox_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define MODEL_MAX 4096

typedef struct {
    char data[2048];
    size_t len;
} model_record_t;

typedef struct {
    model_record_t records[MODEL_MAX];
    uint64_t first;
    uint64_t last;
    uint64_t made; /* records ever */
} model_t;


static void
fill_record(model_record_t *record, uint64_t number)
{
    size_t i;

    record->len = (size_t) (rand() % (int) sizeof(record->data));
    for (i = 0; i < record->len; i++) {
        record->data[i] = (char) (number * 31 + i * 7);
    }
}


static void
model_append(model_t *model, reco_outbox_t *outbox)
{
    model_record_t *record;
    reco_status_t rc;

    record = &model->records[model->last % MODEL_MAX];
    fill_record(record, model->made);

    rc = reco_outbox_append(outbox, (reco_str_t){record->len, record->data});

    if (rc == RECO_OK) {
        model->last++;
        model->made++;
        assert_true(model->last - model->first < MODEL_MAX);
    } else {
        assert_int_equal(rc, RECO_FULL);
        assert_true(model->last > model->first);
    }
}


/* Reads up to n on, and acknowledges most of what was read. */
static void
model_read(model_t *model, reco_outbox_t *outbox, unsigned n)
{
    const model_record_t *record;
    reco_str_t got;
    uint64_t cursor, at, keep;

    cursor = 0;
    keep = 0;

    for (at = model->first; at < model->last && n > 0; at++, n--) {
        record = &model->records[at % MODEL_MAX];
        assert_int_equal(reco_outbox_next(outbox, &cursor, &got), RECO_OK);
        assert_int_equal(got.len, record->len);
        assert_memory_equal(got.data, record->data, got.len);

        if (rand() % 8 != 0) {
            keep = cursor;
            model->first = at + 1;
        }
    }

    /* model->first moved on up to the last kept one alone. */
    reco_outbox_acknowledge(outbox, keep);

    if (at == model->last && n > 0) {
        assert_int_equal(
            reco_outbox_next(outbox, &cursor, &got), RECO_DECLINED);
    }
}


static void
test_model(void **state)
{
    static model_t model;
    reco_outbox_t *outbox;
    reco_status_t rc;
    unsigned step;

    (void) state;

    srand(42);
    memset(&model, 0, sizeof(model));
    outbox = open_outbox(2 * PAGE);

    for (step = 0; step < 60000; step++) {
        switch (rand() % 16) {
        case 0:
            rc = reco_outbox_drop_oldest(outbox);
            assert_int_equal(
                rc, model.first < model.last ? RECO_OK : RECO_DECLINED);
            model.first += rc == RECO_OK;
            break;

        case 1:
            if (rand() % 50 == 0) {
                reco_outbox_close(outbox);
                outbox = open_outbox(PAGE);
            }
            break;

        case 2:
        case 3:
        case 4:
            model_read(&model, outbox, (unsigned) rand() % 12);
            break;

        default:
            model_append(&model, outbox);
        }

        assert_int_equal(waiting(outbox), model.last - model.first);
    }

    /* It went round the ring many times. */
    assert_true(model.made > 10000);
    reco_outbox_close(outbox);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_model, make_path, remove_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
