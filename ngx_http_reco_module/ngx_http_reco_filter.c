#include "ngx_http_reco_module.h"


static ngx_http_output_header_filter_pt ngx_http_next_header_filter;
static ngx_http_output_body_filter_pt ngx_http_next_body_filter;


static ngx_int_t
ngx_http_reco_header_filter(ngx_http_request_t *r)
{
    return ngx_http_next_header_filter(r);
}


static ngx_int_t
ngx_http_reco_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    return ngx_http_next_body_filter(r, in);
}


ngx_int_t
ngx_http_reco_filter_init(ngx_conf_t *cf)
{
    ngx_http_next_header_filter = ngx_http_top_header_filter;
    ngx_http_top_header_filter = ngx_http_reco_header_filter;

    ngx_http_next_body_filter = ngx_http_top_body_filter;
    ngx_http_top_body_filter = ngx_http_reco_body_filter;

    return NGX_OK;
}
