/*
 * rewrite_pages PLANS DIR SEEDS: holds the rewriter to what another parser
 * said (make_cases wrote it to DIR), each page in many chunkings: whole, by
 * 1, 2, 7 and 4096 bytes, and at random with each of so many seeds; then once
 * more with the passages that pages before it and its own first runs left.
 *
 * Prints where a page differs, which ones say that they met a limit, and
 * counts; exits with 1 where one differs.
 */

#include "../unit/html_rewriting.h"

#define FIELDS_MAX 8
#define PLANS_MAX  64


typedef struct {
    char name[32];
    reco_html_plan_t *plan;
    char slots[4][32];
    unsigned slot_count;
} named_plan_t;


static named_plan_t plans[PLANS_MAX];
static unsigned plan_count;
static void *plan_blocks;
static uint64_t recalled; /* bytes */


static void
fail(const char *what, const char *which)
{
    fprintf(stderr, "rewrite_pages: %s: %s\n", what, which);
    exit(2);
}


static FILE *
open_file(const char *path)
{
    FILE *file;

    file = fopen(path, "rb");
    if (file == NULL) {
        fail("cannot open", path);
    }

    return file;
}


/* Splits a line at tabs; returns the number of fields. */
static unsigned
split(char *line, char *fields[FIELDS_MAX])
{
    char *rest;
    unsigned count;

    line[strcspn(line, "\n")] = '\0';
    rest = line;

    for (count = 0; rest != NULL && count < FIELDS_MAX; count++) {
        fields[count] = strsep(&rest, "\t");
    }

    return count;
}


static named_plan_t *
plan_named(const char *name)
{
    unsigned i;

    for (i = 0; i < plan_count; i++) {
        if (strcmp(plans[i].name, name) == 0) {
            return &plans[i];
        }
    }

    return NULL;
}


static named_plan_t *
plan_add(const char *name)
{
    named_plan_t *plan;
    static reco_html_memory_t memory = {rewriting_alloc, &plan_blocks};

    if (plan_count == PLANS_MAX) {
        fail("too many plans", name);
    }

    plan = &plans[plan_count++];
    snprintf(plan->name, sizeof(plan->name), "%s", name);
    plan->plan = reco_html_plan_create(&memory);

    return plan;
}


static reco_html_position_t
position_of(const char *word)
{
    static const char *const names[] = {
        [RECO_HTML_BEFORE] = "before=",
        [RECO_HTML_PREPEND] = "prepend=",
        [RECO_HTML_APPEND] = "append=",
        [RECO_HTML_AFTER] = "after=",
        [RECO_HTML_REPLACE] = "replace=",
    };

    unsigned i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(word, names[i], strlen(names[i])) == 0) {
            return (reco_html_position_t) i;
        }
    }

    fail("no position", word);

    return RECO_HTML_BEFORE;
}


static void
add_slot(named_plan_t *plan, char *fields[FIELDS_MAX], unsigned count)
{
    int all;
    unsigned i, slot;
    const char *selector;
    reco_error_t error;
    reco_str_t name;

    name = (reco_str_t){strlen(fields[1]), fields[1]};
    if (reco_html_plan_slot(plan->plan, name, &slot, &error) != RECO_OK) {
        fail("slot", fields[1]);
    }

    snprintf(plan->slots[slot], sizeof(plan->slots[slot]), "%s", fields[1]);
    plan->slot_count = slot + 1;
    all = 0;

    for (i = 2; i < count; i++) {
        if (strcmp(fields[i], "all") == 0) {
            all = 1;
            continue;
        }

        if (strcmp(fields[i], "fallback") == 0) {
            reco_html_plan_fallback(plan->plan, slot);
            continue;
        }

        selector = strchr(fields[i], '=') + 1;
        if (reco_html_plan_select(plan->plan, slot,
                (reco_str_t){strlen(selector), selector},
                position_of(fields[i]), all, &error)
            != RECO_OK)
        {
            fail(error.message, selector);
        }
    }
}


static void
read_plans(const char *path)
{
    char *line, *fields[FIELDS_MAX];
    FILE *file;
    size_t size;
    unsigned count;
    named_plan_t *plan;

    line = NULL;
    size = 0;
    file = open_file(path);

    while (getline(&line, &size, file) > 0) {
        if (line[0] == '#') {
            continue;
        }

        count = split(line, fields);
        if (count < 2) {
            continue;
        }

        plan = plan_named(fields[0]);
        if (plan == NULL) {
            plan = plan_add(fields[0]);
        }
        add_slot(plan, fields, count);
    }

    fclose(file);
    free(line);
}


static reco_str_t
read_page(const char *folder, const char *name)
{
    char path[1024], *data;
    FILE *file;
    long size;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = open_file(path);
    fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);

    data = malloc((size_t) size + 1);
    if (data == NULL || fread(data, 1, (size_t) size, file) != (size_t) size) {
        fail("cannot read", path);
    }
    fclose(file);

    return (reco_str_t){(size_t) size, data};
}


