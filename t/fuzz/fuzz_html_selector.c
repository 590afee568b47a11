/*
 * Input: a selector, a NUL byte, a page.  A selector that is refused says
 * where; one that is taken finds the same places however the page is cut.
 */

#include "../unit/html_rewriting.h"


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *blocks;
    size_t one, len;
    unsigned slot;
    const char *page, *selector;
    rewriting_t whole, cut;
    reco_error_t error;
    reco_status_t status;
    reco_html_memory_t memory;
    reco_html_plan_t *plan;

    blocks = NULL;
    memory = (reco_html_memory_t){rewriting_alloc, &blocks};
    plan = reco_html_plan_create(&memory);

    if (reco_html_plan_slot(plan, reco_string("s"), &slot, NULL) != RECO_OK) {
        abort();
    }

    selector = (const char *) data;
    page = size != 0 ? memchr(selector, '\0', size) : NULL;
    len = page != NULL ? (size_t) (page - selector) : size;

    memset(&error, 0, sizeof(error));
    status = reco_html_plan_select(
        plan, slot, (reco_str_t){len, selector}, RECO_HTML_AFTER, 1, &error);

    if (status != RECO_OK && (error.column < 1 || error.column > len + 1)) {
        abort();
    }

    if (status == RECO_OK && page != NULL) {
        page++;
        len = size - len - 1;
        one = 1;
        whole = rewriting_run(plan, page, len, NULL, NULL);
        cut = rewriting_run(plan, page, len, rewriting_cut_equal, &one);
        if (strcmp(whole.out, cut.out) != 0) {
            abort();
        }
        free(whole.out);
        free(cut.out);
    }

    rewriting_free(&blocks);

    return 0;
}
