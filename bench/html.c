/*
 * How fast pages are read: MB/s of the rewriter, over pages of four kinds or
 * over files that are given, beside memcpy and a loop that looks at each
 * byte.  No slot is found, so that all of each page is read.
 *
 *   bench/html [FILE...]
 */

#include "html/reco_html.h"
#include "html/reco_html_harvest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PAGE_SIZE  (200 * 1024)
#define CHUNK_SIZE (8 * 1024)
#define ROUNDS     7
#define ROUND_TIME 0.05


typedef struct {
    const char *name;
    char *data;
    size_t len;
} page_t;


typedef struct {
    const char *name;
    double (*run)(const page_t *page, void *state);
    void *state;
} runner_t;


static double
now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);

    return (double) time.tv_sec + (double) time.tv_nsec * 1e-9;
}


/* Memory of one page: given back all at once. */
typedef struct {
    size_t used;
    _Alignas(max_align_t) char bytes[256 * 1024];
} arena_t;


static void *
arena_alloc(void *owner, size_t size)
{
    arena_t *arena;

    arena = owner;
    size = (size + 15) & ~(size_t) 15;

    if (size > sizeof(arena->bytes) - arena->used) {
        return NULL;
    }

    arena->used += size;

    return arena->bytes + arena->used - size;
}


/*
 * Pages.
 */

static void
append(page_t *page, const char *text)
{
    size_t len;

    len = strlen(text);

    if (page->len + len <= PAGE_SIZE) {
        memcpy(page->data + page->len, text, len);
        page->len += len;
    }
}


static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<title>Shop</title><link rel=\"stylesheet\" href=\"/s.css\"></head>"
    "<body>\n";

/* A list of products, nothing but tags. */
static const char dense[] =
    "<li class=\"card\"><a href=\"/product/42\"><img src=\"/img/42.jpg\" "
    "alt=\"Product 42\" width=\"200\" height=\"250\"><span class=\"name\">"
    "Product number 42 in a colour that suits</span></a><p>Soft cotton, made "
    "to last. <em>New</em> this season &amp; in stock.</p></li>\n";

/* What shop systems make of the same. */
static const char shop[] =
    "        <div class=\"product-tile col-6 col-md-4 js-product-tile\" "
    "data-product-id=\"10042\" data-pid=\"10042-blue-m\" data-gtm='{\"id\":"
    "\"10042\",\"name\":\"Cotton shirt\",\"price\":\"39.90\",\"list\":"
    "\"Category\"}'>\n            <div class=\"product-tile__image image-"
    "container\">\n                <a class=\"product-tile__link\" "
    "href=\"https://shop.example.com/en/women/shirts/cotton-shirt-10042.html?"
    "color=blue&amp;size=m\" title=\"Cotton shirt\">\n                    <img "
    "class=\"tile-image lazyload\" loading=\"lazy\" src=\"data:image/gif;base64"
    ",R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==\" "
    "srcset=\"https://cdn.example.com/i/10042_1.jpg?w=320 320w, https://"
    "cdn.example.com/i/10042_1.jpg?w=640 640w\" sizes=\"(max-width: 640px) "
    "50vw, 320px\" alt=\"Cotton shirt, blue\" width=\"320\" height=\"400\">\n"
    "                </a>\n            </div>\n            <!-- price -->\n"
    "            <div class=\"price\"><span class=\"sales\"><span class=\"value"
    "\" content=\"39.90\">39,90&nbsp;&euro;</span></span></div>\n"
    "        </div>\n";

static const char text[] =
    "<p>It is a truth universally acknowledged, that a single man in "
    "possession of a good fortune, must be in want of a wife. However little "
    "known the feelings or views of such a man may be on his first entering a "
    "neighbourhood, this truth is so well fixed in the minds of the "
    "surrounding families, that he is considered as the rightful property of "
    "some one or other of their daughters.</p>\n";

static const char script[] =
    "!function(e,t){\"object\"==typeof exports&&\"undefined\"!=typeof module?"
    "t(exports):e.x=t()}(this,function(e){for(var t=0,n=e.length;t<n;t++)if("
    "e[t]<0&&e[t]>-9)return r(e[t],'<div class=\"a\">'+t+'</div>');return"
    "{\"id\":10042,\"name\":\"Cotton shirt\",\"price\":39.9,\"sizes\":[\"s\","
    "\"m\",\"l\"],\"stock\":{\"s\":3,\"m\":0,\"l\":12}}});";


static page_t
make_page(
    const char *name, const char *begin, const char *body, const char *end)
{
    size_t len;
    page_t page;

    page.name = name;
    page.data = malloc(PAGE_SIZE);
    page.len = 0;

    append(&page, head);
    append(&page, begin);

    do {
        len = page.len;
        append(&page, body);
    } while (page.len != len);

    page.len -= strlen(end) + 16;
    append(&page, end);
    append(&page, "</body></html>\n");

    return page;
}


/* Ends the program where there is nothing to read. */
static page_t
read_page(const char *path)
{
    FILE *file;
    long size;
    page_t page;
    const char *slash;

    slash = strrchr(path, '/');
    page = (page_t){.name = slash != NULL ? slash + 1 : path};

    file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }

    size = fseek(file, 0, SEEK_END) == 0 ? ftell(file) : -1;

    if (size > 0 && fseek(file, 0, SEEK_SET) == 0) {
        page.data = malloc((size_t) size);
        page.len = fread(page.data, 1, (size_t) size, file);
    }

    fclose(file);

    if (page.len == 0) {
        fprintf(stderr, "%s: nothing to read\n", path);
        exit(1);
    }

    return page;
}