/* The page with its edits: "OFFSET+SLOT" and "FROM-TO", in order. */
static rewriting_t
edited(const named_plan_t *plan, reco_str_t page, const char *edits)
{
    char block[16], *end;
    size_t at, done;
    unsigned slot;
    rewriting_t result;

    memset(&result, 0, sizeof(result));
    rewriting_append(&result, NULL, 0);
    done = 0;

    while (*edits != '\0') {
        at = strtoul(edits, &end, 10);
        if (at > page.len || at < done || (*end != '+' && *end != '-')) {
            fail("no edits", edits);
        }
        rewriting_append(&result, page.data + done, at - done);
        done = at;
        edits = end + 1;

        if (*end == '-') {
            done = strtoul(edits, &end, 10);
            edits = end;
        } else {
            for (slot = 0;
                 slot + 1 < plan->slot_count && *edits != plan->slots[slot][0];
                 slot++)
            {
                /* void */
            }
            snprintf(block, sizeof(block), "{%u}", slot);
            rewriting_append(&result, block, strlen(block));
            edits++;
        }
        edits += *edits == ' ';
    }

    rewriting_append(&result, page.data + done, page.len - done);

    return result;
}


/* Prints where two outputs part. */
static void
show(const char *page, const char *plan, const char *how, size_t parameter,
    const rewriting_t *result, const rewriting_t *expected)
{
    size_t at, from;

    for (at = 0; at < result->out_len && at < expected->out_len
                 && result->out[at] == expected->out[at];
         at++)
    {
        /* void */
    }

    from = at > 60 ? at - 60 : 0;
    printf("%s, plan %s, %s %zu, at %zu of the output\n", page, plan, how,
        parameter, at);
    printf("  out:      ...%.*s\n",
        (int) (result->out_len - from > 160 ? 160 : result->out_len - from),
        result->out + from);
    printf("  expected: ...%.*s\n",
        (int) (expected->out_len - from > 160 ? 160 : expected->out_len - from),
        expected->out + from);
}


/* What came of a page in one chunking. */
typedef enum {
    SAME,
    LIMITED, /* differs, and says that it met a limit */
    DIFFERENT
} outcome_t;


static outcome_t
compare(const named_plan_t *plan, const char *name, reco_str_t page,
    const rewriting_t *expected, const char *how, size_t parameter,
    rewriting_cut_t cut, void *state)
{
    outcome_t outcome;
    rewriting_t result;

    result = rewriting_run(plan->plan, page.data, page.len, cut, state);
    recalled += result.recalled;

    if (result.out_len == expected->out_len
        && memcmp(result.out, expected->out, result.out_len) == 0)
    {
        outcome = SAME;

    } else if (result.limited) {
        outcome = LIMITED;

    } else {
        outcome = DIFFERENT;
        show(name, plan->name, how, parameter, &result, expected);
    }

    free(result.out);

    return outcome;
}


/* Runs a page in all chunkings, as long as it comes out as expected. */
static outcome_t
run(const named_plan_t *plan, const char *name, reco_str_t page,
    const char *edits, unsigned seeds, unsigned *runs)
{
    size_t size;
    uint64_t state;
    unsigned i;
    outcome_t outcome;
    rewriting_t expected;

    static const size_t sizes[] = {1, 2, 7, 4096};

    expected = edited(plan, page, edits);
    outcome = compare(plan, name, page, &expected, "whole", 0, NULL, NULL);
    *runs += 1;

    for (i = 0; outcome == SAME && i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        size = sizes[i];
        outcome = compare(plan, name, page, &expected, "pieces of", size,
            rewriting_cut_equal, &size);
        *runs += 1;
    }

    for (i = 0; outcome == SAME && i < seeds; i++) {
        state = i;
        outcome = compare(plan, name, page, &expected, "seed", i,
            rewriting_cut_random, &state);
        *runs += 1;
    }

    free(expected.out);

    return outcome;
}


int
main(int argc, char **argv)
{
    char path[1024], last[256], *line, *fields[FIELDS_MAX];
    FILE *file;
    size_t size;
    unsigned seeds, cases, runs, outcomes[3] = {0};
    outcome_t outcome;
    reco_str_t page;
    const named_plan_t *plan;
    reco_html_memory_t memory;
    reco_html_passages_t *passages;

    if (argc != 4) {
        fail("usage", "rewrite_pages PLANS DIR SEEDS");
    }

    memory = (reco_html_memory_t){rewriting_alloc, &plan_blocks};
    passages = reco_html_passages_create(1 << 20, &memory);
    read_plans(argv[1]);
    seeds = (unsigned) strtoul(argv[3], NULL, 10);
    snprintf(path, sizeof(path), "%s/cases", argv[2]);
    file = open_file(path);

    line = NULL;
    size = 0;
    cases = runs = 0;
    last[0] = '\0';
    page = reco_null_string;

    while (getline(&line, &size, file) > 0) {
        if (split(line, fields) < 3 || (plan = plan_named(fields[1])) == NULL) {
            fail("no case", line);
        }

        if (strcmp(last, fields[0]) != 0) {
            free((void *) page.data);
            page = read_page(argv[2], fields[0]);
            snprintf(last, sizeof(last), "%s", fields[0]);
        }

        cases++;
        rewriting_passages = NULL;
        outcome = run(plan, fields[0], page, fields[2], seeds, &runs);

        if (outcome == SAME) {
            rewriting_passages = passages;
            outcome = run(plan, fields[0], page, fields[2], seeds, &runs);
        }

        outcomes[outcome]++;

        if (outcome == LIMITED) {
            printf("limited %s %s\n", fields[0], fields[1]);
        }
    }

    printf("recalled %llu\n", (unsigned long long) recalled);
    printf("cases %u runs %u limited %u differences %u\n", cases, runs,
        outcomes[LIMITED], outcomes[DIFFERENT]);

    fclose(file);
    free(line);
    free((void *) page.data);
    rewriting_free(&plan_blocks);

    return outcomes[DIFFERENT] != 0;
}
