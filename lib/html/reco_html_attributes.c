#include "reco_html_attributes.h"

#include <string.h>


static void
enter(uint8_t *table, uint64_t name, unsigned index)
{
    unsigned place;

    place = reco_html_attributes_place(name);

    while (table[place] != 0 && table[place] != index + 1) {
        place = (place + 1) % RECO_HTML_ATTRIBUTE_PLACES;
    }

    table[place] = (uint8_t) (index + 1);
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

    unsigned i;
    uint64_t name;

    memset(attributes, 0, sizeof(reco_html_attributes_t));

    for (i = 0; i < RECO_HTML_ATTRIBUTES_BUILTIN; i++) {
        name = reco_html_name(builtin[i], strlen(builtin[i]));
        attributes->names[i] = name;

        enter(attributes->harvesting, name, i);
        if (i <= RECO_HTML_ATTRIBUTE_ENCODING) {
            enter(attributes->rewriting, name, i);
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

    enter(attributes->rewriting, number, index);
    enter(attributes->harvesting, number, index);

    return (int) index;
}
