#include "ngx_http_reco_places.h"


#define NGX_HTTP_RECO_PLACES_SETS 128
#define NGX_HTTP_RECO_PLACES_WAYS 4
#define NGX_HTTP_RECO_PLACES_MAX  8             /* of one page */
#define NGX_HTTP_RECO_PLACES_SIZE (1024 * 1024) /* of a page */
#define NGX_HTTP_RECO_PLACES_AGE  2             /* s since the last change */
#define NGX_HTTP_RECO_PLACES_READ 65536         /* of a page read at once */


/* A span of a file in one state, in one place of the configuration; no byte of
   it is left unset. */
typedef struct {
    void *conf;
    uint64_t device;
    uint64_t inode;
    uint64_t size;
    struct timespec written;
    struct timespec changed;
    off_t begin;
    off_t length;
} ngx_http_reco_file_t;


typedef struct {
    off_t at;   /* from the page's begin */
    off_t drop; /* bytes that are left out */
    unsigned slot;
    unsigned insert;
} ngx_http_reco_place_t;


struct ngx_http_reco_places_s {
    uint64_t key; /* of the file; 0: free */
    ngx_http_reco_file_t file;
    ngx_http_reco_place_t places[NGX_HTTP_RECO_PLACES_MAX];
    ngx_uint_t nplaces;
    uint32_t used;
    unsigned limited : 1; /* a limit was met */
    unsigned memory : 1;  /* the filters after us want the page in memory */

    /* of one request */
    off_t at;        /* what was fed, or read */
    ngx_uint_t next; /* place */
    ngx_fd_t fd;
};


/* Of this worker. */
static ngx_http_reco_places_t ngx_http_reco_places[NGX_HTTP_RECO_PLACES_SETS]
                                                  [NGX_HTTP_RECO_PLACES_WAYS];
static uint32_t ngx_http_reco_places_clock;


/* -- what is remembered -------------------------------------------------- */

/* The state that a page's file is in. */
static ngx_int_t
ngx_http_reco_places_file(ngx_fd_t fd, ngx_http_reco_file_t *file)
{
    ngx_file_info_t info;

    if (ngx_fd_info(fd, &info) == NGX_FILE_ERROR) {
        return NGX_DECLINED;
    }

    file->device = info.st_dev;
    file->inode = info.st_ino;
    file->size = info.st_size;
    file->written = info.st_mtim;
    file->changed = info.st_ctim;

    return NGX_OK;
}


/* The page's own entry, or NULL; in *oldest the one that is to be given up. */
static ngx_http_reco_places_t *
ngx_http_reco_places_find(
    const ngx_http_reco_places_t *page, ngx_http_reco_places_t **oldest)
{
    ngx_uint_t i;
    ngx_http_reco_places_t *set;

    set = ngx_http_reco_places[(page->key >> 1) % NGX_HTTP_RECO_PLACES_SETS];
    *oldest = set;

    for (i = 0; i < NGX_HTTP_RECO_PLACES_WAYS; i++) {
        if (set[i].key == page->key
            && ngx_memcmp(&set[i].file, &page->file, sizeof(page->file)) == 0)
        {
            set[i].used = ++ngx_http_reco_places_clock;
            return &set[i];
        }

        if (ngx_http_reco_places_clock - set[i].used
            > ngx_http_reco_places_clock - (*oldest)->used)
        {
            *oldest = &set[i];
        }
    }

    return NULL;
}


/* Brings what a buffer holds of a file into memory. */
static ngx_int_t
ngx_http_reco_places_read(ngx_http_request_t *r, ngx_buf_t *b)
{
    u_char *p;
    size_t size;
    ssize_t n;

    size = ngx_buf_size(b);

    p = ngx_palloc(r->pool, size);
    if (p == NULL) {
        return NGX_ERROR;
    }

    n = ngx_read_file(b->file, p, size, b->file_pos);

    if (n != (ssize_t) size) {
        if (n != NGX_ERROR) {
            ngx_log_error(NGX_LOG_ALERT, r->connection->log, 0,
                ngx_read_file_n " read only %z of %uz from \"%V\"", n, size,
                &b->file->name);
        }

        return NGX_ERROR;
    }

    b->pos = p;
    b->last = p + size;
    b->temporary = 1;
    b->in_file = 0;

    return NGX_OK;
}


