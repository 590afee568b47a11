#include "ngx_http_reco_module.h"


/*
 * reco_passages SIZE | off: what each worker remembers of pages that it read,
 * so as not to read the same bytes again.
 */

#define NGX_HTTP_RECO_PASSAGES     (1024 * 1024) /* where the site says not */
#define NGX_HTTP_RECO_PASSAGES_MAX (1024 * 1024 * 1024)


void
ngx_http_reco_passages_init_conf(ngx_http_reco_main_conf_t *main)
{
    ngx_conf_init_size_value(main->passages_size, NGX_HTTP_RECO_PASSAGES);
}


char *
ngx_http_reco_passages_directive(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_main_conf_t *main = conf;

    ssize_t size;
    ngx_str_t *value;

    if (main->passages_size != NGX_CONF_UNSET_SIZE) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        main->passages_size = 0;
        return NGX_CONF_OK;
    }

    size = ngx_parse_size(&value[1]);

    if (size < RECO_HTML_PASSAGES_MIN || size > NGX_HTTP_RECO_PASSAGES_MAX) {
        return "needs \"off\" or a size, from 64k to 1024m";
    }

    main->passages_size = size;

    return NGX_CONF_OK;
}


ngx_int_t
ngx_http_reco_passages_init_process(
    ngx_cycle_t *cycle, ngx_http_reco_main_conf_t *main)
{
    reco_html_memory_t memory;

    if (main->passages_size == 0) {
        return NGX_OK;
    }

    memory.alloc = ngx_http_reco_alloc;
    memory.owner = cycle->pool;

    main->passages = reco_html_passages_create(main->passages_size, &memory);

    return main->passages != NULL ? NGX_OK : NGX_ERROR;
}
