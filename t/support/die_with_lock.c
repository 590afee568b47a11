/*
 * die_with_lock PID SIZE
 *
 * Maps the shared memory of this size that a worker of nginx has, takes the first
 * robust lock in it, and is killed with the lock in its hands.  Exits 2 where it
 * may not look there, 1 where there is no lock.
 */

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SEARCHED (256 * 1024)


static void *
map(const char *pid, unsigned long size)
{
    unsigned long start, end;
    char path[128], line[512];
    FILE *maps;
    void *base;
    int fd;

    snprintf(path, sizeof(path), "/proc/%s/maps", pid);
    maps = fopen(path, "re");
    base = MAP_FAILED;

    while (maps != NULL && base == MAP_FAILED
           && fgets(line, sizeof(line), maps) != NULL)
    {
        if (sscanf(line, "%lx-%lx rw-s", &start, &end) != 2
            || strstr(line, " rw-s ") == NULL || end - start != size)
        {
            continue;
        }
        snprintf(
            path, sizeof(path), "/proc/%s/map_files/%lx-%lx", pid, start, end);
        fd = open(path, O_RDWR | O_CLOEXEC);
        if (fd != -1) {
            base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
            close(fd);
        }
    }

    if (maps != NULL) {
        fclose(maps);
    }

    return base;
}


/* What only a lock that was made robust, and for processes, looks like. */
static int
is_lock(const pthread_mutex_t *lock)
{
    static pthread_mutex_t made;
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&made, &attributes);

    return lock->__data.__kind == made.__data.__kind
           && lock->__data.__nusers <= 1 && lock->__data.__count <= 1
           && lock->__data.__spins == 0;
}


int
main(int argc, char **argv)
{
    unsigned long size, offset;
    pthread_mutex_t *lock;
    char *base;

    if (argc != 3) {
        return 1;
    }

    size = strtoul(argv[2], NULL, 10);
    base = map(argv[1], size);
    if (base == MAP_FAILED) {
        return 2;
    }

    for (offset = 0; offset < SEARCHED; offset += 8) {
        lock = (pthread_mutex_t *) (void *) (base + offset);
        if (is_lock(lock) && pthread_mutex_lock(lock) == 0) {
            kill(getpid(), SIGKILL);
        }
    }

    return 1;
}
