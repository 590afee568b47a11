#include "config.h"

#include "config_keys.h"
#include "words.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ENGINE_PREFIX  "engine."
#define KEY_MAX_BYTES  64
#define LINE_MAX_BYTES 4096


typedef struct {
    char *text;
    double number;
    int set;
} value_t;

/* A key that another room checks. */
typedef struct {
    char *key;
    char *text;
} foreign_t;

struct reco_config_s {
    size_t nvalues;
    value_t *values; /* parallel to reco_config_keys */
    size_t nforeign;
    foreign_t *foreign; /* in the order in which they were first set */
};

typedef struct {
    const char *suffix;
    double factor;
} unit_t;


static reco_str_t
trim(reco_str_t text)
{
    while (text.len > 0 && isspace((unsigned char) text.data[0])) {
        text.data++;
        text.len--;
    }

    while (text.len > 0 && isspace((unsigned char) text.data[text.len - 1])) {
        text.len--;
    }

    return text;
}


static char *
copy_text(reco_str_t text)
{
    char *copy;

    copy = malloc(text.len + 1);
    if (copy == NULL) {
        return NULL;
    }

    if (text.len > 0) {
        memcpy(copy, text.data, text.len);
    }
    copy[text.len] = '\0';

    return copy;
}


static int
find_key(reco_str_t name, size_t *index)
{
    size_t i;

    for (i = 0; reco_config_keys[i].name != NULL; i++) {
        if (strlen(reco_config_keys[i].name) == name.len
            && memcmp(reco_config_keys[i].name, name.data, name.len) == 0)
        {
            *index = i;
            return 1;
        }
    }

    return 0;
}


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
    default:
        return "a number";
    }
}


/* Returns 0 if text is not of the key's type. */
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