/*
 * Runners: each reads the page once and returns something that depends on
 * all of it, so that nothing is optimised away.
 */

static double
copy(const page_t *page, void *state)
{
    memcpy(state, page->data, page->len);

    return ((char *) state)[page->len / 2];
}


static double
count_tags(const page_t *page, void *state)
{
    size_t i, count;
    const volatile char *data;

    (void) state;
    data = page->data;
    count = 0;

    for (i = 0; i < page->len; i++) {
        count += data[i] == '<';
    }

    return (double) count;
}


static double
rewrite(const page_t *page, void *state)
{
    static arena_t arena;

    size_t at, len, pos, out;
    reco_html_step_t step;
    reco_html_memory_t memory;
    reco_html_rewriter_t *rewriter;

    arena.used = 0;
    memory = (reco_html_memory_t){arena_alloc, &arena};
    rewriter = reco_html_rewriter_create(state, &memory);
    out = 0;

    for (at = 0; at < page->len; at += len) {
        len = page->len - at < CHUNK_SIZE ? page->len - at : CHUNK_SIZE;
        pos = 0;

        while (reco_html_rewriter_feed(rewriter, page->data + at, len,
                   at + len == page->len, &pos, &step)
               == RECO_OK)
        {
            out += step.text.len;
        }
    }

    return (double) out;
}


static double
harvest(const page_t *page, void *state)
{
    static arena_t arena;

    size_t at, len;
    reco_html_memory_t memory;
    reco_html_harvest_t *harvest;

    (void) state;
    arena.used = 0;
    memory = (reco_html_memory_t){arena_alloc, &arena};
    harvest = reco_html_harvest_create(&memory);

    for (at = 0; at < page->len; at += len) {
        len = page->len - at < CHUNK_SIZE ? page->len - at : CHUNK_SIZE;
        reco_html_harvest_feed(harvest, page->data + at, len);
    }

    return (double) at;
}


static reco_html_plan_t *
make_plan(const reco_html_memory_t *memory, int selectors)
{
    unsigned slot;
    reco_html_plan_t *plan;

    plan = reco_html_plan_create(memory);

    if (reco_html_plan_slot(plan, reco_string("none"), &slot, NULL) != RECO_OK
        || (selectors
            && (reco_html_plan_select(plan, slot,
                    reco_string("#no-such, div.no-such > p"), RECO_HTML_AFTER,
                    0, NULL)
                    != RECO_OK
                || reco_html_plan_select(plan, slot,
                       reco_string("main .no-such"), RECO_HTML_BEFORE, 0, NULL)
                       != RECO_OK)))
    {
        abort();
    }

    return plan;
}


/* Megabytes of the page per second of CPU time, the best of some rounds. */
static double
measure(const page_t *page, const runner_t *runner)
{
    int round, i, times;
    double begin, taken, best;
    volatile double kept;

    times = 1;
    best = 0;
    kept = 0;

    for (round = 0; round < ROUNDS; /* void */) {
        begin = now();
        for (i = 0; i < times; i++) {
            kept += runner->run(page, runner->state);
        }
        taken = now() - begin;

        if (taken < ROUND_TIME) {
            times *= 2;
            continue;
        }

        round++;
        if ((double) page->len * times / taken > best) {
            best = (double) page->len * times / taken;
        }
    }

    return best / 1e6;
}


int
main(int argc, char **argv)
{
    static arena_t plans;

    int i, count;
    size_t j, largest;
    page_t pages[64];
    runner_t runners[5];
    reco_html_memory_t memory;

    count = 0;

    for (i = 1; i < argc && count < 64; i++) {
        pages[count++] = read_page(argv[i]);
    }

    if (argc == 1) {
        pages[count++] = make_page("dense", "<ul>", dense, "</ul>");
        pages[count++] = make_page("shop", "<main>", shop, "</main>");
        pages[count++] = make_page("text", "<main>", text, "</main>");
        pages[count++] = make_page("script", "<script>", script, "</script>");
    }

    largest = 0;
    for (i = 0; i < count; i++) {
        largest = pages[i].len > largest ? pages[i].len : largest;
    }

    memory = (reco_html_memory_t){arena_alloc, &plans};
    runners[0] = (runner_t){"memcpy", copy, malloc(largest)};
    runners[1] = (runner_t){"each byte", count_tags, NULL};
    runners[2] = (runner_t){"markers", rewrite, make_plan(&memory, 0)};
    runners[3] = (runner_t){"selectors", rewrite, make_plan(&memory, 1)};
    runners[4] = (runner_t){"harvest", harvest, NULL};

    printf("%-24s%8s", "MB/s", "bytes");
    for (j = 0; j < sizeof(runners) / sizeof(runners[0]); j++) {
        printf("%11s", runners[j].name);
    }
    printf("\n");

    for (i = 0; i < count; i++) {
        printf("%-24.23s%8zu", pages[i].name, pages[i].len);
        for (j = 0; j < sizeof(runners) / sizeof(runners[0]); j++) {
            printf("%11.0f", measure(&pages[i], &runners[j]));
        }
        printf("\n");
        free(pages[i].data);
    }

    free(runners[0].state);

    return 0;
}
