/*
 * content.bin: from the catalogue's words to vectors, for items that come
 * after the version was trained.  Workers never read it.
 *
 *   CMET  counts
 *   CRAR  how rare the tokens of each bucket are
 *   CMAP  a row for each bucket, and the mean
 */

#include "reco_snapshot_parts.h"

#include <math.h>

#define TAG_META RECO_SNAPSHOT_TAG('C', 'M', 'E', 'T')
#define TAG_CRAR RECO_SNAPSHOT_TAG('C', 'R', 'A', 'R')
#define TAG_CMAP RECO_SNAPSHOT_TAG('C', 'M', 'A', 'P')

typedef struct {
    uint32_t nfeatures;
    uint32_t dimensions;
} content_meta_t;


static int
content_valid(uint32_t nfeatures)
{
    return nfeatures != 0 && nfeatures <= RECO_SNAPSHOT_FEATURES_MAX
           && (nfeatures & (nfeatures - 1)) == 0;
}


reco_status_t
reco_snapshot_content_build(reco_snapshot_builder_t *builder,
    const reco_snapshot_content_t *content, uint32_t dimensions,
    reco_error_t *error)
{
    uint64_t i, nfloats;
    content_meta_t *meta;

    nfloats = ((uint64_t) content->nfeatures + 1) * dimensions;

    if (!content_valid(content->nfeatures)) {
        return reco_error_set(error, RECO_INVALID,
            "the content's map has %u buckets: no power of two to %u",
            content->nfeatures, RECO_SNAPSHOT_FEATURES_MAX);
    }

    for (i = 0; i < nfloats; i++) {
        if (!isfinite(content->map[i])) {
            return reco_error_set(error, RECO_INVALID,
                "row %llu of the content's map has a value that is no number",
                (unsigned long long) (i / dimensions));
        }
    }

    meta = reco_snapshot_builder_new(builder, TAG_META, 1, sizeof(*meta));

    if (meta == NULL) {
        return reco_error_set(
            error, RECO_NOMEM, "out of memory for the content's map");
    }

    meta->nfeatures = content->nfeatures;
    meta->dimensions = dimensions;
    reco_snapshot_builder_add(builder, TAG_CRAR, content->rarities,
        (uint64_t) content->nfeatures * sizeof(content->rarities[0]));
    reco_snapshot_builder_add(
        builder, TAG_CMAP, content->map, nfloats * sizeof(content->map[0]));

    return RECO_OK;
}


reco_status_t
reco_snapshot_content_open(const reco_snapshot_container_t *container,
    uint32_t dimensions, reco_snapshot_content_t *content, reco_error_t *error)
{
    reco_status_t status;
    const content_meta_t *meta;

    status = reco_snapshot_container_array(
        container, TAG_META, sizeof(*meta), 1, &meta, error);

    if (status != RECO_OK) {
        return status;
    }

    if (!content_valid(meta->nfeatures) || meta->dimensions != dimensions) {
        return reco_error_set(error, RECO_CORRUPT,
            "\"%s\" maps %u buckets to %u dimensions; the vectors have %u",
            container->path, meta->nfeatures, meta->dimensions, dimensions);
    }

    const reco_snapshot_array_t arrays[] = {
        {TAG_CRAR, 4, meta->nfeatures, &content->rarities},
        {TAG_CMAP, 4, ((uint64_t) meta->nfeatures + 1) * dimensions,
            &content->map},
    };

    status = reco_snapshot_container_arrays(
        container, arrays, sizeof(arrays) / sizeof(arrays[0]), error);
    content->nfeatures = status == RECO_OK ? meta->nfeatures : 0;

    return status;
}
