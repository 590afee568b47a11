#include "ngx_http_reco_answers.h"
#include "ngx_http_reco_blocks.h"
#include "ngx_http_reco_random.h"


/*
 * reco_answers NUMBER [blocks=SIZE] | off: what the engine answered for
 * visitors of whom nothing is known but the page that they look at.  All of
 * them get the same from one model version and overlay, so each worker keeps so
 * many answers: a table of small sets, in which a new answer takes the place of
 * the one that was not asked for for longest.  With an answer that was asked for
 * again goes the block that was made of it last, as long as there is room for it.
 *
 * An answer is kept small, as there is one for each slot of each page of a shop:
 * without the scores, which nobody asks for any more, and eight hits at a time.
 */

#define NGX_HTTP_RECO_ANSWERS      65536 /* where the site does not say */
#define NGX_HTTP_RECO_ANSWERS_MAX  1048576
#define NGX_HTTP_RECO_BLOCKS       (2 * 1024 * 1024)
#define NGX_HTTP_RECO_BLOCKS_LIMIT (1024 * 1024 * 1024)

#define NGX_HTTP_RECO_ANSWER_WAYS  8
#define NGX_HTTP_RECO_ANSWER_PART  8 /* hits kept together */
#define NGX_HTTP_RECO_ANSWER_PARTS 2 /* longer ones are not kept */
#define NGX_HTTP_RECO_ANSWER_HITS                                              \
    (NGX_HTTP_RECO_ANSWER_PARTS * NGX_HTTP_RECO_ANSWER_PART)
#define NGX_HTTP_RECO_ANSWER_VIEW 60  /* s that a view is one of this page */
#define NGX_HTTP_RECO_ANSWER_TIME 300 /* s: items grow old */


/* An answer's hits, or of a longer one the first or the others, which are kept as
   an answer of their own.  What led to an item is known of one of the session, and
   there is but one. */
struct ngx_http_reco_answer_s {
    uint64_t block;   /* its place; 0: none */
    uint32_t sources; /* of the hits here, four bits each */
    uint32_t because;
    uint16_t fallbacks;
    uint8_t led;   /* mask of the hits here that it led to */
    uint8_t nhits; /* of the whole answer */
    uint32_t items[NGX_HTTP_RECO_ANSWER_PART];
};

_Static_assert(RECO_ENGINE_SOURCE_COUNT <= 16, "sources, fallbacks");
_Static_assert(NGX_HTTP_RECO_ANSWER_PART <= 8, "sources, led");


/* What is looked at to find an answer, in a line of the cache. */
typedef struct {
    uint64_t keys[NGX_HTTP_RECO_ANSWER_WAYS]; /* 0: free */
} ngx_http_reco_answer_set_t;


/* When each of a set was asked for, in answers. */
typedef struct {
    uint32_t used[NGX_HTTP_RECO_ANSWER_WAYS];
} ngx_http_reco_answer_uses_t;


/* What an answer hangs on; no byte of it is left unset. */
typedef struct {
    uint64_t version;
    uint64_t time;
    uint64_t current;
    uint64_t viewed;
    uint64_t category;
    uint64_t excluded;
    uint64_t rules;
    double price_min;
    double price_max;
    uint32_t sources;
    uint32_t n;
    uint32_t repeat;
    uint32_t linked;
} ngx_http_reco_question_t;


/* Of this worker. */
static struct {
    ngx_http_reco_answer_set_t *sets;
    ngx_http_reco_answer_uses_t *uses; /* of each set */
    ngx_http_reco_answer_t *answers;   /* of each set in turn */
    ngx_uint_t nsets;                  /* 0: nothing is kept */
    uint32_t clock;
    uint64_t secret; /* visitors ask: none may find two questions of one key */
} ngx_http_reco_answers;


