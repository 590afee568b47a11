/*
 * Prices as people of a locale write them.
 */

#ifndef RECO_RENDER_PRICE_H
#define RECO_RENDER_PRICE_H

#include "reco.h"


#define RECO_PRICE_MAX 96

/* A language with the habits of its numbers. */
typedef struct reco_render_locale_s reco_render_locale_t;

/*
 * The habits of a BCP 47 tag ("de-AT", "pt_BR"): of language and region where
 * they are known, else of the language, else of English.  Never NULL.
 */
const reco_render_locale_t *reco_render_locale(reco_str_t tag);

/* Is the tag's language written from right to left? */
int reco_render_is_rtl(reco_str_t tag);

/* Is it one that is written: not negative, finite, not absurd? */
int reco_render_is_price(double price);

/*
 * "£1,234.50", "1.234,50 €", "¥1,235": UTF-8 into out, of RECO_PRICE_MAX bytes;
 * returns the length, 0 where there is no price.  tag
 * is the one that the locale was found for; currency is ISO 4217, anything
 * else leaves the number alone.
 */
size_t reco_render_price(char *out, const reco_render_locale_t *locale,
    reco_str_t tag, reco_str_t currency, double price);

/* "1234.50", with the currency's decimals: for machines. */
size_t reco_render_price_value(char *out, reco_str_t currency, double price);

#endif /* RECO_RENDER_PRICE_H */
