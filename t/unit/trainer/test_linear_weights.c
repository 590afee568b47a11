/*
 * Weights that were learnt elsewhere: Vowpal Wabbit's two texts, and lines by
 * hand.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "linear_weights.h"
#include "random.h"

/* What Vowpal Wabbit 9.11 wrote. */
#define HEAD                                                                   \
    "Version 9.11.9\nId \nMin label:-50\nMax label:50\nbits:18\nlda:0\n"       \
    "0 ngram:\n0 skip:\noptions:\nChecksum: 396771088\n:1\ninitial_t 0\n"      \
    "sum_loss 2.88395\nsd::oec.weighted_labeled_examples 0\ncurrent_pass 1\n"


static reco_status_t
read_text(const char *text, reco_linear_weights_t *weights, reco_error_t *error)
{
    reco_error_t mine = {0};

    return reco_linear_weights_read(weights, (reco_str_t){strlen(text), text},
        error != NULL ? error : &mine);
}


static void
test_names(void **state)
{
    reco_linear_weights_t weights;

    (void) state;

    assert_int_equal(read_text(HEAD "reco^next:5346:0.36036 0.0134032 0.2\n"
                                    "place^p1:90140:0.335108 0.410289 1\n"
                                    "Constant:116060:-0.0200203 1.05574 1\n"
                                    "reco^session*reco^next:7:0.5\n"
                                    "reco^session:175572:-0.407827\n",
                         &weights, NULL),
        RECO_OK);
    assert_true(weights.wabbit);
    assert_int_equal(weights.nnamed, 2);
    assert_int_equal(weights.npassed, 3);
    assert_true(weights.values[RECO_ENGINE_SESSION] == -0.407827F);
    assert_true(weights.values[RECO_ENGINE_NEXT] == 0.36036F);
    assert_false(weights.named[RECO_ENGINE_VIEWED]);
}


static void
test_hashes(void **state)
{
    reco_linear_weights_t weights;
    reco_error_t error;

    (void) state;

    assert_int_equal(
        read_text(HEAD "5346:0.36036 0.0134032 0.2\n90140:0.335108 0.4 1\n"
                       "175572:0.407827\n256151:0.00747925\n",
            &weights, NULL),
        RECO_OK);
    assert_int_equal(weights.nnamed, 3);
    assert_int_equal(weights.npassed, 1);
    assert_true(weights.values[RECO_ENGINE_SESSION] == 0.407827F);
    assert_true(weights.values[RECO_ENGINE_VIEWED] == 0.00747925F);

    assert_int_equal(
        read_text("Version 9\nbits:40\n:0\n5346:1\n", &weights, &error),
        RECO_INVALID);
    assert_int_equal(error.line, 2);
}


static void
test_lines(void **state)
{
    reco_linear_weights_t weights;

    (void) state;

    assert_int_equal(read_text("# mine\n\n session 2 # kNN\r\n"
                               "weight.next=-0.5\nengine.weight.viewed\t1e-3",
                         &weights, NULL),
        RECO_OK);
    assert_false(weights.wabbit);
    assert_int_equal(weights.nnamed, 3);
    assert_true(weights.values[RECO_ENGINE_SESSION] == 2);
    assert_true(weights.values[RECO_ENGINE_NEXT] == -0.5F);
    assert_true(weights.values[RECO_ENGINE_VIEWED] == 1e-3F);
}


static void
test_refuse(void **state)
{
    static const struct {
        const char *text;
        unsigned line;
    } texts[] = {{"session 1\nnext x\n", 2}, {"session\n", 1},
        {"sessions 1\n", 1}, {"session nan\n", 1}, {"session 1e99\n", 1},
        {"next 1\n\nnext 2\n", 3}, {"session 1 2\n", 1}, {"", 0},
        {HEAD "reco^nothing:1:2\n", 0}};
    reco_linear_weights_t weights;
    reco_error_t error;
    size_t i;

    (void) state;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        memset(&error, 0, sizeof(error));
        assert_int_equal(
            read_text(texts[i].text, &weights, &error), RECO_INVALID);
        assert_int_equal(error.line, texts[i].line);
        assert_true(error.message[0] != '\0');
    }
}


static void
test_mutations(void **state)
{
    static const char text[] =
        HEAD "reco^next:5346:0.36036 0.0134032 0.2\n175572:0.407827\n";
    reco_linear_weights_t weights;
    reco_random_t random = {.state = 1};
    unsigned round, i;
    char *copy;
    size_t len;

    (void) state;

    for (round = 0; round < 50000; round++) {
        len = reco_random_below(&random, sizeof(text)) + 1;
        copy = malloc(len);
        assert_non_null(copy);
        memcpy(copy, text, len);
        for (i = 0; i < 4; i++) {
            copy[reco_random_below(&random, len)] =
                "\n\r:^ 09a-"[reco_random_below(&random, 10)];
        }
        (void) reco_linear_weights_read(
            &weights, (reco_str_t){len, copy}, NULL);
        free(copy);
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_hashes),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_refuse),
        cmocka_unit_test(test_mutations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
