#include "config_value.h"

#include "address.h"
#include "words.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


typedef struct {
    const char *suffix;
    double factor;
} unit_t;


/* The factor of a unit that may follow a number; 0 if unknown. */
static double
unit_factor(reco_config_type_t type, const char *suffix)
{
    static const unit_t sizes[] = {{"", 1}, {"k", 1024.0}, {"m", 1048576.0},
        {"g", 1073741824.0}, {NULL, 0}};
    static const unit_t durations[] = {{"", 1e3}, {"ms", 1}, {"s", 1e3},
        {"m", 60e3}, {"h", 3600e3}, {"d", 86400e3}, {NULL, 0}};
    static const unit_t none[] = {{"", 1}, {NULL, 0}};
    const unit_t *unit;

    switch (type) {
    case RECO_CONFIG_SIZE:
        unit = sizes;
        break;
    case RECO_CONFIG_DURATION:
        unit = durations;
        break;
    default:
        unit = none;
        break;
    }

    while (unit->suffix != NULL && strcasecmp(unit->suffix, suffix) != 0) {
        unit++;
    }

    return unit->factor;
}


static const char *
type_syntax(reco_config_type_t type)
{
    switch (type) {
    case RECO_CONFIG_INTEGER:
        return "a whole number";
    case RECO_CONFIG_SIZE:
        return "a size such as 64m (k, m, g)";
    case RECO_CONFIG_DURATION:
        return "a duration such as 30m (ms, s, m, h, d)";
    case RECO_CONFIG_FLAG:
        return "on or off";
    case RECO_CONFIG_SERVER:
        return "HOST or HOST:PORT, a port being from 1 to 65535";
    case RECO_CONFIG_SERVERS:
        return "HOST, HOST:PORT or unix:PATH, one or several, a port being "
               "from 1 to 65535";
    default:
        return "a number";
    }
}


static int
parse_number(reco_config_type_t type, const char *text, double *number)
{
    char *end;
    double factor;

    if (type == RECO_CONFIG_FLAG) {
        *number = strcmp(text, "on") == 0;
        return *number == 1 || strcmp(text, "off") == 0;
    }

    if (!isdigit((unsigned char) text[0]) && strchr("+-.", text[0]) == NULL) {
        return 0;
    }

    errno = 0;
    *number = strtod(text, &end);
    factor = unit_factor(type, end);

    if (end == text || errno == ERANGE || factor == 0) {
        return 0;
    }

    *number *= factor;

    return isfinite(*number)
           && (type == RECO_CONFIG_NUMBER || *number == floor(*number));
}


/* May be empty: then there is none. */
static int
is_server(const char *text)
{
    reco_address_t address;

    return text[0] == '\0'
           || (reco_address_read(&address, (reco_str_t){strlen(text), text}, 1)
               && address.port != 0);
}


static int
are_servers(const char *text)
{
    reco_address_t address;
    reco_str_t word;
    int count;

    for (count = 0;; count++) {
        text += strspn(text, " \t");
        if (*text == '\0') {
            return count > 0;
        }

        word = (reco_str_t){strcspn(text, " \t"), text};
        if (!reco_address_read(&address, word, 1)) {
            return 0;
        }
        text += word.len;
    }
}


/* Returns 0 if text is not of the key's type. */
static int
parse(reco_config_type_t type, const char *text, double *number)
{
    switch (type) {
    case RECO_CONFIG_SERVER:
        return is_server(text);
    case RECO_CONFIG_SERVERS:
        return are_servers(text);
    default:
        return text[0] != '\0' && parse_number(type, text, number);
    }
}


static reco_status_t
check_text(const reco_config_key_t *key, const char *text, reco_error_t *error)
{
    size_t len;

    len = strlen(text);

    if (key->minimum == key->maximum
        || ((double) len >= key->minimum && (double) len <= key->maximum))
    {
        return RECO_OK;
    }

    return reco_error_set(error, RECO_INVALID,
        "the value of \"%s\" has %zu bytes: from %.10g to %.10g are possible",
        key->name, len, key->minimum, key->maximum);
}


static reco_status_t
check_word(const reco_config_key_t *key, const char *text, double *number,
    reco_error_t *error)
{
    const char *const *words;
    char list[128];
    int place;

    words = reco_config_words(key->name);
    place = reco_words_find(words, text);
    *number = place;

    if (words[place] != NULL) {
        return RECO_OK;
    }

    reco_words_list(words, list, sizeof(list));

    return reco_error_set(error, RECO_INVALID,
        "\"%s\" is no value for \"%s\": it takes one of%s", text, key->name,
        list);
}


reco_status_t
reco_config_value(const reco_config_key_t *key, const char *text,
    double *number, reco_error_t *error)
{
    *number = 0;

    if (key->type == RECO_CONFIG_TEXT) {
        return check_text(key, text, error);
    }

    if (key->type == RECO_CONFIG_WORD) {
        return check_word(key, text, number, error);
    }

    if (!parse(key->type, text, number)) {
        return reco_error_set(error, RECO_INVALID,
            "\"%s\" is no value for \"%s\": it takes %s", text, key->name,
            type_syntax(key->type));
    }

    if (key->minimum != key->maximum
        && (*number < key->minimum || *number > key->maximum))
    {
        return reco_error_set(error, RECO_INVALID,
            "\"%s %s\" is out of range: from %.10g to %.10g%s", key->name, text,
            key->minimum, key->maximum,
            key->type == RECO_CONFIG_DURATION ? " ms"
            : key->type == RECO_CONFIG_SIZE   ? " bytes"
                                              : "");
    }

    return RECO_OK;
}
