#include "config.h"

#include "config_value.h"

#include <ctype.h>
#include <errno.h>
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

    status = reco_config_value(&reco_config_keys[index], copy, &number, error);
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
