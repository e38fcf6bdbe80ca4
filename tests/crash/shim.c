/* Records the file operations of a process below one folder, in the order in which they happened over all recorded
 * processes, and lets one of them fail. Preloaded with LD_PRELOAD.
 *
 * HIGHWATER_CRASH_ROOT  the folder; what is outside of it is left alone
 * HIGHWATER_CRASH_LOG   the file that gets the entries; nothing is recorded without it
 * HIGHWATER_CRASH_PAUSE_US  longest pause behind an operation, so that several processes get in each other's way
 *
 * A process tells what it was promised by writing lines to a file with the name `acks`: they are entries like all others,
 * so their place among the operations is known. The line `!fail N HOW` lets the N-th operation from there on (from 0)
 * fail: EIO and ENOSPC without having done anything, SHORT after half of a write.
 *
 * An entry, little-endian: u32 length of what follows; u8 kind; u32 errno, 0 when it was done; u64 inode; u64 offset or
 * length; u16 and u16 lengths of two paths relative to the folder; the paths; the bytes that were written.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { CREATE = 1, WRITE, LENGTH, SYNC, SYNC_FOLDER, RENAME, LINK, UNLINK, MKDIR, RMDIR, OPEN };

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static const char *root;
static size_t root_length;
static int log_fd = -1;
static unsigned pause_us;
static unsigned random_state;
static long fail_in = -1;
static int fail_errno;
static int fail_short;

__attribute__((constructor)) static void start(void) {
    const char *log = getenv("HIGHWATER_CRASH_LOG");
    const char *pause = getenv("HIGHWATER_CRASH_PAUSE_US");
    root = getenv("HIGHWATER_CRASH_ROOT");
    if (root == NULL || log == NULL) return;
    root_length = strlen(root);
    pause_us = pause == NULL ? 0 : (unsigned)atoi(pause);
    random_state = (unsigned)getpid();
    log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (log_fd < 0) {
        perror("the log of the recording");
        abort();
    }
}

/* One operation at a time, over all threads and processes. */
static void enter(void) {
    pthread_mutex_lock(&mutex);
    while (flock(log_fd, LOCK_EX) != 0 && errno == EINTR) {}
}

static void leave(void) {
    int kept = errno;
    flock(log_fd, LOCK_UN);
    pthread_mutex_unlock(&mutex);
    if (pause_us > 0) {
        random_state = random_state * 1103515245u + 12345u;
        usleep((random_state >> 16) % pause_us);
    }
    errno = kept;
}

/* The path below the folder, or NULL when it is elsewhere. */
static const char *below(const char *path) {
    if (log_fd < 0 || path == NULL || strncmp(path, root, root_length) != 0) return NULL;
    if (path[root_length] == '\0') return path + root_length;
    return path[root_length] == '/' ? path + root_length + 1 : NULL;
}

static const char *below_fd(int fd, char *buffer) {
    char link[64];
    if (log_fd < 0 || fd == log_fd) return NULL;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int kept = errno;
    ssize_t length = readlink(link, buffer, PATH_MAX - 1);
    errno = kept;
    if (length < 0) return NULL;
    buffer[length] = '\0';
    static const char deleted[] = " (deleted)";
    size_t ending = sizeof deleted - 1;
    if ((size_t)length > ending && strcmp(buffer + length - ending, deleted) == 0) buffer[length - ending] = '\0';
    return below(buffer);
}

/* A path as the caller of an `...at` function means it. */
static const char *below_at(int folder, const char *path, char *buffer) {
    if (path == NULL || path[0] == '/' || log_fd < 0) return below(path);
    if (folder == AT_FDCWD) {
        if (getcwd(buffer, PATH_MAX) == NULL) return NULL;
    } else {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        ssize_t length = readlink(link, buffer, PATH_MAX - 1);
        if (length < 0) return NULL;
        buffer[length] = '\0';
    }
    size_t used = strlen(buffer);
    snprintf(buffer + used, PATH_MAX - used, "/%s", path);
    return below(buffer);
}

static int is_acks(const char *path) {
    const char *name = strrchr(path, '/');
    return strcmp(name == NULL ? path : name + 1, "acks") == 0;
}

static uint64_t inode_of(int fd) {
    struct stat status;
    return fstat(fd, &status) == 0 ? (uint64_t)status.st_ino : 0;
}

static void add_entry(enum kind kind, int error, uint64_t inode, uint64_t offset, const char *one, const char *two,
                      const void *bytes, size_t count) {
    int kept = errno;
    uint16_t one_length = one == NULL ? 0 : (uint16_t)strlen(one);
    uint16_t two_length = two == NULL ? 0 : (uint16_t)strlen(two);
    uint32_t length = (uint32_t)(1 + 4 + 8 + 8 + 2 + 2 + one_length + two_length + count);
    uint32_t number = (uint32_t)error;
    unsigned char *entry = malloc(4 + length), *at = entry;
    if (entry == NULL) abort();
#define PUT(value) (memcpy(at, &(value), sizeof(value)), at += sizeof(value))
    PUT(length);
    *at++ = (unsigned char)kind;
    PUT(number);
    PUT(inode);
    PUT(offset);
    PUT(one_length);
    PUT(two_length);
#undef PUT
    memcpy(at, one, one_length);
    memcpy(at + one_length, two, two_length);
    memcpy(at + one_length + two_length, bytes, count);
    if (syscall(SYS_write, log_fd, entry, 4 + (size_t)length) != 4 + (long)length) abort();
    free(entry);
    errno = kept;
}

