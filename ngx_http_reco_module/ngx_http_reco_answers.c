#include "ngx_http_reco_module.h"


/*
 * reco_answers NUMBER: what the engine answered for visitors of whom nothing
 * is known but the page that they look at.  All of them get the same from one
 * model version and overlay, so each worker keeps so many answers: a table
 * without chains, in which a new answer takes the place of another.
 */

#define NGX_HTTP_RECO_ANSWER_HITS 16 /* longer ones are not kept */
#define NGX_HTTP_RECO_ANSWERS_MAX 1048576


typedef struct {
    uint64_t key; /* 0: free */
    uint32_t fallbacks;
    uint32_t nhits;
    reco_engine_hit_t hits[NGX_HTTP_RECO_ANSWER_HITS];
} ngx_http_reco_answer_t;


/* What an answer hangs on; no byte of it is left unset. */
typedef struct {
    uint64_t version;
    uint64_t current;
    uint64_t category;
    uint64_t excluded;
    uint64_t rules;
    double price_min;
    double price_max;
    uint32_t sources;
    uint32_t n;
    uint32_t repeat;
    uint32_t nevents;
} ngx_http_reco_question_t;


/* Of this worker. */
static ngx_http_reco_answer_t *ngx_http_reco_answers_table;
static ngx_uint_t ngx_http_reco_answers_size;


char *
ngx_http_reco_answers_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_main_conf_t *main = conf;

    ngx_int_t n;
    ngx_str_t *value;

    if (main->answers > 0) {
        return "is duplicate";
    }

    value = cf->args->elts;
    n = ngx_atoi(value[1].data, value[1].len);

    if (n < 1 || n > NGX_HTTP_RECO_ANSWERS_MAX) {
        return "needs a number, 1 to 1048576";
    }

    main->answers = n;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_reco_answers_init_process(ngx_cycle_t *cycle, ngx_uint_t number)
{
    ngx_http_reco_answers_size = number;

    if (number == 0) {
        return NGX_OK;
    }

    ngx_http_reco_answers_table =
        ngx_pcalloc(cycle->pool, number * sizeof(ngx_http_reco_answer_t));

    return ngx_http_reco_answers_table != NULL ? NGX_OK : NGX_ERROR;
}


uint64_t
ngx_http_reco_answers_key(const ngx_http_reco_version_t *version,
    const void *rules, const reco_engine_query_t *query)
{
    ngx_http_reco_question_t question;
    const reco_engine_session_t *session;

    session = query->session;

    if (ngx_http_reco_answers_size == 0 || query->user != NULL
        || query->n > NGX_HTTP_RECO_ANSWER_HITS || session->nseen > 0
        || session->nevents > 1
        || (session->nevents == 1 && session->events[0].item != query->current))
    {
        return 0;
    }

    ngx_memzero(&question, sizeof(question));
    question.version = version->serial;
    question.current = query->current;
    question.category = reco_hash(query->category.data, query->category.len);
    question.excluded =
        reco_hash(query->excluded, query->nexcluded * sizeof(uint64_t));
    question.rules = query->nrules > 0 ? (uintptr_t) rules : 0;
    question.price_min = query->price_min;
    question.price_max = query->price_max;
    question.sources = query->sources;
    question.n = query->n;
    question.repeat = query->repeat;
    question.nevents = session->nevents;

    return reco_hash(&question, sizeof(question)) | 1;
}


ngx_int_t
ngx_http_reco_answers_find(uint64_t key, reco_engine_result_t *result)
{
    ngx_http_reco_answer_t *answer;

    if (key == 0) {
        return NGX_DECLINED;
    }

    answer =
        &ngx_http_reco_answers_table[(key >> 1) % ngx_http_reco_answers_size];

    if (answer->key != key) {
        return NGX_DECLINED;
    }

    result->nhits = answer->nhits;
    result->fallbacks = answer->fallbacks;
    ngx_memcpy(
        result->hits, answer->hits, answer->nhits * sizeof(reco_engine_hit_t));

    ngx_http_reco_count(NGX_HTTP_RECO_ANSWERS_REUSED, 1);

    return NGX_OK;
}


void
ngx_http_reco_answers_keep(uint64_t key, const reco_engine_result_t *result)
{
    ngx_http_reco_answer_t *answer;

    if (key == 0) {
        return;
    }

    answer =
        &ngx_http_reco_answers_table[(key >> 1) % ngx_http_reco_answers_size];

    answer->key = key;
    answer->nhits = result->nhits;
    answer->fallbacks = result->fallbacks;
    ngx_memcpy(
        answer->hits, result->hits, result->nhits * sizeof(reco_engine_hit_t));
}
