/*
 * Quickselect and sorting of keys, without recursion.
 */

#include "reco_engine_select.h"

#define SELECT_ROUNDS 40  /* then the pivots are bad on purpose */
#define SELECT_RUN    8   /* so many keys are sorted by counting */
#define SELECT_FEW    512 /* so many by merging such runs */


static inline void
select_swap(uint64_t *keys, unsigned a, unsigned b)
{
    uint64_t key;

    key = keys[a];
    keys[a] = keys[b];
    keys[b] = key;
}


/* Restores a heap with its smallest key at the root, from place i down. */
static void
select_sift(uint64_t *keys, unsigned count, unsigned i)
{
    unsigned child;

    for (child = 2 * i + 1; child < count; child = 2 * i + 1) {
        if (child + 1 < count && keys[child + 1] < keys[child]) {
            child++;
        }

        if (keys[i] <= keys[child]) {
            break;
        }

        select_swap(keys, i, child);
        i = child;
    }
}


/* For the rare inputs on which pivots fail: never worse than n log n. */
static void
select_by_heap(uint64_t *keys, unsigned count, unsigned wanted)
{
    unsigned i;

    for (i = wanted / 2; i-- > 0;) {
        select_sift(keys, wanted, i);
    }

    for (i = wanted; i < count; i++) {
        if (keys[i] > keys[0]) {
            select_swap(keys, i, 0);
            select_sift(keys, wanted, 0);
        }
    }
}


/* The median of three, or of nine where there are many. */
static uint64_t
select_median(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t low, high;

    low = a < b ? a : b;
    high = a < b ? b : a;

    return c < low ? low : c > high ? high : c;
}


static uint64_t
select_pivot(const uint64_t *keys, unsigned count)
{
    unsigned step;

    if (count < 100) {
        return select_median(keys[0], keys[count / 2], keys[count - 1]);
    }

    step = count / 9;

    return select_median(select_median(keys[0], keys[step], keys[2 * step]),
        select_median(keys[3 * step], keys[4 * step], keys[5 * step]),
        select_median(keys[6 * step], keys[7 * step], keys[8 * step]));
}


unsigned
reco_engine_select(const reco_engine_kernels_t *kernels, uint64_t *keys,
    unsigned count, unsigned wanted)
{
    unsigned first, rest, left, larger, rounds;
    uint64_t pivot;

    if (count <= wanted) {
        return count;
    }

    /* Of keys[first ..], rest many, the left largest are still to be found. */
    first = 0;
    rest = count;
    left = wanted;

    for (rounds = 0; left != 0 && left != rest; rounds++) {
        if (rounds == SELECT_ROUNDS) {
            select_by_heap(keys + first, rest, left);
            break;
        }

        pivot = select_pivot(keys + first, rest);
        larger = kernels->partition(keys + first, rest, pivot);

        if (larger > left) {
            rest = larger;
        } else if (larger == 0) {
            /* The pivot is the largest: it goes first. */
            kernels->partition(keys + first, rest, pivot - 1);
            first++;
            rest--;
            left--;
        } else {
            first += larger;
            rest -= larger;
            left -= larger;
        }
    }

    return wanted;
}


/* Each key goes where the number of larger ones says, without branches. */
static void
select_sort_run(uint64_t *keys, unsigned count)
{
    unsigned i, j, rank;
    uint64_t sorted[SELECT_RUN];

    if (count == 0) {
        return;
    }

    for (i = 0; i < count; i++) {
        rank = 0;

        for (j = 0; j < count; j++) {
            rank += keys[j] > keys[i];
        }

        sorted[rank] = keys[i];
    }

    memcpy(keys, sorted, count * sizeof(keys[0]));
}


/* Two runs that follow each other become one in out; here too, which key is
   next is computed, not jumped to. */
static void
select_merge(const uint64_t *keys, unsigned left, unsigned right, uint64_t *out)
{
    unsigned a, b, second;

    a = 0;
    b = left;

    while (a < left && b < left + right) {
        second = keys[b] > keys[a];
        *out++ = second ? keys[b] : keys[a];
        b += second;
        a += !second;
    }

    memcpy(out, keys + a, (left - a) * sizeof(keys[0]));
    memcpy(out + left - a, keys + b, (left + right - b) * sizeof(keys[0]));
}


static void
select_sort_few(uint64_t *keys, unsigned count)
{
    unsigned first, run, left, right;
    uint64_t other[SELECT_FEW];

    for (first = 0; first < count; first += SELECT_RUN) {
        select_sort_run(keys + first,
            count - first < SELECT_RUN ? count - first : SELECT_RUN);
    }

    for (run = SELECT_RUN; run < count; run *= 2) {
        for (first = 0; first < count; first += left + right) {
            left = count - first < run ? count - first : run;
            right = count - first - left < run ? count - first - left : run;
            select_merge(keys + first, left, right, other + first);
        }

        memcpy(keys, other, count * sizeof(keys[0]));
    }
}


/* Each key goes where its rank says. */
static void
select_sort_ranked(
    const reco_engine_kernels_t *kernels, uint64_t *keys, unsigned count)
{
    unsigned i;
    uint64_t copy[RECO_ENGINE_RANKED], ranks[RECO_ENGINE_RANKED];

    kernels->rank(keys, count, ranks);
    memcpy(copy, keys, count * sizeof(keys[0]));

    for (i = 0; i < count; i++) {
        keys[ranks[i]] = copy[i];
    }
}


void
reco_engine_sort(
    const reco_engine_kernels_t *kernels, uint64_t *keys, unsigned count)
{
    unsigned i, end;

    if (count <= RECO_ENGINE_RANKED && kernels->rank != NULL) {
        select_sort_ranked(kernels, keys, count);
        return;
    }

    if (count <= SELECT_FEW) {
        select_sort_few(keys, count);
        return;
    }

    /* Heapsort: the smallest goes to the end. */
    for (i = count / 2; i-- > 0;) {
        select_sift(keys, count, i);
    }

    for (end = count - 1; end > 0; end--) {
        select_swap(keys, 0, end);
        select_sift(keys, end, 0);
    }
}
