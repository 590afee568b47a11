/*
 * Versions of a model in a worker, and the mapped files, the base, that they
 * stand on:
 *
 *     request --holds--> version --holds--> base
 *     model   --holds--> version, base
 *
 * Each overlay makes a new version over the same base.  A mapping comes and
 * goes in slices of time, so that no request waits for half a gigabyte of page
 * tables.
 */

#ifndef NGX_HTTP_RECO_VERSION_H
#define NGX_HTTP_RECO_VERSION_H

#include "ngx_http_reco_module.h"


struct ngx_http_reco_base_s {
    reco_snapshot_t *snapshot;
    ngx_uint_t holders;
    ngx_queue_t queue; /* of those that are being dropped */
};


/* Maps and checks a version's files; one holder.  NULL: *error says why. */
ngx_http_reco_base_t *ngx_http_reco_base_open(
    const char *path, reco_error_t *error);

/* Touches some more of its pages; false when all were. */
ngx_uint_t ngx_http_reco_base_warm(ngx_http_reco_base_t *base);

/* Takes steps of opening an overlay for one turn; RECO_AGAIN: there are more. */
reco_status_t ngx_http_reco_overlay_check(
    reco_snapshot_overlay_t *overlay, reco_error_t *error);

/* The last one that lets go has it unmapped, little by little. */
void ngx_http_reco_base_release(ngx_http_reco_base_t *base);

/* Holds the base and the overlay, which may be NULL.  NULL: *error. */
ngx_http_reco_version_t *ngx_http_reco_version_create(
    ngx_http_reco_base_t *base, reco_snapshot_overlay_t *overlay,
    reco_error_t *error);

/* What is still to be unmapped is, at once. */
void ngx_http_reco_version_exit_process(void);

/* CPU time of this process, for what may not take long; µs. */
ngx_uint_t ngx_http_reco_cpu_time(void);

#endif /* NGX_HTTP_RECO_VERSION_H */
