#include "ngx_http_reco_answers.h"

#include <sys/random.h>


/*
 * reco_answers NUMBER | off: what the engine answered for visitors of whom
 * nothing is known but the page that they look at, and the block that was made
 * of it.  All of them get the same from one model version and overlay, so each
 * worker keeps so many answers: a table of small sets, in which a new answer
 * takes the place of the one that was not asked for for longest.
 *
 * A block is kept with the places of the request's id in it, which is all that
 * tells one visitor's from another's, and is given out with the id of each.
 */

#define NGX_HTTP_RECO_ANSWERS     1024 /* where the site does not say */
#define NGX_HTTP_RECO_ANSWERS_MAX 1048576
#define NGX_HTTP_RECO_ANSWER_WAYS 4
#define NGX_HTTP_RECO_ANSWER_HITS 16  /* longer ones are not kept */
#define NGX_HTTP_RECO_ANSWER_VIEW 60  /* s that a view is one of this page */
#define NGX_HTTP_RECO_ANSWER_TIME 300 /* s: items grow old */

#define NGX_HTTP_RECO_ANSWER_BLOCK    16384 /* nor are larger blocks, */
#define NGX_HTTP_RECO_ANSWER_REQUESTS 4     /* or with more ids in them */


struct ngx_http_reco_answer_s {
    uint64_t key;     /* 0: free */
    uint64_t variant; /* of the block; 0: there is none */
    uint32_t used;    /* when it was asked for, in answers */
    uint32_t fallbacks;
    uint32_t nhits;
    uint32_t nrequests;
    reco_engine_hit_t hits[NGX_HTTP_RECO_ANSWER_HITS];
    uint64_t items[NGX_HTTP_RECO_ANSWER_HITS];        /* keys, with the block */
    uint32_t requests[NGX_HTTP_RECO_ANSWER_REQUESTS]; /* places of the id */
    ngx_str_t block;
    size_t size; /* allocated */
};


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
    uint64_t repeat;
} ngx_http_reco_question_t;


/* Of this worker. */
static struct {
    ngx_http_reco_answer_t *table;
    ngx_uint_t sets;
    ngx_uint_t ways;
    uint32_t clock;
    uint64_t secret; /* visitors ask: none may find two questions of one key */
} ngx_http_reco_answers;


char *
ngx_http_reco_answers_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_main_conf_t *main = conf;

    ngx_int_t n;
    ngx_str_t *value;

    if (main->answers != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        main->answers = 0;
        return NGX_CONF_OK;
    }

    n = ngx_atoi(value[1].data, value[1].len);

    if (n < 0 || n > NGX_HTTP_RECO_ANSWERS_MAX) {
        return "needs \"off\" or a number, up to 1048576";
    }

    main->answers = n;

    return NGX_CONF_OK;
}


void
ngx_http_reco_answers_init_conf(ngx_http_reco_main_conf_t *main)
{
    ngx_conf_init_uint_value(main->answers, NGX_HTTP_RECO_ANSWERS);
}


ngx_int_t
ngx_http_reco_answers_init_process(ngx_cycle_t *cycle, ngx_uint_t number)
{
    ngx_http_reco_answers.ways = ngx_min(number, NGX_HTTP_RECO_ANSWER_WAYS);

    if (number == 0) {
        return NGX_OK;
    }

    if (getrandom(&ngx_http_reco_answers.secret,
            sizeof(ngx_http_reco_answers.secret), 0)
        != sizeof(ngx_http_reco_answers.secret))
    {
        return NGX_ERROR;
    }

    ngx_http_reco_answers.sets = number / ngx_http_reco_answers.ways;
    ngx_http_reco_answers.table =
        ngx_calloc(ngx_http_reco_answers.sets * ngx_http_reco_answers.ways
                       * sizeof(ngx_http_reco_answer_t),
            cycle->log);

    return ngx_http_reco_answers.table != NULL ? NGX_OK : NGX_ERROR;
}


void
ngx_http_reco_answers_exit_process(void)
{
    ngx_uint_t i;

    if (ngx_http_reco_answers.table == NULL) {
        return;
    }

    for (i = 0; i < ngx_http_reco_answers.sets * ngx_http_reco_answers.ways;
         i++) {
        ngx_free(ngx_http_reco_answers.table[i].block.data);
    }

    ngx_free(ngx_http_reco_answers.table);
    ngx_http_reco_answers.table = NULL;
    ngx_http_reco_answers.ways = 0;
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

    event = &session->events[0];

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

    if (ngx_http_reco_answers.ways == 0 || query->user != NULL
        || query->n > NGX_HTTP_RECO_ANSWER_HITS
        || !ngx_http_reco_answers_first(query))
    {
        return 0;
    }

    ngx_memzero(&question, sizeof(question));
    question.version = version->serial;
    question.time = query->now / NGX_HTTP_RECO_ANSWER_TIME;
    question.current = query->current;
    question.viewed =
        query->session->nevents > 0 ? query->session->events[0].item : 0;
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

    return ngx_http_reco_answers_hash(&question, sizeof(question)) | 1;
}


