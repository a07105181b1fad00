/* Which calls concern the directory. */
#include "disk.h"

char root[PATH_MAX], image[PATH_MAX], faults[PATH_MAX];

/* `full` becomes the path of what `path` names; false where that cannot be told. */
static int resolve(int at, const char *path, char full[PATH_MAX]) {
    char base[PATH_MAX];
    if (path[0] == '/') return snprintf(full, PATH_MAX, "%s", path) < PATH_MAX;
    if (at == AT_FDCWD) {
        if (!getcwd(base, sizeof base)) return 0;
    } else {
        char link[64];
        snprintf(link, sizeof link, "/proc/self/fd/%d", at);
        ssize_t length = readlink(link, base, sizeof base - 1);
        if (length < 0) return 0;
        base[length] = 0;
    }
    return snprintf(full, PATH_MAX, "%s%s%s", base, *path ? "/" : "", path) < PATH_MAX;
}

/* Whether it is the directory or something in it. */
static int is_ours(const char *full) {
    size_t length = strlen(root);
    return length > 0 && strncmp(full, root, length) == 0 && (full[length] == '/' || full[length] == 0);
}

int find(int at, const char *path, char full[PATH_MAX]) {
    int before = errno;
    int ours = root[0] && path && resolve(at, path, full) && is_ours(full);
    errno = before;
    return ours;
}

static void setting(const char *name, char value[PATH_MAX]) {
    const char *text = getenv(name);
    snprintf(value, PATH_MAX, "%s", text ? text : "");
}

__attribute__((constructor)) static void begin(void) {
    setting("POSTERN_DISK_ROOT", root);
    setting("POSTERN_DISK_IMAGE", image);
    setting("POSTERN_DISK_FAULTS", faults);
    if (root[0] && image[0]) begin_image();
}
