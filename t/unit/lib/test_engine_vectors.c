/*
 * The arithmetic is the same to the last bit on every processor; the search
 * finds what FAISS's own search in the same file finds.
 */

#include "shop.h"

#include <math.h>

#include <faiss/c_api/IndexIVF_c.h>
#include <faiss/c_api/Index_c.h>
#include <faiss/c_api/index_io_c.h>

#include "engine/reco_engine_factors.h"
#include "engine/reco_engine_kernels.h"
#include "engine/reco_engine_select.h"

#define BLOCKS 13
#define CODES  (BLOCKS * RECO_SNAPSHOT_BLOCK)
#define ROOM   (CODES + RECO_ENGINE_SCAN_SPARE)

#define ITEMS      4000
#define DIMENSIONS 32
#define NEAREST    50


/* Random codes; every ninth vector is padding. */
static void
make_blocks(shop_t *shop, uint8_t *blocks, uint32_t stride)
{
    float scale;
    size_t i, j, size;

    size = reco_snapshot_block_size(stride);

    for (i = 0; i < BLOCKS; i++) {
        for (j = 0; j < RECO_SNAPSHOT_BLOCK; j++) {
            scale = (i * RECO_SNAPSHOT_BLOCK + j) % 9 == 8 ? NAN
                                                           : shop_uniform(shop);
            memcpy(
                blocks + i * size + j * sizeof(scale), &scale, sizeof(scale));
        }

        for (j = RECO_SNAPSHOT_BLOCK_SCALES; j < size; j++) {
            blocks[i * size + j] = (uint8_t) shop_random(shop, 256);
        }
    }
}


static int32_t
sum_of(const reco_engine_code_t *query, const uint8_t *code)
{
    int32_t sum;
    unsigned j;

    sum = 0;

    for (j = 0; j < query->stride; j++) {
        sum += query->bytes[j]
               * (code[j / 4 * 4 * RECO_SNAPSHOT_BLOCK + j % 4] - 128);
    }

    return sum;
}


/* Every variant of this machine against the first, bit by bit. */
static void
test_equal_variants(void **state)
{
    unsigned i, j, variant, first, found;
    uint32_t dimensions;
    float a[256], b[260], expected, sum[256], other[256];
    uint64_t keys[ROOM], keys0[ROOM];
    uint8_t *blocks;
    shop_t shop;
    reco_engine_code_t query;
    const reco_engine_kernels_t *kernels, *baseline;

    (void) state;
    shop.state = 9;
    blocks = malloc(BLOCKS * reco_snapshot_block_size(256));
    assert_non_null(blocks);

    for (dimensions = 1; dimensions <= 256; dimensions += 7) {
        if (dimensions == 57 || dimensions == 64) {
            dimensions = 64;
        }

        for (i = 0; i < dimensions; i++) {
            a[i] = shop_uniform(&shop) - 0.5f;
            b[i + 1] = shop_uniform(&shop) - 0.5f;
        }

        memset(&query, 0, sizeof(query));
        query.stride = (dimensions + 3) & ~3u;

        for (i = 0; i < query.stride; i++) {
            query.bytes[i] =
                i < dimensions ? (int8_t) ((int) shop_random(&shop, 255) - 127)
                               : 0;
            query.excess += 128 * query.bytes[i];
        }

        make_blocks(&shop, blocks, query.stride);
        baseline = reco_engine_kernels_at(0, dimensions);

        for (variant = 1; variant < 8; variant++) {
            kernels = reco_engine_kernels_at(variant, dimensions);

            if (kernels == NULL) {
                break;
            }

            expected = baseline->dot(a, b + 1, dimensions);
            sum[0] = kernels->dot(a, b + 1, dimensions);
            assert_memory_equal(&expected, sum, sizeof(expected));

            memcpy(sum, a, sizeof(sum));
            memcpy(other, a, sizeof(other));
            baseline->add(sum, 0.3f, b + 1, dimensions);
            kernels->add(other, 0.3f, b + 1, dimensions);
            assert_memory_equal(sum, other, dimensions * sizeof(sum[0]));

            for (j = 0; j <= BLOCKS; j++) {
                first = baseline->scan(&query, blocks, j, 160, 5000, keys0);
                found = kernels->scan(&query, blocks, j, 160, 5000, keys);
                assert_int_equal(found, first);
                assert_memory_equal(keys, keys0, found * sizeof(keys[0]));
            }
        }
    }

    free(blocks);
}


