/*
 * trainer.conf: values, units, quotes, and what is refused with which words.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "log.h"
#include "model/ials.h"
#include "protocol.h"
#include "redis.h"
#include "words.h"


static reco_config_t *config;


static int
setup(void **state)
{
    (void) state;

    config = reco_config_create();

    return config == NULL;
}


static int
teardown(void **state)
{
    (void) state;

    reco_config_destroy(config);

    return 0;
}


static reco_status_t
read_text(const char *text, reco_error_t *error)
{
    char path[] = "/tmp/reco-config-XXXXXX";
    reco_status_t status;
    int fd;

    fd = mkstemp(path);
    assert_true(fd != -1);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t) strlen(text));
    close(fd);
    status = reco_config_read(config, path, error);
    unlink(path);

    return status;
}


static void
test_defaults(void **state)
{
    (void) state;

    assert_string_equal(reco_config_string(config, "stream"), "reco:events");
    assert_int_equal(reco_config_integer(config, "session_gap"), 1800000);
    assert_int_equal(reco_config_integer(config, "gate"), 1);
    assert_false(reco_config_is_set(config, "gate"));
}


static void
test_values(void **state)
{
    (void) state;

    assert_int_equal(read_text("# a comment\n"
                               "\n"
                               "  shards   4   # as in nginx.conf\n"
                               "session_gap 45m\n"
                               "overlay_interval 250ms\n"
                               "train_interval 90\n"
                               "store_size 2G\n"
                               "gate off\n"
                               "gate_tolerance 5e-2\n"
                               "redis_password \"a # b \"  # secret\n"
                               "redis_user x#y\n"
                               "shards 8",
                         NULL),
        RECO_OK);

    assert_int_equal(reco_config_integer(config, "shards"), 8);
    assert_int_equal(reco_config_integer(config, "session_gap"), 2700000);
    assert_int_equal(reco_config_integer(config, "overlay_interval"), 250);
    assert_int_equal(reco_config_integer(config, "train_interval"), 90000);
    assert_int_equal(
        reco_config_integer(config, "store_size"), INT64_C(2) << 30);
    assert_int_equal(reco_config_integer(config, "gate"), 0);
    assert_true(reco_config_number(config, "gate_tolerance") == 0.05);
    assert_string_equal(reco_config_string(config, "redis_password"), "a # b ");
    assert_string_equal(reco_config_string(config, "redis_user"), "x#y");
    assert_true(reco_config_is_set(config, "gate"));
}


static void
test_refuses(void **state)
{
    static const struct {
        const char *text;
        unsigned line;
        const char *says;
    } bad[] = {
        {"shards 4\nshard 4\n", 2, "unknown key \"shard\""},
        {"shards four\n", 1, "a whole number"},
        {"shards 4.5\n", 1, "a whole number"},
        {"shards\n", 1, "a whole number"},
        {"shards 0\n", 1, "out of range"},
        {"shards 4k\n", 1, "a whole number"},
        {"shards nan\n", 1, "a whole number"},
        {"gate_tolerance inf\n", 1, "a number"},
        {"gate_tolerance 0x\n", 1, "a number"},
        {"session_gap 30 m\n", 1, "a duration"},
        {"session_gap -5m\n", 1, "out of range"},
        {"ials_dimensions 1025\n", 1, "out of range"}, /* of a version */
        {"gate yes\n", 1, "on or off"},
        {"redis host:99999\n", 1, "from 1 to 65535"},
        {"redis host:0\n", 1, "from 1 to 65535"},
        {"redis host:\n", 1, "from 1 to 65535"},
        {"redis host:+1\n", 1, "from 1 to 65535"},
        {"redis ::1\n", 1, "from 1 to 65535"},
        {"redis [::1]6379\n", 1, "from 1 to 65535"},
        {"redis [::1\n", 1, "from 1 to 65535"},
        {"redis []\n", 1, "from 1 to 65535"},
        {"redis :6379\n", 1, "from 1 to 65535"},
        {"redis unix:\n", 1, "unix:PATH"},
        {"redis a:1 b:65536\n", 1, "one or several"},
        {"redis \" \"\n", 1, "one or several"},
        {"redis\n", 1, "one or several"},
        {"redis /run/redis.sock\n", 1, "unix:PATH"},
        {"memcached host:11211x\n", 1, "from 1 to 65535"},
        {"memcached unix:/a\n", 1, "from 1 to 65535"},
        {"memcached a b:1\n", 1, "from 1 to 65535"},
        {"model\n", 1, "from 1 to 4000"},
        {"stream\n", 1, "from 1 to 200"},
        {"redis \"unix:/a\n", 1, "quote"},
        {"redis \"a\" b\n", 1, "quote"},
    };
    reco_error_t error;
    size_t i;

    (void) state;

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memset(&error, 0, sizeof(error));
        assert_int_equal(read_text(bad[i].text, &error), RECO_INVALID);
        assert_int_equal(error.line, bad[i].line);
        if (strstr(error.message, bad[i].says) == NULL) {
            fail_msg("\"%s\" does not say \"%s\"", error.message, bad[i].says);
        }
    }

    assert_int_equal(
        reco_config_read(config, "/nowhere/trainer.conf", &error), RECO_IO);
    assert_non_null(strstr(error.message, "/nowhere/trainer.conf"));
}


