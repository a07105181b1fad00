/*
 * syncfs(2), which Swift's own view of the C library leaves out.
 */
#ifndef POSTERN_CSYNC_SHIM_H
#define POSTERN_CSYNC_SHIM_H

#include <unistd.h>

/*
 * Writes everything in the file system of `descriptor` to disk, new names included. 0, or -1 with errno.
 */
static inline int csync_file_system(int descriptor) {
#ifdef __linux__
    extern int syncfs(int);
    return syncfs(descriptor);
#else
    sync();
    return fsync(descriptor);
#endif
}

#endif
