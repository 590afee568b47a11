#include "eval_print.h"

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


static int
add_comparison(cJSON *object, const reco_eval_print_t *print)
{
    reco_interval_t interval;
    cJSON *compare, *difference;
    unsigned m;

    compare = cJSON_AddObjectToObject(object, "compare");
    if (compare == NULL
        || !cJSON_AddStringToObject(compare, "model", print->compare)
        || !add_metrics(compare, print->other)
        || !add_latency(compare, print->other))
    {
        return 0;
    }

    for (m = 0; m < print->evaluation->nmetrics; m++) {
        if (reco_evaluation_bootstrap(&interval, print->evaluation,
                print->other, &print->experiment->cases, m, print->resamples,
                print->seed, NULL)
            != RECO_OK)
        {
            return 0;
        }

        difference = m == 0 ? cJSON_AddObjectToObject(compare, "difference")
                            : cJSON_GetObjectItem(compare, "difference");
        difference =
            cJSON_AddObjectToObject(difference, print->evaluation->names[m]);
        if (!cJSON_AddNumberToObject(difference, "mean", interval.difference)
            || !cJSON_AddNumberToObject(difference, "low", interval.low)
            || !cJSON_AddNumberToObject(difference, "high", interval.high))
        {
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
            object, "protocol", reco_protocol_name(print->experiment->protocol))
        && cJSON_AddStringToObject(object, "model", print->model)
        && cJSON_AddNumberToObject(
            object, "n", (double) print->evaluation->ncases)
        && add_metrics(object, print->evaluation)
        && add_latency(object, print->evaluation) && add_build(object, print)
        && (print->compare == NULL || add_comparison(object, print)))
    {
        text = cJSON_Print(object);
        if (text != NULL) {
            puts(text);
            cJSON_free(text);
            status = RECO_OK;
        }
    }

    cJSON_Delete(object);

    return status;
}


reco_status_t
reco_eval_print_text(const reco_eval_print_t *print)
{
    const reco_evaluation_t *evaluation;
    reco_interval_t interval;
    reco_status_t status;
    unsigned m, c;

    evaluation = print->evaluation;
    printf("%llu cases of %s, model built in %.2f s\n\n%-16s %10s",
        (unsigned long long) evaluation->ncases,
        reco_protocol_name(print->experiment->protocol),
        print->trial->report.total, "", print->model);
    if (print->compare != NULL) {
        printf(" %10s   difference (95 %%)", print->compare);
    }
    printf("\n");

    for (m = 0; m < evaluation->nmetrics; m++) {
        printf("%-16s %10.4f", evaluation->names[m], evaluation->means[m]);
        if (print->compare != NULL) {
            status = reco_evaluation_bootstrap(&interval, evaluation,
                print->other, &print->experiment->cases, m, print->resamples,
                print->seed, NULL);
            if (status != RECO_OK) {
                return status;
            }
            printf(" %10.4f   %+.4f (%+.4f .. %+.4f)", print->other->means[m],
                interval.difference, interval.low, interval.high);
        }
        printf("\n");
    }

    for (c = 0; c < evaluation->ncutoffs; c++) {
        printf("Coverage@%-7u %10.4f", evaluation->cutoffs[c],
            evaluation->coverage[c]);
        if (print->compare != NULL) {
            printf(" %10.4f", print->other->coverage[c]);
        }
        printf("\n");
    }

    printf("\n%.1f us at the median, %.1f at 90 %%, %.1f at 99 %%\n",
        evaluation->p50, evaluation->p90, evaluation->p99);

    return RECO_OK;
}