/* Counts an operation; whether it is the one that was chosen. */
static int is_chosen(void) {
    return fail_in >= 0 && fail_in-- == 0;
}

/* Whether this operation fails; then `errno` says how. */
static int fails(void) {
    if (!is_chosen() || fail_short) return 0;
    errno = fail_errno;
    return 1;
}

static void plan(const char *line, size_t count) {
    char text[64] = {0}, how[16] = {0};
    memcpy(text, line, count < sizeof text - 1 ? count : sizeof text - 1);
    if (sscanf(text, "!fail %ld %15s", &fail_in, how) != 2) return;
    fail_short = strcmp(how, "SHORT") == 0;
    fail_errno = strcmp(how, "ENOSPC") == 0 ? ENOSPC : EIO;
}

static int open_at(int folder, const char *path, int flags, mode_t mode) {
    char buffer[PATH_MAX];
    const char *name = below_at(folder, path, buffer);
    if (name == NULL || is_acks(name)) return (int)syscall(SYS_openat, folder, path, flags, mode);
    enter();
    int fd = -1;
    int existed = faccessat(folder, path, F_OK, 0) == 0;
    if (!fails()) fd = (int)syscall(SYS_openat, folder, path, flags, mode);
    uint64_t inode = fd < 0 ? 0 : inode_of(fd);
    if (fd < 0) add_entry(OPEN, errno, 0, 0, name, NULL, NULL, 0);
    else if ((flags & O_CREAT) && !existed) add_entry(CREATE, 0, inode, 0, name, NULL, NULL, 0);
    else if (flags & O_TRUNC) add_entry(LENGTH, 0, inode, 0, name, NULL, NULL, 0);
    else add_entry(OPEN, 0, inode, 0, name, NULL, NULL, 0);
    leave();
    return fd;
}

#define MODE_OF(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | __O_TMPFILE)) { \
        va_list arguments; \
        va_start(arguments, flags); \
        mode = va_arg(arguments, mode_t); \
        va_end(arguments); \
    }

int open(const char *path, int flags, ...) { MODE_OF(flags) return open_at(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE_OF(flags) return open_at(AT_FDCWD, path, flags, mode); }
int openat(int folder, const char *path, int flags, ...) { MODE_OF(flags) return open_at(folder, path, flags, mode); }
int openat64(int folder, const char *path, int flags, ...) { MODE_OF(flags) return open_at(folder, path, flags, mode); }
int __open_2(const char *path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return open_at(AT_FDCWD, path, flags, 0); }
int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

/* All writes; `offset` is -1 for the position of the descriptor. */
static ssize_t write_at(int fd, const void *bytes, size_t count, off_t offset) {
    char buffer[PATH_MAX];
    const char *name = below_fd(fd, buffer);
    if (name == NULL) {
        return offset < 0 ? syscall(SYS_write, fd, bytes, count) : syscall(SYS_pwrite64, fd, bytes, count, offset);
    }
    enter();
    int counts = !is_acks(name);
    if (!counts && count > 0 && *(const char *)bytes == '!') plan(bytes, count);
    int chosen = counts && is_chosen();
    ssize_t written = -1;
    if (chosen && !fail_short) {
        errno = fail_errno;
    } else {
        size_t wanted = chosen ? count / 2 : count;
        written = offset < 0 ? syscall(SYS_write, fd, bytes, wanted) : syscall(SYS_pwrite64, fd, bytes, wanted, offset);
    }
    if (written > 0) {
        off_t at = offset < 0 ? lseek(fd, 0, SEEK_CUR) - written : offset;
        add_entry(WRITE, 0, inode_of(fd), (uint64_t)at, name, NULL, bytes, (size_t)written);
    } else if (written < 0) {
        add_entry(WRITE, errno, inode_of(fd), 0, name, NULL, NULL, 0);
    }
    leave();
    return written;
}

static ssize_t write_all_at(int fd, const struct iovec *parts, int count, off_t offset) {
    size_t length = 0;
    for (int part = 0; part < count; part += 1) length += parts[part].iov_len;
    char buffer[PATH_MAX];
    if (below_fd(fd, buffer) == NULL) {
        return offset < 0 ? syscall(SYS_writev, fd, parts, count)
                          : syscall(SYS_pwritev, fd, parts, count, (long)offset, (long)0);
    }
    char *bytes = malloc(length + 1), *at = bytes;
    if (bytes == NULL) abort();
    for (int part = 0; part < count; at += parts[part].iov_len, part += 1) {
        memcpy(at, parts[part].iov_base, parts[part].iov_len);
    }
    ssize_t written = write_at(fd, bytes, length, offset);
    free(bytes);
    return written;
}

ssize_t write(int fd, const void *bytes, size_t count) { return write_at(fd, bytes, count, -1); }
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) { return write_at(fd, bytes, count, offset); }
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) { return write_at(fd, bytes, count, offset); }
ssize_t writev(int fd, const struct iovec *parts, int count) { return write_all_at(fd, parts, count, -1); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) { return write_all_at(fd, parts, count, offset); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) { return write_all_at(fd, parts, count, offset); }

