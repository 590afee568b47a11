/*
 * The templates of conf/templates: they parse, carry what the script reads,
 * and need neither a script nor a style of their own.  Run from the root.
 */

#include <dirent.h>

#include "render_case.h"


#define FOLDER "conf/templates"

static char source[65536];


static void
read_template(const char *name)
{
    char path[512];
    FILE *file;
    size_t len;

    snprintf(path, sizeof(path), FOLDER "/%s", name);
    file = fopen(path, "r");
    assert_non_null(file);
    len = fread(source, 1, sizeof(source) - 1, file);
    assert_int_equal(fclose(file), 0);
    source[len] = '\0';
}


static void
check_block(const char *html)
{
    static const char *const needed[] = {" data-reco-block=\"related\"",
        " data-reco-req=\"r1\"", " data-reco-live", "<h2",
        " aria-labelledby=\"reco-related\"", " id=\"reco-related\"",
        " href=\"/p/1\" data-reco-item=\"A1\" data-reco-rank=\"1\"",
        " href=\"#\" data-reco-item=\"A2\" data-reco-rank=\"2\"",
        "<bdi>Blue mug</bdi>", "<bdi>A2</bdi>", "<li",
        " lang=\"ar\" dir=\"rtl\""};
    static const char *const unwanted[] = {
        "<script", "<style", " style=", " onclick=", "javascript:"};
    const char *image;
    size_t i;

    for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        if (strstr(html, needed[i]) == NULL) {
            fail_msg("no %s in %s", needed[i], html);
        }
    }

    for (i = 0; i < sizeof(unwanted) / sizeof(unwanted[0]); i++) {
        assert_null(strstr(html, unwanted[i]));
    }

    image = strstr(html, "<img ");
    if (image != NULL) {
        assert_non_null(strstr(image, " alt=\""));
        assert_non_null(strstr(image, " width=\""));
        assert_non_null(strstr(image, " height=\""));
        assert_non_null(strstr(image, " loading=\"lazy\""));
        assert_null(strstr(image + 1, "<img ")); /* A2 has none to show */
    }
}


/* Why an item is there, where the item that led to it is known. */
static void
check_reason(const char *html)
{
    const char *reason;

    reason = strstr(html, "Because you viewed <bdi>Red &amp; cup</bdi>");
    assert_non_null(reason);
    assert_null(strstr(reason + 1, "Because"));
}


static void
test_shipped(void **state)
{
    const char *html;
    reco_render_item_t items[2];
    reco_render_block_t block;
    struct dirent *entry;
    unsigned n;
    DIR *folder;

    (void) state;

    memset(items, 0, sizeof(items));
    memset(&block, 0, sizeof(block));

    items[0].id = reco_string("A1");
    items[0].title = reco_string("Blue mug");
    items[0].url = reco_string("/p/1");
    items[0].image = reco_string("/i/1.jpg");
    items[0].reason_title = reco_string("Red & cup");
    items[0].price = -1;
    items[0].available = 1;
    items[1].id = reco_string("A2");
    items[1].url = reco_string("javascript:alert(1)");
    items[1].image = reco_string("javascript:alert(1)");
    items[1].price = 3;
    block.slot = reco_string("related");
    block.heading = reco_string("Related");
    block.request = reco_string("r1");
    block.locale = reco_string("ar");
    block.live = 1;
    block.items = items;
    block.nitems = 2;

    folder = opendir(FOLDER);
    assert_non_null(folder);

    for (n = 0; (entry = readdir(folder)) != NULL; /* void */) {
        if (strstr(entry->d_name, ".mustache") == NULL) {
            continue;
        }

        if (strcmp(entry->d_name, "script.mustache") == 0) {
            continue;
        }

        n++;
        read_template(entry->d_name);
        html = rendered(source, &block);
        check_block(html);

        if (strcmp(entry->d_name, "minimal.mustache") != 0) {
            check_reason(html);
        }
    }

    assert_int_equal(closedir(folder), 0);
    assert_int_equal(n, 4);
}


static void
test_script(void **state)
{
    reco_render_block_t block;

    (void) state;

    memset(&block, 0, sizeof(block));
    read_template("script.mustache");

    assert_string_equal(rendered(source, &block),
        "<script src=\"/reco.js\" defer=\"\"></script>\n");

    block.page_item = reco_string("\"A&1");
    block.nonce = reco_string("n0");
    assert_string_equal(rendered(source, &block),
        "<script src=\"/reco.js\" defer=\"\" data-item=\"&#34;A&amp;1\" "
        "nonce=\"n0\"></script>\n");
}


int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shipped),
        cmocka_unit_test(test_script),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
