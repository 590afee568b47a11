/*
 * iALS: each solver reaches the minimum that the definition in ials.h states,
 * the same on any number of threads; the dense kernels against plain loops.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/dense.h"
#include "model/ials.h"
#include "random.h"

#define NUSERS 60
#define NITEMS 40


static void
make_matrix(reco_matrix_t *matrix)
{
    static uint64_t offsets[NUSERS + 1];
    static uint32_t columns[NUSERS * NITEMS];
    static float values[NUSERS * NITEMS];
    reco_random_t random = {.state = 7};
    uint32_t u, i;
    uint64_t n;

    n = 0;
    for (u = 0; u < NUSERS; u++) {
        for (i = 0; i < NITEMS; i++) {
            if (reco_random_unit(&random) < (i % 3 == u % 3 ? 0.5 : 0.05)) {
                columns[n] = i;
                values[n++] = 1 + (float) (i % 2);
            }
        }
        offsets[u + 1] = n;
    }

    *matrix = (reco_matrix_t){NUSERS, NITEMS, offsets, columns, values};
}


static reco_ials_params_t
make_params(reco_ials_solver_t solver)
{
    return (reco_ials_params_t){.dimensions = 20,
        .iterations = 60,
        .regularization = 0.05,
        .exponent = 0.5,
        .unobserved = 0.2,
        .alpha = 3,
        .deviation = 0.1,
        .solver = solver,
        .block = 16,
        .steps = 3,
        .seed = 5,
        .threads = 1};
}


static double
ridge(const reco_ials_params_t *params, uint64_t count, uint32_t others)
{
    return params->regularization
           * pow(
               (double) count + params->unobserved * others, params->exponent);
}


/* The loss as ials.h defines it. */
static double
loss(const reco_matrix_t *matrix, const reco_ials_params_t *params,
    const float *users, const float *items)
{
    uint64_t counts[NITEMS] = {0}, at;
    double sum, score, norm, observed;
    uint32_t u, i, d;

    sum = 0;
    for (u = 0; u < NUSERS; u++) {
        at = matrix->offsets[u];
        for (i = 0; i < NITEMS; i++) {
            score = 0;
            for (d = 0; d < params->dimensions; d++) {
                score += (double) users[u * params->dimensions + d]
                         * items[i * params->dimensions + d];
            }
            observed = 0;
            if (at < matrix->offsets[u + 1] && matrix->columns[at] == i) {
                observed = params->alpha * matrix->values[at++];
                counts[i]++;
            }
            sum += (params->unobserved + observed)
                   * pow((observed > 0) - score, 2);
        }
        norm = 0;
        for (d = 0; d < params->dimensions; d++) {
            norm += pow(users[u * params->dimensions + d], 2);
        }
        sum += norm
               * ridge(
                   params, matrix->offsets[u + 1] - matrix->offsets[u], NITEMS);
    }

    for (i = 0; i < NITEMS; i++) {
        norm = 0;
        for (d = 0; d < params->dimensions; d++) {
            norm += pow(items[i * params->dimensions + d], 2);
        }
        sum += norm * ridge(params, counts[i], NUSERS);
    }

    return sum;
}


static double
trained_loss(const reco_ials_params_t *params)
{
    reco_matrix_t matrix;
    float *users, *items;
    double result;

    make_matrix(&matrix);
    assert_int_equal(
        reco_ials_train(&matrix, params, &users, &items, NULL), RECO_OK);
    result = loss(&matrix, params, users, items);
    free(users);
    free(items);

    return result;
}


static void
solvers_agree(void **state)
{
    reco_ials_params_t cholesky, cg, block;
    double exact;

    (void) state;

    cholesky = make_params(RECO_IALS_CHOLESKY);
    cg = make_params(RECO_IALS_CG);
    block = make_params(RECO_IALS_BLOCK);
    exact = trained_loss(&cholesky);
    assert_true(fabs(trained_loss(&cg) - exact) < 0.02 * exact);
    assert_true(fabs(trained_loss(&block) - exact) < 0.02 * exact);
}


static void
loss_falls_with_iterations(void **state)
{
    reco_ials_params_t params;
    double before, after;

    (void) state;

    params = make_params(RECO_IALS_CHOLESKY);
    params.iterations = 1;
    before = trained_loss(&params);
    params.iterations = 2;
    after = trained_loss(&params);
    assert_true(after < before);
    params.iterations = 20;
    assert_true(trained_loss(&params) < after);
}


/* No vector of an item can be moved and the loss fall: items are solved
   last. */
static void
items_are_at_their_minimum(void **state)
{
    static const float steps[] = {1e-2F, -1e-2F};
    reco_ials_params_t params;
    reco_matrix_t matrix;
    float *users, *items;
    double best;
    uint32_t i, s;

    (void) state;

    params = make_params(RECO_IALS_CHOLESKY);
    params.iterations = 3;
    make_matrix(&matrix);
    assert_int_equal(
        reco_ials_train(&matrix, &params, &users, &items, NULL), RECO_OK);
    best = loss(&matrix, &params, users, items);

    for (i = 0; i < NITEMS * params.dimensions; i += 7) {
        for (s = 0; s < 2; s++) {
            items[i] += steps[s];
            assert_true(loss(&matrix, &params, users, items) > best - 1e-4);
            items[i] -= steps[s];
        }
    }

    free(users);
    free(items);
}


