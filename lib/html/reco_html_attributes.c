#include "reco_html_attributes.h"

#include <string.h>


static void
enter(reco_html_wanted_t *wanted, size_t len, uint64_t name, unsigned index)
{
    unsigned place;

    place = reco_html_attributes_place(name);

    while (wanted->places[place] != 0 && wanted->places[place] != index + 1) {
        place = (place + 1) % RECO_HTML_ATTRIBUTE_PLACES;
    }

    wanted->places[place] = (uint8_t) (index + 1);
    wanted->lengths |= reco_html_attributes_length(len);
}


void
reco_html_attributes_init(reco_html_attributes_t *attributes)
{
    static const char *const builtin[RECO_HTML_ATTRIBUTES_BUILTIN] = {
        [RECO_HTML_ATTRIBUTE_SLOT] = "data-reco-slot",
        [RECO_HTML_ATTRIBUTE_COLOR] = "color",
        [RECO_HTML_ATTRIBUTE_FACE] = "face",
        [RECO_HTML_ATTRIBUTE_SIZE] = "size",
        [RECO_HTML_ATTRIBUTE_ENCODING] = "encoding",
        [RECO_HTML_ATTRIBUTE_TYPE] = "type",
        [RECO_HTML_ATTRIBUTE_PROPERTY] = "property",
        [RECO_HTML_ATTRIBUTE_NAME] = "name",
        [RECO_HTML_ATTRIBUTE_CONTENT] = "content",
        [RECO_HTML_ATTRIBUTE_CHARSET] = "charset",
        [RECO_HTML_ATTRIBUTE_HTTP_EQUIV] = "http-equiv",
        [RECO_HTML_ATTRIBUTE_REL] = "rel",
        [RECO_HTML_ATTRIBUTE_HREF] = "href",
    };

    size_t len;
    unsigned i;
    uint64_t name;

    memset(attributes, 0, sizeof(reco_html_attributes_t));

    for (i = 0; i < RECO_HTML_ATTRIBUTES_BUILTIN; i++) {
        len = strlen(builtin[i]);
        name = reco_html_name(builtin[i], len);
        attributes->names[i] = name;

        enter(&attributes->harvesting, len, name, i);
        if (i <= RECO_HTML_ATTRIBUTE_ENCODING) {
            enter(&attributes->rewriting, len, name, i);
        }
    }

    attributes->count = RECO_HTML_ATTRIBUTES_BUILTIN;
}


int
reco_html_attributes_add(reco_html_attributes_t *attributes, reco_str_t name)
{
    unsigned index;
    uint64_t number;

    number = reco_html_name(name.data, name.len);

    for (index = 0; index < attributes->count; index++) {
        if (attributes->names[index] == number) {
            break;
        }
    }

    if (index == RECO_HTML_ATTRIBUTES_MAX) {
        return -1;
    }

    if (index == attributes->count) {
        attributes->names[index] = number;
        attributes->count++;
    }

    attributes->named |= UINT32_C(1) << index;
    enter(&attributes->rewriting, name.len, number, index);
    enter(&attributes->harvesting, name.len, number, index);

    return (int) index;
}
