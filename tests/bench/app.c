/* The app of the benchmarks: small enough that what it costs itself can be neglected.
 *
 * app clock                                      print CLOCK_MONOTONIC in ns as the first thing
 * app wait                                       do nothing until a signal ends it
 * app output BYTES FILE WAIT                     wait WAIT ms, write lines as fast as stdout takes
 *                                                them, write to FILE the ns that it took
 * app send PORT FILE PACKETS PACKETS_PER_S WAIT  wait WAIT ms, send over UDP, wait again, print the
 *                                                clock, end
 *
 * FILE holds packets, each after its length in 4 bytes (this machine's order); it is sent again from
 * its start until PACKETS have been sent.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000LL

static long long clock_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * NS + t.tv_nsec;
}

static void sleep_until(long long ns)
{
    struct timespec t = {ns / NS, ns % NS};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL))
        ;
}

static void print_clock(void)
{
    char line[32];
    int length = snprintf(line, sizeof line, "%lld\n", clock_ns());
    if (write(1, line, length) != length)
        _exit(3);
}

static void fail(const char *what)
{
    perror(what);
    exit(2);
}

/* Send `count` packets at an even pace, in portions of a millisecond. */
static void send_packets(int port, const char *path, long count, long per_s)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct stat status;
    int file = open(path, O_RDONLY), out = socket(AF_INET, SOCK_DGRAM, 0);
    if (file < 0 || fstat(file, &status))
        fail(path);
    const char *packets = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (packets == MAP_FAILED)
        fail("mmap");
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (out < 0 || connect(out, (struct sockaddr *)&to, sizeof to))
        fail("socket");
    const char *next = packets, *end = packets + status.st_size;
    long long began = clock_ns();
    for (long sent = 0; sent < count;) {
        long due = (clock_ns() - began) * per_s / NS + 1;
        for (; sent < count && sent < due; sent++) {
            uint32_t length;
            memcpy(&length, next, sizeof length);
            if (send(out, next + sizeof length, length, 0) < 0)
                fail("send");
            next += sizeof length + length;
            if (next >= end)
                next = packets;
        }
        sleep_until(clock_ns() + NS / 1000);
    }
}

/* Write `bytes` of lines as fast as stdout takes them, and the ns that it took to the file `path`. */
static void write_lines(long bytes, const char *path)
{
    static char block[65536];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = i % 100 == 99 ? '\n' : 'a' + i % 26;
    long long began = clock_ns();
    while (bytes > 0) {
        ssize_t n = write(1, block, bytes < (long)sizeof block ? bytes : (long)sizeof block);
        if (n <= 0)
            fail("write");
        bytes -= n;
    }
    long long took = clock_ns() - began;
    FILE *file = fopen(path, "w");
    if (!file || fprintf(file, "%lld\n", took) < 0 || fclose(file))
        fail(path);
}

int main(int argc, char **argv)
{
    if (argc == 5 && !strcmp(argv[1], "output")) {
        sleep_until(clock_ns() + atol(argv[4]) * (NS / 1000));
        write_lines(atol(argv[2]), argv[3]);
        return 0;
    }
    if (argc == 2 && !strcmp(argv[1], "clock")) {
        print_clock();
        return 0;
    }
    if (argc == 2 && !strcmp(argv[1], "wait"))
        for (;;)
            pause();
    if (argc != 7 || strcmp(argv[1], "send"))
        return 2;
    long long pause_ns = atol(argv[6]) * (NS / 1000);
    sleep_until(clock_ns() + pause_ns);
    if (atol(argv[4]))
        send_packets(atoi(argv[2]), argv[3], atol(argv[4]), atol(argv[5]));
    sleep_until(clock_ns() + pause_ns);
    print_clock();
    _exit(0);
}