/* The products one by one, of the codes as their file lays them out. */
static void
test_scan_against_sums(void **state)
{
    unsigned i, j, found;
    int32_t sum;
    uint64_t keys[ROOM];
    float scale;
    uint8_t blocks[BLOCKS * (RECO_SNAPSHOT_BLOCK_SCALES + CODES / BLOCKS * 64)];
    shop_t shop;
    const uint8_t *block, *code;
    reco_engine_code_t query;

    (void) state;
    shop.state = 4;
    memset(&query, 0, sizeof(query));
    query.stride = 64;

    for (i = 0; i < 64; i++) {
        query.bytes[i] = (int8_t) ((int) shop_random(&shop, 255) - 127);
        query.excess += 128 * query.bytes[i];
    }

    make_blocks(&shop, blocks, 64);
    found = reco_engine_kernels(64)->scan(
        &query, blocks, BLOCKS, 1000, -INFINITY, keys);
    j = 0;

    for (i = 0; i < CODES; i++) {
        block = blocks + i / 16 * sizeof(blocks) / BLOCKS;
        code = block + RECO_SNAPSHOT_BLOCK_SCALES + i % 16 * 4;
        memcpy(&scale, block + i % 16 * sizeof(scale), sizeof(scale));

        /* Padding is above no threshold. */
        if (isnan(scale)) {
            continue;
        }

        sum = sum_of(&query, code);
        assert_true(j < found);
        assert_int_equal(reco_engine_key_number(keys[j]), 1000 + i);
        assert_true(reco_engine_key_score(keys[j++]) == (float) sum * scale);
    }

    assert_int_equal(j, found);
    assert_true(found < CODES);
}


static void
test_select(void **state)
{
    unsigned round, count, wanted, i, j, larger, nkernels;
    uint64_t keys[1200], copy[1200];
    shop_t shop;
    const reco_engine_kernels_t *kernels;

    (void) state;
    shop.state = 8;

    for (nkernels = 0; reco_engine_kernels_at(nkernels, 64) != NULL; nkernels++)
    {
        /* void */
    }

    for (round = 0; round < 600; round++) {
        kernels = reco_engine_kernels_at(round / 4 % nkernels, 64);
        count = shop_random(&shop, round % 5 == 0 ? 1200 : 90);
        wanted = shop_random(&shop, count + 20);

        for (i = 0; i < count; i++) {
            switch (round % 4) {
            case 0:
                keys[i] = i;
                break;
            case 1:
                keys[i] = count - i;
                break;
            default:
                keys[i] = reco_engine_key(shop_uniform(&shop) - 0.5f, i);
            }
        }

        memcpy(copy, keys, sizeof(keys));
        larger = reco_engine_select(kernels, keys, count, wanted);
        assert_int_equal(larger, count < wanted ? count : wanted);

        for (i = 0; i < larger; i++) {
            for (j = larger; j < count; j++) {
                assert_true(keys[i] > keys[j]);
            }
        }

        reco_engine_sort(kernels, keys, count);

        for (i = 1; i < count; i++) {
            assert_true(keys[i - 1] > keys[i]);
        }

        /* Nothing got lost. */
        larger = 0;

        for (i = 0; i < count; i++) {
            larger += copy[i] == keys[0];
        }

        assert_true(count == 0 || larger == 1);
    }

    assert_true(reco_engine_key_score(reco_engine_key(-2.5f, 7)) == -2.5f);
    assert_int_equal(reco_engine_key_number(reco_engine_key(1, 7)), 7);
    assert_true(reco_engine_key(1, 7) > reco_engine_key(1, 8));
    assert_true(reco_engine_key(-1, 7) > reco_engine_key(-1.5f, 7));
}


/* A catalogue of vectors in clusters, large enough for several lists. */
static float *
clustered(shop_t *shop)
{
    unsigned i, j;
    float *vectors, centres[40][DIMENSIONS];

    vectors = malloc(ITEMS * DIMENSIONS * sizeof(vectors[0]));
    assert_non_null(vectors);

    for (i = 0; i < 40; i++) {
        for (j = 0; j < DIMENSIONS; j++) {
            centres[i][j] = shop_uniform(shop) - 0.5f;
        }
    }

    for (i = 0; i < ITEMS; i++) {
        for (j = 0; j < DIMENSIONS; j++) {
            vectors[i * DIMENSIONS + j] =
                centres[i % 40][j] + 0.5f * (shop_uniform(shop) - 0.5f);
        }
    }

    return vectors;
}


