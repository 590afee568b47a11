/*
 * Elements and attributes by what a value in them could do.
 */

#include <string.h>

#include "render/context_names.h"


typedef struct {
    const char *name;
    int kind;
} kind_t;

static const kind_t elements[] = {
    {"a", RECO_ELEMENT_LINKING},
    {"area", RECO_ELEMENT_LINKING},
    {"audio", RECO_ELEMENT_LINKING},
    {"blockquote", RECO_ELEMENT_LINKING},
    {"button", RECO_ELEMENT_LINKING},
    {"form", RECO_ELEMENT_LINKING},
    {"img", RECO_ELEMENT_LINKING},
    {"input", RECO_ELEMENT_LINKING},
    {"q", RECO_ELEMENT_LINKING},
    {"source", RECO_ELEMENT_LINKING},
    {"track", RECO_ELEMENT_LINKING},
    {"video", RECO_ELEMENT_LINKING},
    {"script", RECO_ELEMENT_SCRIPT},
    {"style", RECO_ELEMENT_RAW},
    {"iframe", RECO_ELEMENT_RAW},
    {"noembed", RECO_ELEMENT_RAW},
    {"noframes", RECO_ELEMENT_RAW},
    {"noscript", RECO_ELEMENT_RAW},
    {"xmp", RECO_ELEMENT_RAW},
    {"textarea", RECO_ELEMENT_RCDATA},
    {"title", RECO_ELEMENT_RCDATA},
    {"animate", RECO_ELEMENT_REFUSED},
    {"animatemotion", RECO_ELEMENT_REFUSED},
    {"animatetransform", RECO_ELEMENT_REFUSED},
    {"base", RECO_ELEMENT_REFUSED},
    {"param", RECO_ELEMENT_REFUSED},
    {"set", RECO_ELEMENT_REFUSED},
    {"plaintext", RECO_ELEMENT_PLAINTEXT},
    {NULL, RECO_ELEMENT_ORDINARY},
};

static const kind_t attributes[] = {
    {"action", RECO_ATTRIBUTE_URL},
    {"archive", RECO_ATTRIBUTE_URL},
    {"attributionsrc", RECO_ATTRIBUTE_URL_LIST},
    {"background", RECO_ATTRIBUTE_URL},
    {"cite", RECO_ATTRIBUTE_URL},
    {"classid", RECO_ATTRIBUTE_URL},
    {"codebase", RECO_ATTRIBUTE_URL},
    {"data", RECO_ATTRIBUTE_URL},
    {"dynsrc", RECO_ATTRIBUTE_URL},
    {"formaction", RECO_ATTRIBUTE_URL},
    {"href", RECO_ATTRIBUTE_URL},
    {"icon", RECO_ATTRIBUTE_URL},
    {"longdesc", RECO_ATTRIBUTE_URL},
    {"lowsrc", RECO_ATTRIBUTE_URL},
    {"manifest", RECO_ATTRIBUTE_URL},
    {"poster", RECO_ATTRIBUTE_URL},
    {"profile", RECO_ATTRIBUTE_URL},
    {"src", RECO_ATTRIBUTE_URL},
    {"usemap", RECO_ATTRIBUTE_URL},
    {"xlink:href", RECO_ATTRIBUTE_URL},
    {"xml:base", RECO_ATTRIBUTE_URL},
    {"imagesrcset", RECO_ATTRIBUTE_URL_LIST},
    {"ping", RECO_ATTRIBUTE_URL_LIST},
    {"srcset", RECO_ATTRIBUTE_URL_LIST},
    {"http-equiv", RECO_ATTRIBUTE_CODE},
    {"srcdoc", RECO_ATTRIBUTE_CODE},
    {"style", RECO_ATTRIBUTE_CODE},
    {NULL, RECO_ATTRIBUTE_PLAIN},
};


static int
lookup(const kind_t *kinds, reco_str_t name)
{
    for (/* void */; kinds->name != NULL; kinds++) {
        if (strlen(kinds->name) == name.len
            && memcmp(kinds->name, name.data, name.len) == 0)
        {
            break;
        }
    }

    return kinds->kind;
}


static int
starts_with(reco_str_t name, const char *prefix)
{
    size_t len;

    len = strlen(prefix);

    return name.len >= len && memcmp(name.data, prefix, len) == 0;
}


reco_render_element_t
reco_render_element(reco_str_t name)
{
    return lookup(elements, name);
}


reco_render_attribute_t
reco_render_attribute(reco_str_t name)
{
    if (starts_with(name, "on")) {
        return RECO_ATTRIBUTE_CODE;
    }

    return lookup(attributes, name);
}


int
reco_render_attribute_is_inert(reco_str_t name)
{
    static const char *const inert[] = {"nonce", "id", "class"};
    size_t i;

    for (i = 0; i < sizeof(inert) / sizeof(inert[0]); i++) {
        if (strlen(inert[i]) == name.len
            && memcmp(inert[i], name.data, name.len) == 0) {
            return 1;
        }
    }

    return starts_with(name, "data-");
}
