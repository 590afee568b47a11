#include "reco_html_passages.h"
#include "reco_newest.h"

#include <string.h>

/* Bytes of memory to a place of the table of keys. */
#define BYTES_PER_KEY 1024

/* What may be put in for each page, whatever was met again. */
#define PAGE_CREDIT 256


typedef struct {
    uint64_t next;
    uint32_t text;
    uint16_t before;
    uint16_t after;
} entry_t;


struct reco_html_passages_s {
    reco_newest_t newest;
    uint64_t credit;
    uint64_t keys;
    uint64_t places[]; /* by key */
};


reco_html_passages_t *
reco_html_passages_create(size_t size, const reco_html_memory_t *memory)
{
    size_t keys;
    reco_html_passages_t *passages;

    size = size / BYTES_PER_KEY * BYTES_PER_KEY;
    if (size < RECO_HTML_PASSAGES_MIN) {
        size = RECO_HTML_PASSAGES_MIN;
    }

    keys = size / BYTES_PER_KEY;
    passages = memory->alloc(memory->owner,
        sizeof(reco_html_passages_t) + keys * sizeof(uint64_t) + size);
    if (passages == NULL) {
        return NULL;
    }

    reco_newest_init(&passages->newest, passages->places + keys, size);
    passages->credit = size;
    passages->keys = keys;
    memset(passages->places, 0, keys * sizeof(uint64_t));

    return passages;
}


void
reco_html_passages_begin(reco_html_passages_t *passages)
{
    reco_html_passages_earn(passages, PAGE_CREDIT);
}


void
reco_html_passages_earn(reco_html_passages_t *passages, size_t len)
{
    passages->credit += len;

    if (passages->credit > passages->newest.size) {
        passages->credit = passages->newest.size;
    }
}


int
reco_html_passages_afford(const reco_html_passages_t *passages)
{
    return passages->credit >= 2 * RECO_HTML_PASSAGE_MAX;
}


uint64_t
reco_html_passages_find(const reco_html_passages_t *passages, uint64_t key)
{
    return passages->places[key % passages->keys];
}


uint64_t
reco_html_passages_next(const reco_html_passages_t *passages, uint64_t at)
{
    const entry_t *entry;

    entry = reco_newest_at(&passages->newest, at);

    return entry != NULL ? entry->next : 0;
}


void
reco_html_passages_follow(
    reco_html_passages_t *passages, uint64_t at, uint64_t next)
{
    entry_t *entry;

    entry = reco_newest_at(&passages->newest, at);

    if (entry != NULL) {
        entry->next = next;
    }
}


int
reco_html_passages_get(const reco_html_passages_t *passages, uint64_t at,
    reco_html_passage_t *passage)
{
    const char *data;
    const entry_t *entry;

    entry = reco_newest_at(&passages->newest, at);
    if (entry == NULL) {
        return 0;
    }

    data = (const char *) (entry + 1);
    passage->before = (reco_str_t){entry->before, data};
    data += entry->before;
    passage->after = (reco_str_t){entry->after, data};
    data += entry->after;
    passage->text = (reco_str_t){entry->text, data};

    return 1;
}


uint64_t
reco_html_passages_put(reco_html_passages_t *passages, uint64_t key,
    const reco_html_passage_t *passage, reco_str_t rest)
{
    char *p;
    size_t size;
    uint64_t at;
    entry_t *entry;

    size = sizeof(entry_t) + passage->before.len + passage->after.len
           + passage->text.len + rest.len;
    size = reco_newest_rounded(size);

    if (passage->text.len + rest.len > RECO_HTML_PASSAGE_MAX
        || passage->before.len > UINT16_MAX || passage->after.len > UINT16_MAX
        || size > passages->newest.size / 2)
    {
        return 0;
    }

    at = reco_newest_take(&passages->newest, size);
    passages->credit -= size < passages->credit ? size : passages->credit;
    passages->places[key % passages->keys] = at;

    entry = reco_newest_at(&passages->newest, at);
    entry->next = 0;
    entry->before = (uint16_t) passage->before.len;
    entry->after = (uint16_t) passage->after.len;
    entry->text = (uint32_t) (passage->text.len + rest.len);

    p = (char *) (entry + 1);
    p = reco_html_passage_append(p, passage->before.data, passage->before.len);
    p = reco_html_passage_append(p, passage->after.data, passage->after.len);
    p = reco_html_passage_append(p, passage->text.data, passage->text.len);
    reco_html_passage_append(p, rest.data, rest.len);

    return at;
}
