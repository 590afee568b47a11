#include "ngx_http_reco_module.h"


/*
 * reco_slot NAME [n=8] [template=FILE] [heading=TEXT] [source=NAME]
 *     [category=TEXT] [before=|prepend=|append=|after=|replace="SELECTOR"]...
 *     [all] [fallback=body] [locale=TAG] [live];
 *
 * n=0: the template without items, for what a page's blocks share.
 *
 * nginx's own parser ends a word at a blank even between quotes that stand in
 * its middle (after="a > b"): such words are put together again here.
 */

#define NGX_HTTP_RECO_SLOT_N       8
#define NGX_HTTP_RECO_TEMPLATE_MAX (1024 * 1024)


static ngx_str_t ngx_http_reco_builtin =
    ngx_string("<section class=\"reco\" aria-label=\"{{heading}}\""
               " data-reco-block=\"{{slot}}\" data-reco-req=\"{{request}}\""
               "{{#live}} data-reco-live=\"\"{{/live}}>\n"
               "{{#heading}}<h2>{{heading}}</h2>\n{{/heading}}"
               "<ul>\n"
               "{{#items}}<li><a href=\"{{url}}\" data-reco-item=\"{{id}}\""
               " data-reco-rank=\"{{rank}}\">{{title}}</a></li>\n{{/items}}"
               "</ul>\n</section>");


static const struct {
    const char *name;
    reco_html_position_t position;
} ngx_http_reco_positions[] = {
    {"before", RECO_HTML_BEFORE},
    {"prepend", RECO_HTML_PREPEND},
    {"append", RECO_HTML_APPEND},
    {"after", RECO_HTML_AFTER},
    {"replace", RECO_HTML_REPLACE},
};


static ngx_int_t ngx_http_reco_slot_word(ngx_conf_t *cf,
    ngx_http_reco_loc_conf_t *lcf, ngx_http_reco_slot_t *slot, ngx_str_t *word,
    ngx_uint_t all, unsigned index);
static ngx_http_reco_template_t *ngx_http_reco_template(
    ngx_conf_t *cf, ngx_str_t *name);
static ngx_int_t ngx_http_reco_template_read(
    ngx_conf_t *cf, ngx_str_t *path, ngx_str_t *source);


ngx_int_t
ngx_http_reco_slots_create(ngx_conf_t *cf, ngx_http_reco_loc_conf_t *lcf)
{
    reco_html_memory_t memory;

    memory.alloc = ngx_http_reco_alloc;
    memory.owner = cf->pool;

    lcf->slots = ngx_array_create(cf->pool, 4, sizeof(void *));
    lcf->plan = reco_html_plan_create(&memory);

    return lcf->slots != NULL && lcf->plan != NULL ? NGX_OK : NGX_ERROR;
}