/* An operation on a descriptor that changes or flushes its file. */
#define ON_FD(kind, folder_kind, fd, length, call) \
    char buffer[PATH_MAX]; \
    const char *name = below_fd(fd, buffer); \
    if (name == NULL) return (int)(call); \
    enter(); \
    struct stat status; \
    memset(&status, 0, sizeof status); \
    int result = fstat(fd, &status); \
    if (result == 0) result = fails() ? -1 : (int)(call); \
    add_entry(S_ISDIR(status.st_mode) ? folder_kind : kind, result == 0 ? 0 : errno, (uint64_t)status.st_ino, \
              (uint64_t)(length), name, NULL, NULL, 0); \
    leave(); \
    return result;

int fsync(int fd) { ON_FD(SYNC, SYNC_FOLDER, fd, 0, syscall(SYS_fsync, fd)) }
int fdatasync(int fd) { ON_FD(SYNC, SYNC_FOLDER, fd, 0, syscall(SYS_fdatasync, fd)) }
int ftruncate(int fd, off_t length) { ON_FD(LENGTH, LENGTH, fd, length, syscall(SYS_ftruncate, fd, length)) }
int ftruncate64(int fd, off64_t length) { ON_FD(LENGTH, LENGTH, fd, length, syscall(SYS_ftruncate, fd, length)) }

/* Neither store makes room in advance. A new one that does must be seen here first. */
int fallocate(int fd, int mode, off_t offset, off_t length) {
    char buffer[PATH_MAX];
    if (below_fd(fd, buffer) != NULL) abort();
    return (int)syscall(SYS_fallocate, fd, mode, offset, length);
}

/* An operation on names. */
#define ON_NAMES(kind, folder_one, one, folder_two, two, inode, call) \
    char buffer_one[PATH_MAX], buffer_two[PATH_MAX]; \
    const char *name_one = below_at(folder_one, one, buffer_one); \
    const char *name_two = two == NULL ? NULL : below_at(folder_two, two, buffer_two); \
    if (name_one == NULL) return (int)(call); \
    enter(); \
    int result = fails() ? -1 : (int)(call); \
    add_entry(kind, result == 0 ? 0 : errno, inode, 0, name_one, name_two, NULL, 0); \
    leave(); \
    return result;

#define NO_PATH ((const char *)NULL)

static int rename_at(int folder_one, const char *one, int folder_two, const char *two) {
    ON_NAMES(RENAME, folder_one, one, folder_two, two, 0, syscall(SYS_renameat2, folder_one, one, folder_two, two, 0))
}
static int link_at(int folder_one, const char *one, int folder_two, const char *two, int flags) {
    ON_NAMES(LINK, folder_one, one, folder_two, two, 0, syscall(SYS_linkat, folder_one, one, folder_two, two, flags))
}
static int unlink_at(int folder, const char *path, int flags) {
    ON_NAMES(flags & AT_REMOVEDIR ? RMDIR : UNLINK, folder, path, AT_FDCWD, NO_PATH, 0,
             syscall(SYS_unlinkat, folder, path, flags))
}
static int mkdir_at(int folder, const char *path, mode_t mode) {
    ON_NAMES(MKDIR, folder, path, AT_FDCWD, NO_PATH, 0, syscall(SYS_mkdirat, folder, path, mode))
}

int rename(const char *one, const char *two) { return rename_at(AT_FDCWD, one, AT_FDCWD, two); }
int renameat(int folder_one, const char *one, int folder_two, const char *two) { return rename_at(folder_one, one, folder_two, two); }
int link(const char *one, const char *two) { return link_at(AT_FDCWD, one, AT_FDCWD, two, 0); }
int linkat(int folder_one, const char *one, int folder_two, const char *two, int flags) {
    return link_at(folder_one, one, folder_two, two, flags);
}
int unlink(const char *path) { return unlink_at(AT_FDCWD, path, 0); }
int unlinkat(int folder, const char *path, int flags) { return unlink_at(folder, path, flags); }
int rmdir(const char *path) { return unlink_at(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char *path) {
    int result = unlink_at(AT_FDCWD, path, 0);
    return result != 0 && errno == EISDIR ? unlink_at(AT_FDCWD, path, AT_REMOVEDIR) : result;
}
int mkdir(const char *path, mode_t mode) { return mkdir_at(AT_FDCWD, path, mode); }
int mkdirat(int folder, const char *path, mode_t mode) { return mkdir_at(folder, path, mode); }
