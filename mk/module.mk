# build/ngx_http_reco_module.so against Debian's nginx (nginx-dev).

module:
