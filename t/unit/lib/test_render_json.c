/*
 * A block as JSON.
 */

#include "render_case.h"


static const char *
json(const reco_render_block_t *block)
{
    static char out[4096];
    size_t len;

    assert_int_equal(
        reco_render_json(block, out, sizeof(out) - 1, &len), RECO_OK);
    out[len] = '\0';

    return out;
}


static void
test_block(void **state)
{
    reco_render_item_t items[2];
    reco_render_block_t block;

    (void) state;

    memset(items, 0, sizeof(items));
    memset(&block, 0, sizeof(block));

    block.slot = reco_string("related");
    block.request = reco_string("r\"1");
    block.locale = reco_string("en-GB");
    block.items = items;

    assert_string_equal(json(&block),
        "{\"slot\":\"related\",\"request\":\"r\\u00221\","
        "\"locale\":\"en-GB\",\"items\":[]}");

    block.nitems = 2;
    items[0].id = reco_string("A1");
    items[0].title = reco_string("Caf\xC3\xA9 </script><!--");
    items[0].url = reco_string("/p?a=1&b=2");
    items[0].image = reco_string("javascript:alert(1)");
    items[0].price = 2.5;
    items[0].currency = reco_string("GBP");
    items[0].available = 1;
    items[0].reason = reco_string("because");
    items[0].reason_title = reco_string("Mug");
    items[1].id = reco_string("B");
    items[1].price = -1;

    assert_string_equal(json(&block),
        "{\"slot\":\"related\",\"request\":\"r\\u00221\","
        "\"locale\":\"en-GB\",\"items\":["
        "{\"rank\":1,\"id\":\"A1\",\"title\":\"Caf\xC3\xA9 "
        "\\u003C/script\\u003E\\u003C!--\",\"url\":\"/p?a=1\\u0026b=2\","
        "\"price\":2.50,\"currency\":\"GBP\",\"price_text\":\"\xC2\xA3"
        "2.50\",\"available\":true,\"reason\":\"because\","
        "\"reason_title\":\"Mug\"},"
        "{\"rank\":2,\"id\":\"B\",\"available\":false}]}");
}


static void
test_bytes(void **state)
{
    reco_render_block_t block;

    (void) state;

    memset(&block, 0, sizeof(block));
    block.slot = (reco_str_t){10, "\0\x1F\x7F\t\xFF'\\\xE2\x80\xA9"};

    assert_string_equal(json(&block),
        "{\"slot\":\"\\u0000\\u001F\\u007F\\t\\uFFFD\\u0027\\\\\\u2029\","
        "\"items\":[]}");

    block.ascii = 1;
    block.slot = reco_string("\xC3\xA9\xF0\x9F\x98\x80");
    assert_string_equal(
        json(&block), "{\"slot\":\"\\u00E9\\uD83D\\uDE00\",\"items\":[]}");
}


static void
test_size(void **state)
{
    static const char whole[] = "{\"slot\":\"s\",\"items\":[]}";
    reco_render_block_t block;
    char out[64];
    size_t size, len;

    (void) state;

    memset(&block, 0, sizeof(block));
    block.slot = reco_string("s");

    for (size = 0; size <= strlen(whole); size++) {
        memset(out, 'x', sizeof(out));
        assert_int_equal(reco_render_json(&block, out, size, &len),
            size < strlen(whole) ? RECO_TOO_LARGE : RECO_OK);
        assert_int_equal(len, strlen(whole));
        assert_int_equal(out[size], 'x');
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_block),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