char *
ngx_http_reco_answers_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_main_conf_t *main = conf;

    ssize_t size;
    ngx_int_t n;
    ngx_str_t *value, s;

    if (main->answers != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0 && cf->args->nelts == 2) {
        main->answers = 0;
        main->blocks_size = 0;
        return NGX_CONF_OK;
    }

    n = ngx_atoi(value[1].data, value[1].len);

    if (n < 0 || n > NGX_HTTP_RECO_ANSWERS_MAX) {
        return "needs \"off\" or a number, up to 1048576";
    }

    main->answers = n;

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value[2].data, "blocks=", 7) == 0) {
        s.data = value[2].data + 7;
        s.len = value[2].len - 7;
        size = ngx_parse_size(&s);

        if (size >= 0 && size <= NGX_HTTP_RECO_BLOCKS_LIMIT) {
            main->blocks_size = size;
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(
        NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"", &value[2]);

    return NGX_CONF_ERROR;
}


void
ngx_http_reco_answers_init_conf(ngx_http_reco_main_conf_t *main)
{
    ngx_conf_init_uint_value(main->answers, NGX_HTTP_RECO_ANSWERS);
    ngx_conf_init_size_value(main->blocks_size, NGX_HTTP_RECO_BLOCKS);
}


ngx_int_t
ngx_http_reco_answers_init_process(
    ngx_cycle_t *cycle, ngx_http_reco_main_conf_t *main)
{
    size_t size;
    ngx_uint_t n;

    if (main->answers == 0) {
        return NGX_OK;
    }

    if (ngx_http_reco_blocks_init_process(cycle, main->blocks_size) != NGX_OK
        || ngx_http_reco_random(&ngx_http_reco_answers.secret,
               sizeof(ngx_http_reco_answers.secret))
               != NGX_OK)
    {
        return NGX_ERROR;
    }

    n = (main->answers + NGX_HTTP_RECO_ANSWER_WAYS - 1)
        / NGX_HTTP_RECO_ANSWER_WAYS;
    size = n * sizeof(ngx_http_reco_answer_set_t);

    ngx_http_reco_answers.sets =
        ngx_memalign(sizeof(ngx_http_reco_answer_set_t), size, cycle->log);
    ngx_http_reco_answers.uses =
        ngx_calloc(n * sizeof(ngx_http_reco_answer_uses_t), cycle->log);
    ngx_http_reco_answers.answers = ngx_calloc(
        n * NGX_HTTP_RECO_ANSWER_WAYS * sizeof(ngx_http_reco_answer_t),
        cycle->log);

    if (ngx_http_reco_answers.sets == NULL || ngx_http_reco_answers.uses == NULL
        || ngx_http_reco_answers.answers == NULL)
    {
        return NGX_ERROR;
    }

    ngx_memzero(ngx_http_reco_answers.sets, size);
    ngx_http_reco_answers.nsets = n;

    return NGX_OK;
}


void
ngx_http_reco_answers_exit_process(void)
{
    ngx_http_reco_blocks_exit_process();

    ngx_free(ngx_http_reco_answers.sets);
    ngx_free(ngx_http_reco_answers.uses);
    ngx_free(ngx_http_reco_answers.answers);
    ngx_http_reco_answers.sets = NULL;
    ngx_http_reco_answers.uses = NULL;
    ngx_http_reco_answers.answers = NULL;
    ngx_http_reco_answers.nsets = 0;
}


/* -- answers ------------------------------------------------------------- */

/* True where all that a session tells is that one page was opened, just now. */
static ngx_uint_t
ngx_http_reco_answers_first(const reco_engine_query_t *query)
{
    const reco_engine_event_t *event;
    const reco_engine_session_t *session;

    session = query->session;

    if (session->nseen > 0 || session->nevents > 1) {
        return 0;
    }

    event = reco_engine_session_event(session, 0);

    return session->nevents == 0
           || (event->type == RECO_EVENT_VIEW && event->dwell == 0
               && query->now - event->time < NGX_HTTP_RECO_ANSWER_VIEW);
}


uint64_t
ngx_http_reco_answers_hash(const void *data, size_t len)
{
    return reco_hash_keyed(ngx_http_reco_answers.secret, data, len);
}


uint64_t
ngx_http_reco_answers_key(const ngx_http_reco_version_t *version,
    const void *rules, const reco_engine_query_t *query)
{
    ngx_http_reco_question_t question;

    if (ngx_http_reco_answers.nsets == 0 || query->user != NULL
        || query->n > NGX_HTTP_RECO_ANSWER_HITS
        || !ngx_http_reco_answers_first(query))
    {
        return 0;
    }

    ngx_memzero(&question, sizeof(question));
    question.version = version->serial;
    /* not all of them at once */
    question.time = (query->now + query->current % NGX_HTTP_RECO_ANSWER_TIME)
                    / NGX_HTTP_RECO_ANSWER_TIME;
    question.current = query->current;
    question.viewed = query->session->nevents > 0
                          ? reco_engine_session_event(query->session, 0)->item
                          : 0;
    question.category =
        ngx_http_reco_answers_hash(query->category.data, query->category.len);
    question.excluded = ngx_http_reco_answers_hash(
        query->excluded, query->nexcluded * sizeof(uint64_t));
    question.rules = query->nrules > 0 ? (uintptr_t) rules : 0;
    question.price_min = query->price_min;
    question.price_max = query->price_max;
    question.sources = query->sources;
    question.n = query->n;
    question.repeat = query->repeat;
    question.linked = query->linked;

    return ngx_http_reco_answers_hash(&question, sizeof(question)) | 1;
}


/* The first hits have the answer's own key, the others the next one. */
static uint64_t
ngx_http_reco_answers_part_key(uint64_t key, ngx_uint_t n)
{
    return key + n * 2;
}


static ngx_http_reco_answer_t *
ngx_http_reco_answers_part(uint64_t key)
{
    ngx_uint_t i, n;
    ngx_http_reco_answer_set_t *set;

    n = (key >> 1) % ngx_http_reco_answers.nsets;
    set = &ngx_http_reco_answers.sets[n];

    for (i = 0; set->keys[i] != key; i++) {
        if (i + 1 == NGX_HTTP_RECO_ANSWER_WAYS) {
            return NULL;
        }
    }

    ngx_http_reco_answers.uses[n].used[i] = ++ngx_http_reco_answers.clock;

    return &ngx_http_reco_answers.answers[n * NGX_HTTP_RECO_ANSWER_WAYS + i];
}


/* The hits from first on that stand together in an answer of so many. */
static ngx_uint_t
ngx_http_reco_answers_hits(ngx_uint_t first, ngx_uint_t nhits)
{
    return ngx_min(nhits - first, NGX_HTTP_RECO_ANSWER_PART);
}


static void
ngx_http_reco_answers_unpack(const ngx_http_reco_answer_t *answer,
    ngx_uint_t first, reco_engine_result_t *result)
{
    ngx_uint_t i, n;
    reco_engine_hit_t *hit;

    n = ngx_http_reco_answers_hits(first, answer->nhits);

    for (i = 0; i < n; i++) {
        hit = &result->hits[first + i];
        hit->item = answer->items[i];
        hit->score = 0;
        hit->source = answer->sources >> 4 * i & 0xf;
        hit->because = answer->led & 1 << i ? answer->because : RECO_ITEM_NONE;
        hit->pinned = 0;
    }
}


ngx_http_reco_answer_t *
ngx_http_reco_answers_find(uint64_t key, reco_engine_result_t *result)
{
    ngx_uint_t i;
    ngx_http_reco_answer_t *answer, *part;

    if (key == 0) {
        return NULL;
    }

    answer = ngx_http_reco_answers_part(key);
    if (answer == NULL) {
        return NULL;
    }

    ngx_http_reco_blocks_expect(answer->block);
    ngx_http_reco_answers_unpack(answer, 0, result);

    for (i = 1; i * NGX_HTTP_RECO_ANSWER_PART < answer->nhits; i++) {
        part =
            ngx_http_reco_answers_part(ngx_http_reco_answers_part_key(key, i));
        if (part == NULL || part->nhits != answer->nhits) {
            return NULL;
        }

        ngx_http_reco_answers_unpack(
            part, i * NGX_HTTP_RECO_ANSWER_PART, result);
    }

    result->nhits = answer->nhits;
    result->fallbacks = answer->fallbacks;

    ngx_http_reco_count(NGX_HTTP_RECO_ANSWERS_REUSED, 1);

    return answer;
}


/* NGX_DECLINED: they are none that can be kept. */
static ngx_int_t
ngx_http_reco_answers_pack(ngx_http_reco_answer_t *answer, ngx_uint_t first,
    const reco_engine_result_t *result)
{
    ngx_uint_t i, n;
    const reco_engine_hit_t *hit;

    ngx_memzero(answer, sizeof(ngx_http_reco_answer_t));
    answer->because = RECO_ITEM_NONE;
    answer->fallbacks = result->fallbacks;
    answer->nhits = result->nhits;

    n = ngx_http_reco_answers_hits(first, result->nhits);

    for (i = 0; i < n; i++) {
        hit = &result->hits[first + i];
        answer->items[i] = hit->item;
        answer->sources |= (uint32_t) hit->source << 4 * i;

        if (hit->because == RECO_ITEM_NONE) {
            continue;
        }

        if (answer->because != RECO_ITEM_NONE
            && answer->because != hit->because) {
            return NGX_DECLINED;
        }

        answer->because = hit->because;
        answer->led |= 1 << i;
    }

    return NGX_OK;
}


static void
ngx_http_reco_answers_put(uint64_t key, const ngx_http_reco_answer_t *answer)
{
    uint32_t age, oldest, *used;
    ngx_uint_t i, n, way;

    n = (key >> 1) % ngx_http_reco_answers.nsets;
    used = ngx_http_reco_answers.uses[n].used;
    way = 0;
    oldest = 0;

    for (i = 0; i < NGX_HTTP_RECO_ANSWER_WAYS; i++) {
        age = ngx_http_reco_answers.clock - used[i];

        if (ngx_http_reco_answers.sets[n].keys[i] == key) {
            way = i;
            break;
        }

        if (age > oldest) {
            oldest = age;
            way = i;
        }
    }

    ngx_http_reco_answers.sets[n].keys[way] = key;
    used[way] = ++ngx_http_reco_answers.clock;
    ngx_http_reco_answers.answers[n * NGX_HTTP_RECO_ANSWER_WAYS + way] =
        *answer;
}


void
ngx_http_reco_answers_keep(uint64_t key, const reco_engine_result_t *result)
{
    ngx_uint_t i, n;
    ngx_http_reco_answer_t parts[NGX_HTTP_RECO_ANSWER_PARTS];

    if (key == 0) {
        return;
    }

    n = 0;

    do {
        if (ngx_http_reco_answers_pack(
                &parts[n], n * NGX_HTTP_RECO_ANSWER_PART, result)
            != NGX_OK)
        {
            return;
        }

        n++;
    } while (n * NGX_HTTP_RECO_ANSWER_PART < result->nhits);

    for (i = 0; i < n; i++) {
        ngx_http_reco_answers_put(
            ngx_http_reco_answers_part_key(key, i), &parts[i]);
    }
}


/* -- blocks -------------------------------------------------------------- */

void
ngx_http_reco_answers_keep_block(ngx_http_reco_answer_t *answer,
    uint64_t variant, const ngx_http_reco_ctx_t *ctx, const ngx_str_t *block)
{
    if (answer != NULL && variant != 0) {
        answer->block =
            ngx_http_reco_blocks_put(variant, ctx, answer->nhits, block);
    }
}


ngx_int_t
ngx_http_reco_answers_block(ngx_http_reco_answer_t *answer, uint64_t variant,
    ngx_pool_t *pool, ngx_http_reco_ctx_t *ctx, ngx_str_t *out)
{
    if (answer == NULL || variant == 0) {
        return NGX_DECLINED;
    }

    return ngx_http_reco_blocks_get(&answer->block, variant, pool, ctx, out);
}
