/* What a power cut would leave. */
#include "disk.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int lock_descriptor = -1;

void enter(void) {
    pthread_mutex_lock(&mutex);
    while (flock(lock_descriptor, LOCK_EX) != 0 && errno == EINTR) {}
}

void leave(void) {
    flock(lock_descriptor, LOCK_UN);
    pthread_mutex_unlock(&mutex);
}

static void inode_path(char path[PATH_MAX], ino_t inode) {
    snprintf(path, PATH_MAX, "%.3500s/inodes/%llu", image, (unsigned long long)inode);
}

static void names_path(char path[PATH_MAX], const char *full, ino_t inode) {
    if (strcmp(full, root) == 0)
        snprintf(path, PATH_MAX, "%.3500s/dirs/root", image);
    else
        snprintf(path, PATH_MAX, "%.3500s/dirs/%llu", image, (unsigned long long)inode);
}

void forget(ino_t inode) {
    char path[PATH_MAX];
    inode_path(path, inode);
    sys_unlink(AT_FDCWD, path, 0);
}

static void keep_content(int source, const struct stat *status) {
    static char now[1 << 18], safe[1 << 18];
    char path[PATH_MAX];
    inode_path(path, status->st_ino);
    int target = sys_open(AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    off_t offset = 0;
    for (;;) {
        ssize_t count = sys_pread(source, now, sizeof now, offset);
        if (count <= 0) break;
        ssize_t known = sys_pread(target, safe, (size_t)count, offset);
        if (known != count || memcmp(now, safe, (size_t)count) != 0) sys_pwrite(target, now, (size_t)count, offset);
        offset += count;
    }
    syscall(SYS_ftruncate, target, offset);
    syscall(SYS_fchmod, target, status->st_mode & 07777);
    close(target);
}

static void keep_file(const char *path) {
    struct stat status;
    int source = sys_open(AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (source < 0) return;
    if (fstat(source, &status) == 0) keep_content(source, &status);
    close(source);
}

/* The name of a file whose content was never synced leads to an empty file. */
static void keep_name(const char *names, const char *name, const struct stat *status) {
    char content[PATH_MAX], entry[PATH_MAX], new[PATH_MAX], target[32];
    struct stat known, safe;
    snprintf(entry, sizeof entry, "%.3800s/%s", names, name);
    snprintf(new, sizeof new, "%.3500s/new", image);
    if (S_ISDIR(status->st_mode)) {
        snprintf(target, sizeof target, "%llu", (unsigned long long)status->st_ino);
        syscall(SYS_symlinkat, target, AT_FDCWD, entry);
    } else if (S_ISREG(status->st_mode)) {
        inode_path(content, status->st_ino);
        close(sys_open(AT_FDCWD, content, O_RDWR | O_CREAT | O_CLOEXEC, status->st_mode & 07777));
        if (stat(content, &safe) != 0) return;
        if (lstat(entry, &known) == 0 && known.st_ino == safe.st_ino) return;
        sys_unlink(AT_FDCWD, new, 0);
        sys_link(AT_FDCWD, content, AT_FDCWD, new, 0);
        sys_rename(AT_FDCWD, new, AT_FDCWD, entry, 0);
    }
}

/* Calls `body` for each name in a directory but the two dots. */
static void each_name(
    const char *path, void (*body)(const char *path, const char *name, void *context), void *context) {
    DIR *directory = opendir(path);
    struct dirent *entry;
    while (directory && (entry = readdir(directory)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) body(path, entry->d_name, context);
    if (directory) closedir(directory);
}

static void keep_if_there(const char *path, const char *name, void *names) {
    char full[PATH_MAX];
    struct stat status;
    snprintf(full, sizeof full, "%.3800s/%s", path, name);
    if (lstat(full, &status) == 0) keep_name(names, name, &status);
}

static void drop_if_gone(const char *names, const char *name, void *path) {
    char full[PATH_MAX];
    struct stat status;
    snprintf(full, sizeof full, "%.3800s/%s", (const char *)path, name);
    if (lstat(full, &status) == 0) return;
    snprintf(full, sizeof full, "%.3800s/%s", names, name);
    sys_unlink(AT_FDCWD, full, 0);
}

/* New names first: a cut in between may leave both names of what was renamed, but never none. */
static void keep_names(const char *full) {
    char names[PATH_MAX];
    struct stat status;
    if (stat(full, &status) != 0) return;
    names_path(names, full, status.st_ino);
    sys_mkdir(AT_FDCWD, names, 0700);
    each_name(full, keep_if_there, names);
    each_name(names, drop_if_gone, (void *)full);
}

static void keep_all(const char *full);

static void keep_all_of_entry(const char *path, const char *name, void *context) {
    char full[PATH_MAX];
    struct stat status;
    (void)context;
    snprintf(full, sizeof full, "%.3800s/%s", path, name);
    if (lstat(full, &status) != 0) return;
    if (S_ISDIR(status.st_mode)) keep_all(full);
    if (S_ISREG(status.st_mode)) keep_file(full);
}

static void keep_all(const char *full) {
    each_name(full, keep_all_of_entry, NULL);
    keep_names(full);
}

void synced(int fd, const char *full) {
    char self[64];
    struct stat status;
    snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
    if (fstat(fd, &status) != 0) return;
    if (S_ISDIR(status.st_mode)) keep_names(full);
    if (S_ISREG(status.st_mode)) keep_file(self);
}

void synced_all(void) { keep_all(root); }

void forget_names(const char *full) {
    char names[PATH_MAX];
    struct stat status;
    if (stat(full, &status) != 0) return;
    names_path(names, full, status.st_ino);
    each_name(names, drop_if_gone, (void *)full);
}

void begin_image(void) {
    char path[PATH_MAX];
    int before = errno;
    sys_mkdir(AT_FDCWD, image, 0700);
    snprintf(path, sizeof path, "%.3500s/lock", image);
    lock_descriptor = sys_open(AT_FDCWD, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    enter();
    snprintf(path, sizeof path, "%.3500s/inodes", image);
    sys_mkdir(AT_FDCWD, path, 0700);
    snprintf(path, sizeof path, "%.3500s/dirs", image);
    sys_mkdir(AT_FDCWD, path, 0700);
    snprintf(path, sizeof path, "%.3500s/complete", image);
    if (access(path, F_OK) != 0) {
        keep_all(root);
        close(sys_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    }
    leave();
    errno = before;
}
