/*
 * Quickselect and sorting of keys, without recursion.
 */

#include "reco_engine_select.h"


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


static uint64_t
select_pivot(const uint64_t *keys, unsigned low, unsigned high)
{
    uint64_t a, b, c, swap;

    a = keys[low];
    b = keys[low + (high - low) / 2];
    c = keys[high];

    if (a < b) {
        swap = a;
        a = b;
        b = swap;
    }

    if (b < c) {
        b = a < c ? a : c;
    }

    return b;
}


unsigned
reco_engine_select(uint64_t *keys, unsigned count, unsigned wanted)
{
    unsigned low, high, i, j, rounds;
    uint64_t pivot;

    if (count <= wanted) {
        return count;
    }

    if (wanted == 0) {
        return 0;
    }

    low = 0;
    high = count - 1;

    for (rounds = 0; low < high; rounds++) {
        if (rounds == 40) {
            select_by_heap(keys + low, high - low + 1, wanted - low);
            break;
        }

        pivot = select_pivot(keys, low, high);
        i = low;
        j = high;

        while (i <= j) {
            while (keys[i] > pivot) {
                i++;
            }

            while (keys[j] < pivot) {
                j--;
            }

            if (i <= j) {
                select_swap(keys, i, j);
                i++;

                if (j == 0) {
                    break;
                }

                j--;
            }
        }

        if (wanted - 1 <= j) {
            high = j;
        } else if (wanted - 1 >= i) {
            low = i;
        } else {
            break;
        }
    }

    return wanted;
}


void
reco_engine_sort(uint64_t *keys, unsigned count)
{
    unsigned i, j, end;
    uint64_t key;

    if (count <= 32) {
        for (i = 1; i < count; i++) {
            key = keys[i];

            for (j = i; j > 0 && keys[j - 1] < key; j--) {
                keys[j] = keys[j - 1];
            }

            keys[j] = key;
        }

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