/* A word's number is its place in the enumeration that is to follow it. */
static void
test_words(void **state)
{
    (void) state;

    assert_int_equal(reco_config_integer(config, "log_level"), RECO_LOG_NOTICE);
    assert_int_equal(read_text("log_level debug\n"
                               "ials_solver block\n"
                               "blend_protocol leave-last\n",
                         NULL),
        RECO_OK);
    assert_int_equal(reco_config_integer(config, "log_level"), RECO_LOG_DEBUG);
    assert_int_equal(
        reco_config_integer(config, "ials_solver"), RECO_IALS_BLOCK);
    assert_int_equal(reco_config_integer(config, "blend_protocol"),
        RECO_PROTOCOL_LEAVE_LAST);
    assert_int_equal(
        reco_words_find(reco_log_levels, "none"), RECO_LOG_LEVEL_COUNT);
    assert_int_equal(reco_words_find(reco_protocols, ""), RECO_PROTOCOL_COUNT);
}


static void
test_servers(void **state)
{
    static const char *const good[] = {"redis=localhost",
        "redis=localhost:65535", "redis=[::1] [::1]:1\tunix:/a b",
        "memcached=", "memcached=[::1]:11211", "memcached=cache"};
    char path[] = "redis=unix:/"
                  "0123456789012345678901234567890123456789012345678901"
                  "234567890123456789012345678901234567890123456789012345";
    reco_error_t error = {0};
    size_t i;

    (void) state;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (reco_config_set_pair(config, good[i], &error) != RECO_OK) {
            fail_msg("%s", error.message);
        }
    }

    /* A socket's address has room for 107 bytes of it. */
    assert_int_equal(strlen(path), strlen("redis=unix:") + 107);
    assert_int_equal(reco_config_set_pair(config, path, NULL), RECO_OK);
    memcpy(path, "redis=unix://", 13);
    assert_int_equal(reco_config_set_pair(config, path, NULL), RECO_OK);
}


static void
test_texts_have_bounds(void **state)
{
    char text[4300];

    (void) state;

    memset(text, 'x', sizeof(text));
    memcpy(text, "group=", 6);
    text[6 + 200] = '\0';
    assert_int_equal(reco_config_set_pair(config, text, NULL), RECO_OK);
    text[6 + 200] = 'x';
    text[6 + 201] = '\0';
    assert_int_equal(reco_config_set_pair(config, text, NULL), RECO_INVALID);
}


static void
test_ports(void **state)
{
    (void) state;

    assert_int_equal(reco_redis_port(config), 6379);
    assert_int_equal(
        reco_config_set_pair(config, "redis_sentinel=shop", NULL), RECO_OK);
    assert_int_equal(reco_redis_port(config), 26379);
}


