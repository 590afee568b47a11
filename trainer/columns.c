#include "columns.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAME_SIZE_MAX   32
#define NUMBER_SIZE_MAX 64


reco_column_t
reco_column_find(reco_str_t name)
{
    static const struct {
        const char *name;
        reco_column_t column;
    } known[] = {{"session", RECO_COLUMN_SESSION},
        {"sessionid", RECO_COLUMN_SESSION}, {"invoice", RECO_COLUMN_SESSION},
        {"basket", RECO_COLUMN_SESSION}, {"basketid", RECO_COLUMN_SESSION},
        {"order", RECO_COLUMN_SESSION}, {"orderid", RECO_COLUMN_SESSION},
        {"user", RECO_COLUMN_USER}, {"userid", RECO_COLUMN_USER},
        {"customer", RECO_COLUMN_USER}, {"customerid", RECO_COLUMN_USER},
        {"visitor", RECO_COLUMN_USER}, {"visitorid", RECO_COLUMN_USER},
        {"item", RECO_COLUMN_ITEM}, {"itemid", RECO_COLUMN_ITEM},
        {"product", RECO_COLUMN_ITEM}, {"productid", RECO_COLUMN_ITEM},
        {"sku", RECO_COLUMN_ITEM}, {"time", RECO_COLUMN_TIME},
        {"timestamp", RECO_COLUMN_TIME}, {"ts", RECO_COLUMN_TIME},
        {"type", RECO_COLUMN_TYPE}, {"event", RECO_COLUMN_TYPE},
        {"dwell", RECO_COLUMN_DWELL}, {"title", RECO_COLUMN_TITLE},
        {"name", RECO_COLUMN_TITLE}, {"category", RECO_COLUMN_CATEGORY},
        {"brand", RECO_COLUMN_BRAND}, {"price", RECO_COLUMN_PRICE},
        {"priceusd", RECO_COLUMN_PRICE}, {"born", RECO_COLUMN_BORN}};
    char text[NAME_SIZE_MAX];
    size_t i, len;

    len = 0;
    for (i = 0; i < name.len && len < sizeof(text) - 1; i++) {
        if (isalnum((unsigned char) name.data[i])) {
            text[len++] = (char) tolower((unsigned char) name.data[i]);
        }
    }
    text[len] = '\0';

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(known[i].name, text) == 0) {
            return known[i].column;
        }
    }

    return RECO_COLUMN_COUNT;
}


int
reco_column_number(reco_str_t field, double *number)
{
    char text[NUMBER_SIZE_MAX], *end;

    if (field.len == 0 || field.len >= sizeof(text)) {
        return 0;
    }

    memcpy(text, field.data, field.len);
    text[field.len] = '\0';
    *number = strtod(text, &end);

    return *end == '\0' && isfinite(*number) && *number >= 0;
}