/*
 * True where a page with blocks goes out at once, in one write and with its
 * length: each write more wakes up its reader, or makes another packet, which
 * takes longer than to copy what sendfile() would not.
 */
static ngx_uint_t
ngx_http_reco_places_are_read(
    ngx_http_request_t *r, ngx_http_reco_places_t *places, ngx_buf_t *b)
{
    ngx_http_core_loc_conf_t *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    return places->nplaces > 0 && ngx_buf_size(b) <= NGX_HTTP_RECO_PLACES_READ
           && !clcf->aio && !b->file->directio;
}


ngx_int_t
ngx_http_reco_places_look(
    ngx_http_request_t *r, ngx_http_reco_page_t *page, ngx_chain_t *in)
{
    ngx_buf_t *b;
    ngx_http_reco_places_t *places, *known, *oldest;

    b = in->buf;

    /* who stands before us and wants it in memory may alter it */

    if (page->needed || r->main_filter_need_in_memory || page->learning
        || in->next != NULL || !b->in_file || ngx_buf_in_memory(b)
        || !b->last_buf || b->file_last - b->file_pos != page->left
        || page->left == 0 || page->left > NGX_HTTP_RECO_PLACES_SIZE)
    {
        return NGX_OK;
    }

    places = ngx_pcalloc(r->pool, sizeof(ngx_http_reco_places_t));
    if (places == NULL) {
        return NGX_ERROR;
    }

    places->fd = b->file->fd;
    places->file.conf = ngx_http_get_module_loc_conf(r, ngx_http_reco_module);
    places->file.begin = b->file_pos;
    places->file.length = page->left;

    if (ngx_http_reco_places_file(places->fd, &places->file) != NGX_OK) {
        return NGX_OK;
    }

    places->key = reco_hash(&places->file, sizeof(places->file)) | 1;

    known = ngx_http_reco_places_find(places, &oldest);

    if (known == NULL) {
        page->notes = places;
        return NGX_OK;
    }

    *places = *known;
    page->places = places;
    r->filter_need_in_memory = places->memory;

    ngx_http_reco_count(NGX_HTTP_RECO_RECALLED, 1);

    return ngx_http_reco_places_are_read(r, places, b)
               ? ngx_http_reco_places_read(r, b)
               : NGX_OK;
}


/* -- reading a page ------------------------------------------------------ */

void
ngx_http_reco_places_note(
    ngx_http_reco_page_t *page, const reco_html_step_t *step)
{
    off_t at;
    ngx_http_reco_place_t *place;
    ngx_http_reco_places_t *notes;

    notes = page->notes;

    if (notes == NULL) {
        return;
    }

    at = notes->at;
    notes->at += step->action != RECO_HTML_INSERT ? step->text.len : 0;

    if (step->action == RECO_HTML_PASS) {
        return;
    }

    if (step->action == RECO_HTML_DROP && notes->nplaces > 0) {
        place = &notes->places[notes->nplaces - 1];

        if (place->slot == step->slot && place->at + place->drop == at) {
            place->drop += step->text.len;
            return;
        }
    }

    if (notes->nplaces == NGX_HTTP_RECO_PLACES_MAX) {
        page->notes = NULL;
        return;
    }

    place = &notes->places[notes->nplaces++];
    place->at = at;
    place->drop = step->action == RECO_HTML_DROP ? step->text.len : 0;
    place->slot = step->slot;
    place->insert = step->action == RECO_HTML_INSERT;
}


