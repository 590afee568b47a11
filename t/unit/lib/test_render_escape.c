/*
 * Escaping many bytes at a time: a byte comes out as it does alone, wherever it
 * stands in a text.
 */

#include "render_case.h"
#include "render/escape.h"

#define LENGTH 50

typedef void (*escape_pt)(reco_render_out_t *out, reco_str_t text);


static void
url(reco_render_out_t *out, reco_str_t text)
{
    reco_render_url(out, text, 0);
}


static void
url_of_list(reco_render_out_t *out, reco_str_t text)
{
    reco_render_url(out, text, 1);
}


static size_t
escaped(escape_pt escape, int ascii, const char *data, size_t len, char *out)
{
    reco_render_out_t to;

    reco_render_out_init(&to, out, 8 * LENGTH, ascii);
    escape(&to, (reco_str_t){len, data});
    assert_true(to.len <= to.size);

    return to.len;
}


/* A text of length bytes that pass but for the one at place. */
static void
check_byte(escape_pt escape, int ascii, char byte, size_t place, size_t length)
{
    char alone[8 * LENGTH], whole[8 * LENGTH];
    char *data;
    size_t nalone, nwhole;

    /* of its very size, so that a sanitizer sees what is read behind it */
    data = malloc(length);
    memset(data, 'a', length);
    data[place] = byte;

    nalone = escaped(escape, ascii, &byte, 1, alone);
    nwhole = escaped(escape, ascii, data, length, whole);

    assert_int_equal(nwhole, length - 1 + nalone);
    assert_memory_equal(whole, data, place);
    assert_memory_equal(whole + place, alone, nalone);
    assert_memory_equal(
        whole + place + nalone, data + place + 1, length - 1 - place);

    free(data);
}


static void
check(escape_pt escape, int ascii)
{
    int byte;
    size_t place, length;

    for (byte = 0; byte < 256; byte++) {
        for (length = 1; length <= LENGTH; length += 7) {
            for (place = 0; place < length; place++) {
                check_byte(escape, ascii, (char) byte, place, length);
            }
        }
    }
}


static void
test_text(void **state)
{
    (void) state;

    check(reco_render_html, 0);
    check(reco_render_html, 1);
    check(reco_render_json_string, 0);
    check(reco_render_json_string, 1);
    check(reco_render_url_part, 0);
}


/* A byte that no whole URL may hold makes "#" of all of it. */
static void
check_url(escape_pt escape, char byte, size_t place)
{
    char data[LENGTH], alone[8 * LENGTH], whole[8 * LENGTH];
    size_t nalone, nwhole;

    memset(data, 'a', sizeof(data));
    data[0] = '/';
    data[place] = byte;
    nwhole = escaped(escape, 0, data, sizeof(data), whole);

    if ((unsigned char) byte < 0x20 || byte == 0x7F) {
        assert_int_equal(nwhole, 1);
        assert_int_equal(whole[0], '#');
        return;
    }

    nalone = escaped(escape, 0, (char[]){'/', byte}, 2, alone) - 1;

    assert_int_equal(nwhole, sizeof(data) - 1 + nalone);
    assert_memory_equal(whole, data, place);
    assert_memory_equal(whole + place, alone + 1, nalone);
    assert_memory_equal(
        whole + place + nalone, data + place + 1, sizeof(data) - 1 - place);
}


static void
test_urls(void **state)
{
    int byte;
    size_t place;

    (void) state;

    for (byte = 0; byte < 256; byte++) {
        for (place = 1; place < LENGTH; place++) {
            check_url(url, (char) byte, place);
            check_url(url_of_list, (char) byte, place);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_urls),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
