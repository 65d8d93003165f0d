// Kernel interfaces that Swift's Glibc module does not carry, and the few calls whose
// C signatures Swift cannot import (variadic system calls, macros).
#ifndef CHATLOAD_LINUX_SYSTEM_H
#define CHATLOAD_LINUX_SYSTEM_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

// epoll_wait with a nanosecond timeout (Linux 5.11); -1 and ENOSYS on older kernels.
static inline int chatload_epoll_pwait2(int epfd, struct epoll_event *events, int count,
                                        const struct timespec *timeout) {
    return (int)syscall(SYS_epoll_pwait2, epfd, events, count, timeout, (void *)0, 0);
}

// Asks the kernel to wake this thread within a nanosecond of its deadline instead of 50 microseconds.
static inline int chatload_sharpen_timers(void) {
    return prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
}

// accept4 is a GNU extension, which Swift's Glibc module leaves out. Its flags SOCK_NONBLOCK and
// SOCK_CLOEXEC equal O_NONBLOCK and O_CLOEXEC; sys/socket.h itself would take Glibc's declarations
// over into this module.
static inline int chatload_accept(int listener) {
    return (int)syscall(SYS_accept4, listener, (void *)0, (void *)0, O_NONBLOCK | O_CLOEXEC);
}

// Where a run of bytes first stands in another, in time linear in both lengths; a GNU extension, too.
void *memmem(const void *haystack, size_t size, const void *needle, size_t length);

// How malloc deals with large blocks; its header is not in Swift's Glibc module. The numbers of the
// parameters are glibc's.
int mallopt(int parameter, int value);
static inline void chatload_set_malloc_thresholds(int own_mapping, int trimming) {
    mallopt(-3, own_mapping);
    mallopt(-1, trimming);
}

// At most so many arenas of the allocator's (M_ARENA_MAX), which threads then share.
static inline void chatload_set_malloc_arenas(int count) {
    mallopt(-8, count);
}

// Names the calling thread; the kernel keeps 15 characters.
static inline int chatload_name_thread(const char *name) {
    return prctl(PR_SET_NAME, name, 0UL, 0UL, 0UL);
}

// The number of processors that this process may run on, 0 if the kernel does not say; the mask of
// 8,192 bits holds every processor that Linux supports.
static inline int chatload_usable_processors(void) {
    unsigned long mask[128] = {0};
    long bytes = syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
    int count = 0;
    for (long word = 0; word < bytes / (long)sizeof mask[0]; word++)
        count += __builtin_popcountl(mask[word]);
    return count;
}

// How many segments with data have come over a TCP connection, 0 for success. tcpi_data_segs_in
// (RFC 4898 tcpEStatsPerfDataSegsIn, Linux 4.6) stands at byte 152 of struct tcp_info, which
// Glibc's older one does not reach; 6 is IPPROTO_TCP, 11 is TCP_INFO.
static inline int chatload_segments_received(int descriptor, unsigned *count) {
    unsigned info[39];
    unsigned size = sizeof info;
    long status = syscall(SYS_getsockopt, descriptor, 6, 11, info, &size);
    if (status != 0 || size < sizeof info) return -1;
    *count = info[38];
    return 0;
}

// Exit code of a process that cannot go on.
#define CHATLOAD_FAULT_CODE 107

// The handler of faults: async-signal-safe, since a fault may come anywhere, also with malloc's lock
// held. Static text by signal, one write, and out.
static inline void chatload_fault(int number) {
#define CHATLOAD_FAULT(text) "chatload: error: internal error: " text "; what was logged can be read with 'chatload report'\n"
    const char *line = CHATLOAD_FAULT("a check of the program's own failed, or memory ran out (ulimit -v)");
    if (number == SIGSEGV || number == SIGBUS)
        line = CHATLOAD_FAULT("memory that is not there was used, or ran out (ulimit -v, -s)");
    if (number == SIGABRT)
        line = CHATLOAD_FAULT("a library gave up, or memory ran out (ulimit -v)");
#undef CHATLOAD_FAULT
    ssize_t size = 0;
    while (line[size]) size++;
    ssize_t done = write(2, line, (size_t)size);
    (void)done;
    _exit(CHATLOAD_FAULT_CODE);
}

// Takes the faults from whoever had them (Swift's backtracer), and gives SIGQUIT back to the system.
static inline void chatload_watch_faults(void) {
    static const int faults[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGABRT, SIGFPE};
    struct sigaction action = {0};
    action.sa_handler = chatload_fault;
    action.sa_flags = SA_ONSTACK;
    for (unsigned place = 0; place < sizeof faults / sizeof faults[0]; place++)
        sigaction(faults[place], &action, (void *)0);
    signal(SIGQUIT, SIG_DFL);
}

#endif
