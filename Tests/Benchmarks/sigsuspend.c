// For programs under valgrind: up to 3.19 it changes the mask that sigsuspend is given, which stands
// in read-only memory in Swift's libdispatch, and crashes. This hands it a copy.
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask) {
    sigset_t copy = *mask;
    return (int)syscall(SYS_rt_sigsuspend, &copy, 8);
}
