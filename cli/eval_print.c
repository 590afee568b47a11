#include "eval_print.h"

#include "cli.h"

#include <cjson/cJSON.h>

#include <stdio.h>


static int
add_metrics(cJSON *object, const reco_evaluation_t *evaluation)
{
    char name[32];
    unsigned m, c;
    int done;

    done = 1;
    for (m = 0; m < evaluation->nmetrics; m++) {
        done = done
               && cJSON_AddNumberToObject(
                   object, evaluation->names[m], evaluation->means[m]);
    }

    for (c = 0; c < evaluation->ncutoffs; c++) {
        snprintf(name, sizeof(name), "Coverage@%u", evaluation->cutoffs[c]);
        done =
            done
            && cJSON_AddNumberToObject(object, name, evaluation->coverage[c]);
    }

    return done;
}


static int
add_latency(cJSON *object, const reco_evaluation_t *evaluation)
{
    cJSON *latency;

    latency = cJSON_AddObjectToObject(object, "latency_us");

    return latency != NULL
           && cJSON_AddNumberToObject(latency, "p50", evaluation->p50)
           && cJSON_AddNumberToObject(latency, "p90", evaluation->p90)
           && cJSON_AddNumberToObject(latency, "p99", evaluation->p99)
           && cJSON_AddNumberToObject(object, "p50_us", evaluation->p50)
           && cJSON_AddNumberToObject(object, "p90_us", evaluation->p90)
           && cJSON_AddNumberToObject(object, "p99_us", evaluation->p99);
}


static int
add_build(cJSON *object, const reco_eval_print_t *print)
{
    const reco_train_report_t *report;
    cJSON *seconds;

    report = &print->trial->report;
    seconds = cJSON_AddObjectToObject(object, "seconds");

    return seconds != NULL
           && cJSON_AddNumberToObject(object, "build_seconds", report->total)
           && cJSON_AddNumberToObject(seconds, "sessions", report->sessions)
           && cJSON_AddNumberToObject(seconds, "factors", report->factors)
           && cJSON_AddNumberToObject(seconds, "rules", report->rules)
           && cJSON_AddNumberToObject(seconds, "neighbors", report->neighbors)
           && cJSON_AddNumberToObject(seconds, "content", report->content)
           && cJSON_AddNumberToObject(seconds, "blend", report->blend)
           && cJSON_AddNumberToObject(seconds, "write", report->write)
           && cJSON_AddNumberToObject(object, "train_events",
               (double) print->experiment->train.nevents)
           && cJSON_AddNumberToObject(
               object, "train_sessions", print->experiment->train.nsessions)
           && cJSON_AddNumberToObject(
               object, "items", print->experiment->catalog.nitems);
}


/* The first model less model number other. */
static reco_status_t
compare(const reco_eval_print_t *print, unsigned other, unsigned metric,
    reco_interval_t *interval)
{
    return reco_evaluation_bootstrap(interval, &print->evaluations[0],
        &print->evaluations[other], &print->experiment->cases, metric,
        print->resamples, print->seed, NULL);
}


static int
add_difference(cJSON *object, const reco_eval_print_t *print, unsigned other)
{
    reco_interval_t interval;
    cJSON *differences, *difference;
    unsigned m;

    differences = cJSON_AddObjectToObject(object, "difference");
    if (differences == NULL) {
        return 0;
    }

    for (m = 0; m < print->evaluations[0].nmetrics; m++) {
        if (compare(print, other, m, &interval) != RECO_OK) {
            return 0;
        }

        difference = cJSON_AddObjectToObject(
            differences, print->evaluations[0].names[m]);
        if (!cJSON_AddNumberToObject(difference, "mean", interval.difference)
            || !cJSON_AddNumberToObject(difference, "low", interval.low)
            || !cJSON_AddNumberToObject(difference, "high", interval.high))
        {
            return 0;
        }
    }

    return 1;
}


static int
fill_other(cJSON *object, const reco_eval_print_t *print, unsigned other)
{
    return object != NULL
           && cJSON_AddStringToObject(object, "model", print->models[other])
           && add_metrics(object, &print->evaluations[other])
           && add_latency(object, &print->evaluations[other])
           && add_difference(object, print, other);
}


