#include "config_keys.h"

#include "config.h"
#include "log.h"
#include "model/ials.h"
#include "protocol.h"
#include "snapshot/reco_snapshot.h"

#include <stddef.h>
#include <string.h>

#define SECOND 1e3
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define MIB    (1024.0 * 1024)
#define TIB    (1024.0 * 1024 * MIB)

/* Bytes of texts, as far as there is room where they become part of a longer
   one: a path, the name of a stream, the key of a record. */
#define FOLDER_MAX     4000
#define NAME_MAX_BYTES 200
#define PREFIX_MAX     120


/* clang-format off: one key a line */
const reco_config_key_t reco_config_keys[] = {

    /* Where things are. */
    {"state", RECO_CONFIG_TEXT, "/var/lib/reco/state", 1, FOLDER_MAX},
    {"model", RECO_CONFIG_TEXT, "/run/reco/shop", 1, FOLDER_MAX},
    {"archive", RECO_CONFIG_TEXT, "/var/lib/reco/models", 1, FOLDER_MAX},
    {"log_level", RECO_CONFIG_WORD, "notice", 0, 0},

    /* The stream. */
    {"redis", RECO_CONFIG_SERVERS, "127.0.0.1:6379", 0, 0},
    {"redis_sentinel", RECO_CONFIG_TEXT, "", 0, 0},
    {"redis_sentinel_user", RECO_CONFIG_TEXT, "", 0, 0},
    {"redis_sentinel_password", RECO_CONFIG_TEXT, "", 0, 0},
    {"redis_user", RECO_CONFIG_TEXT, "", 0, 0},
    {"redis_password", RECO_CONFIG_TEXT, "", 0, 0},
    {"redis_db", RECO_CONFIG_INTEGER, "0", 0, 65535},
    {"redis_timeout", RECO_CONFIG_DURATION, "5s", 100, HOUR},
    {"redis_tls", RECO_CONFIG_FLAG, "off", 0, 0},
    {"redis_tls_verify", RECO_CONFIG_FLAG, "on", 0, 0},
    {"redis_tls_ca", RECO_CONFIG_TEXT, "", 0, 0},
    {"redis_tls_cert", RECO_CONFIG_TEXT, "", 0, 0},
    {"redis_tls_key", RECO_CONFIG_TEXT, "", 0, 0},
    {"redis_tls_name", RECO_CONFIG_TEXT, "", 0, 0},
    {"stream", RECO_CONFIG_TEXT, "reco:events", 1, NAME_MAX_BYTES},
    {"shards", RECO_CONFIG_INTEGER, "1", 1, RECO_CONFIG_SHARDS_MAX},
    {"group", RECO_CONFIG_TEXT, "reco-trainer", 1, NAME_MAX_BYTES},
    {"consumer", RECO_CONFIG_TEXT, "", 0, NAME_MAX_BYTES},
    {"batch", RECO_CONFIG_INTEGER, "1000", 1, 100000},
    {"claim_idle", RECO_CONFIG_DURATION, "30s", SECOND, DAY},
    {"rejected", RECO_CONFIG_TEXT, "reco:rejected", 1, NAME_MAX_BYTES},
    {"rejected_max", RECO_CONFIG_INTEGER, "1000", 0, 1e6},

    /* The store. */
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

    {"rollback", RECO_CONFIG_FLAG, "on", 0, 0},
    {"rollback_shown", RECO_CONFIG_INTEGER, "5000", 100, 1e12},
    {"rollback_tolerance", RECO_CONFIG_NUMBER, "0.05", 0, 1},

    /* The overlay. */
    {"overlay_interval", RECO_CONFIG_DURATION, "500ms", 50, HOUR},
    {"overlay_sessions", RECO_CONFIG_INTEGER, "20000", 1, 1e7},
    {"overlay_weight", RECO_CONFIG_NUMBER, "1", 0, 10},
    {"trend_halflife", RECO_CONFIG_DURATION, "2h", MINUTE, 365 * DAY},

    /* Online factorisation. */
    {"online", RECO_CONFIG_FLAG, "on", 0, 0},
    {"online_rate", RECO_CONFIG_NUMBER, "0.1", 0, 10},
    {"online_negatives", RECO_CONFIG_INTEGER, "5", 0, 100},
    {"online_batch", RECO_CONFIG_INTEGER, "64", 1, 100000},
    {"online_pull", RECO_CONFIG_NUMBER, "0.001", 0, 1},
    {"online_drift", RECO_CONFIG_NUMBER, "1", 0, 100},
    {"online_items", RECO_CONFIG_INTEGER, "200000", 100, 1e8},
    {"online_visitors", RECO_CONFIG_INTEGER, "100000", 100, 1e8},
    {"online_profile", RECO_CONFIG_INTEGER, "30", 0, 1000},
    {"online_vectors", RECO_CONFIG_INTEGER, "1000", 0, 1e6},

    /* Prequential figures, and what follows from them. */
    {"prequential_share", RECO_CONFIG_NUMBER, "0.2", 0, 1},
    {"prequential_halflife", RECO_CONFIG_INTEGER, "5000", 100, 1e9},
    {"selection", RECO_CONFIG_FLAG, "on", 0, 0},

    /* The blend's weights, by clicks. */
    {"clicks", RECO_CONFIG_FLAG, "off", 0, 0},
    {"clicks_examination", RECO_CONFIG_NUMBER, "1", 0, 10},
    {"clicks_step", RECO_CONFIG_NUMBER, "0.1", 0, 10},
    {"clicks_drift", RECO_CONFIG_NUMBER, "0.5", 0, 100},

    /* The feature store. */
    {"features", RECO_CONFIG_FLAG, "on", 0, 0},
    {"feature_ttl", RECO_CONFIG_DURATION, "30d", SECOND, 3650 * DAY},
    {"visitor_prefix", RECO_CONFIG_TEXT, "reco:visitor:", 0, PREFIX_MAX},
    {"item_prefix", RECO_CONFIG_TEXT, "reco:item:", 0, PREFIX_MAX},
    {"memcached", RECO_CONFIG_SERVER, "", 0, 0},

    /* What an event counts in training. */
    {"threads", RECO_CONFIG_INTEGER, "0", 0, 256},
    {"seed", RECO_CONFIG_INTEGER, "1", 0, 1e15},
    {"weight.view", RECO_CONFIG_NUMBER, "1", 0, 1e6},
    {"weight.click", RECO_CONFIG_NUMBER, "1", 0, 1e6},
    {"weight.hover", RECO_CONFIG_NUMBER, "0", 0, 1e6},
    {"weight.dwell", RECO_CONFIG_NUMBER, "0", 0, 1e6},
    {"weight.cart", RECO_CONFIG_NUMBER, "2", 0, 1e6},
    {"weight.purchase", RECO_CONFIG_NUMBER, "3", 0, 1e6},
    {"weight.rating", RECO_CONFIG_NUMBER, "1", 0, 1e6},
    {"weight.custom", RECO_CONFIG_NUMBER, "0", 0, 1e6},
    {"dwell_full", RECO_CONFIG_DURATION, "1m", 0, DAY},
    {"history_halflife", RECO_CONFIG_DURATION, "0", 0, 36500 * DAY},

    /* Session kNN. */
    {"knn_sessions", RECO_CONFIG_INTEGER, "20000000", 1, 1e9},
    {"knn_longest", RECO_CONFIG_INTEGER, "100", 2, 10000},

    /* Sequential rules. */
    {"rules_window", RECO_CONFIG_INTEGER, "10", 1, 1000},
    {"rules_decay", RECO_CONFIG_NUMBER, "2", 0, 10},
    {"rules_shrinkage", RECO_CONFIG_NUMBER, "1", 0, 1e6},
    {"rules_sample", RECO_CONFIG_INTEGER, "20000", 1, 1e9},

    /* Item neighbours. */
    {"neighbors_limit", RECO_CONFIG_INTEGER, "100", 1, 10000},
    {"neighbors_sample", RECO_CONFIG_INTEGER, "5000", 1, 1e9},
    {"neighbors_longest", RECO_CONFIG_INTEGER, "200", 2, 100000},
    {"view_from", RECO_CONFIG_NUMBER, "0.5", 0, 2},
    {"view_to", RECO_CONFIG_NUMBER, "0.5", 0, 2},
    {"view_length", RECO_CONFIG_NUMBER, "0.5", 0, 2},
    {"view_shrinkage", RECO_CONFIG_NUMBER, "1", 0, 1e6},
    {"view_significance", RECO_CONFIG_NUMBER, "0", 0, 1e6},
    {"buy_carts", RECO_CONFIG_FLAG, "on", 0, 0},
    {"buy_from", RECO_CONFIG_NUMBER, "0.5", 0, 2},
    {"buy_to", RECO_CONFIG_NUMBER, "0.5", 0, 2},
    {"buy_length", RECO_CONFIG_NUMBER, "0", 0, 2},
    {"buy_shrinkage", RECO_CONFIG_NUMBER, "5", 0, 1e6},
    {"buy_significance", RECO_CONFIG_NUMBER, "3.84", 0, 1e6},
    {"content_common", RECO_CONFIG_INTEGER, "5000", 1, 1e9},
    {"content_map", RECO_CONFIG_FLAG, "on", 0, 0},

    /* Implicit matrix factorisation. */
    {"ials_dimensions", RECO_CONFIG_INTEGER, "64", 0,
        RECO_SNAPSHOT_DIMENSIONS_MAX},
    {"ials_iterations", RECO_CONFIG_INTEGER, "12", 1, 1000},
    {"ials_regularization", RECO_CONFIG_NUMBER, "0.003", 0, 1e6},
    {"ials_exponent", RECO_CONFIG_NUMBER, "1", 0, 2},
    {"ials_unobserved", RECO_CONFIG_NUMBER, "0.1", 0, 1e6},
    {"ials_unobserved_ratio", RECO_CONFIG_NUMBER, "10", 0, 1e6},
    {"ials_alpha", RECO_CONFIG_NUMBER, "1", 0, 1e6},
    {"ials_deviation", RECO_CONFIG_NUMBER, "0.1", 1e-6, 1e3},
    {"ials_solver", RECO_CONFIG_WORD, "cholesky", 0, 0},
    {"ials_block", RECO_CONFIG_INTEGER, "64", 1, RECO_SNAPSHOT_DIMENSIONS_MAX},
    {"ials_steps", RECO_CONFIG_INTEGER, "3", 1, 100},

    /* The blend's weights. */
    {"blend", RECO_CONFIG_FLAG, "on", 0, 0},
    {"blend_protocol", RECO_CONFIG_WORD, "next", 0, 0},
    {"blend_profiles", RECO_CONFIG_FLAG, "off", 0, 0},
    {"blend_holdout", RECO_CONFIG_NUMBER, "0.1", 0.001, 0.5},
    {"blend_cases", RECO_CONFIG_INTEGER, "4000", 1, 1e7},
    {"blend_candidates", RECO_CONFIG_INTEGER, "100", 2, 2000},
    {"blend_ridge", RECO_CONFIG_NUMBER, "10", 0, 1e9},
    {"blend_focus", RECO_CONFIG_NUMBER, "0.3", 0, 2},

    /* Popularity. */
    {"popular_halflife", RECO_CONFIG_DURATION, "30d", 0, 36500 * DAY},

    {NULL, RECO_CONFIG_TEXT, NULL, 0, 0},
};
/* clang-format on */


const char *const *
reco_config_words(const char *name)
{
    static const struct {
        const char *name;
        const char *const *words;
    } keys[] = {
        {"log_level", reco_log_levels},
        {"ials_solver", reco_ials_solvers},
        {"blend_protocol", reco_protocols},
    };
    size_t i;

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(keys[i].name, name) == 0) {
            return keys[i].words;
        }
    }

    return NULL;
}
