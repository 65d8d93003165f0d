// The least that a client of streamed replies has to do: waits, reads, and counts the events. What
// chatload takes for a frame is set beside what this takes.
//
//   stream PORT CONNECTIONS REPLIES < request    plays REPLIES requests over so many connections
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static char request[65536];
static size_t length;

static void ask(int socket) {
    if (write(socket, request, length) != (ssize_t)length) exit(3);
}

static int connected(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int one = 1, stream = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(stream, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (connect(stream, (struct sockaddr *)&to, sizeof to)) exit(4);
    return stream;
}

int main(int count, char **arguments) {
    if (count != 4) return 2;
    int connections = atoi(arguments[2]);
    long replies = atol(arguments[3]), sent = 0, ended = 0, frames = 0;
    length = fread(request, 1, sizeof request, stdin);
    int loop = epoll_create1(0);
    for (; sent < connections && sent < replies; sent++) {
        int stream = connected(atoi(arguments[1]));
        struct epoll_event event = {.events = EPOLLIN, .data.fd = stream};
        epoll_ctl(loop, EPOLL_CTL_ADD, stream, &event);
        ask(stream);
    }
    static char bytes[65537];
    while (ended < replies) {
        struct epoll_event events[256];
        int ready = epoll_wait(loop, events, 256, 60000);
        if (ready <= 0) return 5;
        for (int i = 0; i < ready; i++) {
            ssize_t got = read(events[i].data.fd, bytes, sizeof bytes - 1);
            if (got <= 0) return 6;
            bytes[got] = 0;
            for (char *at = bytes; (at = strstr(at, "data: ")); at += 6) {
                if (memcmp(at + 6, "[DONE]", 6)) {
                    frames++;
                } else {
                    ended++;
                    if (sent++ < replies) ask(events[i].data.fd);
                }
            }
        }
    }
    struct rusage use;
    getrusage(RUSAGE_SELF, &use);
    double seconds = use.ru_utime.tv_sec + use.ru_stime.tv_sec
        + (use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6;
    printf("%ld frames, %.2f us of CPU a frame\n", frames, seconds * 1e6 / frames);
    return 0;
}
