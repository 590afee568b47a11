/*
 * The head is a Python dictionary:
 *
 *   {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
 *
 * See NumPy's documentation, numpy.lib.format.
 */

#include "npy.h"

#include <ctype.h>
#include <string.h>

#define MAGIC      "\x93NUMPY"
#define MAGIC_SIZE 6
#define VALUES_MAX (UINT64_C(1) << 40)


typedef struct {
    const char *at;
    const char *end;
    reco_error_t *error;
} reading_t;


static void
skip_blanks(reading_t *reading)
{
    while (reading->at < reading->end
           && (*reading->at == ' ' || *reading->at == '\n'
               || *reading->at == '\t'))
    {
        reading->at++;
    }
}


static int
take(reading_t *reading, char c)
{
    skip_blanks(reading);

    if (reading->at < reading->end && *reading->at == c) {
        reading->at++;
        return 1;
    }

    return 0;
}


/* A string in quotes, without escapes. */
static int
take_string(reading_t *reading, reco_str_t *string)
{
    char quote;

    skip_blanks(reading);
    if (reading->at == reading->end
        || (*reading->at != '\'' && *reading->at != '"'))
    {
        return 0;
    }

    quote = *reading->at++;
    string->data = reading->at;
    while (reading->at < reading->end && *reading->at != quote
           && *reading->at != '\\')
    {
        reading->at++;
    }
    string->len = (size_t) (reading->at - string->data);

    return take(reading, quote);
}


static int
take_word(reading_t *reading, reco_str_t *word)
{
    skip_blanks(reading);
    word->data = reading->at;
    while (reading->at < reading->end && isalpha((unsigned char) *reading->at))
    {
        reading->at++;
    }
    word->len = (size_t) (reading->at - word->data);

    return word->len > 0;
}


static int
take_number(reading_t *reading, uint64_t *number)
{
    const char *begin;

    skip_blanks(reading);
    begin = reading->at;
    *number = 0;

    while (reading->at < reading->end && isdigit((unsigned char) *reading->at))
    {
        if (*number > VALUES_MAX) {
            return 0;
        }
        *number = *number * 10 + (uint64_t) (*reading->at++ - '0');
    }

    return reading->at > begin;
}


static int
is_text(reco_str_t string, const char *text)
{
    return string.len == strlen(text)
           && memcmp(string.data, text, string.len) == 0;
}


static reco_status_t
read_type(reading_t *reading, reco_npy_t *npy)
{
    reco_str_t type;

    if (!take_string(reading, &type)) {
        return RECO_CORRUPT;
    }

    if (is_text(type, "<f4")) {
        npy->size = 4;
    } else if (is_text(type, "<f8")) {
        npy->size = 8;
    } else {
        return reco_error_set(reading->error, RECO_UNSUPPORTED,
            "its values are of type \"%.*s\"; float32 and float64 (\"<f4\", "
            "\"<f8\") are read: numpy.save(F, A.astype('float32'))",
            (int) (type.len < 16 ? type.len : 16), type.data);
    }

    return RECO_OK;
}


static reco_status_t
read_order(reading_t *reading)
{
    reco_str_t word;

    if (!take_word(reading, &word)) {
        return RECO_CORRUPT;
    }

    if (!is_text(word, "False")) {
        return is_text(word, "True")
                   ? reco_error_set(reading->error, RECO_UNSUPPORTED,
                       "it is in Fortran's order: numpy.save(F, "
                       "numpy.ascontiguousarray(A))")
                   : RECO_CORRUPT;
    }

    return RECO_OK;
}


/* Behind the bracket: "3, 4)", perhaps with a comma before its end. */
static int
take_shape(reading_t *reading, reco_npy_t *npy)
{
    if (!take_number(reading, &npy->rows) || !take(reading, ',')
        || !take_number(reading, &npy->columns))
    {
        return 0;
    }

    (void) take(reading, ',');

    return take(reading, ')');
}


static reco_status_t
read_shape(reading_t *reading, reco_npy_t *npy)
{
    if (!take(reading, '(')) {
        return RECO_CORRUPT;
    }

    return take_shape(reading, npy)
               ? RECO_OK
               : reco_error_set(reading->error, RECO_UNSUPPORTED,
                   "it must have two dimensions: a row for each item");
}


