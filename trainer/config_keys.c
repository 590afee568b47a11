#include "config_keys.h"

#include <stddef.h>

#define SECOND 1e3
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define MIB    (1024.0 * 1024)
#define TIB    (1024.0 * 1024 * MIB)


/* clang-format off: one key a line */
const reco_config_key_t reco_config_keys[] = {

    /* Where things are. */
    {"state", RECO_CONFIG_TEXT, "/var/lib/reco/state", 0, 0},
    {"model", RECO_CONFIG_TEXT, "/run/reco/shop", 0, 0},
    {"archive", RECO_CONFIG_TEXT, "/var/lib/reco/models", 0, 0},
    {"log_level", RECO_CONFIG_TEXT, "notice", 0, 0},

    /* The stream. */
    {"redis", RECO_CONFIG_TEXT, "unix:/run/redis/redis.sock", 0, 0},
    {"redis_user", RECO_CONFIG_TEXT, "", 0, 0},
    {"redis_password", RECO_CONFIG_TEXT, "", 0, 0},
    {"redis_db", RECO_CONFIG_INTEGER, "0", 0, 65535},
    {"redis_timeout", RECO_CONFIG_DURATION, "5s", 100, HOUR},
    {"stream", RECO_CONFIG_TEXT, "reco:events", 0, 0},
    {"shards", RECO_CONFIG_INTEGER, "1", 1, 1024},
    {"group", RECO_CONFIG_TEXT, "reco-trainer", 0, 0},
    {"consumer", RECO_CONFIG_TEXT, "", 0, 0},
    {"batch", RECO_CONFIG_INTEGER, "1000", 1, 100000},
    {"claim_idle", RECO_CONFIG_DURATION, "30s", SECOND, DAY},
    {"rejected_max", RECO_CONFIG_INTEGER, "1000", 0, 1e6},

    /* The store. */
    {"dedupe", RECO_CONFIG_DURATION, "7d", MINUTE, 400 * DAY},
    {"retention", RECO_CONFIG_DURATION, "400d", HOUR, 36500 * DAY},
    {"session_gap", RECO_CONFIG_DURATION, "30m", SECOND, 365 * DAY},
    {"visitor_rate", RECO_CONFIG_INTEGER, "5000", 1, 1e9},
    {"store_size", RECO_CONFIG_SIZE, "256m", MIB, 16 * TIB},

    /* Batch training and versions. */
    {"train_interval", RECO_CONFIG_DURATION, "6h", SECOND, 365 * DAY},
    {"min_events", RECO_CONFIG_INTEGER, "100", 1, 1e12},
    {"history_max", RECO_CONFIG_INTEGER, "50000000", 1, 1e12},
    {"keep", RECO_CONFIG_INTEGER, "10", 2, 10000},
    {"gate", RECO_CONFIG_FLAG, "on", 0, 0},
    {"gate_tolerance", RECO_CONFIG_NUMBER, "0.02", 0, 1},
    {"gate_holdout", RECO_CONFIG_NUMBER, "0.05", 0.001, 0.5},

    /* The overlay. */
    {"overlay_interval", RECO_CONFIG_DURATION, "1s", 50, HOUR},
    {"overlay_sessions", RECO_CONFIG_INTEGER, "20000", 1, 1e7},
    {"trend_halflife", RECO_CONFIG_DURATION, "2h", MINUTE, 365 * DAY},

    {NULL, RECO_CONFIG_TEXT, NULL, 0, 0},
};
/* clang-format on */
