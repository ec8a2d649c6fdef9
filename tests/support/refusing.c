/* A file system that refuses: preloaded into the gateway, on Linux.
 *
 * While the file $REFUSING is there, whatever would write below the folder $REFUSED fails with the
 * error whose number it holds: a quota that is used up, a disk that turned read-only, one that breaks.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Returns the error in force for the path, or 0. */
static int refused(const char *path) {
    const char *flag = getenv("REFUSING"), *below = getenv("REFUSED");
    int error = 0;
    if (flag == NULL || below == NULL || strncmp(path, below, strlen(below)) != 0) {
        return 0;
    }
    FILE *file = fopen(flag, "re");
    if (file != NULL) {
        if (fscanf(file, "%d", &error) != 1) {
            error = EIO;
        }
        fclose(file);
    }
    return error;
}

static int refused_at(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    path[size < 0 ? 0 : size] = '\0';
    return refused(path);
}

#define UNLESS_REFUSED(error, call) \
    int found = error;              \
    if (found != 0) {               \
        errno = found;              \
        return -1;                  \
    }                               \
    return call

ssize_t write(int fd, const void *from, size_t size) {
    UNLESS_REFUSED(refused_at(fd), REAL(write)(fd, from, size));
}

ssize_t pwrite(int fd, const void *from, size_t size, off_t at) {
    UNLESS_REFUSED(refused_at(fd), REAL(pwrite)(fd, from, size, at));
}

ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at) {
    UNLESS_REFUSED(refused_at(fd), REAL(pwrite64)(fd, from, size, at));
}

int ftruncate(int fd, off_t size) { UNLESS_REFUSED(refused_at(fd), REAL(ftruncate)(fd, size)); }

int ftruncate64(int fd, off64_t size) {
    UNLESS_REFUSED(refused_at(fd), REAL(ftruncate64)(fd, size));
}

/* A file that is there may be opened, even to be written to. */
static int made(const char *path, int flags) {
    return (flags & O_CREAT) != 0 && access(path, F_OK) != 0 ? refused(path) : 0;
}

#define OPEN(name)                                             \
    int name(const char *path, int flags, ...) {               \
        va_list more;                                          \
        va_start(more, flags);                                 \
        int mode = va_arg(more, int);                          \
        va_end(more);                                          \
        UNLESS_REFUSED(made(path, flags), REAL(name)(path, flags, mode)); \
    }

OPEN(open)
OPEN(open64)