void
ngx_http_reco_places_keep(ngx_http_reco_page_t *page)
{
    ngx_http_reco_file_t now;
    ngx_http_reco_places_t *notes, *known, *oldest;

    notes = page->notes;

    if (notes == NULL || page->rewriter == NULL) {
        return;
    }

    page->notes = NULL;
    now = notes->file;

    if (ngx_http_reco_places_file(notes->fd, &now) != NGX_OK
        || ngx_memcmp(&notes->file, &now, sizeof(now)) != 0
        || ngx_time() - now.written.tv_sec < NGX_HTTP_RECO_PLACES_AGE
        || ngx_time() - now.changed.tv_sec < NGX_HTTP_RECO_PLACES_AGE)
    {
        return;
    }

    notes->limited = reco_html_rewriter_limited(page->rewriter) != 0;
    notes->memory = page->needed;
    notes->used = ++ngx_http_reco_places_clock;
    notes->at = 0;

    known = ngx_http_reco_places_find(notes, &oldest);

    *(known != NULL ? known : oldest) = *notes;
}


/* -- a page that was read before ----------------------------------------- */

static ngx_int_t
ngx_http_reco_places_step(ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx,
    ngx_buf_t *in, reco_html_action_t action, unsigned slot, off_t at,
    off_t len)
{
    reco_html_step_t step;

    ngx_memzero(&step, sizeof(step));
    step.action = action;
    step.slot = slot;
    step.text.len = len;

    /* where it is in the buffer at hand */
    at -= ctx->page->places->at;

    return ngx_http_reco_page_step(r, ctx, in, &step, at);
}


ngx_int_t
ngx_http_reco_places_feed(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, ngx_buf_t *in)
{
    off_t at, end, n;
    ngx_http_reco_place_t *place;
    ngx_http_reco_places_t *places;

    places = ctx->page->places;
    at = places->at;
    end = at + ngx_buf_size(in);

    for (/* void */; places->next < places->nplaces; places->next++) {
        place = &places->places[places->next];

        if (place->at > end) {
            break;
        }

        if (ngx_http_reco_places_step(
                r, ctx, in, RECO_HTML_PASS, 0, at, place->at - at)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        at = place->at;

        if (place->insert
            && ngx_http_reco_places_step(
                   r, ctx, in, RECO_HTML_INSERT, place->slot, at, 0)
                   != NGX_OK)
        {
            return NGX_ERROR;
        }

        n = ngx_min(place->drop, end - at);

        if (n > 0
            && ngx_http_reco_places_step(
                   r, ctx, in, RECO_HTML_DROP, place->slot, at, n)
                   != NGX_OK)
        {
            return NGX_ERROR;
        }

        at += n;

        if (n < place->drop) {
            place->at = at;
            place->drop -= n;
            place->insert = 0;
            break;
        }
    }

    if (ngx_http_reco_places_step(r, ctx, in, RECO_HTML_PASS, 0, at, end - at)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    places->at = end;

    return NGX_OK;
}


ngx_uint_t
ngx_http_reco_places_finished(ngx_http_reco_places_t *places)
{
    return places->next == places->nplaces;
}


ngx_uint_t
ngx_http_reco_places_limited(ngx_http_reco_places_t *places)
{
    return places->limited;
}


ngx_int_t
ngx_http_reco_places_load(ngx_http_request_t *r, ngx_http_reco_page_t *page)
{
    ngx_buf_t *b;
    ngx_chain_t *cl;
    ngx_http_reco_places_t *known, *oldest;

    known = ngx_http_reco_places_find(page->places, &oldest);

    if (known != NULL) {
        known->memory = 1;
    }

    for (cl = page->out; cl != NULL; cl = cl->next) {
        b = cl->buf;

        if (!ngx_buf_in_memory(b) && b->in_file && ngx_buf_size(b) > 0
            && ngx_http_reco_places_read(r, b) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}