/* "compare" is the second model; "models" are all but the first. */
static int
add_comparisons(cJSON *object, const reco_eval_print_t *print)
{
    cJSON *models, *model;
    unsigned other;

    if (print->nmodels < 2) {
        return 1;
    }

    if (!fill_other(cJSON_AddObjectToObject(object, "compare"), print, 1)) {
        return 0;
    }

    models = cJSON_AddArrayToObject(object, "models");
    for (other = 1; other < print->nmodels; other++) {
        model = cJSON_CreateObject();
        if (!cJSON_AddItemToArray(models, model)) {
            cJSON_Delete(model);
            return 0;
        }
        if (!fill_other(model, print, other)) {
            return 0;
        }
    }

    return 1;
}


reco_status_t
reco_eval_print_json(const reco_eval_print_t *print)
{
    reco_status_t status;
    cJSON *object;
    char *text;

    status = RECO_NOMEM;
    object = cJSON_CreateObject();

    if (object != NULL
        && cJSON_AddStringToObject(
            object, "protocol", reco_protocols[print->experiment->protocol])
        && cJSON_AddStringToObject(object, "model", print->models[0])
        && cJSON_AddNumberToObject(
            object, "n", (double) print->evaluations[0].ncases)
        && add_metrics(object, &print->evaluations[0])
        && add_latency(object, &print->evaluations[0])
        && add_build(object, print) && add_comparisons(object, print))
    {
        text = cJSON_Print(object);
        if (text != NULL) {
            reco_cli_print_json(text);
            cJSON_free(text);
            status = RECO_OK;
        }
    }

    cJSON_Delete(object);

    return status;
}


/* A file that was taken for something else shows in these. */
static void
print_read(const reco_experiment_t *experiment)
{
    printf("read: %llu events in %u sessions to learn from, %llu in %u to ask; "
           "%u items\n",
        (unsigned long long) experiment->train.nevents,
        experiment->train.nsessions,
        (unsigned long long) experiment->test.nevents,
        experiment->test.nsessions, experiment->names.items.count);
}


static reco_status_t
print_metric(const reco_eval_print_t *print, unsigned metric)
{
    reco_interval_t interval;
    reco_status_t status;
    unsigned other;

    printf("%-16s %10.4f", print->evaluations[0].names[metric],
        print->evaluations[0].means[metric]);

    for (other = 1; other < print->nmodels; other++) {
        status = compare(print, other, metric, &interval);
        if (status != RECO_OK) {
            return status;
        }
        printf(" %10.4f   %+.4f (%+.4f .. %+.4f)",
            print->evaluations[other].means[metric], interval.difference,
            interval.low, interval.high);
    }
    printf("\n");

    return RECO_OK;
}


reco_status_t
reco_eval_print_text(const reco_eval_print_t *print)
{
    const reco_evaluation_t *evaluation;
    reco_status_t status;
    unsigned m, c, other;

    evaluation = &print->evaluations[0];
    print_read(print->experiment);
    printf("%llu cases of %s, model built in %.2f s\n\n%-16s %10s",
        (unsigned long long) evaluation->ncases,
        reco_protocols[print->experiment->protocol], print->trial->report.total,
        "", print->models[0]);
    for (other = 1; other < print->nmodels; other++) {
        printf(" %10s   %-28s", print->models[other], "difference (95 %)");
    }
    printf("\n");

    for (m = 0; m < evaluation->nmetrics; m++) {
        status = print_metric(print, m);
        if (status != RECO_OK) {
            return status;
        }
    }

    for (c = 0; c < evaluation->ncutoffs; c++) {
        printf("Coverage@%-7u %10.4f", evaluation->cutoffs[c],
            evaluation->coverage[c]);
        for (other = 1; other < print->nmodels; other++) {
            printf(" %10.4f   %28s", print->evaluations[other].coverage[c], "");
        }
        printf("\n");
    }

    printf("\n%.1f us at the median, %.1f at 90 %%, %.1f at 99 %%\n",
        evaluation->p50, evaluation->p90, evaluation->p99);

    return RECO_OK;
}