static void
threads_do_not_change_the_result(void **state)
{
    reco_ials_params_t params;
    reco_matrix_t matrix;
    float *one, *many;
    int solver;

    (void) state;

    make_matrix(&matrix);
    for (solver = RECO_IALS_CHOLESKY; solver <= RECO_IALS_BLOCK; solver++) {
        params = make_params((reco_ials_solver_t) solver);
        params.iterations = 4;
        assert_int_equal(
            reco_ials_train(&matrix, &params, NULL, &one, NULL), RECO_OK);
        params.threads = 4;
        assert_int_equal(
            reco_ials_train(&matrix, &params, NULL, &many, NULL), RECO_OK);
        assert_memory_equal(
            one, many, NITEMS * params.dimensions * sizeof(float));
        free(one);
        free(many);
    }
}


static void
users_without_items_have_no_vector(void **state)
{
    static uint64_t offsets[] = {0, 0, 1};
    static uint32_t columns[] = {0};
    static float values[] = {1};
    reco_matrix_t matrix = {2, 1, offsets, columns, values};
    reco_ials_params_t params;
    float *users, *items;
    uint32_t d;

    (void) state;

    params = make_params(RECO_IALS_CHOLESKY);
    assert_int_equal(
        reco_ials_train(&matrix, &params, &users, &items, NULL), RECO_OK);
    for (d = 0; d < params.dimensions; d++) {
        assert_true(users[d] == 0);
        assert_true(isfinite(items[d]));
    }
    free(users);
    free(items);
}


static void
dense_solves_what_it_multiplies(void **state)
{
    enum {
        N = 48,
        ROWS = 90
    };
    static float panel[ROWS * N], matrix[N * N], whole[N * N];
    static float x[N], right[N], product[N];
    reco_random_t random = {.state = 3};
    size_t i, j;

    (void) state;

    for (i = 0; i < ROWS * N; i++) {
        panel[i] = (float) reco_random_normal(&random);
    }
    for (i = 0; i < N; i++) {
        x[i] = (float) reco_random_normal(&random);
    }

    memset(matrix, 0, sizeof(matrix));
    reco_dense_gram(matrix, panel, ROWS, N);
    for (i = 0; i < N; i++) {
        for (j = i; j < N; j++) {
            whole[i * N + j] = whole[j * N + i] = matrix[i * N + j];
        }
    }

    memset(product, 0, sizeof(product));
    reco_dense_multiply(product, whole, x, N);
    for (i = 0; i < N; i++) {
        assert_true(
            fabsf(product[i] - reco_dense_dot(whole + i * N, x, N)) < 1e-2F);
    }

    memcpy(right, product, sizeof(right));
    assert_true(reco_dense_solve(matrix, right, N));
    for (i = 0; i < N; i++) {
        assert_true(fabsf(right[i] - x[i]) < 1e-2F);
    }
}


static void
dense_refuses_what_is_not_positive(void **state)
{
    float matrix[RECO_DENSE_LANES * RECO_DENSE_LANES] = {0};
    float right[RECO_DENSE_LANES] = {0};

    (void) state;

    matrix[0] = -1;
    assert_false(reco_dense_solve(matrix, right, RECO_DENSE_LANES));
}


static void
unobserved_is_bound_by_what_was_observed(void **state)
{
    uint64_t offsets[] = {0, 2, 4};
    uint32_t columns[] = {0, 1, 1, 999};
    float values[] = {1, 0.5f, 2, 0.5f};
    reco_matrix_t matrix = {2, 1000, offsets, columns, values};
    reco_ials_params_t params;

    (void) state;

    params = make_params(RECO_IALS_CHOLESKY);
    params.alpha = 3;
    params.unobserved = 0.1;
    params.unobserved_ratio = 10;
    reco_ials_params_fit(&params, &matrix);
    assert_true(fabs(params.unobserved - 10 * 3 * 4.0 / 2000) < 1e-12);

    params.unobserved = 0.01;
    reco_ials_params_fit(&params, &matrix);
    assert_true(params.unobserved == 0.01);

    params.unobserved = 0.1;
    params.unobserved_ratio = 0;
    reco_ials_params_fit(&params, &matrix);
    assert_true(params.unobserved == 0.1);

    params.unobserved_ratio = 10;
    matrix.nrows = 0;
    reco_ials_params_fit(&params, &matrix);
    assert_true(params.unobserved == 0.1);
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(solvers_agree),
        cmocka_unit_test(loss_falls_with_iterations),
        cmocka_unit_test(items_are_at_their_minimum),
        cmocka_unit_test(threads_do_not_change_the_result),
        cmocka_unit_test(users_without_items_have_no_vector),
        cmocka_unit_test(unobserved_is_bound_by_what_was_observed),
        cmocka_unit_test(dense_solves_what_it_multiplies),
        cmocka_unit_test(dense_refuses_what_is_not_positive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
