/*
 * Input: a byte that chooses the header's charset and the pieces, a page.
 * However it is cut, the product is the same; its strings are what
 * reco_html_harvest.h promises.
 */

#include "html/reco_html_harvest.h"

#include "../unit/html_rewriting.h"


static void
expect(int condition)
{
    if (!condition) {
        abort();
    }
}


static void
check_string(reco_str_t string, size_t max)
{
    size_t i;

    expect(string.len <= max);

    for (i = 0; i < string.len; i++) {
        expect(
            (unsigned char) string.data[i] >= 0x20 && string.data[i] != 0x7f);
    }
}


static int
same(reco_str_t a, reco_str_t b)
{
    return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}


static reco_status_t
run(const reco_html_memory_t *memory, const char *page, size_t len,
    size_t piece, uint8_t choice, reco_html_product_t *product)
{
    char *copy;
    size_t at, n;
    reco_status_t status;
    reco_html_harvest_t *harvest;

    harvest = reco_html_harvest_create(memory);

    if (choice % 3 == 1) {
        reco_html_harvest_charset(harvest, reco_string("utf-8"));
    } else if (choice % 3 == 2) {
        reco_html_harvest_charset(harvest, reco_string("windows-1252"));
    }

    for (at = 0; at < len; at += n) {
        n = len - at < piece ? len - at : piece;
        copy = malloc(n);
        memcpy(copy, page + at, n);
        reco_html_harvest_feed(harvest, copy, n);
        free(copy);
    }

    status = reco_html_harvest_product(harvest, product);

    if (status == RECO_OK) {
        check_string(product->id, RECO_HTML_ID_MAX);
        check_string(product->title, RECO_HTML_TITLE_MAX);
        check_string(product->url, RECO_HTML_URL_MAX);
        check_string(product->image, RECO_HTML_URL_MAX);
        check_string(product->category, RECO_HTML_CATEGORY_MAX);
        check_string(product->brand, RECO_HTML_BRAND_MAX);
        expect(product->currency.len == 0 || product->currency.len == 3);
        expect(product->price == -1 || product->price >= 0);
        expect(product->available >= -1 && product->available <= 1);
    }

    return status;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    void *blocks;
    const char *page;
    reco_status_t status;
    reco_html_memory_t memory;
    reco_html_product_t whole, cut;

    if (size < 2) {
        return 0;
    }

    blocks = NULL;
    memory = (reco_html_memory_t){rewriting_alloc, &blocks};
    page = (const char *) data + 1;
    size--;

    status = run(&memory, page, size, size, data[0], &whole);
    expect(run(&memory, page, size, data[0] / 3 + 1, data[0], &cut) == status);

    if (status == RECO_OK) {
        expect(same(whole.id, cut.id) && same(whole.title, cut.title)
               && same(whole.url, cut.url) && same(whole.image, cut.image)
               && same(whole.category, cut.category)
               && same(whole.brand, cut.brand)
               && same(whole.currency, cut.currency) && whole.price == cut.price
               && whole.available == cut.available);
    }

    rewriting_free(&blocks);

    return 0;
}