static void
test_as_faiss(void **state)
{
    shop_t *shop;
    float *vectors, scores[NEAREST];
    char path[PATH_MAX], (*ids)[16];
    unsigned i, j, query, nfound, hits, total;
    idx_t labels[NEAREST];
    FaissIndex *index;
    reco_error_t error;
    reco_snapshot_t *snapshot;
    reco_snapshot_item_t *items;
    reco_engine_model_t *model;
    reco_engine_scratch_t *scratch;
    reco_snapshot_source_t source;
    float *popularity;

    shop = *state;
    vectors = clustered(shop);
    items = calloc(ITEMS, sizeof(items[0]));
    ids = calloc(ITEMS, sizeof(ids[0]));
    popularity = calloc(ITEMS, sizeof(popularity[0]));
    assert_non_null(items);
    assert_non_null(ids);
    assert_non_null(popularity);

    for (i = 0; i < ITEMS; i++) {
        items[i].id.len =
            (size_t) snprintf(ids[i], sizeof(ids[i]), "item-%u", i);
        items[i].id.data = ids[i];
        items[i].available = 1;
    }

    memset(&source, 0, sizeof(source));
    source.nitems = ITEMS;
    source.items = items;
    source.popular = (reco_snapshot_popular_t){ITEMS, popularity, popularity};
    source.dimensions = DIMENSIONS;
    source.factors = vectors;

    shop_path(shop, "v", path);
    assert_int_equal(reco_snapshot_write(path, &source, &error), RECO_OK);
    assert_int_equal(reco_snapshot_open(path, 1, &snapshot, &error), RECO_OK);
    assert_int_equal(
        reco_engine_model_open(snapshot, NULL, NULL, &model, &error), RECO_OK);
    assert_int_equal(reco_engine_scratch_create(model, &scratch), RECO_OK);
    assert_true(reco_snapshot_view(snapshot)->codes.nlists > 8);

    shop_path(shop, "v/vectors.faiss", path);
    assert_int_equal(faiss_read_index_fname(path, 0, &index), 0);
    hits = 0;
    total = 0;

    for (query = 0; query < 60; query++) {
        memcpy(scratch->vector, vectors + query * 61 * DIMENSIONS,
            DIMENSIONS * sizeof(float));

        /* Of length 1, as visitors are. */
        scores[0] =
            sqrtf(reco_engine_kernels(DIMENSIONS)
                      ->dot(scratch->vector, scratch->vector, DIMENSIONS));

        for (i = 0; i < DIMENSIONS; i++) {
            scratch->vector[i] /= scores[0];
        }

        assert_int_equal(faiss_Index_search(index, 1, scratch->vector, NEAREST,
                             scores, labels),
            0);
        nfound = reco_engine_factors_search(model, scratch, NEAREST);
        assert_true(nfound <= NEAREST);

        for (i = 0; i < NEAREST && labels[i] >= 0; i++) {
            total++;

            for (j = 0; j < nfound; j++) {
                if (reco_engine_key_number(scratch->found[j]) == labels[i]) {
                    hits++;
                    assert_true(fabsf(reco_engine_key_score(scratch->found[j])
                                      - scores[i])
                                < 0.01f);
                    break;
                }
            }
        }
    }

    /* A byte a dimension leaves a little to chance at the end of the list. */
    assert_true(total > 1000);
    assert_true(hits >= 0.97 * total);

    faiss_Index_free(index);
    reco_engine_scratch_destroy(scratch);
    reco_engine_model_close(model);
    reco_snapshot_release(snapshot);
    free(popularity);
    free(items);
    free(ids);
    free(vectors);
}


/* The vector of a visit solves the equations of the factorisation. */
static void
test_fold_in(void **state)
{
    unsigned i, j, k;
    double weight, product, left[SHOP_DIMENSIONS], length;
    float vector[SHOP_DIMENSIONS];
    const float *row;
    shop_t *shop;
    shop_engine_t engine;
    reco_snapshot_t *snapshot;

    const uint32_t items[] = {41, 42, 44};

    shop = *state;
    snapshot = shop_open(shop);
    reco_engine_params_init(&engine.params);
    shop_set(&engine, "factors.decay", "0");
    shop_set(&engine, "factors.steps", "16");
    shop_set(&engine, "factors.confidence", "2");
    shop_engine_open(&engine, snapshot, NULL);

    assert_false(reco_engine_fold_in(
        engine.model, &engine.query, engine.scratch, vector));

    for (i = 0; i < 3; i++) {
        shop_view(&engine, items[i]);
    }

    assert_true(reco_engine_fold_in(
        engine.model, &engine.query, engine.scratch, vector));

    /* (1 + 2 sum y y^T) x is then a multiple of sum y. */
    for (j = 0; j < SHOP_DIMENSIONS; j++) {
        left[j] = vector[j];
    }

    length = 0;
    weight = 0;

    for (i = 0; i < 3; i++) {
        row = shop->factors + items[i] * SHOP_DIMENSIONS;
        product = 0;

        for (j = 0; j < SHOP_DIMENSIONS; j++) {
            product += (double) row[j] * vector[j];
        }

        for (j = 0; j < SHOP_DIMENSIONS; j++) {
            left[j] += 2 * product * row[j];
        }
    }

    for (j = 0; j < SHOP_DIMENSIONS; j++) {
        product = 0;

        for (k = 0; k < 3; k++) {
            product += shop->factors[items[k] * SHOP_DIMENSIONS + j];
        }

        if (j == 0) {
            weight = left[0] / product;
        }

        assert_true(fabs(left[j] - weight * product) < 1e-3);
        length += (double) vector[j] * vector[j];
    }

    assert_true(fabs(length - 1) < 1e-4);
    shop_engine_close(&engine);
    reco_snapshot_release(snapshot);
}


static int
setup(void **state)
{
    *state = shop_create(7);

    return 0;
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_variants),
        cmocka_unit_test(test_scan_against_sums),
        cmocka_unit_test(test_select),
        cmocka_unit_test_setup_teardown(test_as_faiss, setup, shop_teardown),
        cmocka_unit_test_setup_teardown(test_fold_in, setup, shop_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
