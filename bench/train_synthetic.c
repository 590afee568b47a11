/*
 * Prints a shop that does not exist, for "recoctl import": its catalogue or
 * its events, tab separated.
 *
 * Items and sessions are engine_synthetic.h's: clusters, Zipf popularity,
 * sessions of 2 to 30.  Sessions follow each other over 90 days; each is one
 * of SESSIONS_EACH that a visitor has on average, and each event comes 5 to
 * 64 seconds after the one before it.  One session in BUYING buys the last
 * two things that it saw.  A title is made of words that many items share, of
 * the cluster's own, and of a number; categories hold some ten clusters.
 */

#include "engine_synthetic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BEGIN         1700000000
#define SPAN          (90 * 86400)
#define SESSIONS_EACH 3
#define BUYING        10
#define SESSION_LINES 4.8 /* on average */
#define ADJECTIVES    600
#define BRANDS        400
#define PER_CATEGORY  10


/* Each number its own word, of syllables. */
static const char *
word(char *text, uint32_t number)
{
    static const char consonants[] = "bdfgklmnprstvz";
    static const char vowels[] = "aeiou";
    unsigned length;

    number += 70;
    length = 0;

    while (number != 0) {
        text[length++] = consonants[number % 14];
        text[length++] = vowels[number / 14 % 5];
        number /= 70;
    }

    text[length] = '\0';

    return text;
}


static void
print_catalog(synthetic_shop_t *shop)
{
    char adjective[16], noun[16], brand[16], category[16];
    uint32_t item, cluster;

    puts("item\ttitle\turl\tcategory\tbrand\tprice");

    for (item = 0; item < shop->nitems; item++) {
        cluster = item % shop->nclusters;
        word(adjective, (uint32_t) (synthetic_random(shop) % ADJECTIVES));
        word(noun, ADJECTIVES + BRANDS + cluster);
        word(brand, ADJECTIVES + (uint32_t) (synthetic_random(shop) % BRANDS));
        word(category, 1000000 + cluster / PER_CATEGORY);
        printf("i%u\t%s %s %u\t/product/%u\t%s\t%s\t%u.%02u\n", item, adjective,
            noun, item, item, category, brand,
            1 + (cluster * 37 + item / shop->nclusters) % 300, item % 100);
    }
}


/* Returns how many lines it printed. */
static unsigned
print_session(synthetic_shop_t *shop, uint32_t visitor, uint32_t begin)
{
    uint32_t items[32], time;
    unsigned i, length;

    length = synthetic_session(shop, items);
    time = begin;

    for (i = 0; i < length; i++) {
        printf("v%u\ti%u\t%u\tview\n", visitor, items[i], time);
        time += 5 + (uint32_t) (synthetic_random(shop) % 60);
    }

    if (synthetic_random(shop) % BUYING != 0) {
        return length;
    }

    printf("v%u\ti%u\t%u\tpurchase\n", visitor, items[length - 2], time);
    printf("v%u\ti%u\t%u\tpurchase\n", visitor, items[length - 1], time);

    return length + 2;
}


static void
print_events(synthetic_shop_t *shop, uint64_t nevents)
{
    uint64_t event, nvisitors;

    nvisitors = (uint64_t) ((double) nevents / SESSION_LINES / SESSIONS_EACH);
    puts("user\titem\ttime\ttype");

    for (event = 0; event < nevents;) {
        event += print_session(shop,
            (uint32_t) (synthetic_random(shop) % (nvisitors + 1)),
            (uint32_t) (BEGIN + event * SPAN / nevents));
    }
}


int
main(int argc, char **argv)
{
    synthetic_shop_t shop;

    if (argc < 3
        || (strcmp(argv[1], "items") != 0
            && (strcmp(argv[1], "events") != 0 || argc < 4)))
    {
        fprintf(
            stderr, "train_synthetic items NITEMS | events NITEMS NEVENTS\n");
        return 2;
    }

    synthetic_shop_init(&shop, (uint32_t) strtoul(argv[2], NULL, 10), 1);

    if (argc == 3) {
        print_catalog(&shop);
    } else {
        print_events(&shop, strtoull(argv[3], NULL, 10));
    }

    synthetic_shop_done(&shop);

    return fflush(stdout) == 0 ? 0 : 1;
}
