/*
 * Any bytes as a template: parsed or refused with a place inside of the
 * source; rendered, whatever the size of the buffer, to one length.
 */

#include <stdlib.h>
#include <string.h>

#include "render/reco_render.h"
#include "render_pool.h"


#define OUT_SIZE (1 << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
check_place(const reco_error_t *error, size_t size)
{
    if (error->line == 0 || error->column == 0 || error->line > size + 1
        || error->column > size + 1 || error->message[0] == '\0')
    {
        abort();
    }
}


static void
render(const reco_render_template_t *template, int ascii)
{
    static char out[OUT_SIZE];
    reco_render_item_t items[3];
    reco_render_block_t block;
    reco_status_t status;
    size_t len, again, i;

    memset(items, 0, sizeof(items));
    memset(&block, 0, sizeof(block));

    items[0].title = reco_string("Caf\xC3\xA9 <&>");
    items[0].url = reco_string("/p/1");
    items[0].reason = reco_string("because");
    items[1].price = 12.5;
    items[1].currency = reco_string("EUR");
    items[1].available = 1;
    items[2].image = reco_string("javascript:1");
    block.slot = reco_string("related");
    block.locale = reco_string("de-DE");
    block.ascii = ascii;
    block.items = items;
    block.nitems = 3;

    status = reco_render(template, &block, out, sizeof(out), &len);

    if (status == RECO_OK
        && reco_render(template, &block, out, len / 2, &again)
               != (len > 0 ? RECO_TOO_LARGE : RECO_OK))
    {
        abort();
    }

    if (status != RECO_OK) {
        return;
    }

    if (again != len) {
        abort();
    }

    (void) reco_render(template, &block, out, len, &again);

    for (i = 0; ascii && i < len; i++) {
        if ((unsigned char) out[i] >= 0x80) {
            abort();
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char memory_data[POOL_SIZE] __attribute__((aligned(16)));
    pool_t pool = {memory_data, 0};
    reco_render_memory_t memory = {pool_alloc, &pool};
    reco_render_template_t *template;
    reco_error_t error;
    reco_str_t source;

    memset(&error, 0, sizeof(error));
    source.data = (const char *) data;
    source.len = size;

    switch (reco_render_parse(source, &memory, &template, &error)) {
    case RECO_OK:
        render(template, 0);
        render(template, 1);
        break;
    case RECO_INVALID:
        if (size > 0) {
            check_place(&error, size);
        }
        break;
    default:
        break;
    }

    return 0;
}
