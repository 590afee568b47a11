#include "reco_html_json.h"

#include <string.h>


const cJSON *
reco_html_json_member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}


const cJSON *
reco_html_json_first(const cJSON *node)
{
    return cJSON_IsArray(node) ? cJSON_GetArrayItem(node, 0) : node;
}


reco_str_t
reco_html_json_string(const cJSON *node)
{
    const char *text;

    node = reco_html_json_first(node);
    text = cJSON_GetStringValue(
        cJSON_IsObject(node) ? reco_html_json_member(node, "@value") : node);

    return text != NULL ? (reco_str_t){strlen(text), (char *) text}
                        : reco_null_string;
}


int
reco_html_json_is_type(const cJSON *node, const char *const *types)
{
    const char *name, *p;

    if (!cJSON_IsString(node)) {
        return 0;
    }

    name = node->valuestring;

    for (p = name; *p != '\0'; p++) {
        if (*p == '/' || *p == ':' || *p == '#') {
            name = p + 1;
        }
    }

    for (/* void */; *types != NULL; types++) {
        if (strcmp(name, *types) == 0) {
            return 1;
        }
    }

    return 0;
}


int
reco_html_json_has_type(const cJSON *object, const char *const *types)
{
    const cJSON *type, *item;

    type = reco_html_json_member(object, "@type");

    if (!cJSON_IsArray(type)) {
        return reco_html_json_is_type(type, types);
    }

    cJSON_ArrayForEach(item, type)
    {
        if (reco_html_json_is_type(item, types)) {
            return 1;
        }
    }

    return 0;
}


/* Whether a node says no more than which one it is, and of what type. */
static int
is_reference(const cJSON *node)
{
    const cJSON *item;

    if (!cJSON_IsObject(node)) {
        return 0;
    }

    cJSON_ArrayForEach(item, node)
    {
        if (strcmp(item->string, "@id") != 0
            && strcmp(item->string, "@type") != 0) {
            return 0;
        }
    }

    return cJSON_IsString(reco_html_json_member(node, "@id"));
}


const cJSON *
reco_html_json_target(reco_html_json_t *json, const cJSON *node)
{
    const char *id, *other;
    const cJSON *item;

    if (!is_reference(node)
        || json->references++ >= RECO_HTML_JSON_REFERENCES_MAX) {
        return node;
    }

    id = reco_html_json_member(node, "@id")->valuestring;

    cJSON_ArrayForEach(item, json->graph)
    {
        other = cJSON_GetStringValue(reco_html_json_member(item, "@id"));

        if (other != NULL && strcmp(other, id) == 0 && !is_reference(item)) {
            return item;
        }
    }

    return node;
}


int
reco_html_json_put(
    reco_html_json_t *json, reco_html_field_t field, reco_str_t text)
{
    return text.len != 0
           && reco_html_fields_put(
               json->fields, field, RECO_HTML_FROM_JSON, text);
}
