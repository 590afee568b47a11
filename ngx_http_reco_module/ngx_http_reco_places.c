#include "ngx_http_reco_places.h"


#define NGX_HTTP_RECO_PLACES_SETS 128
#define NGX_HTTP_RECO_PLACES_WAYS 4
#define NGX_HTTP_RECO_PLACES_MAX  8             /* of one page */
#define NGX_HTTP_RECO_PLACES_SIZE (1024 * 1024) /* of a page */
#define NGX_HTTP_RECO_PLACES_AGE  2             /* s since the last change */


/* A span of a file in one state; no byte of it is left unset. */
typedef struct {
    uint64_t device;
    uint64_t inode;
    uint64_t size;
    struct timespec written;
    struct timespec changed;
    off_t begin;
    off_t length;
} ngx_http_reco_file_t;


typedef struct {
    off_t at; /* from the page's begin */
    off_t drop;
    unsigned slot;
    unsigned insert;
} ngx_http_reco_place_t;


/* What was found out of a page. */
typedef struct {
    uint64_t key; /* of the guess; 0: free */
    uint32_t used;
    uint32_t nplaces;
    ngx_http_reco_file_t file;
    ngx_http_reco_place_t places[NGX_HTTP_RECO_PLACES_MAX];
    unsigned whole : 1;   /* it was read to its end */
    unsigned limited : 1; /* and a limit was met */
    unsigned memory : 1;  /* the filters after us want it in memory */
} ngx_http_reco_places_t;


struct ngx_http_reco_notes_s {
    ngx_http_reco_places_t found;
    ngx_fd_t fd;
    off_t next; /* what comes next of the file */
    off_t at;   /* what was read of the page */
};


/* Of this worker. */
static ngx_http_reco_places_t ngx_http_reco_places[NGX_HTTP_RECO_PLACES_SETS]
                                                  [NGX_HTTP_RECO_PLACES_WAYS];
static uint32_t ngx_http_reco_places_clock;


/* Which file it is, and in what state. */
static ngx_int_t
ngx_http_reco_places_file(
    ngx_fd_t fd, off_t begin, off_t length, ngx_http_reco_file_t *file)
{
    ngx_file_info_t info;

    if (ngx_fd_info(fd, &info) == NGX_FILE_ERROR) {
        return NGX_ERROR;
    }

    ngx_memzero(file, sizeof(ngx_http_reco_file_t));
    file->device = info.st_dev;
    file->inode = info.st_ino;
    file->size = info.st_size;
    file->written = info.st_mtim;
    file->changed = info.st_ctim;
    file->begin = begin;
    file->length = length;

    return NGX_OK;
}


/* What a page is known by before its body is there; 0: it is none of those that
   are remembered. */
static uint64_t
ngx_http_reco_places_key(ngx_http_request_t *r, ngx_http_reco_page_t *page)
{
    uint64_t words[4];

    if (!r->connection->sendfile || page->needed || page->learning
        || page->left <= 0 || page->left > NGX_HTTP_RECO_PLACES_SIZE)
    {
        return 0;
    }

    words[0] =
        (uintptr_t) ngx_http_get_module_loc_conf(r, ngx_http_reco_module);
    words[1] = reco_hash(r->uri.data, r->uri.len);
    words[2] = page->left;
    words[3] = r->headers_out.last_modified_time;

    return reco_hash(words, sizeof(words)) | 1;
}


