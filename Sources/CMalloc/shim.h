/*
 * glibc's tuning of its allocator, which Swift's own view of the C library leaves out.
 */
#ifndef POSTERN_CMALLOC_SHIM_H
#define POSTERN_CMALLOC_SHIM_H

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

/*
 * Free memory up to this many bytes at the end of a heap stays with the process. Setting that ends glibc's own search for
 * the size from which on a block is mapped by itself, so that is set as well. Other C libraries decide for themselves.
 */
static inline void cmalloc_keep_free_memory(int bytes) {
#ifdef __GLIBC__
    mallopt(M_TRIM_THRESHOLD, bytes);
    mallopt(M_TOP_PAD, 1 << 20);
    mallopt(M_MMAP_THRESHOLD, 4 << 20);
#else
    (void)bytes;
#endif
}

#endif
