/*
 * A loop over a range on several threads.  What each piece computes must not
 * hang on which thread runs it, so that results do not either.
 */

#ifndef RECO_PARALLEL_H
#define RECO_PARALLEL_H

#include <stdint.h>


#define RECO_PARALLEL_MAX 256

/* Handles [begin, end); thread is below the count that was asked for. */
typedef void (*reco_parallel_pt)(
    void *context, unsigned thread, uint64_t begin, uint64_t end);

/* wanted, or for 0 the processors that this process may use. */
unsigned reco_parallel_threads(int64_t wanted);

/*
 * Runs body over [0, count) in pieces of grain.  The caller's thread takes
 * part; where no thread can be started it does all of it.
 */
void reco_parallel(unsigned threads, uint64_t count, uint64_t grain,
    reco_parallel_pt body, void *context);

#endif /* RECO_PARALLEL_H */