static ngx_http_reco_answer_t *
ngx_http_reco_answers_set(uint64_t key)
{
    return &ngx_http_reco_answers.table[(key >> 1) % ngx_http_reco_answers.sets
                                        * ngx_http_reco_answers.ways];
}


ngx_http_reco_answer_t *
ngx_http_reco_answers_find(uint64_t key, reco_engine_result_t *result)
{
    ngx_uint_t i;
    ngx_http_reco_answer_t *answer;

    if (key == 0) {
        return NULL;
    }

    answer = ngx_http_reco_answers_set(key);

    for (i = 0; answer[i].key != key; i++) {
        if (i + 1 == ngx_http_reco_answers.ways) {
            return NULL;
        }
    }

    answer += i;
    answer->used = ++ngx_http_reco_answers.clock;

    result->nhits = answer->nhits;
    result->fallbacks = answer->fallbacks;
    ngx_memcpy(
        result->hits, answer->hits, answer->nhits * sizeof(reco_engine_hit_t));

    ngx_http_reco_count(NGX_HTTP_RECO_ANSWERS_REUSED, 1);

    return answer;
}


ngx_http_reco_answer_t *
ngx_http_reco_answers_keep(uint64_t key, const reco_engine_result_t *result)
{
    uint32_t age, oldest;
    ngx_uint_t i;
    ngx_http_reco_answer_t *set, *answer;

    if (key == 0) {
        return NULL;
    }

    set = ngx_http_reco_answers_set(key);
    answer = set;
    oldest = 0;

    for (i = 0; i < ngx_http_reco_answers.ways; i++) {
        age = ngx_http_reco_answers.clock - set[i].used;

        if (age > oldest) {
            oldest = age;
            answer = &set[i];
        }
    }

    answer->key = key;
    answer->variant = 0;
    answer->used = ++ngx_http_reco_answers.clock;
    answer->nhits = result->nhits;
    answer->fallbacks = result->fallbacks;
    ngx_memcpy(
        answer->hits, result->hits, result->nhits * sizeof(reco_engine_hit_t));

    return answer;
}


/* -- blocks -------------------------------------------------------------- */

/* Finds the request's id in a block.  NGX_DECLINED: too often. */
static ngx_int_t
ngx_http_reco_answers_requests(ngx_http_reco_answer_t *answer,
    const ngx_http_reco_ctx_t *ctx, const ngx_str_t *block)
{
    u_char *p, *last;

    answer->nrequests = 0;
    p = block->data;
    last = block->data + block->len;

    for (;;) {
        p = memmem(p, last - p, ctx->rendering, sizeof(ctx->rendering));
        if (p == NULL) {
            return NGX_OK;
        }

        if (answer->nrequests == NGX_HTTP_RECO_ANSWER_REQUESTS) {
            return NGX_DECLINED;
        }

        answer->requests[answer->nrequests++] = p - block->data;
        p += sizeof(ctx->rendering);
    }
}


void
ngx_http_reco_answers_keep_block(ngx_http_reco_answer_t *answer,
    uint64_t variant, const ngx_http_reco_ctx_t *ctx, const ngx_str_t *block)
{
    if (answer == NULL || variant == 0 || block->len == 0
        || block->len > NGX_HTTP_RECO_ANSWER_BLOCK)
    {
        return;
    }

    answer->variant = 0;

    if (answer->size < block->len) {
        ngx_free(answer->block.data);
        answer->size = 0;

        answer->block.data = ngx_alloc(block->len, ngx_cycle->log);
        if (answer->block.data == NULL) {
            return;
        }

        answer->size = block->len;
    }

    if (ngx_http_reco_answers_requests(answer, ctx, block) != NGX_OK) {
        return;
    }

    answer->variant = variant;
    answer->block.len = block->len;
    ngx_memcpy(answer->block.data, block->data, block->len);
    ngx_memcpy(answer->items, ctx->shown + ctx->nshown - answer->nhits,
        answer->nhits * sizeof(uint64_t));
}


ngx_int_t
ngx_http_reco_answers_block(ngx_http_reco_answer_t *answer, uint64_t variant,
    ngx_pool_t *pool, ngx_http_reco_ctx_t *ctx, ngx_str_t *out)
{
    uint32_t i;

    if (answer == NULL || variant == 0 || answer->variant != variant) {
        return NGX_DECLINED;
    }

    out->len = answer->block.len;
    out->data = ngx_pnalloc(pool, out->len);
    if (out->data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(out->data, answer->block.data, out->len);

    for (i = 0; i < answer->nrequests; i++) {
        ngx_memcpy(out->data + answer->requests[i], ctx->rendering,
            sizeof(ctx->rendering));
    }

    ngx_memcpy(ctx->shown + ctx->nshown, answer->items,
        answer->nhits * sizeof(uint64_t));
    ctx->nshown += answer->nhits;

    return NGX_OK;
}
