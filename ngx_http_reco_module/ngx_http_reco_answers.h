/*
 * What the engine answered for visitors of whom nothing is known, and the blocks
 * that were made of it: kept by each worker for itself.
 */

#ifndef NGX_HTTP_RECO_ANSWERS_H
#define NGX_HTTP_RECO_ANSWERS_H

#include "ngx_http_reco_module.h"


typedef struct ngx_http_reco_answer_s ngx_http_reco_answer_t;

char *ngx_http_reco_answers_directive(
    ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
void ngx_http_reco_answers_init_conf(ngx_http_reco_main_conf_t *main);
ngx_int_t ngx_http_reco_answers_init_process(
    ngx_cycle_t *cycle, ngx_http_reco_main_conf_t *main);

void ngx_http_reco_answers_exit_process(void);

/* Of bytes that a key is made of; each worker hashes in its own way. */
uint64_t ngx_http_reco_answers_hash(const void *data, size_t len);

/* What stands for a query; 0: its answer is one visitor's own.  rules tells
   apart the places of the configuration that they come from. */
uint64_t ngx_http_reco_answers_key(const ngx_http_reco_version_t *version,
    const void *rules, const reco_engine_query_t *query);

/* What was answered, without the scores; NULL: it is not known.  Holds until the
   next answer is kept.  Both take a key of 0, for which nothing is. */
ngx_http_reco_answer_t *ngx_http_reco_answers_find(
    uint64_t key, reco_engine_result_t *result);
void ngx_http_reco_answers_keep(
    uint64_t key, const reco_engine_result_t *result);

/*
 * The block that was made of an answer, with this request's id; its items go to
 * those shown.  NGX_DECLINED: there is none of this variant; NGX_ERROR: no
 * memory.  And the other way round, after the items went there.  Both take an
 * answer of NULL and a variant of 0, for which nothing is kept.
 */
ngx_int_t ngx_http_reco_answers_block(ngx_http_reco_answer_t *answer,
    uint64_t variant, ngx_pool_t *pool, ngx_http_reco_ctx_t *ctx,
    ngx_str_t *out);
void ngx_http_reco_answers_keep_block(ngx_http_reco_answer_t *answer,
    uint64_t variant, const ngx_http_reco_ctx_t *ctx, const ngx_str_t *block);

#endif /* NGX_HTTP_RECO_ANSWERS_H */
