#include "explanation.h"

#include "cli.h"
#include "clock.h"
#include "manifest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>


static const cJSON *
member(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}


static double
number(const cJSON *object, const char *name)
{
    return reco_cli_manifest_number(object, name, 0);
}


static const char *
text(const cJSON *object, const char *name)
{
    return reco_cli_manifest_text(object, name);
}


static void
print_name(const cJSON *name)
{
    reco_cli_print(stdout, text(name, "item"));
    if (text(name, "title")[0] != '\0') {
        printf(" (");
        reco_cli_print(stdout, text(name, "title"));
        putchar(')');
    }
}


static void
print_visit(const cJSON *explanation)
{
    const cJSON *visit, *item;
    double overlay;

    visit = member(explanation, "visit");
    overlay = number(explanation, "overlay");

    printf("version %s", text(explanation, "version"));
    if (overlay > 0) {
        printf(", overlay of %.0f s ago",
            ((double) reco_clock_ms() - overlay) / 1000);
    }
    printf("\nvisit:");
    cJSON_ArrayForEach(item, member(visit, "items"))
    {
        putchar(' ');
        reco_cli_print(stdout, text(item, "item"));
    }
    if (member(visit, "page") != NULL) {
        printf("; the page is that of ");
        print_name(member(visit, "page"));
    }
    printf("; %.0f events before it\n\n", number(visit, "profile"));
}


static void
print_verdict(const cJSON *explanation)
{
    const cJSON *name;
    const char *verdict;

    verdict = text(explanation, "verdict");
    print_name(member(explanation, "item"));

    if (strcmp(verdict, "recommended") == 0) {
        printf(" is recommended: place %.0f of %.0f, above all for \"%s\"",
            number(explanation, "place"), number(explanation, "of"),
            text(explanation, "source"));
        if (member(explanation, "because") != NULL) {
            printf(", because of ");
            print_name(member(explanation, "because"));
        }
        putchar('\n');
    } else {
        printf(" is not recommended: %s\n", text(explanation, "reason"));
    }

    if (cJSON_IsFalse(member(explanation, "linked"))) {
        printf("the catalogue has no address of it: templates that link to "
               "items do not show it\n");
    }

    if (member(explanation, "rank") == NULL) {
        return;
    }

    printf("score %.4f, rank %.0f of %.0f candidates; named by",
        number(explanation, "score"), number(explanation, "rank"),
        number(explanation, "candidates"));
    cJSON_ArrayForEach(name, member(explanation, "sources"))
    {
        printf(" %s", cJSON_GetStringValue(name));
    }
    putchar('\n');
}


static int
compare_contributions(const void *left, const void *right)
{
    double a = fabs(number(*(const cJSON *const *) left, "contribution"));
    double b = fabs(number(*(const cJSON *const *) right, "contribution"));

    return (a < b) - (a > b);
}


static void
print_features(const cJSON *explanation)
{
    const cJSON *rows[RECO_ENGINE_FEATURES_MAX], *row;
    size_t i, nrows;

    if (member(explanation, "features") == NULL) {
        return;
    }

    nrows = 0;
    cJSON_ArrayForEach(row, member(explanation, "features"))
    {
        if (nrows < RECO_ENGINE_FEATURES_MAX) {
            rows[nrows++] = row;
        }
    }
    qsort(rows, nrows, sizeof(rows[0]), compare_contributions);

    printf("\n%-16s %10s %10s %12s\n", "feature", "value", "weight",
        "contribution");
    for (i = 0; i < nrows && number(rows[i], "contribution") != 0; i++) {
        printf("%-16s %10.4f %10.4f %12.4f\n", text(rows[i], "name"),
            number(rows[i], "value"), number(rows[i], "weight"),
            number(rows[i], "contribution"));
    }
    printf(
        "%-16s %10s %10s %12.4f\n", "sum", "", "", number(explanation, "sum"));

    if (i < nrows) {
        printf("without weight:");
    }
    for (; i < nrows; i++) {
        printf(" %s %.4f%s", text(rows[i], "name"), number(rows[i], "value"),
            i + 1 < nrows ? "," : "\n");
    }

    if (fabs(number(explanation, "sum") - number(explanation, "score"))
        > 1e-3 * (1 + fabs(number(explanation, "score"))))
    {
        printf("%-16s %10s %10s %12.4f\n", "discounted to", "", "",
            number(explanation, "score"));
    }
}


static void
print_neighbors(const cJSON *explanation)
{
    const cJSON *edge;

    if (cJSON_GetArraySize(member(explanation, "neighbors")) > 0) {
        puts("\nneighbours");
    }

    cJSON_ArrayForEach(edge, member(explanation, "neighbors"))
    {
        printf("  %-8s of ", text(edge, "kind"));
        print_name(member(edge, "from"));
        printf(": %.0f of %.0f, score %.4f\n", number(edge, "rank"),
            number(edge, "of"), number(edge, "score"));
    }
}


static void
print_sessions(const cJSON *explanation, const char *key, const char *which)
{
    const cJSON *sessions, *session, *item;
    const char *id;
    char when[24];

    sessions = member(explanation, key);
    if (sessions == NULL) {
        return;
    }

    printf("\n%s that the visit leads to: %.0f, with this item %.0f\n", which,
        number(sessions, "matched"), number(sessions, "holding"));

    cJSON_ArrayForEach(session, member(sessions, "shown"))
    {
        reco_cli_manifest_time(number(session, "time") * 1000, when);
        printf("  %s ", when);
        cJSON_ArrayForEach(item, member(session, "items"))
        {
            id = text(item, "item");
            printf(strcmp(id, text(member(explanation, "item"), "item")) == 0
                       ? " [%s]"
                       : " %s",
                id);
        }
        putchar('\n');
    }
}


void
reco_explanation_print(const cJSON *explanation)
{
    print_visit(explanation);
    print_verdict(explanation);
    print_features(explanation);
    print_neighbors(explanation);
    print_sessions(explanation, "sessions", "sessions");
    print_sessions(explanation, "overlay_sessions", "recent sessions");
}
