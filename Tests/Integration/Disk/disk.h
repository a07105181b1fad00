/*
 * A disk that forgets, and that fails on request: preloaded (ld.so(8), LD_PRELOAD) into a program, it stands between that
 * program and one directory.
 *
 * POSTERN_DISK_ROOT    the directory, as realpath(3) spells it
 * POSTERN_DISK_IMAGE   a directory outside of it, which then holds what a power cut would leave of it (below)
 * POSTERN_DISK_FAULTS  a file, which may appear and change at any time, with a line for each fault (below)
 *
 * What a power cut leaves. POSIX promises no more than this, and no file system less: the content of a file is safe from
 * fsync(2) of that file on, its name from fsync of its directory on, and a directory is there when its parent was synced.
 * Journals of today's file systems keep more, which no program should build on. The image is
 *
 *   inodes/N     the safe content of the file with inode N
 *   dirs/ID/     the safe names in a directory: a file's as another link to its content, a directory's as a symbolic link
 *                to the ID of its own names; ID is "root" or the directory's inode
 *   complete     there once the image is whole; before that nobody has touched the directory
 *
 * A process that finds no image makes one in which everything is safe: it is as if the machine had just started. Killed in
 * the middle of a sync, it leaves a part of what it was about to make safe, as the power cut may. Writes that are synced
 * otherwise (O_SYNC, msync(2)) are not known here, and so count as lost.
 *
 * Faults. A line is `CALL RESULT [PART]`: that kind of call, on a path that holds PART, fails with that error. CALL is
 * `open`, `read`, `write` (and ftruncate, fallocate), `sync`, or `name` (mkdir, rename, link, unlink); RESULT is the name of
 * an error, or `ignored` for a sync that reports success and does nothing.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* The settings; empty where there is none. */
extern char root[PATH_MAX], image[PATH_MAX], faults[PATH_MAX];

/* The system's own calls: what stands below under their names is what the program meets. */
static inline int sys_open(int at, const char *path, int flags, mode_t mode) {
    return (int)syscall(SYS_openat, at, path, flags, mode);
}
static inline int sys_unlink(int at, const char *path, int flags) { return (int)syscall(SYS_unlinkat, at, path, flags); }
static inline int sys_rename(int from, const char *old, int to, const char *new, unsigned flags) {
    return (int)syscall(SYS_renameat2, from, old, to, new, flags);
}
static inline int sys_link(int from, const char *old, int to, const char *new, int flags) {
    return (int)syscall(SYS_linkat, from, old, to, new, flags);
}
static inline int sys_mkdir(int at, const char *path, mode_t mode) { return (int)syscall(SYS_mkdirat, at, path, mode); }
static inline ssize_t sys_pread(int fd, void *buffer, size_t count, off_t offset) {
    return syscall(SYS_pread64, fd, buffer, count, offset);
}
static inline ssize_t sys_pwrite(int fd, const void *buffer, size_t count, off_t offset) {
    return syscall(SYS_pwrite64, fd, buffer, count, offset);
}

/* paths.c */

/* Whether `path` is the directory or something in it; then `full` is its whole path. */
int find(int at, const char *path, char full[PATH_MAX]);

/* faults.c */

enum { IGNORED = -1 };

/* What is to become of this call: an error, IGNORED, or 0 for nothing unusual. */
int fault(const char *call, const char *full);
/* Whether the call must fail; then `errno` says why. */
int path_fails(const char *call, const char *full);
int descriptor_fails(const char *call, int fd);

/* image.c */

/* The image is one thread's of one process at a time. */
void enter(void);
void leave(void);
/* Makes the image of a directory that is safe as it is, where there is none. */
void begin_image(void);
/* A new file may have the inode of one that is gone: nothing of it is safe yet. */
void forget(ino_t inode);
/* The same of a new directory. */
void forget_names(const char *full);
/* After fsync: the file's content is safe, or the directory's names are. */
void synced(int fd, const char *full);
/* After syncfs: everything is. */
void synced_all(void);