char *
ngx_http_reco_slot(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_loc_conf_t *lcf = conf;

    unsigned index;
    ngx_str_t *word;
    ngx_uint_t i, all;
    ngx_array_t *words;
    reco_error_t error;
    ngx_http_reco_slot_t *slot, **member;
    ngx_http_reco_main_conf_t *main;

    main = ngx_http_conf_get_module_main_conf(cf, ngx_http_reco_module);

    if (lcf->slots == NGX_CONF_UNSET_PTR
        && ngx_http_reco_slots_create(cf, lcf) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    words = ngx_http_reco_words(cf);
    slot = ngx_pcalloc(cf->pool, sizeof(ngx_http_reco_slot_t));
    if (words == NULL || slot == NULL) {
        return NGX_CONF_ERROR;
    }

    word = words->elts;
    slot->name = word[1];
    slot->n = NGX_HTTP_RECO_SLOT_N;
    ngx_str_set(&slot->source, "related");

    if (reco_html_plan_slot(
            lcf->plan, ngx_http_reco_str(slot->name), &index, &error)
        != RECO_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "slot \"%V\": %s", &slot->name,
            error.message);
        return NGX_CONF_ERROR;
    }

    all = 0;
    for (i = 2; i < words->nelts; i++) {
        all |= ngx_strcmp(word[i].data, "all") == 0;
    }

    for (i = 2; i < words->nelts; i++) {
        if (ngx_http_reco_slot_word(cf, lcf, slot, &word[i], all, index)
            != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if (slot->template == NULL) {
        slot->template = ngx_http_reco_template(cf, NULL);
        if (slot->template == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    member = ngx_array_push(lcf->slots);
    if (member == NULL) {
        return NGX_CONF_ERROR;
    }

    *member = slot;

    member = ngx_array_push(&main->slots);
    if (member == NULL) {
        return NGX_CONF_ERROR;
    }

    *member = slot;

    return NGX_CONF_OK;
}


ngx_array_t *
ngx_http_reco_words(ngx_conf_t *cf)
{
    u_char *quote;
    ngx_str_t *value, *word, s;
    ngx_uint_t i;
    ngx_array_t *words;

    value = cf->args->elts;

    words = ngx_array_create(cf->pool, cf->args->nelts, sizeof(ngx_str_t));
    if (words == NULL) {
        return NULL;
    }

    for (i = 0; i < cf->args->nelts; i++) {
        word = ngx_array_push(words);
        if (word == NULL) {
            return NULL;
        }

        *word = value[i];

        quote = (u_char *) ngx_strchr(word->data, '=');
        if (quote == NULL || quote[1] != '"') {
            continue;
        }

        quote++;

        while (word->data + word->len - quote < 2
               || word->data[word->len - 1] != '"') {
            if (++i == cf->args->nelts) {
                ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                    "closing quote is missing in \"%V\"", word);
                return NULL;
            }

            s.len = word->len + 1 + value[i].len;
            s.data = ngx_pnalloc(cf->pool, s.len + 1);
            if (s.data == NULL) {
                return NULL;
            }

            ngx_sprintf(s.data, "%V %V%Z", word, &value[i]);
            quote = s.data + (quote - word->data);
            *word = s;
        }

        ngx_memmove(quote, quote + 1, word->data + word->len - quote - 1);
        word->len -= 2;
        word->data[word->len] = '\0';
    }

    return words;
}


ngx_int_t
ngx_http_reco_word_value(const ngx_str_t *word, ngx_str_t *value)
{
    value->data = (u_char *) ngx_strchr(word->data, '=');
    if (value->data == NULL) {
        return NGX_DECLINED;
    }

    value->data++;
    value->len = word->data + word->len - value->data;

    return NGX_OK;
}


/* Splits NAME=VALUE where the name is this one. */
static ngx_uint_t
ngx_http_reco_slot_value(ngx_str_t *word, const char *name, ngx_str_t *value)
{
    size_t len;

    len = ngx_strlen(name);

    if (word->len <= len || ngx_strncmp(word->data, name, len) != 0
        || word->data[len] != '=')
    {
        return 0;
    }

    value->data = word->data + len + 1;
    value->len = word->len - len - 1;

    return 1;
}


static ngx_int_t
ngx_http_reco_slot_place(ngx_conf_t *cf, ngx_http_reco_loc_conf_t *lcf,
    ngx_str_t *word, ngx_uint_t all, unsigned index)
{
    ngx_str_t value;
    ngx_uint_t i;
    reco_error_t error;

    for (i = 0; i < sizeof(ngx_http_reco_positions)
                        / sizeof(ngx_http_reco_positions[0]);
         i++)
    {
        if (!ngx_http_reco_slot_value(
                word, ngx_http_reco_positions[i].name, &value)) {
            continue;
        }

        ngx_memzero(&error, sizeof(error));

        if (reco_html_plan_select(lcf->plan, index, ngx_http_reco_str(value),
                ngx_http_reco_positions[i].position, all, &error)
            != RECO_OK)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", error.message);
            return NGX_ERROR;
        }

        return NGX_OK;
    }

    return NGX_DECLINED;
}


/* -- sources ------------------------------------------------------------ */

#define ngx_http_reco_bit(source) ((uint32_t) 1 << RECO_ENGINE_##source)

static const struct {
    const char *name;
    uint32_t sources;
    ngx_uint_t repeat;
    ngx_uint_t alone;
} ngx_http_reco_sources[] = {
    {"related", 0, 0, 0},
    {"also-viewed",
        ngx_http_reco_bit(SESSION) | ngx_http_reco_bit(NEXT)
            | ngx_http_reco_bit(VIEWED),
        0, 0},
    {"bought-together", ngx_http_reco_bit(BOUGHT), 0, 0},
    {"similar", ngx_http_reco_bit(CONTENT), 0, 0},
    {"for-you",
        ngx_http_reco_bit(SESSION) | ngx_http_reco_bit(FACTORS)
            | ngx_http_reco_bit(BACKFILL),
        0, 1},
    {"trending", ngx_http_reco_bit(TRENDING), 0, 1},
    {"popular", ngx_http_reco_bit(POPULAR), 0, 1},
    {"recent", ngx_http_reco_bit(RETURN), 1, 1},
};


ngx_int_t
ngx_http_reco_source(ngx_str_t *name, ngx_http_reco_slot_t *slot)
{
    ngx_uint_t i;

    for (i = 0;
         i < sizeof(ngx_http_reco_sources) / sizeof(ngx_http_reco_sources[0]);
         i++)
    {
        if (ngx_strcmp(name->data, ngx_http_reco_sources[i].name) == 0) {
            slot->source = *name;
            slot->sources = ngx_http_reco_sources[i].sources;
            slot->repeat = ngx_http_reco_sources[i].repeat;
            slot->alone = ngx_http_reco_sources[i].alone;
            return NGX_OK;
        }
    }

    return NGX_DECLINED;
}


/* -- parameters: NAME=VALUE ---------------------------------------------- */

static ngx_int_t
ngx_http_reco_slot_set_n(
    ngx_conf_t *cf, ngx_http_reco_slot_t *slot, ngx_str_t *value)
{
    ngx_int_t n;

    n = ngx_atoi(value->data, value->len);

    if (n < 0 || n > RECO_ENGINE_RESULT_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
            "invalid number of items \"%V\", it must be 0 to %d", value,
            RECO_ENGINE_RESULT_MAX);
        return NGX_ERROR;
    }

    slot->n = n;

    return NGX_OK;
}


static ngx_int_t
ngx_http_reco_slot_set_template(
    ngx_conf_t *cf, ngx_http_reco_slot_t *slot, ngx_str_t *value)
{
    slot->template = ngx_http_reco_template(cf, value);

    return slot->template != NULL ? NGX_OK : NGX_ERROR;
}


static ngx_int_t
ngx_http_reco_slot_set_source(
    ngx_conf_t *cf, ngx_http_reco_slot_t *slot, ngx_str_t *value)
{
    if (ngx_http_reco_source(value, slot) != NGX_OK) {
        ngx_conf_log_error(
            NGX_LOG_EMERG, cf, 0, "unknown source \"%V\"", value);
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* A value that may hold variables. */
static ngx_int_t
ngx_http_reco_slot_compile(
    ngx_conf_t *cf, ngx_str_t *value, ngx_http_complex_value_t **compiled)
{
    ngx_http_compile_complex_value_t ccv;

    *compiled = ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (*compiled == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ccv));
    ccv.cf = cf;
    ccv.value = value;
    ccv.complex_value = *compiled;

    return ngx_http_compile_complex_value(&ccv);
}


static ngx_int_t
ngx_http_reco_slot_set_heading(
    ngx_conf_t *cf, ngx_http_reco_slot_t *slot, ngx_str_t *value)
{
    return ngx_http_reco_slot_compile(cf, value, &slot->heading);
}


static ngx_int_t
ngx_http_reco_slot_set_locale(
    ngx_conf_t *cf, ngx_http_reco_slot_t *slot, ngx_str_t *value)
{
    return ngx_http_reco_slot_compile(cf, value, &slot->locale);
}


static ngx_int_t
ngx_http_reco_slot_set_category(
    ngx_conf_t *cf, ngx_http_reco_slot_t *slot, ngx_str_t *value)
{
    return ngx_http_reco_slot_compile(cf, value, &slot->category);
}


static const struct {
    const char *name;
    ngx_int_t (*set)(
        ngx_conf_t *cf, ngx_http_reco_slot_t *slot, ngx_str_t *value);
} ngx_http_reco_slot_parameters[] = {
    {"n", ngx_http_reco_slot_set_n},
    {"template", ngx_http_reco_slot_set_template},
    {"heading", ngx_http_reco_slot_set_heading},
    {"source", ngx_http_reco_slot_set_source},
    {"category", ngx_http_reco_slot_set_category},
    {"locale", ngx_http_reco_slot_set_locale},
};


static ngx_int_t
ngx_http_reco_slot_word(ngx_conf_t *cf, ngx_http_reco_loc_conf_t *lcf,
    ngx_http_reco_slot_t *slot, ngx_str_t *word, ngx_uint_t all, unsigned index)
{
    ngx_int_t rc;
    ngx_str_t value;
    ngx_uint_t i;

    if (ngx_strcmp(word->data, "all") == 0) {
        return NGX_OK;
    }

    if (ngx_strcmp(word->data, "live") == 0) {
        slot->live = 1;
        return NGX_OK;
    }

    if (ngx_strcmp(word->data, "fallback=body") == 0) {
        reco_html_plan_fallback(lcf->plan, index);
        return NGX_OK;
    }

    for (i = 0; i < sizeof(ngx_http_reco_slot_parameters)
                        / sizeof(ngx_http_reco_slot_parameters[0]);
         i++)
    {
        if (ngx_http_reco_slot_value(
                word, ngx_http_reco_slot_parameters[i].name, &value))
        {
            return ngx_http_reco_slot_parameters[i].set(cf, slot, &value);
        }
    }

    rc = ngx_http_reco_slot_place(cf, lcf, word, all, index);

    if (rc == NGX_DECLINED) {
        ngx_conf_log_error(
            NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"", word);
        return NGX_ERROR;
    }

    return rc;
}


/* -- templates ----------------------------------------------------------- */

/* Parsed once for each file; name NULL: the one that is built in. */
static ngx_http_reco_template_t *
ngx_http_reco_template(ngx_conf_t *cf, ngx_str_t *name)
{
    ngx_str_t path, source;
    ngx_uint_t i;
    reco_error_t error;
    reco_render_memory_t memory;
    ngx_http_reco_template_t *template, **templates;
    ngx_http_reco_main_conf_t *main;

    main = ngx_http_conf_get_module_main_conf(cf, ngx_http_reco_module);

    ngx_str_set(&path, "built in");
    source = ngx_http_reco_builtin;

    if (name != NULL) {
        path = *name;
        if (ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK) {
            return NULL;
        }
    }

    templates = main->templates.elts;

    for (i = 0; i < main->templates.nelts; i++) {
        if (templates[i]->path.len == path.len
            && ngx_strncmp(templates[i]->path.data, path.data, path.len) == 0)
        {
            return templates[i];
        }
    }

    if (name != NULL
        && ngx_http_reco_template_read(cf, &path, &source) != NGX_OK) {
        return NULL;
    }

    template = ngx_pcalloc(cf->pool, sizeof(ngx_http_reco_template_t));
    templates = ngx_array_push(&main->templates);
    if (template == NULL || templates == NULL) {
        return NULL;
    }

    template->path = path;
    *templates = template;

    memory.alloc = ngx_http_reco_alloc;
    memory.owner = cf->pool;

    ngx_memzero(&error, sizeof(error));

    if (reco_render_parse(
            ngx_http_reco_str(source), &memory, &template->parsed, &error)
        != RECO_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "template %V:%ui:%ui: %s",
            &path, (ngx_uint_t) error.line, (ngx_uint_t) error.column,
            error.message);
        return NULL;
    }

    template->links = reco_render_links(template->parsed) != 0;

    return template;
}


static ngx_int_t
ngx_http_reco_template_read(ngx_conf_t *cf, ngx_str_t *path, ngx_str_t *source)
{
    ssize_t n;
    ngx_int_t rc;
    ngx_file_t file;
    ngx_file_info_t info;

    rc = NGX_ERROR;

    ngx_memzero(&file, sizeof(ngx_file_t));
    file.name = *path;
    file.log = cf->log;
    file.fd = ngx_open_file(path->data, NGX_FILE_RDONLY, NGX_FILE_OPEN, 0);

    if (file.fd == NGX_INVALID_FILE) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
            ngx_open_file_n " \"%V\" failed", path);
        return NGX_ERROR;
    }

    if (ngx_fd_info(file.fd, &info) == NGX_FILE_ERROR) {
        ngx_conf_log_error(
            NGX_LOG_EMERG, cf, ngx_errno, ngx_fd_info_n " \"%V\" failed", path);
        goto done;
    }

    if (ngx_file_size(&info) > NGX_HTTP_RECO_TEMPLATE_MAX) {
        ngx_conf_log_error(
            NGX_LOG_EMERG, cf, 0, "template \"%V\" is larger than 1 MiB", path);
        goto done;
    }

    source->len = ngx_file_size(&info);
    source->data = ngx_pnalloc(cf->pool, source->len + 1);
    if (source->data == NULL) {
        goto done;
    }

    n = ngx_read_file(&file, source->data, source->len, 0);

    if (n != (ssize_t) source->len) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, ngx_errno,
            ngx_read_file_n " \"%V\" failed", path);
        goto done;
    }

    rc = NGX_OK;

done:

    if (ngx_close_file(file.fd) == NGX_FILE_ERROR) {
        ngx_conf_log_error(NGX_LOG_ALERT, cf, ngx_errno,
            ngx_close_file_n " \"%V\" failed", path);
    }

    return rc;
}
