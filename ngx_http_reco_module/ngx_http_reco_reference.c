#include "ngx_http_reco_reference.h"


struct ngx_http_reco_reference_s {
    ngx_str_t slot;
    ngx_str_t directive;
    ngx_str_t file;
    ngx_uint_t line;
    unsigned met : 1;
};


ngx_http_reco_reference_t *
ngx_http_reco_reference_add(ngx_conf_t *cf, const ngx_str_t *slot)
{
    ngx_str_t *word;
    ngx_http_reco_main_conf_t *main;
    ngx_http_reco_reference_t *reference, **member;

    main = ngx_http_conf_get_module_main_conf(cf, ngx_http_reco_module);

    reference = ngx_pcalloc(cf->pool, sizeof(ngx_http_reco_reference_t));
    member = ngx_array_push(&main->references);
    if (reference == NULL || member == NULL) {
        return NULL;
    }

    word = cf->args->elts;
    reference->slot = *slot;
    reference->directive = word[0];
    reference->file = cf->conf_file->file.name;
    reference->line = cf->conf_file->line;
    *member = reference;

    return reference;
}


ngx_uint_t
ngx_http_reco_reference_is(
    const ngx_http_reco_reference_t *reference, const ngx_str_t *slot)
{
    return reference == NULL
           || (reference->slot.len == slot->len
               && ngx_strncmp(reference->slot.data, slot->data, slot->len)
                      == 0);
}


static ngx_uint_t
ngx_http_reco_reference_is_among(
    const ngx_http_reco_reference_t *reference, const ngx_array_t *slots)
{
    ngx_uint_t i;
    ngx_http_reco_slot_t **slot;

    slot = slots->elts;

    for (i = 0; i < slots->nelts; i++) {
        if (ngx_http_reco_reference_is(reference, &slot[i]->name)) {
            return 1;
        }
    }

    return 0;
}


static void
ngx_http_reco_reference_hold(ngx_conf_t *cf,
    const ngx_http_reco_loc_conf_t *lcf, ngx_http_reco_reference_t *reference)
{
    ngx_http_reco_main_conf_t *main;

    if (reference == NULL || reference->met) {
        return;
    }

    main = ngx_http_conf_get_module_main_conf(cf, ngx_http_reco_module);

    reference->met =
        (lcf->slots != NULL
            && ngx_http_reco_reference_is_among(reference, lcf->slots))
        || (lcf->any_slot
            && ngx_http_reco_reference_is_among(reference, &main->slots));
}


void
ngx_http_reco_references_hold(ngx_conf_t *cf,
    const ngx_http_reco_loc_conf_t *lcf, const ngx_array_t *referrers)
{
    ngx_uint_t i;
    ngx_http_reco_referrer_t *referrer;

    if (referrers == NULL) {
        return;
    }

    for (i = 0; i < referrers->nelts; i++) {
        referrer = (ngx_http_reco_referrer_t *) ((u_char *) referrers->elts
                                                 + i * referrers->size);

        ngx_http_reco_reference_hold(cf, lcf, referrer->slot);
    }
}


ngx_int_t
ngx_http_reco_references_check(ngx_conf_t *cf, ngx_http_reco_main_conf_t *main)
{
    ngx_uint_t i;
    ngx_http_reco_reference_t **reference;

    reference = main->references.elts;

    for (i = 0; i < main->references.nelts; i++) {
        if (reference[i]->met) {
            continue;
        }

        if (!ngx_http_reco_reference_is_among(reference[i], &main->slots)) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                "unknown slot \"%V\" in \"%V\" directive in %V:%ui",
                &reference[i]->slot, &reference[i]->directive,
                &reference[i]->file, reference[i]->line);
            return NGX_ERROR;
        }

        ngx_log_error(NGX_LOG_WARN, cf->log, 0,
            "\"%V\" directive has no effect, slot \"%V\" is in other places, "
            "in %V:%ui",
            &reference[i]->directive, &reference[i]->slot, &reference[i]->file,
            reference[i]->line);
    }

    return NGX_OK;
}
