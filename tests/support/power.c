/* A machine that loses power: what was not synced is gone. Preloaded into the gateway, on Linux.
 *
 * Below the folder $POWER_LIVE, each fsync or fdatasync of a file copies it to $POWER_KEPT/<inode>,
 * and each one of a folder keeps the list of its names there. From these alone, support/power.py makes
 * the folder anew, as a disk would have it that keeps nothing it was not told to keep.
 *
 * $POWER_LOG gets a line for each sync that has ended, for each message whose end was received, and
 * for each 250 after one: written in one piece, in the order in which it happened.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *set(const char *name) {
    const char *value = getenv(name);
    return value != NULL && *value != '\0' ? value : NULL;
}

static void note(const char *line) {
    const char *path = set("POWER_LOG");
    int log = path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log >= 0) {
        (void)!write(log, line, strlen(line));
        close(log);
    }
}

/* The copy appears whole or not at all, as a sync has ended or not. */
static void finish(const char *kept, long inode, const char *temporary) {
    char final[4096];
    snprintf(final, sizeof final, "%s/%ld", kept, inode);
    rename(temporary, final);
}

static void keep_file(int fd, const char *kept, long inode) {
    char path[64], temporary[4096], piece[65536];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    snprintf(temporary, sizeof temporary, "%s/%ld.%d", kept, inode, gettid());
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t size = 0;
    while (from >= 0 && to >= 0 && (size = read(from, piece, sizeof piece)) > 0) {
        (void)!write(to, piece, size);
    }
    close(from);
    close(to);
    finish(kept, inode, temporary);
}

static void keep_folder(const char *live, const char *kept, long inode) {
    char temporary[4096];
    snprintf(temporary, sizeof temporary, "%s/%ld.%d", kept, inode, gettid());
    FILE *names = fopen(temporary, "w");
    DIR *folder = opendir(live);
    struct dirent *entry;
    while (names != NULL && folder != NULL && (entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            fprintf(names, "%ld %c %s\n", (long)entry->d_ino, entry->d_type == DT_DIR ? 'd' : 'f',
                    entry->d_name);
        }
    }
    if (folder != NULL) closedir(folder);
    if (names != NULL) fclose(names);
    finish(kept, inode, temporary);
}

static int synced(int fd, const char *name) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    char link[64], path[4096], line[4200];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    path[length > 0 ? length : 0] = '\0';
    snprintf(line, sizeof line, "syncing %s\n", path);
    note(line);
    int answer = real(fd);
    const char *live = set("POWER_LIVE"), *kept = set("POWER_KEPT");
    struct stat about;
    if (answer == 0 && live != NULL && kept != NULL && strncmp(path, live, strlen(live)) == 0 &&
        fstat(fd, &about) == 0) {
        if (S_ISDIR(about.st_mode)) keep_folder(path, kept, (long)about.st_ino);
        else keep_file(fd, kept, (long)about.st_ino);
    }
    snprintf(line, sizeof line, "synced %s\n", path);
    note(line);
    return answer;
}

int fsync(int fd) { return synced(fd, "fsync"); }
int fdatasync(int fd) { return synced(fd, "fdatasync"); }

static void heard(int fd, const char *octets, ssize_t length) {
    if (length >= 3 && memcmp(octets + length - 3, ".\r\n", 3) == 0) {
        char line[64];
        snprintf(line, sizeof line, "received %d\n", fd);
        note(line);
    }
}

static void saying(int fd, const char *octets, size_t size) {
    static const char accepted[] = "250 2.0.0 Ok: queued as ";
    if (size >= sizeof accepted && memcmp(octets, accepted, sizeof accepted - 1) == 0) {
        char line[64];
        snprintf(line, sizeof line, "said250 %d\n", fd);
        note(line);
    }
}

/* One event loop calls recv and send, another read, write and writev. */
ssize_t recv(int fd, void *octets, size_t size, int flags) {
    ssize_t (*real)(int, void *, size_t, int) =
        (ssize_t(*)(int, void *, size_t, int))dlsym(RTLD_NEXT, "recv");
    ssize_t length = real(fd, octets, size, flags);
    heard(fd, octets, length);
    return length;
}

ssize_t read(int fd, void *octets, size_t size) {
    ssize_t (*real)(int, void *, size_t) =
        (ssize_t(*)(int, void *, size_t))dlsym(RTLD_NEXT, "read");
    ssize_t length = real(fd, octets, size);
    heard(fd, octets, length);
    return length;
}

ssize_t send(int fd, const void *octets, size_t size, int flags) {
    saying(fd, octets, size);
    ssize_t (*real)(int, const void *, size_t, int) =
        (ssize_t(*)(int, const void *, size_t, int))dlsym(RTLD_NEXT, "send");
    return real(fd, octets, size, flags);
}

ssize_t write(int fd, const void *octets, size_t size) {
    saying(fd, octets, size);
    ssize_t (*real)(int, const void *, size_t) =
        (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    return real(fd, octets, size);
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
    if (count > 0) saying(fd, pieces[0].iov_base, pieces[0].iov_len);
    ssize_t (*real)(int, const struct iovec *, int) =
        (ssize_t(*)(int, const struct iovec *, int))dlsym(RTLD_NEXT, "writev");
    return real(fd, pieces, count);
}
