#include "linear_weights.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_SIZE 1024
#define BITS_DEFAULT  18
#define BITS_MAX      32


typedef struct {
    reco_linear_weights_t *weights;
    unsigned bits; /* of Vowpal Wabbit's hashes */
    unsigned line;
    reco_error_t *error;
} reading_t;


/* MurmurHash3_x86_32 (Appleby), which Vowpal Wabbit numbers features with. */
static uint32_t
murmur(const char *text, uint32_t seed)
{
    uint32_t hash, k;
    size_t i, j, len;

    len = strlen(text);
    hash = seed;

    for (i = 0; i < len; i += 4) {
        k = 0;
        for (j = 0; j < 4 && i + j < len; j++) {
            k |= (uint32_t) (unsigned char) text[i + j] << 8 * j;
        }
        k *= 0xcc9e2d51;
        k = k << 15 | k >> 17;
        hash ^= k * 0x1b873593;
        if (i + 4 <= len) {
            hash = hash << 13 | hash >> 19;
            hash = hash * 5 + 0xe6546b64;
        }
    }

    hash ^= (uint32_t) len;
    hash = (hash ^ hash >> 16) * 0x85ebca6b;
    hash = (hash ^ hash >> 13) * 0xc2b2ae35;

    return hash ^ hash >> 16;
}


static int
find_name(const char *name)
{
    const char *feature;
    unsigned i;

    for (i = 0; (feature = reco_engine_feature_name(i)) != NULL; i++) {
        if (strcmp(feature, name) == 0) {
            return (int) i;
        }
    }

    return -1;
}


static int
find_hash(const reading_t *reading, uint64_t hash)
{
    const char *feature;
    uint32_t mask, seed;
    unsigned i;

    mask = reading->bits == 32 ? UINT32_MAX : (1U << reading->bits) - 1;
    seed = murmur(RECO_LINEAR_WEIGHTS_NAMESPACE, 0);

    for (i = 0; (feature = reco_engine_feature_name(i)) != NULL; i++) {
        if ((murmur(feature, seed) & mask) == hash) {
            return (int) i;
        }
    }

    return -1;
}


/* The number that text begins with, if nothing but blanks, or words where
   more is allowed, follows it. */
static int
read_number(const char *text, int more, float *value)
{
    char *end;
    double number;

    number = strtod(text, &end);
    if (end == text || !isfinite(number) || !isfinite((float) number)) {
        return 0;
    }

    *value = (float) number;
    if (more && (*end == ' ' || *end == '\t')) {
        return 1;
    }

    return end[strspn(end, " \t\r")] == '\0';
}


static reco_status_t
take(reading_t *reading, int feature, float value)
{
    reco_linear_weights_t *weights = reading->weights;

    if (feature < 0) {
        weights->npassed++;
        return RECO_OK;
    }

    if (weights->named[feature]) {
        reading->error->line = reading->line;
        return reco_error_set(reading->error, RECO_INVALID,
            "\"%s\" has a weight already",
            reco_engine_feature_name((unsigned) feature));
    }

    weights->named[feature] = 1;
    weights->nnamed++;
    weights->values[feature] = value;

    return RECO_OK;
}


/* The rest of text if it begins with prefix; else text. */
static char *
skip(char *text, const char *prefix)
{
    size_t len;

    len = strlen(prefix);

    return strncmp(text, prefix, len) == 0 ? text + len : text;
}


/* NAME VALUE */
static reco_status_t
read_plain(reading_t *reading, char *line)
{
    char *name, *value;
    float number;
    int feature;

    line[strcspn(line, "#\r")] = '\0';
    name = line + strspn(line, " \t");
    if (*name == '\0') {
        return RECO_OK;
    }

    value = name + strcspn(name, " \t=");
    if (*value != '\0') {
        *value++ = '\0';
        value += strspn(value, " \t=");
    }

    feature = find_name(skip(skip(name, "engine."), "weight."));
    reading->error->line = reading->line;

    if (feature < 0) {
        return reco_error_set(reading->error, RECO_INVALID,
            "the engine has no feature \"%.64s\"", name);
    }
    if (!read_number(value, 0, &number)) {
        return reco_error_set(reading->error, RECO_INVALID,
            "\"%s\" wants a number, not \"%.32s\"", name, value);
    }
    reading->error->line = 0;

    return take(reading, feature, number);
}


/* Where only digits lie between begin and end. */
static int
is_hash(const char *begin, const char *end)
{
    if (begin == end) {
        return 0;
    }

    while (begin < end && isdigit((unsigned char) *begin)) {
        begin++;
    }

    return begin == end;
}


/* [NAME:]HASH:WEIGHT; anything else belongs to the head. */
static reco_status_t
read_wabbit(reading_t *reading, char *line)
{
    char *weight, *hash, *blank;
    float number;

    if (strncmp(line, "bits:", 5) == 0) {
        reading->bits = (unsigned) strtoul(line + 5, NULL, 10);
        if (reading->bits == 0 || reading->bits > BITS_MAX) {
            reading->error->line = reading->line;
            return reco_error_set(reading->error, RECO_INVALID,
                "hashes have from 1 to %d bits", BITS_MAX);
        }
        return RECO_OK;
    }

    /* Of adaptive learners, sums follow the weight behind blanks. */
    blank = strchr(line, ' ');
    if (blank != NULL) {
        *blank = '\0';
    }

    weight = strrchr(line, ':');
    if (weight == NULL || !read_number(weight + 1, 1, &number)) {
        return RECO_OK;
    }

    for (hash = weight; hash > line && hash[-1] != ':'; hash--) {
    }
    if (!is_hash(hash, weight)) {
        return RECO_OK;
    }

    if (hash == line) {
        return take(
            reading, find_hash(reading, strtoull(hash, NULL, 10)), number);
    }

    hash[-1] = '\0';

    return take(reading,
        find_name(skip(line, RECO_LINEAR_WEIGHTS_NAMESPACE "^")), number);
}


reco_status_t
reco_linear_weights_read(
    reco_linear_weights_t *weights, reco_str_t text, reco_error_t *error)
{
    reco_error_t ignored = {0};
    reading_t reading = {.weights = weights,
        .bits = BITS_DEFAULT,
        .error = error != NULL ? error : &ignored};
    char line[LINE_MAX_SIZE];
    reco_status_t status;
    const char *end;
    size_t len, kept;

    memset(weights, 0, sizeof(*weights));
    weights->wabbit = text.len > 8 && memcmp(text.data, "Version ", 8) == 0;
    status = RECO_OK;

    while (status == RECO_OK && text.len > 0) {
        end = memchr(text.data, '\n', text.len);
        len = end != NULL ? (size_t) (end - text.data) : text.len;
        kept = len < LINE_MAX_SIZE ? len : LINE_MAX_SIZE - 1;
        memcpy(line, text.data, kept);
        line[kept] = '\0';
        reading.line++;

        status = weights->wabbit ? read_wabbit(&reading, line)
                                 : read_plain(&reading, line);
        len += end != NULL;
        text.data += len;
        text.len -= len;
    }

    if (status == RECO_OK && weights->nnamed == 0) {
        return reco_error_set(reading.error, RECO_INVALID,
            "there is no weight of a feature that the engine has");
    }

    return status;
}
