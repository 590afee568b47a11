#include "report.h"

#include "manifest.h"
#include "snapshot/reco_snapshot.h"

#include <stdio.h>


static cJSON *
parse(const char *path, reco_snapshot_t *base)
{
    reco_snapshot_overlay_t *overlay;
    reco_str_t text;
    cJSON *report;

    if (reco_snapshot_overlay_open(path, base, &overlay, NULL) != RECO_OK) {
        return NULL;
    }

    text = reco_snapshot_overlay_report(overlay);
    report = cJSON_ParseWithLength(text.data, text.len);
    reco_snapshot_overlay_release(overlay);

    return report;
}


cJSON *
reco_cli_report(const reco_config_t *config, reco_registry_t *registry,
    const reco_version_id_t *id)
{
    reco_snapshot_t *base;
    char path[PATH_MAX];
    cJSON *report;

    if (reco_registry_path(registry, id, path, NULL) != RECO_OK
        || reco_snapshot_open(path, 0, &base, NULL) != RECO_OK)
    {
        return NULL;
    }

    snprintf(
        path, PATH_MAX, "%.4000s/overlay", reco_config_string(config, "model"));
    report = parse(path, base);
    reco_snapshot_release(base);

    return report;
}


static void
print_figures(const char *name, const cJSON *figures)
{
    printf("  %-18s %.4f      %.4f      %.0f\n", name,
        reco_cli_manifest_number(figures, "MRR@20", 0),
        reco_cli_manifest_number(figures, "HitRate@20", 0),
        reco_cli_manifest_number(figures, "cases", 0));
}


void
reco_cli_report_print(const cJSON *report)
{
    const cJSON *base, *overlay, *difference, *source;

    printf("predictions        MRR@20      HitRate@20  of %.0f cases\n",
        reco_cli_manifest_number(report, "cases", 0));

    base = cJSON_GetObjectItemCaseSensitive(report, "base");
    overlay = cJSON_GetObjectItemCaseSensitive(report, "overlay");
    difference = cJSON_GetObjectItemCaseSensitive(report, "difference");

    if (base != NULL) {
        print_figures("base alone", base);
    }
    if (overlay != NULL) {
        print_figures("base and overlay", overlay);
    }
    if (difference != NULL) {
        printf("  %-18s %+.4f     from %+.4f to %+.4f (95 %%)\n", "difference",
            reco_cli_manifest_number(difference, "MRR@20", 0),
            reco_cli_manifest_number(difference, "low", 0),
            reco_cli_manifest_number(difference, "high", 0));
    }

    cJSON_ArrayForEach(
        source, cJSON_GetObjectItemCaseSensitive(report, "sources"))
    {
        print_figures(source->string, source);
    }

    printf("  %-18s %s, weight %.4g, vectors %s\n", "in use",
        reco_cli_manifest_text(report, "use"),
        reco_cli_manifest_number(report, "weight", 0),
        cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(report, "vectors"))
            ? "on"
            : "off");
}
