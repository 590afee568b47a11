#include "import_time.h"

#include <ctype.h>
#include <string.h>

#define SECONDS_MAX      INT64_C(100000000000)
#define MILLISECONDS_MAX INT64_C(100000000000000)
#define MICROSECONDS_MAX INT64_C(100000000000000000)


/* Takes exactly n digits off text. */
static int
take_digits(reco_str_t *text, size_t n, int *number)
{
    size_t i;

    if (text->len < n) {
        return 0;
    }

    *number = 0;
    for (i = 0; i < n; i++) {
        if (!isdigit((unsigned char) text->data[i])) {
            return 0;
        }
        *number = *number * 10 + (text->data[i] - '0');
    }

    text->data += n;
    text->len -= n;

    return 1;
}


static int
take_char(reco_str_t *text, const char *any)
{
    if (text->len == 0 || text->data[0] == '\0'
        || strchr(any, text->data[0]) == NULL)
    {
        return 0;
    }

    text->data++;
    text->len--;

    return 1;
}


/* Thousandths of a fraction; further digits are dropped. */
static int
take_fraction(reco_str_t *text, int *ms)
{
    int scale;

    *ms = 0;
    scale = 100;

    if (text->len == 0) {
        return 0;
    }

    while (text->len > 0 && isdigit((unsigned char) text->data[0])) {
        *ms += scale * (text->data[0] - '0');
        scale /= 10;
        text->data++;
        text->len--;
    }

    return 1;
}


/*
 * Days since 1970-01-01 of a date of the Gregorian calendar.  Years are
 * counted from March, so that the leap day is their last.
 */
static int64_t
days_of(int year, int month, int day)
{
    int64_t y, m;

    y = year - (month <= 2);
    m = month + (month > 2 ? -3 : 9);

    return y * 365 + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1
           - 719468;
}


static int
days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap;

    leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && leap);
}


/* "Z", "+02:00", "-0530", "+02" or nothing: minutes. */
static int
take_zone(reco_str_t *text, int *minutes)
{
    int hours, sign;

    *minutes = 0;

    if (text->len == 0 || take_char(text, "Zz")) {
        return 1;
    }

    sign = text->data[0] == '-' ? -1 : 1;
    if (!take_char(text, "+-") || !take_digits(text, 2, &hours)) {
        return 0;
    }

    take_char(text, ":");
    if (text->len > 0 && !take_digits(text, 2, minutes)) {
        return 0;
    }

    *minutes = sign * (hours * 60 + *minutes);

    return hours <= 14;
}


static int
parse_calendar(reco_str_t text, int64_t *ms)
{
    int year, month, day, hour, minute, second, fraction, zone;

    if (!take_digits(&text, 4, &year) || !take_char(&text, "-")
        || !take_digits(&text, 2, &month) || !take_char(&text, "-")
        || !take_digits(&text, 2, &day) || month < 1 || month > 12 || day < 1
        || day > days_in(year, month))
    {
        return 0;
    }

    hour = minute = second = fraction = zone = 0;

    if (take_char(&text, "Tt ")) {
        if (!take_digits(&text, 2, &hour) || !take_char(&text, ":")
            || !take_digits(&text, 2, &minute)
            || (take_char(&text, ":") && !take_digits(&text, 2, &second))
            || (take_char(&text, ".,") && !take_fraction(&text, &fraction)))
        {
            return 0;
        }
        take_char(&text, " ");
        if (!take_zone(&text, &zone)) {
            return 0;
        }
    }

    if (text.len > 0 || hour > 23 || minute > 59 || second > 60) {
        return 0;
    }

    *ms = ((days_of(year, month, day) * 24 + hour) * 60 + minute - zone)
              * INT64_C(60000)
          + second * INT64_C(1000) + fraction;

    return 1;
}


static int
parse_count(reco_str_t text, int64_t *ms)
{
    int64_t number;
    int fraction;

    number = 0;
    fraction = 0;

    if (text.len == 0 || !isdigit((unsigned char) text.data[0])) {
        return 0;
    }

    while (text.len > 0 && isdigit((unsigned char) text.data[0])) {
        number = number * 10 + (text.data[0] - '0');
        if (number > MICROSECONDS_MAX) {
            return 0;
        }
        text.data++;
        text.len--;
    }

    if (take_char(&text, ".") && !take_fraction(&text, &fraction)) {
        fraction = 0;
    }

    if (number < SECONDS_MAX) {
        *ms = number * 1000 + fraction;
    } else if (number < MILLISECONDS_MAX) {
        *ms = number;
    } else {
        *ms = number / 1000;
    }

    return text.len == 0;
}


int
reco_import_time(reco_str_t text, int64_t *ms)
{
    if (text.len > 4 && text.data[4] == '-') {
        return parse_calendar(text, ms);
    }

    return parse_count(text, ms);
}
