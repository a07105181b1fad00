/* What the program calls, in place of the C library's. */
#include "disk.h"

#pragma GCC visibility push(default)

static int open_file(int at, const char *path, int flags, mode_t mode) {
    char full[PATH_MAX];
    if (!find(at, path, full)) return sys_open(at, path, flags, mode);
    if (path_fails("open", full)) return -1;
    if (!image[0] || !(flags & O_CREAT)) return sys_open(at, path, flags, mode);
    for (;;) {
        struct stat status;
        if (!(flags & O_EXCL)) {
            int known = sys_open(at, path, flags & ~O_CREAT, mode);
            if (known >= 0 || errno != ENOENT) return known;
        }
        enter();
        int fd = sys_open(at, path, flags | O_EXCL, mode);
        int code = errno;
        if (fd >= 0 && fstat(fd, &status) == 0) forget(status.st_ino);
        leave();
        errno = code;
        if (fd >= 0 || code != EEXIST || flags & O_EXCL) return fd;
    }
}

static mode_t mode_of(int flags, va_list rest) {
    return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}

#define OPEN(name)                                            \
    int name(const char *path, int flags, ...) {              \
        va_list rest;                                         \
        va_start(rest, flags);                                \
        mode_t mode = mode_of(flags, rest);                   \
        va_end(rest);                                         \
        return open_file(AT_FDCWD, path, flags, mode);        \
    }
#define OPENAT(name)                                          \
    int name(int at, const char *path, int flags, ...) {      \
        va_list rest;                                         \
        va_start(rest, flags);                                \
        mode_t mode = mode_of(flags, rest);                   \
        va_end(rest);                                         \
        return open_file(at, path, flags, mode);              \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
int creat(const char *path, mode_t mode) {
    return open_file(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

static int sync_file(int fd, long call) {
    char full[PATH_MAX];
    if (!find(fd, "", full)) return (int)syscall(call, fd);
    int code = faults[0] ? fault("sync", full) : 0;
    if (code == IGNORED) return 0;
    if (code > 0) {
        errno = code;
        return -1;
    }
    if (!image[0]) return (int)syscall(call, fd);
    enter();
    if (call == SYS_syncfs)
        synced_all();
    else
        synced(fd, full);
    leave();
    return 0;
}

int fsync(int fd) { return sync_file(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_file(fd, SYS_fdatasync); }
int syncfs(int fd) { return sync_file(fd, SYS_syncfs); }

/* A call on a descriptor that has nothing to do with the image. */
#define PASS(type, name, kind, parameters, ...)               \
    type name parameters {                                    \
        if (descriptor_fails(kind, fd)) return -1;            \
        return (type)syscall(__VA_ARGS__);                    \
    }
PASS(ssize_t, read, "read", (int fd, void *buffer, size_t count), SYS_read, fd, buffer, count)
PASS(ssize_t, pread, "read", (int fd, void *buffer, size_t count, off_t at), SYS_pread64, fd, buffer, count, at)
PASS(ssize_t, pread64, "read", (int fd, void *buffer, size_t count, off64_t at), SYS_pread64, fd, buffer, count, at)
PASS(ssize_t, write, "write", (int fd, const void *buffer, size_t count), SYS_write, fd, buffer, count)
PASS(ssize_t, writev, "write", (int fd, const struct iovec *pieces, int count), SYS_writev, fd, pieces, count)
PASS(ssize_t, pwrite, "write", (int fd, const void *buffer, size_t count, off_t at), SYS_pwrite64, fd, buffer, count, at)
PASS(
    ssize_t, pwrite64, "write", (int fd, const void *buffer, size_t count, off64_t at), SYS_pwrite64, fd, buffer, count,
    at)
PASS(int, ftruncate, "write", (int fd, off_t size), SYS_ftruncate, fd, size)
PASS(int, ftruncate64, "write", (int fd, off64_t size), SYS_ftruncate, fd, size)
PASS(int, fallocate, "write", (int fd, int mode, off_t at, off_t size), SYS_fallocate, fd, mode, at, size)
PASS(int, fallocate64, "write", (int fd, int mode, off64_t at, off64_t size), SYS_fallocate, fd, mode, at, size)

/* The inode of a file that is about to lose its last name; 0 where there is none. */
static ino_t last_name(const char *full) {
    struct stat status;
    int before = errno;
    ino_t inode = lstat(full, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1 ? status.st_ino : 0;
    errno = before;
    return inode;
}

int unlinkat(int at, const char *path, int flags) {
    char full[PATH_MAX];
    if (!find(at, path, full)) return sys_unlink(at, path, flags);
    if (path_fails("name", full)) return -1;
    if (!image[0]) return sys_unlink(at, path, flags);
    enter();
    ino_t inode = last_name(full);
    int result = sys_unlink(at, path, flags), code = errno;
    if (result == 0 && inode) forget(inode);
    leave();
    errno = code;
    return result;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int renameat2(int from, const char *old, int to, const char *new, unsigned flags) {
    char full[PATH_MAX];
    if (!find(to, new, full)) return sys_rename(from, old, to, new, flags);
    if (path_fails("name", full)) return -1;
    if (!image[0]) return sys_rename(from, old, to, new, flags);
    enter();
    ino_t inode = last_name(full);
    int result = sys_rename(from, old, to, new, flags), code = errno;
    if (result == 0 && inode) forget(inode);
    leave();
    errno = code;
    return result;
}
int renameat(int from, const char *old, int to, const char *new) { return renameat2(from, old, to, new, 0); }
int rename(const char *old, const char *new) { return renameat2(AT_FDCWD, old, AT_FDCWD, new, 0); }

int linkat(int from, const char *old, int to, const char *new, int flags) {
    char full[PATH_MAX];
    if (find(to, new, full) && path_fails("name", full)) return -1;
    return sys_link(from, old, to, new, flags);
}
int link(const char *old, const char *new) { return linkat(AT_FDCWD, old, AT_FDCWD, new, 0); }

int mkdirat(int at, const char *path, mode_t mode) {
    char full[PATH_MAX];
    if (!find(at, path, full)) return sys_mkdir(at, path, mode);
    if (path_fails("name", full)) return -1;
    int result = sys_mkdir(at, path, mode);
    if (result != 0 || !image[0]) return result;
    enter();
    forget_names(full);
    leave();
    return 0;
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

#pragma GCC visibility pop
