#define _GNU_SOURCE

#include "parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>


typedef struct {
    reco_parallel_pt body;
    void *context;
    uint64_t count;
    uint64_t grain;
    _Atomic uint64_t next;
} job_t;

typedef struct {
    job_t *job;
    unsigned number;
    pthread_t thread;
} worker_t;


unsigned
reco_parallel_threads(int64_t wanted)
{
    cpu_set_t set;
    int count;

    if (wanted <= 0) {
        count =
            sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
        wanted = count;
    }

    return wanted > RECO_PARALLEL_MAX ? RECO_PARALLEL_MAX : (unsigned) wanted;
}


static void
work(job_t *job, unsigned number)
{
    uint64_t begin, end;

    for (;;) {
        begin = atomic_fetch_add_explicit(
            &job->next, job->grain, memory_order_relaxed);
        if (begin >= job->count) {
            return;
        }
        end = job->count - begin < job->grain ? job->count : begin + job->grain;
        job->body(job->context, number, begin, end);
    }
}


static void *
worker_main(void *data)
{
    worker_t *worker = data;

    work(worker->job, worker->number);

    return NULL;
}


void
reco_parallel(unsigned threads, uint64_t count, uint64_t grain,
    reco_parallel_pt body, void *context)
{
    worker_t workers[RECO_PARALLEL_MAX];
    job_t job = {.body = body, .context = context, .count = count};
    unsigned i, started;

    job.grain = grain > 0 ? grain : 1;
    atomic_init(&job.next, 0);

    if (threads > RECO_PARALLEL_MAX) {
        threads = RECO_PARALLEL_MAX;
    }

    started = 0;
    for (i = 1; i < threads && (uint64_t) i * job.grain < count; i++) {
        workers[started].job = &job;
        workers[started].number = i;
        if (pthread_create(
                &workers[started].thread, NULL, worker_main, &workers[started])
            != 0)
        {
            break;
        }
        started++;
    }

    work(&job, 0);

    for (i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
    }
}
