/*
 * One factorisation, timed: reads users' lines, writes both factor matrices
 * for bench/ials_rival.py to judge beside those of another library.
 */

#include "clock.h"
#include "dataset.h"
#include "model/ials.h"
#include "model/matrix.h"
#include "parallel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>


static int
write_factors(const char *folder, const char *name, const float *factors,
    uint32_t rows, uint32_t columns)
{
    char path[4096];
    FILE *file;
    size_t n;

    snprintf(path, sizeof(path), "%s/%s.f32", folder, name);
    file = fopen(path, "wb");
    if (file == NULL) {
        return 0;
    }

    n = (size_t) rows * columns;
    n -= fwrite(factors, sizeof(float), n, file);

    return fclose(file) == 0 && n == 0;
}


/* Names by number, so that the other side can tell which row is whose. */
static int
write_names(const char *folder, const char *name, const reco_names_t *names)
{
    char path[4096];
    reco_str_t text;
    FILE *file;
    uint32_t i;

    snprintf(path, sizeof(path), "%s/%s.txt", folder, name);
    file = fopen(path, "w");
    if (file == NULL) {
        return 0;
    }

    for (i = 0; i < names->count; i++) {
        text = reco_names_at(names, i);
        fprintf(file, "%.*s\n", (int) text.len, text.data);
    }

    return fclose(file) == 0;
}


static int
factorise(const reco_history_t *history, const reco_dataset_names_t *names,
    const reco_config_t *config, const char *folder)
{
    reco_ials_params_t params;
    reco_weights_t weights;
    reco_error_t error = {0};
    reco_matrix_t matrix;
    float *users, *items;
    int64_t began;
    int done;

    reco_ials_params_read(&params, config);
    if (reco_weights_build(&weights, history, config, &error) != RECO_OK
        || reco_matrix_build(&matrix, history, &weights, &error) != RECO_OK)
    {
        fprintf(stderr, "ials: %s\n", error.message);
        return 0;
    }

    began = reco_clock_monotonic_ns();
    if (reco_ials_train(&matrix, &params, &users, &items, &error) != RECO_OK) {
        fprintf(stderr, "ials: %s\n", error.message);
        return 0;
    }
    printf("%.6f\n", reco_clock_elapsed(began) / params.iterations);

    done =
        write_factors(folder, "users", users, matrix.nrows, params.dimensions)
        && write_factors(
            folder, "items", items, matrix.ncolumns, params.dimensions)
        && write_names(folder, "users", &names->users)
        && write_names(folder, "items", &names->items);

    free(users);
    free(items);
    reco_matrix_done(&matrix);
    reco_weights_done(&weights);

    return done;
}


/* ials TRAIN FOLDER KEY=VALUE... */
int
main(int argc, char **argv)
{
    reco_dataset_names_t names = {0};
    reco_dataset_t dataset = {0};
    reco_history_t history;
    reco_config_t *config;
    reco_error_t error = {0};
    int i, done;

    config = reco_config_create();
    if (argc < 3 || config == NULL) {
        return 2;
    }

    for (i = 3; i < argc; i++) {
        if (reco_config_set_pair(config, argv[i], &error) != RECO_OK) {
            fprintf(stderr, "ials: %s\n", error.message);
            return 2;
        }
    }

    if (reco_dataset_read(&dataset, &names, argv[1], &error) != RECO_OK
        || reco_dataset_history(&dataset, &names, 0, &history, &error)
               != RECO_OK)
    {
        fprintf(stderr, "ials: %s\n", error.message);
        return 1;
    }

    done = factorise(&history, &names, config, argv[2]);

    reco_history_done(&history);
    reco_dataset_done(&dataset);
    reco_dataset_names_done(&names);
    reco_config_destroy(config);

    return done ? 0 : 1;
}