static reco_status_t
check_value(const reco_config_key_t *key, const char *text, double *number,
    reco_error_t *error)
{
    *number = 0;

    if (key->type == RECO_CONFIG_TEXT) {
        return RECO_OK;
    }

    if (key->type == RECO_CONFIG_WORD) {
        return check_word(key, text, number, error);
    }

    if (text[0] == '\0' || !parse_number(key->type, text, number)) {
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


static reco_status_t
set_value(
    reco_config_t *config, size_t index, reco_str_t text, reco_error_t *error)
{
    reco_status_t status;
    double number;
    char *copy;

    copy = copy_text(text);
    if (copy == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    status = check_value(&reco_config_keys[index], copy, &number, error);
    if (status != RECO_OK) {
        free(copy);
        return status;
    }

    free(config->values[index].text);
    config->values[index] = (value_t){.text = copy, .number = number, .set = 1};

    return RECO_OK;
}


/* The engine knows its parameters. */
static reco_status_t
check_engine(reco_str_t key, reco_str_t text, reco_error_t *error)
{
    reco_engine_params_t params;
    reco_status_t status;
    reco_str_t name;

    name.data = key.data + sizeof(ENGINE_PREFIX) - 1;
    name.len = key.len - (sizeof(ENGINE_PREFIX) - 1);

    reco_engine_params_init(&params);
    status = reco_engine_params_set(&params, name, text, error);

    if (status == RECO_DECLINED) {
        return reco_error_set(error, RECO_INVALID,
            "unknown key \"%.*s\": docs/engine.md lists the engine's",
            (int) key.len, key.data);
    }

    return status;
}


static reco_status_t
set_foreign(
    reco_config_t *config, reco_str_t key, reco_str_t text, reco_error_t *error)
{
    foreign_t *entry, *grown;
    reco_status_t status;
    char *copy;
    size_t i;

    status = check_engine(key, text, error);
    if (status != RECO_OK) {
        return status;
    }

    copy = copy_text(text);
    if (copy == NULL) {
        return reco_error_set(error, RECO_NOMEM, "out of memory");
    }

    for (i = 0; i < config->nforeign; i++) {
        entry = &config->foreign[i];
        if (strlen(entry->key) == key.len
            && memcmp(entry->key, key.data, key.len) == 0) {
            free(entry->text);
            entry->text = copy;
            return RECO_OK;
        }
    }

    grown = realloc(config->foreign, (config->nforeign + 1) * sizeof(*grown));
    if (grown != NULL) {
        config->foreign = grown;
        entry = &grown[config->nforeign];
        entry->text = copy;
        entry->key = copy_text(key);
        if (entry->key != NULL) {
            config->nforeign++;
            return RECO_OK;
        }
    }

    free(copy);

    return reco_error_set(error, RECO_NOMEM, "out of memory");
}


reco_config_t *
reco_config_create(void)
{
    const reco_config_key_t *key;
    reco_config_t *config;
    reco_str_t text;
    size_t i;

    config = calloc(1, sizeof(*config));
    if (config == NULL) {
        return NULL;
    }

    while (reco_config_keys[config->nvalues].name != NULL) {
        config->nvalues++;
    }

    config->values = calloc(config->nvalues, sizeof(value_t));
    if (config->values == NULL) {
        free(config);
        return NULL;
    }

    for (i = 0; i < config->nvalues; i++) {
        key = &reco_config_keys[i];
        text.data = key->value;
        text.len = strlen(key->value);
        if (set_value(config, i, text, NULL) != RECO_OK) {
            reco_config_destroy(config);
            return NULL;
        }
        config->values[i].set = 0;
    }

    return config;
}


void
reco_config_destroy(reco_config_t *config)
{
    size_t i;

    if (config == NULL) {
        return;
    }

    for (i = 0; i < config->nvalues; i++) {
        free(config->values[i].text);
    }

    for (i = 0; i < config->nforeign; i++) {
        free(config->foreign[i].key);
        free(config->foreign[i].text);
    }

    free(config->foreign);
    free(config->values);
    free(config);
}


reco_status_t
reco_config_set(reco_config_t *config, reco_str_t key, reco_str_t value,
    reco_error_t *error)
{
    size_t index;

    if (key.len > KEY_MAX_BYTES || value.len > LINE_MAX_BYTES) {
        return reco_error_set(error, RECO_INVALID, "key or value is too long");
    }

    /* A NUL would cut short what the file says. */
    if (value.len > 0 && memchr(value.data, '\0', value.len) != NULL) {
        return reco_error_set(error, RECO_INVALID,
            "the value of \"%.*s\" holds a NUL byte", (int) key.len, key.data);
    }

    if (key.len > sizeof(ENGINE_PREFIX) - 1
        && memcmp(key.data, ENGINE_PREFIX, sizeof(ENGINE_PREFIX) - 1) == 0)
    {
        return set_foreign(config, key, value, error);
    }

    if (!find_key(key, &index)) {
        return reco_error_set(error, RECO_INVALID,
            "unknown key \"%.*s\": docs/trainer.conf.md lists them",
            (int) key.len, key.data);
    }

    return set_value(config, index, value, error);
}


reco_status_t
reco_config_set_pair(
    reco_config_t *config, const char *pair, reco_error_t *error)
{
    const char *equals;
    reco_str_t key, value;

    equals = strchr(pair, '=');
    if (equals == NULL) {
        return reco_error_set(
            error, RECO_INVALID, "\"%.64s\" is not KEY=VALUE", pair);
    }

    key.data = pair;
    key.len = (size_t) (equals - pair);
    value.data = equals + 1;
    value.len = strlen(value.data);

    return reco_config_set(config, trim(key), trim(value), error);
}


/* Cuts the comment and the quotes off.  0: a quote is not closed. */
static int
unquote(reco_str_t *value)
{
    const char *end;
    reco_str_t rest;
    size_t i;

    if (value->len > 0 && value->data[0] == '"') {
        end = memchr(value->data + 1, '"', value->len - 1);
        if (end == NULL) {
            return 0;
        }
        rest.data = end + 1;
        rest.len = value->len - (size_t) (rest.data - value->data);
        rest = trim(rest);
        value->data++;
        value->len = (size_t) (end - value->data);
        return rest.len == 0 || rest.data[0] == '#';
    }

    for (i = 0; i < value->len; i++) {
        if (value->data[i] == '#'
            && (i == 0 || isspace((unsigned char) value->data[i - 1])))
        {
            value->len = i;
            break;
        }
    }

    *value = trim(*value);

    return 1;
}


static reco_status_t
read_line(reco_config_t *config, reco_str_t line, reco_error_t *error)
{
    reco_str_t key, value;

    line = trim(line);
    if (line.len == 0 || line.data[0] == '#') {
        return RECO_OK;
    }

    key.data = line.data;
    key.len = 0;
    while (key.len < line.len && !isspace((unsigned char) key.data[key.len])) {
        key.len++;
    }

    value.data = line.data + key.len;
    value.len = line.len - key.len;
    value = trim(value);

    if (!unquote(&value)) {
        return reco_error_set(error, RECO_INVALID,
            "the value of \"%.*s\" has a quote that is not closed, or text "
            "after it",
            (int) (key.len < KEY_MAX_BYTES ? key.len : KEY_MAX_BYTES),
            key.data);
    }

    return reco_config_set(config, key, value, error);
}


reco_status_t
reco_config_read(reco_config_t *config, const char *path, reco_error_t *error)
{
    reco_status_t status;
    reco_str_t line;
    char *buffer;
    size_t size;
    ssize_t len;
    unsigned number;
    FILE *file;

    file = fopen(path, "re");
    if (file == NULL) {
        return reco_error_set(
            error, RECO_IO, "cannot open \"%s\": %s", path, strerror(errno));
    }

    status = RECO_OK;
    buffer = NULL;
    size = 0;
    number = 0;

    while (status == RECO_OK && (len = getline(&buffer, &size, file)) != -1) {
        number++;
        line.data = buffer;
        line.len = (size_t) len;
        status = read_line(config, line, error);
    }

    if (status != RECO_OK) {
        if (error != NULL) {
            error->line = number;
        }
    } else if (ferror(file)) {
        status = reco_error_set(
            error, RECO_IO, "cannot read \"%s\": %s", path, strerror(errno));
    }

    free(buffer);
    fclose(file);

    return status;
}


static const value_t *
value_of(const reco_config_t *config, const char *key)
{
    size_t index;

    if (!find_key((reco_str_t){strlen(key), key}, &index)) {
        fprintf(stderr, "config: no key \"%s\" in config_keys.c\n", key);
        abort();
    }

    return &config->values[index];
}


const char *
reco_config_string(const reco_config_t *config, const char *key)
{
    return value_of(config, key)->text;
}


int64_t
reco_config_integer(const reco_config_t *config, const char *key)
{
    return (int64_t) value_of(config, key)->number;
}


double
reco_config_number(const reco_config_t *config, const char *key)
{
    return value_of(config, key)->number;
}


int
reco_config_is_set(const reco_config_t *config, const char *key)
{
    return value_of(config, key)->set;
}


int
reco_config_at(
    const reco_config_t *config, size_t index, reco_config_entry_t *entry)
{
    const foreign_t *foreign;

    if (index < config->nvalues) {
        entry->key = reco_config_keys[index].name;
        entry->value = config->values[index].text;
        entry->set = config->values[index].set;
        return 1;
    }

    index -= config->nvalues;
    if (index >= config->nforeign) {
        return 0;
    }

    foreign = &config->foreign[index];
    entry->key = foreign->key;
    entry->value = foreign->text;
    entry->set = 1;

    return 1;
}
