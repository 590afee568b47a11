/*
 * synthetic_model ITEMS SESSIONS FOLDER: writes a version of a shop that does
 * not exist (bench/engine_synthetic.h), for tests and figures that need a
 * large one.
 */

#include <stdio.h>
#include <stdlib.h>

#include "engine_synthetic.h"


int
main(int argc, char **argv)
{
    synthetic_shop_t shop;

    if (argc != 4) {
        fprintf(stderr, "usage: synthetic_model ITEMS SESSIONS FOLDER\n");
        return 2;
    }

    synthetic_shop_init(&shop, (uint32_t) strtoul(argv[1], NULL, 10), 1);
    synthetic_write(&shop, (uint32_t) strtoul(argv[2], NULL, 10), argv[3]);
    synthetic_shop_done(&shop);

    return 0;
}
