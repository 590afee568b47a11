/* A visitor's profile, as the feature store might hand it over. */

#include "engine/reco_engine_profile.h"

#include <stdlib.h>


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len;
    uint8_t record[RECO_ENGINE_PROFILE_SIZE_MAX];
    reco_engine_profile_t profile;

    /* what is taken can be written again */
    if (reco_engine_profile_decode(data, size, &profile) == RECO_OK
        && reco_engine_profile_encode(&profile, record, sizeof(record), &len)
               != RECO_OK)
    {
        abort();
    }

    return 0;
}