/* The page's own place, or NULL; in *oldest the one that is to be given up. */
static ngx_http_reco_places_t *
ngx_http_reco_places_find(uint64_t key, ngx_http_reco_places_t **oldest)
{
    ngx_uint_t i;
    ngx_http_reco_places_t *set;

    set = ngx_http_reco_places[(key >> 1) % NGX_HTTP_RECO_PLACES_SETS];
    *oldest = set;

    for (i = 0; i < NGX_HTTP_RECO_PLACES_WAYS; i++) {
        if (set[i].key == key) {
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


/* -- reading a page ------------------------------------------------------ */

ngx_int_t
ngx_http_reco_places_expect(ngx_http_request_t *r, ngx_http_reco_page_t *page)
{
    uint64_t key;
    ngx_http_reco_places_t *places, *oldest;

    key = ngx_http_reco_places_key(r, page);
    if (key == 0) {
        return NGX_DECLINED;
    }

    page->notes = ngx_pcalloc(r->pool, sizeof(ngx_http_reco_notes_t));
    if (page->notes == NULL) {
        return NGX_ERROR;
    }

    page->notes->fd = NGX_INVALID_FILE;
    page->notes->found.key = key;
    page->notes->found.file.length = page->left;

    places = ngx_http_reco_places_find(key, &oldest);

    return places != NULL && !places->memory ? NGX_OK : NGX_DECLINED;
}


void
ngx_http_reco_places_follow(ngx_http_reco_page_t *page, ngx_buf_t *in)
{
    ngx_http_reco_notes_t *notes;

    notes = page->notes;

    if (notes == NULL || ngx_buf_size(in) == 0) {
        return;
    }

    page->notes = NULL;

    if (!in->in_file) {
        return;
    }

    if (notes->fd == NGX_INVALID_FILE) {
        notes->fd = in->file->fd;
        notes->next = in->file_pos;

        if (ngx_http_reco_places_file(notes->fd, in->file_pos,
                notes->found.file.length, &notes->found.file)
            != NGX_OK)
        {
            return;
        }
    }

    if (in->file->fd == notes->fd && in->file_pos == notes->next) {
        notes->next += in->last - in->pos;
        page->notes = notes;
    }
}


void
ngx_http_reco_places_note(
    ngx_http_reco_page_t *page, const reco_html_step_t *step)
{
    off_t at;
    ngx_http_reco_notes_t *notes;
    ngx_http_reco_place_t *place;

    notes = page->notes;

    if (notes == NULL) {
        return;
    }

    at = notes->at;
    notes->at += step->action != RECO_HTML_INSERT ? step->text.len : 0;

    if (step->action == RECO_HTML_PASS) {
        return;
    }

    if (step->action == RECO_HTML_DROP && notes->found.nplaces > 0) {
        place = &notes->found.places[notes->found.nplaces - 1];

        if (place->slot == step->slot && place->at + place->drop == at) {
            place->drop += step->text.len;
            return;
        }
    }

    if (notes->found.nplaces == NGX_HTTP_RECO_PLACES_MAX) {
        page->notes = NULL;
        return;
    }

    place = &notes->found.places[notes->found.nplaces++];
    place->at = at;
    place->drop = step->action == RECO_HTML_DROP ? step->text.len : 0;
    place->slot = step->slot;
    place->insert = step->action == RECO_HTML_INSERT;
}


void
ngx_http_reco_places_keep(ngx_http_reco_page_t *page)
{
    ngx_http_reco_file_t *file, now;
    ngx_http_reco_notes_t *notes;
    ngx_http_reco_places_t *places, *oldest;

    notes = page->notes;

    if (notes == NULL) {
        return;
    }

    page->notes = NULL;
    file = &notes->found.file;

    places = ngx_http_reco_places_find(notes->found.key, &oldest);

    if (page->rewriter == NULL) {
        /* it was recalled */
        if (places != NULL) {
            places->memory = page->needed;
        }

        return;
    }

    if (notes->fd == NGX_INVALID_FILE
        || ngx_http_reco_places_file(notes->fd, file->begin, file->length, &now)
               != NGX_OK
        || ngx_memcmp(file, &now, sizeof(now)) != 0
        || ngx_time() - file->written.tv_sec < NGX_HTTP_RECO_PLACES_AGE
        || ngx_time() - file->changed.tv_sec < NGX_HTTP_RECO_PLACES_AGE)
    {
        return;
    }

    notes->found.whole = page->ended;
    notes->found.limited = reco_html_rewriter_limited(page->rewriter) != 0;
    notes->found.memory = page->needed;
    notes->found.used = ++ngx_http_reco_places_clock;

    *(places != NULL ? places : oldest) = notes->found;
}


/* -- a page that was read before ----------------------------------------- */

ngx_int_t
ngx_http_reco_places_load(ngx_pool_t *pool, ngx_chain_t *chain)
{
    u_char *p;
    size_t size;
    ssize_t n;
    ngx_buf_t *b;

    for (/* void */; chain != NULL; chain = chain->next) {
        b = chain->buf;

        if (!b->in_file || ngx_buf_in_memory(b) || b->file_pos == b->file_last)
        {
            continue;
        }

        size = b->file_last - b->file_pos;

        p = ngx_palloc(pool, size);
        if (p == NULL) {
            return NGX_ERROR;
        }

        n = ngx_read_file(b->file, p, size, b->file_pos);

        if (n != (ssize_t) size) {
            if (n != NGX_ERROR) {
                ngx_log_error(NGX_LOG_ALERT, b->file->log, 0,
                    ngx_read_file_n " read only %z of %uz from \"%V\"", n, size,
                    &b->file->name);
            }

            return NGX_ERROR;
        }

        b->pos = p;
        b->last = p + size;
        b->temporary = 1;
        b->in_file = 0;
    }

    return NGX_OK;
}


/* What is remembered of the page that has come; NULL: it is another one. */
static ngx_http_reco_places_t *
ngx_http_reco_places_match(ngx_http_reco_page_t *page, ngx_chain_t *in)
{
    ngx_buf_t *b;
    ngx_http_reco_file_t file;
    ngx_http_reco_places_t *places, *oldest;

    b = in->buf;
    places = ngx_http_reco_places_find(page->notes->found.key, &oldest);

    if (places == NULL) {
        return NULL;
    }

    if (in->next != NULL || !b->last_buf || !b->in_file || ngx_buf_in_memory(b)
        || ngx_http_reco_places_file(
               b->file->fd, b->file_pos, b->file_last - b->file_pos, &file)
               != NGX_OK
        || ngx_memcmp(&file, &places->file, sizeof(file)) != 0)
    {
        places->key = 0;
        return NULL;
    }

    return places;
}


ngx_int_t
ngx_http_reco_places_recall(
    ngx_http_request_t *r, ngx_http_reco_ctx_t *ctx, ngx_chain_t *in)
{
    off_t at;
    ngx_uint_t i;
    reco_html_step_t step;
    ngx_http_reco_page_t *page;
    ngx_http_reco_place_t *place;
    ngx_http_reco_places_t *places;

    page = ctx->page;
    places = ngx_http_reco_places_match(page, in);

    if (places == NULL) {
        return ngx_http_reco_places_load(r->pool, in) == NGX_OK ? NGX_DECLINED
                                                                : NGX_ERROR;
    }

    ngx_http_reco_count(NGX_HTTP_RECO_RECALLED, 1);

    at = 0;
    ngx_memzero(&step, sizeof(step));

    for (i = 0; i < places->nplaces; i++) {
        place = &places->places[i];
        step.slot = place->slot;

        step.action = RECO_HTML_PASS;
        step.text.len = place->at - at;

        if (ngx_http_reco_page_step(r, ctx, in->buf, &step, at) != NGX_OK) {
            return NGX_ERROR;
        }

        at = place->at + place->drop;
        step.action = RECO_HTML_INSERT;
        step.text.len = 0;

        if (place->insert
            && ngx_http_reco_page_step(r, ctx, in->buf, &step, place->at)
                   != NGX_OK)
        {
            return NGX_ERROR;
        }

        step.action = RECO_HTML_DROP;
        step.text.len = place->drop;

        if (place->drop > 0
            && ngx_http_reco_page_step(r, ctx, in->buf, &step, place->at)
                   != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    step.action = RECO_HTML_PASS;
    step.text.len = places->file.length - at;

    if (ngx_http_reco_page_step(r, ctx, in->buf, &step, at) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_reco_page_over(
        r, page, in->buf, places->whole, places->limited);
}
