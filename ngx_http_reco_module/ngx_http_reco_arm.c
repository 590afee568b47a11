#include "ngx_http_reco_reference.h"


/*
 * Experiments: visitors are dealt out to arms by a hash of their id, so that
 * each stays in the same arm on every node and after every restart, with no
 * memory of it.
 *
 *   reco_experiment NAME;                 another name deals anew
 *   reco_arm NAME SHARE% [off] [source=NAME] [slot=NAME];
 */

#define NGX_HTTP_RECO_ARM_WHOLE 10000 /* shares are hundredths of a per cent */
#define NGX_HTTP_RECO_ARM_NAME  64


struct ngx_http_reco_arm_s {
    ngx_http_reco_referrer_t about; /* first */
    ngx_str_t name;
    ngx_uint_t end;            /* of its range */
    ngx_http_reco_slot_t with; /* source */
    unsigned off : 1;
};


static ngx_int_t
ngx_http_reco_arm_name(const ngx_str_t *name)
{
    size_t i;
    u_char ch;

    for (i = 0; i < name->len; i++) {
        ch = name->data[i] | 0x20;

        if ((ch < 'a' || ch > 'z')
            && (name->data[i] < '0' || name->data[i] > '9')
            && name->data[i] != '-' && name->data[i] != '_')
        {
            return NGX_ERROR;
        }
    }

    return name->len > 0 && name->len <= NGX_HTTP_RECO_ARM_NAME ? NGX_OK
                                                                : NGX_ERROR;
}


char *
ngx_http_reco_experiment(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_loc_conf_t *lcf = conf;

    ngx_str_t *value;

    if (lcf->experiment.data != NULL) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_http_reco_arm_name(&value[1]) != NGX_OK) {
        return "needs a name of letters, digits, \"-\" and \"_\"";
    }

    lcf->experiment = value[1];

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_reco_arm_word(
    ngx_conf_t *cf, ngx_http_reco_arm_t *arm, ngx_str_t *word)
{
    ngx_str_t value;

    if (ngx_strcmp(word->data, "off") == 0) {
        arm->off = 1;
        return NGX_OK;
    }

    if (ngx_http_reco_word_value(word, &value) != NGX_OK) {
        return NGX_ERROR;
    }

    if (ngx_strncmp(word->data, "source=", 7) == 0) {
        return ngx_http_reco_source(&value, &arm->with);
    }

    if (ngx_strncmp(word->data, "slot=", 5) == 0 && value.len > 0) {
        arm->about.slot = ngx_http_reco_reference_add(cf, &value);
        return arm->about.slot != NULL ? NGX_OK : NGX_ERROR;
    }

    return NGX_ERROR;
}


static ngx_uint_t
ngx_http_reco_arm_exists(const ngx_array_t *arms, const ngx_str_t *name)
{
    ngx_uint_t i;
    const ngx_http_reco_arm_t *arm;

    arm = arms->elts;

    for (i = 0; i < arms->nelts; i++) {
        if (arm[i].name.len == name->len
            && ngx_strncmp(arm[i].name.data, name->data, name->len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


char *
ngx_http_reco_arm_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_loc_conf_t *lcf = conf;

    ngx_int_t share;
    ngx_str_t *value;
    ngx_uint_t i, begin;
    ngx_http_reco_arm_t *arm;

    begin = 0;

    if (lcf->arms == NGX_CONF_UNSET_PTR) {
        lcf->arms = ngx_array_create(cf->pool, 4, sizeof(ngx_http_reco_arm_t));
        if (lcf->arms == NULL) {
            return NGX_CONF_ERROR;
        }

    } else {
        arm = lcf->arms->elts;
        begin = arm[lcf->arms->nelts - 1].end;
    }

    value = cf->args->elts;

    if (ngx_http_reco_arm_name(&value[1]) != NGX_OK) {
        return "needs a name of letters, digits, \"-\" and \"_\"";
    }

    /* events tell arms apart by their names alone */

    if (ngx_http_reco_arm_exists(lcf->arms, &value[1])) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
            "duplicate arm \"%V\" in \"reco_arm\" directive", &value[1]);
        return NGX_CONF_ERROR;
    }

    share = NGX_ERROR;

    if (value[2].len > 1 && value[2].data[value[2].len - 1] == '%') {
        share = ngx_atofp(value[2].data, value[2].len - 1, 2);
    }

    if (share < 1) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
            "invalid share \"%V\", it must be like 10%% or 2.5%%", &value[2]);
        return NGX_CONF_ERROR;
    }

    if (begin + share > NGX_HTTP_RECO_ARM_WHOLE) {
        return "makes more than 100% of all arms";
    }

    arm = ngx_array_push(lcf->arms);
    if (arm == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(arm, sizeof(ngx_http_reco_arm_t));
    arm->name = value[1];
    arm->end = begin + share;

    for (i = 3; i < cf->args->nelts; i++) {
        if (ngx_http_reco_arm_word(cf, arm, &value[i]) != NGX_OK) {
            ngx_conf_log_error(
                NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


ngx_http_reco_arm_t *
ngx_http_reco_arm(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx)
{
    u_char text[NGX_HTTP_RECO_ARM_NAME + sizeof(ctx->hex)];
    uint64_t place;
    ngx_uint_t i;
    ngx_http_reco_arm_t *arm;
    ngx_http_reco_loc_conf_t *lcf;

    lcf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);

    if (ctx->arm_known || lcf->arms == NULL) {
        return ctx->arm;
    }

    ctx->arm_known = 1;

    if (ngx_http_reco_visitor(r, ctx) != NGX_OK) {
        return NULL;
    }

    ngx_memcpy(text, ctx->hex, sizeof(ctx->hex));
    ngx_memcpy(
        text + sizeof(ctx->hex), lcf->experiment.data, lcf->experiment.len);

    place = reco_hash(text, sizeof(ctx->hex) + lcf->experiment.len)
            % NGX_HTTP_RECO_ARM_WHOLE;
    arm = lcf->arms->elts;

    for (i = 0; i < lcf->arms->nelts; i++) {
        if (place < arm[i].end) {
            ctx->arm = &arm[i];
            break;
        }
    }

    return ctx->arm;
}


ngx_str_t *
ngx_http_reco_arm_label(ngx_http_reco_arm_t *arm)
{
    return &arm->name;
}


ngx_uint_t
ngx_http_reco_arm_withholds(
    ngx_http_reco_arm_t *arm, ngx_http_reco_slot_t *slot)
{
    return arm != NULL && arm->off
           && ngx_http_reco_reference_is(arm->about.slot, &slot->name);
}


void
ngx_http_reco_arm_query(ngx_http_reco_arm_t *arm, ngx_http_reco_slot_t *slot,
    ngx_http_reco_slot_t *used)
{
    *used = *slot;

    if (arm == NULL || arm->with.source.len == 0
        || !ngx_http_reco_reference_is(arm->about.slot, &slot->name))
    {
        return;
    }

    used->source = arm->with.source;
    used->sources = arm->with.sources;
    used->repeat = arm->with.repeat;
    used->alone = arm->with.alone;
}
