#include "ngx_http_reco_reference.h"

#include <math.h>


/*
 * reco_rule exclude | boost=FACTOR | pin=PLACE
 *     [item=ID] [category=NAME] [brand=NAME] [slot=NAME];
 * reco_rule only [category=NAME] [price=MIN-MAX] [slot=NAME];
 *
 * What a site wants besides what the model says.  A query takes those that are
 * for its slot, in the order in which they stand.
 */

#define NGX_HTTP_RECO_BOOST_MAX 1000


struct ngx_http_reco_rule_s {
    ngx_http_reco_referrer_t about; /* first */
    ngx_uint_t only;
    reco_engine_rule_t rule; /* where it is not "only" */
    reco_str_t category;     /* of "only"; empty: any */
    double price_min;        /* < 0: none */
    double price_max;
};


/* A number, all of the text; negative where it is none. */
static double
ngx_http_reco_rule_number(const ngx_str_t *text)
{
    char copy[32], *end;
    size_t i;
    double number;

    if (text->len == 0 || text->len >= sizeof(copy)) {
        return -1;
    }

    for (i = 0; i < text->len; i++) {
        if ((text->data[i] < '0' || text->data[i] > '9')
            && text->data[i] != '.') {
            return -1;
        }
    }

    ngx_memcpy(copy, text->data, text->len);
    copy[text->len] = '\0';
    number = strtod(copy, &end);

    return *end == '\0' && isfinite(number) ? number : -1;
}