/* Each value is well by itself. */
static void
test_values_that_disagree(void **state)
{
    static const struct {
        const char *text;
        const char *says;
    } bad[] = {
        {"redis_user u\n", "\"redis_user\" needs \"redis_password\""},
        {"redis_password p\nredis_sentinel_user u\n",
            "\"redis_sentinel_user\" needs \"redis_sentinel_password\""},
        {"redis_sentinel_password p\nmodel /nowhere\narchive /nowhere\n",
            "same folder"},
        {"model /tmp\narchive /tmp/.\n", "same folder"},
    };
    reco_error_t error;
    size_t i;

    (void) state;

    assert_int_equal(reco_config_check(config, NULL), RECO_OK);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memset(&error, 0, sizeof(error));
        assert_int_equal(read_text(bad[i].text, NULL), RECO_OK);
        assert_int_equal(reco_config_check(config, &error), RECO_INVALID);
        if (strstr(error.message, bad[i].says) == NULL) {
            fail_msg("\"%s\" does not say \"%s\"", error.message, bad[i].says);
        }
    }

    assert_int_equal(read_text("model /tmp\narchive /\n", NULL), RECO_OK);
    assert_int_equal(reco_config_check(config, &error), RECO_OK);
    assert_int_equal(read_text("stream ev\nrejected ev:12\n", NULL), RECO_OK);
    assert_int_equal(reco_config_check(config, &error), RECO_INVALID);
    assert_non_null(strstr(error.message, "\"rejected\""));
    assert_int_equal(read_text("rejected ev:12x\n", NULL), RECO_OK);
    assert_int_equal(reco_config_check(config, &error), RECO_OK);
    assert_int_equal(read_text("item_prefix reco:visitor:\n", NULL), RECO_OK);
    assert_int_equal(reco_config_check(config, &error), RECO_INVALID);
    assert_non_null(strstr(error.message, "\"item_prefix\""));
    assert_int_equal(read_text("item_prefix a\nrejected ev:\n", NULL), RECO_OK);
    assert_int_equal(reco_config_check(config, &error), RECO_OK);

    /* nginx takes none of these, and memcached none with a blank. */
    assert_int_equal(read_text("visitor_prefix \"a b\"\n", NULL), RECO_OK);
    assert_int_equal(reco_config_check(config, &error), RECO_INVALID);
    assert_non_null(strstr(error.message, "\"visitor_prefix\""));
    assert_int_equal(read_text("visitor_prefix \xc3\xa4:\n", NULL), RECO_OK);
    assert_int_equal(reco_config_check(config, &error), RECO_INVALID);
    assert_int_equal(read_text("visitor_prefix \"\"\n", NULL), RECO_OK);
    assert_int_equal(reco_config_check(config, &error), RECO_OK);
}


static void
test_pairs(void **state)
{
    reco_error_t error = {0};

    (void) state;

    assert_int_equal(
        reco_config_set_pair(config, "shards = 3", &error), RECO_OK);
    assert_int_equal(reco_config_integer(config, "shards"), 3);
    assert_int_equal(
        reco_config_set_pair(config, "redis=unix:/a=b", &error), RECO_OK);
    assert_string_equal(reco_config_string(config, "redis"), "unix:/a=b");
    assert_int_equal(
        reco_config_set_pair(config, "shards", &error), RECO_INVALID);
    assert_non_null(strstr(error.message, "KEY=VALUE"));
    assert_int_equal(
        reco_config_set_pair(config, "engine.none=1", &error), RECO_INVALID);
    assert_non_null(strstr(error.message, "engine.none"));
    assert_int_equal(reco_config_set_pair(config, "engine.session.m=x", &error),
        RECO_INVALID);
}


static void
test_lists_entries(void **state)
{
    reco_config_entry_t entry;
    unsigned engine, set;
    size_t i;

    (void) state;

    assert_int_equal(
        reco_config_set_pair(config, "engine.session.m=100", NULL), RECO_OK);
    assert_int_equal(
        reco_config_set_pair(config, "engine.session.k=2", NULL), RECO_OK);
    assert_int_equal(
        reco_config_set_pair(config, "engine.session.m=3", NULL), RECO_OK);
    assert_int_equal(reco_config_set_pair(config, "shards=1", NULL), RECO_OK);

    engine = 0;
    set = 0;

    for (i = 0; reco_config_at(config, i, &entry); i++) {
        set += entry.set != 0;
        if (strcmp(entry.key, "engine.session.m") == 0) {
            engine++;
            assert_string_equal(entry.value, "3");
        }
        if (strcmp(entry.key, "engine.session.k") == 0) {
            engine++;
            assert_string_equal(entry.value, "2");
        }
    }

    assert_int_equal(engine, 2);
    assert_int_equal(set, 3);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, setup, teardown),
        cmocka_unit_test_setup_teardown(test_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refuses, setup, teardown),
        cmocka_unit_test_setup_teardown(test_words, setup, teardown),
        cmocka_unit_test_setup_teardown(test_servers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ports, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_texts_have_bounds, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_values_that_disagree, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pairs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lists_entries, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
