"""A thread that empties datagram sockets without the interpreter, for as long as that is busy.

The kernel's receive buffer holds 50 large datagrams, some two milliseconds of a busy sender. One
long step of Python, like a collection of garbage while many contexts are flushed, takes longer. So
the thread is one of C's: it waits for sockets, takes up to 32 datagrams with one system call
(``recvmmsg``) and appends them to a store, which Python comes for. It holds no lock but the
store's, and that for the time of a copy.

There are two stores, one being filled and one being emptied. Both are address space that costs no
memory until it is written to, which is given back after a burst. A store that has no room left makes
the thread wait, and the kernel drops and counts, as it would without us.

A client sends in bursts. After a few datagrams the thread pauses for 50 us and so takes the rest of
the burst at once; a buffer does not fill up so fast. Python is told, by an eventfd, when it is worth
its while: after 128 datagrams, 2 ms of silence, or 5 ms.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.errno cimport EAGAIN, EINTR, errno
from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy

cdef extern from *:
    """
    #include <poll.h>
    #include <sys/prctl.h>
    #include <pthread.h>
    #include <signal.h>
    #include <sys/eventfd.h>
    #include <sys/mman.h>
    #include <sys/socket.h>
    #include <time.h>
    #include <unistd.h>
    """
    ctypedef struct pthread_t:
        pass
    ctypedef struct pthread_attr_t:
        pass
    ctypedef struct pthread_mutex_t:
        pass
    ctypedef struct sigset_t:
        pass
    ctypedef unsigned long nfds_t
    struct timespec:
        long tv_sec
        long tv_nsec
    struct pollfd:
        int fd
        short events
        short revents
    struct iovec:
        void *iov_base
        size_t iov_len
    struct msghdr:
        iovec *msg_iov
        size_t msg_iovlen
    struct mmsghdr:
        msghdr msg_hdr
        unsigned int msg_len
    int CLOCK_MONOTONIC, PR_SET_TIMERSLACK, POLLIN, SIG_SETMASK, EFD_CLOEXEC, EFD_NONBLOCK, MSG_DONTWAIT
    int PROT_READ, PROT_WRITE, MAP_PRIVATE, MAP_ANONYMOUS, MAP_NORESERVE, MADV_DONTNEED
    void *MAP_FAILED
    int pthread_attr_init(pthread_attr_t *) nogil
    int pthread_attr_destroy(pthread_attr_t *) nogil
    int pthread_attr_setstacksize(pthread_attr_t *, size_t) nogil
    int pthread_create(pthread_t *, pthread_attr_t *, void *(*)(void *) noexcept nogil, void *) nogil
    int pthread_join(pthread_t, void **) nogil
    int pthread_mutex_init(pthread_mutex_t *, void *) nogil
    int pthread_mutex_destroy(pthread_mutex_t *) nogil
    int pthread_mutex_lock(pthread_mutex_t *) nogil
    int pthread_mutex_unlock(pthread_mutex_t *) nogil
    int pthread_sigmask(int, sigset_t *, sigset_t *) nogil
    int sigfillset(sigset_t *) nogil
    int ppoll(pollfd *, nfds_t, timespec *, sigset_t *) nogil
    int prctl(int, unsigned long) nogil
    int clock_gettime(int, timespec *) nogil
    int recvmmsg(int, mmsghdr *, unsigned int, int, void *) nogil
    int eventfd(unsigned int, int) nogil
    int close(int) nogil
    ssize_t read(int, void *, size_t) nogil
    ssize_t write(int, void *, size_t) nogil
    int nanosleep(timespec *, timespec *) nogil
    void *mmap(void *, size_t, int, int, int, long) nogil
    int munmap(void *, size_t) nogil
    int madvise(void *, size_t, int) nogil

cdef enum:
    BATCH = 32
    SOCKETS_MAX = 8
    FEW = 8  # datagrams, after which the rest of a burst is expected
    MANY = 128  # datagrams, of which Python is told at once
    STACK_BYTES = 131072
    KEPT_BYTES = 1048576  # of a store; what a burst needed beyond goes back to the system
    LENGTH_BYTES = 4
    OVERHEAD_BYTES = 64  # what a packet will cost in Python beyond its bytes

    TOLD_AFTER_NS = 5_000_000
    TIMER_SLACK_NS = 1000

cdef timespec PAUSE = timespec(0, 50_000)
cdef timespec SILENCE = timespec(0, 2_000_000)
cdef timespec NO_ROOM = timespec(0, 1_000_000)


cdef struct Store:
    # Datagrams one after the other, each after its length in four bytes.
    char *start
    size_t used
    size_t packets


cdef struct Shared:
    # What the thread and Python share. `filled`, `room`, `ended` and `errors` under the mutex.
    pthread_mutex_t mutex
    Store *filled
    size_t room
    size_t size
    size_t errors
    size_t times_full
    bint ended
    int wake_thread
    int wake_python
    pollfd[SOCKETS_MAX + 1] sockets
    nfds_t count
    size_t datagram_bytes
    char *memory
    mmsghdr[BATCH] headers
    iovec[BATCH] vectors


cdef class Receiver:
    """Reads the descriptors `fds` from now on, until `stop`.

    A datagram longer than `datagram_bytes` is cut to that. About `bytes_max` may wait. Raises
    ``OSError``.
    """

    cdef Shared shared
    cdef Store[2] stores
    cdef pthread_t thread
    cdef bint running

    def __cinit__(self, fds, *, size_t datagram_bytes, size_t bytes_max):
        cdef Shared *shared = &self.shared
        cdef size_t i
        shared.wake_thread = shared.wake_python = -1
        if len(fds) > SOCKETS_MAX:
            raise OSError("too many sockets")
        pthread_mutex_init(&shared.mutex, NULL)
        shared.datagram_bytes = datagram_bytes
        shared.room = bytes_max
        # Who finds room for a byte may write a batch.
        shared.size = bytes_max + BATCH * (datagram_bytes + LENGTH_BYTES)
        shared.wake_thread = eventfd(0, EFD_CLOEXEC)
        shared.wake_python = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)
        shared.memory = <char *>calloc(BATCH, datagram_bytes)
        if shared.wake_thread < 0 or shared.wake_python < 0 or shared.memory is NULL:
            raise OSError("no descriptors or no memory")
        for i in range(2):
            self.stores[i].start = <char *>mmap(
                NULL, shared.size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0,
            )
            if self.stores[i].start == MAP_FAILED:
                self.stores[i].start = NULL
                raise OSError("no address space")
        shared.filled = &self.stores[0]
        for i in range(BATCH):
            shared.vectors[i].iov_base = shared.memory + i * datagram_bytes
            shared.vectors[i].iov_len = datagram_bytes
            shared.headers[i].msg_hdr.msg_iov = &shared.vectors[i]
            shared.headers[i].msg_hdr.msg_iovlen = 1
        shared.sockets[0].fd = shared.wake_thread
        for i, fd in enumerate(fds, 1):
            shared.sockets[i].fd = fd
        shared.count = len(fds) + 1
        for i in range(shared.count):
            shared.sockets[i].events = POLLIN
        self.start()

    def __dealloc__(self):
        cdef int i
        if self.running:
            self.stop()
        for i in range(2):
            if self.stores[i].start is not NULL:
                munmap(self.stores[i].start, self.shared.size)
        if self.shared.wake_thread >= 0:
            close(self.shared.wake_thread)
        if self.shared.wake_python >= 0:
            close(self.shared.wake_python)
        free(self.shared.memory)
        pthread_mutex_destroy(&self.shared.mutex)

    cdef int start(self) except -1:
        cdef pthread_attr_t attributes
        cdef sigset_t every, before
        cdef int failed
        # A signal is for the main thread, whose system calls it is to interrupt.
        sigfillset(&every)
        pthread_sigmask(SIG_SETMASK, &every, &before)
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, STACK_BYTES)
        failed = pthread_create(&self.thread, &attributes, run, &self.shared)
        pthread_attr_destroy(&attributes)
        pthread_sigmask(SIG_SETMASK, &before, NULL)
        if failed:
            raise OSError(failed, "no thread can be started")
        self.running = True
        return 0

    def fileno(self):
        """A descriptor that is readable when datagrams have come."""
        return self.shared.wake_python

    def __len__(self):
        """How many datagrams have come and have not been taken."""
        cdef size_t packets
        with nogil:
            pthread_mutex_lock(&self.shared.mutex)
            packets = self.shared.filled.packets
            pthread_mutex_unlock(&self.shared.mutex)
        return packets

    def take(self, size_t room):
        """What has come since the last call: (datagrams in their order, their bytes, the longest
        one's bytes, read errors, times without room).

        `room` is how many bytes more, overhead included, may wait until the next call.
        """
        cdef Shared *shared = &self.shared
        cdef Store *store = shared.filled
        cdef size_t errors, times_full, at = 0, i, total
        cdef uint32_t length, longest = 0
        cdef uint64_t told
        cdef list packets = []
        with nogil:
            read(shared.wake_python, &told, sizeof(told))
            pthread_mutex_lock(&shared.mutex)
            shared.filled = &self.stores[1] if store == &self.stores[0] else &self.stores[0]
            shared.room = room - min(room, cost(store))
            errors, times_full = shared.errors, shared.times_full
            shared.errors = shared.times_full = 0
            pthread_mutex_unlock(&shared.mutex)
        for i in range(store.packets):
            memcpy(&length, store.start + at, LENGTH_BYTES)
            at += LENGTH_BYTES
            packets.append(PyBytes_FromStringAndSize(store.start + at, length))
            at += length
            longest = max(longest, length)
        total = store.used - store.packets * LENGTH_BYTES
        if store.used > KEPT_BYTES:
            madvise(store.start, shared.size, MADV_DONTNEED)
        store.used = store.packets = 0
        return packets, total, longest, errors, times_full

    def stop(self):
        """End the thread. What it has read can still be taken."""
        cdef uint64_t one = 1
        if not self.running:
            return
        self.running = False
        with nogil:
            pthread_mutex_lock(&self.shared.mutex)
            self.shared.ended = True
            pthread_mutex_unlock(&self.shared.mutex)
            write(self.shared.wake_thread, &one, sizeof(one))
            pthread_join(self.thread, NULL)


cdef size_t cost(const Store *store) noexcept nogil:
    return store.used + store.packets * OVERHEAD_BYTES


cdef void *run(void *argument) noexcept nogil:
    """The thread."""
    cdef Shared *shared = <Shared *>argument
    cdef uint64_t one = 1
    cdef int ready, came, untold = 0
    cdef long long since = 0
    prctl(PR_SET_TIMERSLACK, TIMER_SLACK_NS)
    while True:
        ready = ppoll(shared.sockets, shared.count, &SILENCE if untold else NULL, NULL)
        if ready:
            came = read_sockets(shared)
            if 0 < came < FEW:
                nanosleep(&PAUSE, NULL)
                came += read_sockets(shared)
            if came and not untold:
                since = now_ns()
            untold += came
        if untold and (not ready or untold >= MANY or now_ns() - since >= TOLD_AFTER_NS):
            write(shared.wake_python, &one, sizeof(one))
            untold = 0
        if has_ended(shared):
            return NULL


cdef bint has_ended(Shared *shared) noexcept nogil:
    cdef bint ended
    pthread_mutex_lock(&shared.mutex)
    ended = shared.ended
    pthread_mutex_unlock(&shared.mutex)
    return ended


cdef long long now_ns() noexcept nogil:
    cdef timespec now
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec * 1_000_000_000 + now.tv_nsec


cdef int read_sockets(Shared *shared) noexcept nogil:
    """Empty every socket; how many datagrams came and errors occurred."""
    cdef int came = 0, n, error
    cdef nfds_t i
    for i in range(1, shared.count):
        n = BATCH
        while n == BATCH:
            if not wait_for_room(shared):
                return came
            n = recvmmsg(shared.sockets[i].fd, shared.headers, BATCH, MSG_DONTWAIT, NULL)
            error = errno
            if n > 0:
                keep(shared, n)
                came += n
            elif n < 0 and error != EAGAIN and error != EINTR:
                # Reported once by the kernel, like an ICMP error that an earlier sender got.
                pthread_mutex_lock(&shared.mutex)
                shared.errors += 1
                pthread_mutex_unlock(&shared.mutex)
                came += 1
    return came


cdef bint wait_for_room(Shared *shared) noexcept nogil:
    """Wait until the store has room; False at the end."""
    cdef bint ended, is_full, waited = False
    cdef uint64_t one = 1
    while True:
        pthread_mutex_lock(&shared.mutex)
        ended = shared.ended
        is_full = cost(shared.filled) >= shared.room
        if is_full and not waited:
            shared.times_full += 1
        pthread_mutex_unlock(&shared.mutex)
        if ended or not is_full:
            return not ended
        # Again and again: Python may have had no room to give when it came.
        waited = True
        write(shared.wake_python, &one, sizeof(one))
        nanosleep(&NO_ROOM, NULL)


cdef void keep(Shared *shared, int n) noexcept nogil:
    cdef Store *store
    cdef int i
    cdef uint32_t length
    pthread_mutex_lock(&shared.mutex)
    store = shared.filled
    for i in range(n):
        length = shared.headers[i].msg_len
        memcpy(store.start + store.used, &length, LENGTH_BYTES)
        memcpy(store.start + store.used + LENGTH_BYTES, shared.vectors[i].iov_base, length)
        store.used += LENGTH_BYTES + length
    store.packets += n
    pthread_mutex_unlock(&shared.mutex)
