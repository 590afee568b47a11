/*
 * write_profile [BASE:SEED] ITEM...: writes a visitor's profile to standard
 * output: views of the items, the last one a minute ago; with a vector of 64
 * dimensions in the space of a base.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/reco_engine_profile.h"


static void
add_vector(reco_engine_profile_t *profile, const char *base, const char *colon)
{
    uint32_t i;
    unsigned seed;

    profile->nbase = (size_t) (colon - base);

    if (profile->nbase > sizeof(profile->base)) {
        exit(2);
    }

    memcpy(profile->base, base, profile->nbase);
    profile->dimensions = 64;
    seed = (unsigned) strtoul(colon + 1, NULL, 10);

    for (i = 0; i < profile->dimensions; i++) {
        seed = seed * 1103515245 + 12345;
        profile->vector[i] = (float) (seed >> 16 & 1023) / 512 - 1;
    }
}


int
main(int argc, char **argv)
{
    char out[RECO_ENGINE_PROFILE_SIZE_MAX], *colon;
    size_t len;
    int i;
    reco_engine_event_t event;
    static reco_engine_profile_t profile;

    profile.updated = (int64_t) time(NULL) * 1000;

    for (i = 1; i < argc; i++) {
        colon = strchr(argv[i], ':');

        if (colon != NULL) {
            add_vector(&profile, argv[i], colon);
            continue;
        }

        memset(&event, 0, sizeof(event));
        event.item = reco_item_key((reco_str_t){strlen(argv[i]), argv[i]});
        event.time = (uint32_t) time(NULL) - 60 - (uint32_t) (argc - i);
        reco_engine_session_apply(&profile.session, &event);
        profile.counters[0]++;
    }

    if (reco_engine_profile_encode(&profile, out, sizeof(out), &len) != RECO_OK)
    {
        return 1;
    }

    return fwrite(out, 1, len, stdout) != len;
}
