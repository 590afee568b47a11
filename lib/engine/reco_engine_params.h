/*
 * The knobs: one table of name, default, bounds and meaning.
 */

#ifndef RECO_ENGINE_PARAMS_H
#define RECO_ENGINE_PARAMS_H

#include "reco_engine.h"


/* What a candidate is judged by.  The first ones are the sources' scores. */
typedef enum {
    RECO_ENGINE_FEATURE_SAME_CATEGORY = RECO_ENGINE_SOURCE_COUNT,
    RECO_ENGINE_FEATURE_PRICE,
    RECO_ENGINE_FEATURE_FRESH,
    RECO_ENGINE_FEATURE_SHOWN,
    RECO_ENGINE_FEATURE_HISTORY,
    RECO_ENGINE_FEATURE_AGREEMENT,
    RECO_ENGINE_FEATURE_SESSION_LOG,
    RECO_ENGINE_FEATURE_NEXT_LOG,
    RECO_ENGINE_FEATURE_VIEWED_LOG,
    RECO_ENGINE_FEATURE_BACKFILL_LOG,
    RECO_ENGINE_FEATURE_NEXT_LAST,
    RECO_ENGINE_FEATURE_VIEWED_LAST,
    RECO_ENGINE_FEATURE_RETURN_LAST,
    RECO_ENGINE_FEATURE_RETURN_COUNT,
    RECO_ENGINE_FEATURE_RETURN_AGAIN,
    RECO_ENGINE_FEATURE_RETURN_HABIT,
    RECO_ENGINE_FEATURE_RETURN_BACK,
    RECO_ENGINE_FEATURE_RETURN_LENGTH,
    RECO_ENGINE_FEATURE_HISTORY_COUNT,
    RECO_ENGINE_FEATURE_HISTORY_RECENT,
    RECO_ENGINE_FEATURE_COSINE,
    RECO_ENGINE_FEATURE_UNMET,
    RECO_ENGINE_FEATURE_UNMET_CONTENT,
    RECO_ENGINE_FEATURE_UNMET_COSINE,
    RECO_ENGINE_FEATURE_UNMET_FRESH,
    RECO_ENGINE_FEATURE_SEEN_SESSION,
    RECO_ENGINE_FEATURE_SEEN_COSINE,
    RECO_ENGINE_FEATURE_POPULAR_SESSION,
    RECO_ENGINE_FEATURE_POPULAR_RETURN,
    RECO_ENGINE_FEATURE_POPULAR_COSINE,
    RECO_ENGINE_FEATURE_POPULAR_SQUARE,
    RECO_ENGINE_FEATURE_SESSION_COSINE,
    RECO_ENGINE_FEATURE_SESSION_NEXT,
    RECO_ENGINE_FEATURE_RETURN_AGE,
    RECO_ENGINE_FEATURE_RETURN_SOON,
    RECO_ENGINE_FEATURE_RETURN_GAP,
    RECO_ENGINE_FEATURE_RETURN_LAST_GAP,
    RECO_ENGINE_FEATURE_COUNT
} reco_engine_feature_t;

/* In the order of reco_event_type_t. */
#define RECO_ENGINE_TYPE_COUNT 12