/* MIN-MAX, either of which may be left out. */
static ngx_int_t
ngx_http_reco_rule_price(ngx_http_reco_rule_t *rule, const ngx_str_t *text)
{
    u_char *dash;
    ngx_str_t part;

    dash = ngx_strlchr(text->data, text->data + text->len, '-');
    if (dash == NULL || text->len == 1) {
        return NGX_ERROR;
    }

    part.data = text->data;
    part.len = dash - text->data;

    if (part.len > 0) {
        rule->price_min = ngx_http_reco_rule_number(&part);
        if (rule->price_min < 0) {
            return NGX_ERROR;
        }
    }

    part.data = dash + 1;
    part.len = text->data + text->len - part.data;

    if (part.len > 0) {
        rule->price_max = ngx_http_reco_rule_number(&part);
        if (rule->price_max < 0 || rule->price_max < rule->price_min) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/* The first word: what the rule does. */
static ngx_int_t
ngx_http_reco_rule_kind(ngx_http_reco_rule_t *rule, const ngx_str_t *word)
{
    double number;
    ngx_str_t value;

    if (ngx_strcmp(word->data, "only") == 0) {
        rule->only = 1;
        return NGX_OK;
    }

    if (ngx_strcmp(word->data, "exclude") == 0) {
        rule->rule.kind = RECO_ENGINE_RULE_EXCLUDE;
        return NGX_OK;
    }

    if (ngx_strncmp(word->data, "boost=", 6) == 0) {
        value.data = word->data + 6;
        value.len = word->len - 6;
        number = ngx_http_reco_rule_number(&value);
        rule->rule.kind = RECO_ENGINE_RULE_BOOST;
        rule->rule.factor = (float) number;

        return number > 0 && number <= NGX_HTTP_RECO_BOOST_MAX ? NGX_OK
                                                               : NGX_ERROR;
    }

    if (ngx_strncmp(word->data, "pin=", 4) == 0) {
        value.data = word->data + 4;
        value.len = word->len - 4;
        number = ngx_http_reco_rule_number(&value);
        rule->rule.kind = RECO_ENGINE_RULE_PIN;

        if (!(number >= 1 && number <= RECO_ENGINE_RESULT_MAX)
            || number != floor(number))
        {
            return NGX_ERROR;
        }

        rule->rule.place = (unsigned) number - 1;

        return NGX_OK;
    }

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_reco_rule_word(
    ngx_conf_t *cf, ngx_http_reco_rule_t *rule, const ngx_str_t *word)
{
    ngx_str_t value;

    if (ngx_http_reco_word_value(word, &value) != NGX_OK || value.len == 0) {
        return NGX_ERROR;
    }

    if (ngx_strncmp(word->data, "slot=", 5) == 0) {
        rule->about.slot = ngx_http_reco_reference_add(cf, &value);
        return rule->about.slot != NULL ? NGX_OK : NGX_ERROR;

    } else if (ngx_strncmp(word->data, "category=", 9) == 0) {
        rule->category = ngx_http_reco_str(value);
        rule->rule.category = rule->category;

    } else if (ngx_strncmp(word->data, "price=", 6) == 0 && rule->only) {
        return ngx_http_reco_rule_price(rule, &value);

    } else if (ngx_strncmp(word->data, "item=", 5) == 0 && !rule->only
               && value.len <= RECO_EVENT_ITEM_MAX)
    {
        rule->rule.item = reco_item_key(ngx_http_reco_str(value));

    } else if (ngx_strncmp(word->data, "brand=", 6) == 0 && !rule->only) {
        rule->rule.brand = ngx_http_reco_str(value);

    } else {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* What is wrong with the rule as a whole; NULL: nothing. */
static const char *
ngx_http_reco_rule_check(const ngx_http_reco_rule_t *rule)
{
    if (rule->only) {
        return rule->category.len == 0 && rule->price_min < 0
                       && rule->price_max < 0
                   ? "needs category= or price="
                   : NULL;
    }

    if (rule->rule.kind == RECO_ENGINE_RULE_PIN && rule->rule.item == 0) {
        return "needs item=, to pin it";
    }

    if (rule->rule.item != 0
        && (rule->rule.category.len > 0 || rule->rule.brand.len > 0))
    {
        return "is either about an item or about a category or brand";
    }

    return rule->rule.item == 0 && rule->rule.category.len == 0
                   && rule->rule.brand.len == 0
               ? "needs item=, category= or brand="
               : NULL;
}


char *
ngx_http_reco_rule(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_reco_loc_conf_t *lcf = conf;

    ngx_str_t *word;
    ngx_uint_t i;
    const char *wrong;
    ngx_array_t *words;
    ngx_http_reco_rule_t *rule;

    if (lcf->rules == NGX_CONF_UNSET_PTR) {
        lcf->rules =
            ngx_array_create(cf->pool, 4, sizeof(ngx_http_reco_rule_t));
        if (lcf->rules == NULL) {
            return NGX_CONF_ERROR;
        }
    }

    if (lcf->rules->nelts == RECO_ENGINE_RULES_MAX) {
        return "is one too many, there may be 64 in one place";
    }

    words = ngx_http_reco_words(cf);
    rule = ngx_array_push(lcf->rules);
    if (words == NULL || rule == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(rule, sizeof(ngx_http_reco_rule_t));
    rule->price_min = -1;
    rule->price_max = -1;

    word = words->elts;

    for (i = 1; i < words->nelts; i++) {
        if ((i == 1 ? ngx_http_reco_rule_kind(rule, &word[i])
                    : ngx_http_reco_rule_word(cf, rule, &word[i]))
            != NGX_OK)
        {
            ngx_conf_log_error(
                NGX_LOG_EMERG, cf, 0, "invalid parameter \"%V\"", &word[i]);
            return NGX_CONF_ERROR;
        }
    }

    wrong = ngx_http_reco_rule_check(rule);

    if (wrong != NULL) {
        ngx_conf_log_error(
            NGX_LOG_EMERG, cf, 0, "rule \"%V\" %s", &word[1], wrong);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


void
ngx_http_reco_rules_query(
    ngx_array_t *rules, ngx_http_reco_slot_t *slot, reco_engine_query_t *query)
{
    /* only ever used within one query */
    static reco_engine_rule_t taken[RECO_ENGINE_RULES_MAX];

    ngx_uint_t i;
    ngx_http_reco_rule_t *rule;

    query->rules = taken;

    if (rules == NULL) {
        return;
    }

    rule = rules->elts;

    for (i = 0; i < rules->nelts; i++) {
        if (!ngx_http_reco_reference_is(rule[i].about.slot, &slot->name)) {
            continue;
        }

        if (!rule[i].only) {
            taken[query->nrules++] = rule[i].rule;
            continue;
        }

        if (rule[i].category.len > 0) {
            query->category = rule[i].category;
        }

        if (rule[i].price_min >= 0) {
            query->price_min = rule[i].price_min;
        }

        if (rule[i].price_max >= 0) {
            query->price_max = rule[i].price_max;
        }
    }
}
