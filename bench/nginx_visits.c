/*
 * nginx_visits ITEMS VIEWS: what visitors of the shop of engine_synthetic.h look
 * at, one view a line: the number of the visit and that of the item.  A thousand
 * visits are under way at a time.  None of them is in the model that
 * t/support/synthetic_model makes of the same shop.
 */

#include <stdio.h>
#include <stdlib.h>

#include "engine_synthetic.h"

#define SEED 7
#define OPEN 1000


typedef struct {
    unsigned number;
    unsigned at;
    unsigned length;
    uint32_t items[32];
} visit_t;


int
main(int argc, char **argv)
{
    static visit_t open[OPEN];

    visit_t *visit;
    unsigned visits;
    unsigned long views;
    synthetic_shop_t shop;

    if (argc != 3) {
        fprintf(stderr, "usage: nginx_visits ITEMS VIEWS\n");
        return 2;
    }

    synthetic_shop_init(&shop, (uint32_t) strtoul(argv[1], NULL, 10), SEED);
    visits = 0;

    for (views = strtoul(argv[2], NULL, 10); views > 0; views--) {
        visit = &open[synthetic_random(&shop) % OPEN];

        if (visit->at == visit->length) {
            visit->number = ++visits;
            visit->at = 0;
            visit->length = synthetic_session(&shop, visit->items);
        }

        printf("%u %u\n", visit->number, visit->items[visit->at++]);
    }

    synthetic_shop_done(&shop);

    return 0;
}