/* clang-format off: one knob a line */
#define RECO_ENGINE_PARAM_TABLE(X)                                             \
    X(SESSION_M, "session.m", 200, 1, 5000,                                    \
        "most recent sessions taken of each matched item")                     \
    X(SESSION_K, "session.k", 150, 1, 2000, "most similar sessions that vote") \
    X(SESSION_ITEMS, "session.items", 9, 1, 32,                                \
        "last items of the visitor that are matched")                          \
    X(SESSION_LINEAR, "session.linear", 0, 0, 1,                               \
        "1: the linear decays of VMIS-kNN in place of exponential ones")       \
    X(SESSION_POSITION, "session.position_decay", 1, 0, 100,                   \
        "lambda of a matched item's place in the visit, items; 0: off")        \
    X(SESSION_RECENCY, "session.recency_decay", 0, 0, 3650,                    \
        "lambda of a neighbour session's age, days; 0: off")                   \
    X(SESSION_DISTANCE, "session.distance_decay", 3, 0, 100,                   \
        "lambda of a candidate's distance to the match, items; 0: off")        \
    X(SESSION_BEFORE, "session.before", 0.7, 0, 1,                             \
        "factor of candidates that come before the match")                     \
    X(SESSION_IDF, "session.idf", 1, 0, 4, "exponent of a candidate's idf")    \
    X(SESSION_IDF_MATCH, "session.idf_match", 1, 0, 4,                         \
        "exponent of a matched item's idf")                                    \
    X(SESSION_LENGTH, "session.length", 0, 0, 2,                               \
        "exponent of a neighbour session's length, which divides")             \
    X(SESSION_CANDIDATES, "session.candidates", 200, 0, 1000,                  \
        "candidates taken from session kNN")                                   \
    X(SESSION_NAMED, "session.named", 60, 0, 1000,                             \
        "of these, the best that are candidates without another source; "      \
        "eight for each item of the block at least")                           \
    X(NEXT_ITEMS, "next.items", 5, 1, 32,                                      \
        "last items whose sequential rules are followed")                      \
    X(NEXT_DECAY, "next.decay", 1, 0, 100,                                     \
        "lambda of their place in the visit, items; 0: off")                   \
    X(NEXT_CANDIDATES, "next.candidates", 100, 0, 1000,                        \
        "candidates taken from sequential rules")                              \
    X(NEIGHBORS_ITEMS, "neighbors.items", 3, 1, 32,                            \
        "last items whose neighbours are taken")                               \
    X(NEIGHBORS_DECAY, "neighbors.decay", 2, 0, 100,                           \
        "lambda of their place in the visit, items; 0: off")                   \
    X(NEIGHBORS_CANDIDATES, "neighbors.candidates", 50, 0, 1000,               \
        "candidates taken from each kind of neighbours")                       \
    X(NEIGHBORS_HISTORY, "neighbors.history", 20, 0, 1000,                     \
        "last events of the profile whose neighbours are taken")               \
    X(NEIGHBORS_HISTORY_WEIGHT, "neighbors.history_weight", 0.1, 0, 10,        \
        "weight of an event of the profile")                                   \
    X(RETURN_HISTORY, "return.history", 50, 0, 1000,                           \
        "last events of the profile that may come again")                      \
    X(RETURN_DECAY, "return.decay", 3, 0, 100,                                 \
        "lambda of a seen item's place in the visit, items; 0: off")           \
    X(FACTORS_ITEMS, "factors.items", 10, 1, 32,                               \
        "last items folded into the visitor's vector")                         \
    X(FACTORS_DECAY, "factors.decay", 3, 0, 100,                               \
        "lambda of their place in the visit, items; 0: off")                   \
    X(FACTORS_HISTORY, "factors.history", 50, 0, 1000,                         \
        "last events of the profile folded in")                                \
    X(FACTORS_HISTORY_WEIGHT, "factors.history_weight", 0.3, 0, 10,            \
        "weight of an event of the profile")                                   \
    X(FACTORS_CONFIDENCE, "factors.confidence", 1, 0, 1000,                    \
        "alpha of the factorisation: confidence in what was met")              \
    X(FACTORS_STEPS, "factors.steps", 4, 0, 32,                                \
        "of conjugate gradients when folding in; 0: a weighted sum")           \
    X(FACTORS_SESSION_WEIGHT, "factors.session_weight", 0.5, 0, 1,             \
        "share of the session where a long-term vector is there")              \
    X(FACTORS_CANDIDATES, "factors.candidates", 50, 0, 500,                    \
        "candidates taken from the search with the visitor's vector")          \
    X(FACTORS_NPROBE, "factors.nprobe", 0, 0, 65536,                           \
        "lists probed; 0: as tuned when the index was built")                  \
    X(FACTORS_UNMET, "factors.unmet", 1, 0, 1,                                 \
        "1: the search also finds items that nobody has met, by content")      \
    X(FACTORS_BUDGET, "factors.budget", 32768, 0, 1e9,                         \
        "vectors that a search looks at, at most; 0: any number")              \
    X(FACTORS_NEAR_ITEMS, "factors.near_items", 9, 0, 32,                      \
        "visits of up to so many items, and no profile, take what is near "    \
        "to their items in place of a search; 0: none")                        \
    X(FACTORS_NEAR_FROM, "factors.near_from", 5, 0, 100,                       \
        "but only where other sources name so many candidates for each item "  \
        "of the block")                                                        \
    X(CATEGORY_CANDIDATES, "category.candidates", 10, 0, 100,                  \
        "candidates taken from the popular ones of the category")              \
    X(TRENDING_CANDIDATES, "trending.candidates", 10, 0, 200,                  \
        "candidates taken from the trending ones")                             \
    X(POPULAR_CANDIDATES, "popular.candidates", 10, 0, 1000,                   \
        "candidates taken from the popular ones")                              \
    X(BACKFILL_BELOW, "backfill.below", 40, 0, 1000,                           \
        "neighbours of candidates are added below so many candidates")         \
    X(BACKFILL_SEEDS, "backfill.seeds", 10, 0, 100,                            \
        "best candidates whose neighbours are added")                          \
    X(BACKFILL_CANDIDATES, "backfill.candidates", 60, 0, 1000,                 \
        "candidates taken from neighbours of candidates")                      \
    X(DWELL_FULL, "dwell.full", 30, 1, 3600,                                   \
        "active time from which on an event counts fully, s")                  \
    X(DWELL_FLOOR, "dwell.floor", 0.5, 0, 1,                                   \
        "what an event with no active time counts")                            \
    X(AGE_HALFLIFE, "age.halflife", 0, 0, 31536000,                            \
        "time after which an event of the visit counts half, s; 0: off")       \
    X(FRESH_HALFLIFE, "fresh.halflife", 7, 0.01, 3650,                         \
        "age at which the feature fresh is a half, days")                      \
    X(SEEN_DISCOUNT, "seen.discount", 0.9, 0, 1,                               \
        "factor of a score for each time that the item was shown")             \
    X(SEEN_LIMIT, "seen.limit", 0, 0, 255,                                     \
        "times shown from which on an item is left out; 0: never")             \
    X(DIVERSITY_LAMBDA, "diversity.lambda", 1, 0, 1,                           \
        "MMR: 1 ranks by relevance alone, 0 by novelty alone")                 \
    X(DIVERSITY_POOL, "diversity.pool", 50, 1, 500,                            \
        "best candidates that MMR chooses from")                               \
    X(DIVERSITY_CATEGORY, "diversity.category_max", 0, 0, 100,                 \
        "most items of one category in a block; 0: any number")                \
    X(OVERLAY_WEIGHT, "overlay.weight", 1, 0, 100,                             \
        "factor of what the overlay's sessions count; 0: sessions, trends "    \
        "and vectors of the base alone")                                       \
    X(OVERLAY_VECTORS, "overlay.vectors", 1, 0, 1,                             \
        "1: the overlay's vectors replace those of the base's items")          \
    X(FALLBACK, "fallback", 1, 0, 1,                                           \
        "1: fill short blocks from category, trending, popular")               \
    X(TYPE_VIEW, "type.view", 1, 0, 100, "what a view counts")                 \
    X(TYPE_CLICK, "type.click", 1, 0, 100, "what a click counts")              \
    X(TYPE_HOVER, "type.hover", 0, 0, 100, "what a hover counts")              \
    X(TYPE_SCROLL, "type.scroll", 0, 0, 100, "what scrolling counts")          \
    X(TYPE_DWELL, "type.dwell", 0, 0, 100,                                     \
        "what a dwell counts besides the view that it belongs to")             \
    X(TYPE_IMPRESSION, "type.impression", 0, 0, 100,                           \
        "what an impression counts")                                           \
    X(TYPE_CART, "type.cart", 2, 0, 100, "what putting in the cart counts")    \
    X(TYPE_PURCHASE, "type.purchase", 1, 0, 100, "what a purchase counts")     \
    X(TYPE_RATING, "type.rating", 1, 0, 100, "what a rating counts")           \
    X(TYPE_ITEM, "type.item", 0, 0, 100, "not a visitor's act")                \
    X(TYPE_SEARCH, "type.search", 0, 0, 100, "what a search counts")           \
    X(TYPE_CUSTOM, "type.custom", 0, 0, 100, "what a custom event counts")     \
    X(WEIGHT_SESSION, "weight.session", 1, -100, 100,                          \
        "blend: score of session kNN")                                         \
    X(WEIGHT_NEXT, "weight.next", 0.5, -100, 100,                              \
        "blend: score of sequential rules")                                    \
    X(WEIGHT_FACTORS, "weight.factors", 0.1, -100, 100,                        \
        "blend: product with the visitor's vector")                            \
    X(WEIGHT_VIEWED, "weight.viewed", 0.1, -100, 100,                          \
        "blend: neighbours by view")                                           \
    X(WEIGHT_BOUGHT, "weight.bought", 0.1, -100, 100,                          \
        "blend: neighbours by purchase")                                       \
    X(WEIGHT_CONTENT, "weight.content", 0.05, -100, 100,                       \
        "blend: neighbours by content")                                        \
    X(WEIGHT_RETURN, "weight.return", 0.3, -100, 100,                          \
        "blend: seen before in the visit")                                     \
    X(WEIGHT_CATEGORY, "weight.category", 0.01, -100, 100,                     \
        "blend: place among the popular ones of the category")                 \
    X(WEIGHT_TRENDING, "weight.trending", 0.01, -100, 100,                     \
        "blend: how much it rises")                                            \
    X(WEIGHT_POPULAR, "weight.popular", 0.01, -100, 100,                       \
        "blend: logarithm of its popularity")                                  \
    X(WEIGHT_BACKFILL, "weight.backfill", 0.05, -100, 100,                     \
        "blend: neighbours of candidates")                                     \
    X(WEIGHT_SAME_CATEGORY, "weight.same_category", 0, -100, 100,              \
        "blend: of the category of the last item")                             \
    X(WEIGHT_PRICE, "weight.price", 0, -100, 100,                              \
        "blend: smaller price divided by larger, with the last item")          \
    X(WEIGHT_FRESH, "weight.fresh", 0, -100, 100, "blend: how new it is")      \
    X(WEIGHT_SHOWN, "weight.shown", 0, -100, 100,                              \
        "blend: times shown to the visitor")                                   \
    X(WEIGHT_HISTORY, "weight.history", 0, -100, 100,                          \
        "blend: is in the visitor's profile")                                  \
    X(WEIGHT_AGREEMENT, "weight.agreement", 0, -100, 100,                      \
        "blend: share of the sources that say something of it")                \
    X(WEIGHT_SESSION_LOG, "weight.session_log", 0, -100, 100,                  \
        "blend: logarithm of session's value")                                 \
    X(WEIGHT_NEXT_LOG, "weight.next_log", 0, -100, 100,                        \
        "blend: logarithm of next's value")                                    \
    X(WEIGHT_VIEWED_LOG, "weight.viewed_log", 0, -100, 100,                    \
        "blend: logarithm of viewed's value")                                  \
    X(WEIGHT_BACKFILL_LOG, "weight.backfill_log", 0, -100, 100,                \
        "blend: logarithm of backfill's value")                                \
    X(WEIGHT_NEXT_LAST, "weight.next_last", 0, -100, 100,                      \
        "blend: the last item's rule, as learnt")                              \
    X(WEIGHT_VIEWED_LAST, "weight.viewed_last", 0, -100, 100,                  \
        "blend: likeness by view to the last item, as learnt")                 \
    X(WEIGHT_RETURN_LAST, "weight.return_last", 0, -100, 100,                  \
        "blend: seen right before the last item")                              \
    X(WEIGHT_RETURN_COUNT, "weight.return_count", 0, -100, 100,                \
        "blend: logarithm of the times seen in the visit")                     \
    X(WEIGHT_RETURN_AGAIN, "weight.return_again", 0, -100, 100,                \
        "blend: came after the last item, or before, earlier in the visit")    \
    X(WEIGHT_RETURN_HABIT, "weight.return_habit", 0, -100, 100,                \
        "blend: seen before, times the share of returns in the visit")         \
    X(WEIGHT_RETURN_BACK, "weight.return_back", 0, -100, 100,                  \
        "blend: seen before, where the last item was a return")                \
    X(WEIGHT_RETURN_LENGTH, "weight.return_length", 0, -100, 100,              \
        "blend: seen before, times the logarithm of the visit's length")       \
    X(WEIGHT_HISTORY_COUNT, "weight.history_count", 0, -100, 100,              \
        "blend: logarithm of the times in the profile")                        \
    X(WEIGHT_HISTORY_RECENT, "weight.history_recent", 0, -100, 100,            \
        "blend: how lately in the profile")                                    \
    X(WEIGHT_COSINE, "weight.cosine", 0, -100, 100,                            \
        "blend: cosine with the visitor's vector")                             \
    X(WEIGHT_UNMET, "weight.unmet", 0, -100, 100,                              \
        "blend: nobody had met it when the version was trained")               \
    X(WEIGHT_UNMET_CONTENT, "weight.unmet_content", 0, -100, 100,              \
        "blend: content's value, of such an item")                             \
    X(WEIGHT_UNMET_COSINE, "weight.unmet_cosine", 0, -100, 100,                \
        "blend: cosine, of such an item")                                      \
    X(WEIGHT_UNMET_FRESH, "weight.unmet_fresh", 0, -100, 100,                  \
        "blend: how new such an item is")                                      \
    X(WEIGHT_SEEN_SESSION, "weight.seen_session", 0, -100, 100,                \
        "blend: session_log, where it was seen in the visit")                  \
    X(WEIGHT_SEEN_COSINE, "weight.seen_cosine", 0, -100, 100,                  \
        "blend: cosine, where it was seen in the visit")                       \
    X(WEIGHT_POPULAR_SESSION, "weight.popular_session", 0, -100, 100,          \
        "blend: popular times session_log")                                    \
    X(WEIGHT_POPULAR_RETURN, "weight.popular_return", 0, -100, 100,            \
        "blend: popular times return")                                         \
    X(WEIGHT_POPULAR_COSINE, "weight.popular_cosine", 0, -100, 100,            \
        "blend: popular times cosine")                                         \
    X(WEIGHT_POPULAR_SQUARE, "weight.popular_square", 0, -100, 100,            \
        "blend: popular times itself")                                         \
    X(WEIGHT_SESSION_COSINE, "weight.session_cosine", 0, -100, 100,            \
        "blend: session_log times cosine")                                     \
    X(WEIGHT_SESSION_NEXT, "weight.session_next", 0, -100, 100,                \
        "blend: session_log times next_last")                                  \
    X(WEIGHT_RETURN_AGE, "weight.return_age", 0, -100, 100,                    \
        "blend: seen before, times the logarithm of the seconds since")        \
    X(WEIGHT_RETURN_SOON, "weight.return_soon", 0, -100, 100,                  \
        "blend: seen before; a minute later a half, and so on")                \
    X(WEIGHT_RETURN_GAP, "weight.return_gap", 0, -100, 100,                    \
        "blend: seen before, times the logarithm of the seconds from the "     \
        "last item but one")                                                   \
    X(WEIGHT_RETURN_LAST_GAP, "weight.return_last_gap", 0, -100, 100,          \
        "blend: return_gap, where seen right before the last item")
/* clang-format on */

#define RECO_ENGINE_PARAM_NAME(symbol, name, value, minimum, maximum, meaning) \
    RECO_ENGINE_##symbol,

typedef enum {
    RECO_ENGINE_PARAM_TABLE(RECO_ENGINE_PARAM_NAME) RECO_ENGINE_PARAM_COUNT
} reco_engine_param_index_t;

_Static_assert(RECO_ENGINE_PARAM_COUNT <= RECO_ENGINE_PARAMS_MAX,
    "the table outgrew reco_engine_params_t");
_Static_assert(RECO_ENGINE_TYPE_CUSTOM - RECO_ENGINE_TYPE_VIEW + 1
                   == RECO_ENGINE_TYPE_COUNT,
    "a weight for each type of event");
_Static_assert(
    RECO_ENGINE_WEIGHT_RETURN_LAST_GAP - RECO_ENGINE_WEIGHT_SESSION + 1
        == RECO_ENGINE_FEATURE_COUNT,
    "a weight for each feature");
_Static_assert(RECO_ENGINE_FEATURE_COUNT <= RECO_ENGINE_FEATURES_MAX,
    "the features outgrew reco_engine_candidate_t");

#endif /* RECO_ENGINE_PARAMS_H */
