/* Calls that fail on request. */
#include "disk.h"

static const struct {
    const char *name;
    int code;
} results[] = {
    {"ENOSPC", ENOSPC}, {"EIO", EIO},       {"EROFS", EROFS},   {"EDQUOT", EDQUOT},
    {"EMFILE", EMFILE}, {"ENFILE", ENFILE}, {"EACCES", EACCES}, {"ignored", IGNORED},
};

static int result_named(const char *name) {
    for (size_t index = 0; index < sizeof results / sizeof *results; index++)
        if (strcmp(results[index].name, name) == 0) return results[index].code;
    return EIO;
}

int fault(const char *call, const char *full) {
    char text[4096], *rest = text, *line;
    int before = errno, fd = sys_open(AT_FDCWD, faults, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) {
        errno = before;
        return 0;
    }
    ssize_t length = sys_pread(fd, text, sizeof text - 1, 0);
    close(fd);
    errno = before;
    text[length > 0 ? length : 0] = 0;
    while ((line = strsep(&rest, "\n"))) {
        char *kind = strsep(&line, " "), *result = strsep(&line, " ");
        if (result && strcmp(kind, call) == 0 && (!line || strstr(full, line))) return result_named(result);
    }
    return 0;
}

int path_fails(const char *call, const char *full) {
    int code = faults[0] ? fault(call, full) : 0;
    if (code > 0) errno = code;
    return code > 0;
}

int descriptor_fails(const char *call, int fd) {
    char full[PATH_MAX];
    return faults[0] && find(fd, "", full) && path_fails(call, full);
}
