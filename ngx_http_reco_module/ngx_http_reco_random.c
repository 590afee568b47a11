#include "ngx_http_reco_random.h"

#include <sys/random.h>


ngx_int_t
ngx_http_reco_random(void *out, size_t len)
{
    u_char *p;
    ssize_t n;

    for (p = out; len > 0; p += n, len -= n) {
        n = getrandom(p, len, 0);

        if (n == -1 && ngx_errno == NGX_EINTR) {
            n = 0;
        }

        if (n == -1) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