/* Each key once, in any order. */
static reco_status_t
read_head(reading_t *reading, reco_npy_t *npy)
{
    enum {
        TYPE = 1,
        ORDER = 2,
        SHAPE = 4
    };
    reco_status_t status;
    reco_str_t key;
    unsigned seen, which;

    if (!take(reading, '{')) {
        return RECO_CORRUPT;
    }

    seen = 0;

    while (!take(reading, '}')) {
        if (!take_string(reading, &key) || !take(reading, ':')) {
            return RECO_CORRUPT;
        }

        if (is_text(key, "descr")) {
            which = TYPE;
            status = read_type(reading, npy);
        } else if (is_text(key, "fortran_order")) {
            which = ORDER;
            status = read_order(reading);
        } else if (is_text(key, "shape")) {
            which = SHAPE;
            status = read_shape(reading, npy);
        } else {
            return RECO_CORRUPT;
        }

        if (status != RECO_OK || (seen & which) != 0) {
            return status != RECO_OK ? status : RECO_CORRUPT;
        }
        seen |= which;

        if (!take(reading, ',')) {
            skip_blanks(reading);
            if (reading->at == reading->end || *reading->at != '}') {
                return RECO_CORRUPT;
            }
        }
    }

    return seen == (TYPE | ORDER | SHAPE) ? RECO_OK : RECO_CORRUPT;
}


static reco_status_t
check_length(const reco_npy_t *npy, uint64_t length, reco_error_t *error)
{
    if (npy->rows > VALUES_MAX
        || (npy->rows > 0 && npy->columns > VALUES_MAX / npy->rows))
    {
        return reco_error_set(error, RECO_CORRUPT,
            "its head tells of more "
            "values than can be");
    }

    if (length != npy->rows * npy->columns * npy->size) {
        return reco_error_set(error, RECO_CORRUPT,
            "%llu rows of %llu values should be %llu bytes, and %llu are there",
            (unsigned long long) npy->rows, (unsigned long long) npy->columns,
            (unsigned long long) (npy->rows * npy->columns * npy->size),
            (unsigned long long) length);
    }

    return RECO_OK;
}


/* Where the dictionary lies; 0: the file is too short, or no .npy. */
static int
find_head(reco_str_t file, size_t *begin, size_t *len)
{
    const unsigned char *bytes = (const unsigned char *) file.data;
    unsigned major;

    if (file.len < MAGIC_SIZE + 6 || memcmp(file.data, MAGIC, MAGIC_SIZE) != 0)
    {
        return 0;
    }

    major = bytes[MAGIC_SIZE];

    if (major == 1) {
        *begin = MAGIC_SIZE + 4;
        *len = (size_t) bytes[8] | (size_t) bytes[9] << 8;
    } else if (major == 2 || major == 3) {
        *begin = MAGIC_SIZE + 6;
        *len = (size_t) bytes[8] | (size_t) bytes[9] << 8
               | (size_t) bytes[10] << 16 | (size_t) bytes[11] << 24;
    } else {
        return 0;
    }

    return *len <= file.len - *begin;
}


reco_status_t
reco_npy_open(reco_npy_t *npy, reco_str_t file, reco_error_t *error)
{
    reco_error_t reason = {0};
    reading_t reading = {.error = &reason};
    reco_status_t status;
    size_t begin, len;

    memset(npy, 0, sizeof(*npy));

    if (!find_head(file, &begin, &len)) {
        return reco_error_set(
            error, RECO_CORRUPT, "it is no .npy file of format 1 to 3");
    }

    reading.at = file.data + begin;
    reading.end = reading.at + len;
    status = read_head(&reading, npy);

    if (status != RECO_OK) {
        return reco_error_set(error, status, "%s",
            reason.message[0] != '\0' ? reason.message : "its head is damaged");
    }

    npy->data = file.data + begin + len;

    return check_length(npy, file.len - begin - len, error);
}


void
reco_npy_row(const reco_npy_t *npy, uint64_t row, float *values)
{
    const char *from;
    uint64_t i;
    double wide;

    from = npy->data + row * npy->columns * npy->size;

    if (npy->size == sizeof(float)) {
        memcpy(values, from, npy->columns * sizeof(float));
        return;
    }

    for (i = 0; i < npy->columns; i++) {
        memcpy(&wide, from + i * sizeof(wide), sizeof(wide));
        values[i] = (float) wide;
    }
}
