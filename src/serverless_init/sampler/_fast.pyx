"""The compiled twin of the sampler's hot path: known text to its cell, without a detour.

What it does is written in `time_sampler`, `contexts`, `buckets` and `sketch`; this file is only how
that is done fast, and `tests/twins` holds both against each other. Its unit of work is a packet. A
line whose raw key leads to a route and whose value is made of plain numbers goes from the packet's
bytes into the cell without a call into Python; everything else is the reference's `_ingest_long`.

Contexts, routes and cells have C fields instead of Python attributes. None of them can be part of a
reference cycle, so the garbage collector is spared them. Raw keys, which are most of a context's
bytes, are not kept: a hash of 128 bits stands for each.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.math cimport INFINITY, isfinite, log, rint
from libc.stdint cimport uint64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memchr, memcpy, memset

import os
from array import array
from sys import float_info

from serverless_init.model import MetricKind, Serie, SerieKind, SketchPoint
from serverless_init.sampler import buckets, sketch, time_sampler
from serverless_init.sampler.histogram import summarize, weight_of
from serverless_init.sampler.routes import RAW_KEYS_FACTOR_MAX, RAW_KEYS_PER_CONTEXT_MAX
from serverless_init.sampler.stats import HISTOGRAM_VALUES_MAX, KIND_CONFLICT, NON_FINITE

cdef extern from *:
    ctypedef unsigned long long uint128_t "unsigned __int128"

cdef enum:
    NUMBERS_MAX = 64  # of one message; more take the long way
    DIGITS_MAX = 15  # any number of so many digits is exact in a double, and so is its power of ten
    PENDING_MAX = 512
    KEYS_SPAN_MAX = 2048
    SLOTS_MIN = 64

cdef struct Hash:
    uint64_t low
    uint64_t high

cdef Hash[3] SECRETS

cdef double[DIGITS_MAX + 1] POWERS_OF_TEN = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15
]
cdef object COUNTER = MetricKind.COUNTER, RATE = SerieKind.RATE, GAUGE = SerieKind.GAUGE
cdef object new_tuple = tuple.__new__
cdef double FLOAT_MAX = float_info.max
cdef int INTERVAL_S = buckets.INTERVAL_S
cdef int VALUES_MAX = buckets._VALUES_MAX
cdef double LN_GAMMA = sketch._LN_GAMMA
cdef double VALUE_MIN = sketch._VALUE_MIN
cdef int BIAS = sketch._BIAS
cdef int KEY_MAX = sketch._KEY_MAX
cdef int KEY_INFINITE = sketch._KEY_INFINITE
cdef double WEIGHT_MAX = sketch.WEIGHT_MAX

cdef int lane
for lane in range(3):
    SECRETS[lane].low, SECRETS[lane].high = memoryview(os.urandom(16)).cast("Q")


@cython.no_gc
cdef class Context:
    """See `contexts.Context`."""

    cdef public object identity
    cdef public object kind
    cdef public long long last_seen
    cdef PyObject *oldest  # the first of its routes, a loan of the table's, or NULL

    def __init__(self, identity, kind, long long last_seen):
        self.identity = identity
        self.kind = kind
        self.last_seen = last_seen


@cython.no_gc
cdef class Cell:
    """See `buckets.Cell`. `take` is `add` for who knows that it is compiled."""

    cdef readonly long long samples

    has_one_output = True

    @property
    def unit(self):
        """See `buckets.Cell`."""
        return b""

    def weigh(self, double rate):
        """See `buckets.Cell.weigh`."""
        return 1.0

    cdef object take(self, double value, double weight):
        raise AssertionError("every kind of cell has its own", value, weight)

    def add(self, double value, double weight):
        """See `buckets.Cell.add`."""
        return self.take(value, weight)

    def add_member(self, bytes member):
        """See `buckets.Cell.add_member`."""
        return KIND_CONFLICT

    def measure_in(self, bytes unit):
        """See `buckets.Cell.measure_in`."""


@cython.no_gc
@cython.final
cdef class Gauge(Cell):
    """See `buckets.Gauge`."""

    cdef double value

    cdef object take(self, double value, double weight):
        self.value = value
        self.samples += 1
        return None

    def outputs(self):
        """See `buckets.Cell.outputs`."""
        return iter(((b"", SerieKind.GAUGE, self.value),))


@cython.no_gc
@cython.final
cdef class Counter(Cell):
    """See `buckets.Counter`."""

    cdef double total

    def weigh(self, double rate):
        """See `buckets.Counter.weigh`."""
        return 1 / rate if rate else INFINITY

    cdef object take(self, double value, double weight):
        cdef double weighted = value * weight
        if not isfinite(weighted):
            return NON_FINITE
        self.total += weighted
        self.samples += 1
        return None

    def outputs(self):
        """See `buckets.Cell.outputs`."""
        if not isfinite(self.total):
            return iter(())
        return iter(((b"", SerieKind.RATE, self.total / INTERVAL_S),))


@cython.no_gc
@cython.final
cdef class Values:
    """A growing row of doubles."""

    cdef double *start
    cdef Py_ssize_t count
    cdef Py_ssize_t room

    def __dealloc__(self):
        free(self.start)

    cdef int append(self, double value) except -1:
        cdef Py_ssize_t room
        cdef double *start
        if self.count == self.room:
            room = self.room + (self.room >> 1) + 4
            start = <double *>realloc(self.start, room * sizeof(double))
            if start is NULL:
                raise MemoryError
            self.start, self.room = start, room
        self.start[self.count] = value
        self.count += 1
        return 0

    cdef object as_array(self):
        values = array("d")
        values.frombytes(
            PyBytes_FromStringAndSize(<const char *>self.start, self.count * sizeof(double))
        )
        return values


@cython.no_gc
@cython.final
cdef class Histogram(Cell):
    """See `buckets.Histogram`. Nearly all have values of one weight: that group is at hand."""

    cdef object _outputs
    cdef bytes _unit
    cdef dict groups
    cdef Values group
    cdef double weight

    has_one_output = False

    def __init__(self, outputs):
        self._outputs = outputs
        self._unit = b""
        self.groups = {}

    @property
    def unit(self):
        """See `buckets.Cell`."""
        return self._unit

    def weigh(self, double rate):
        """See `buckets.Histogram.weigh`."""
        return weight_of(rate)

    cdef object take(self, double value, double weight):
        if self.samples >= VALUES_MAX:
            return HISTOGRAM_VALUES_MAX
        if self.group is None or self.weight != weight:
            self.group = self.groups.get(weight)
            if self.group is None:
                self.group = self.groups[weight] = Values()
            self.weight = weight
        self.group.append(value)
        self.samples += 1
        return None

    def measure_in(self, bytes unit):
        """See `buckets.Cell.measure_in`."""
        self._unit = unit

    def outputs(self):
        """See `buckets.Histogram.outputs`."""
        groups = [(int(w), (<Values>group).as_array()) for w, group in self.groups.items()]
        return iter([
            (suffix, SerieKind.RATE if suffix == b".count" else SerieKind.GAUGE, value)
            for suffix, value in summarize(groups, self._outputs, INTERVAL_S)
        ])


@cython.no_gc
@cython.final
cdef class Distribution(Cell):
    """See `buckets.Distribution` and `sketch.Sketch`; the bins are kept by `sketch.Store`."""

    cdef long long count
    cdef double total, average, minimum, maximum
    cdef Values pending
    cdef object store

    def __init__(self):
        self.minimum, self.maximum = INFINITY, -INFINITY
        self.pending = Values()
        self.store = sketch.Store()

    def weigh(self, double rate):
        """See `buckets.Distribution.weigh`."""
        return min(1 / rate, WEIGHT_MAX) if 0 < rate <= 1 else 1.0

    cdef object take(self, double value, double weight):
        if weight == 1.0:
            self.pending.append(value)
            if self.pending.count >= PENDING_MAX:
                self.settle()
        else:
            self.insert_weighted(value, weight)
        self.samples += 1
        return None

    def point(self, timestamp):
        """See `sketch.Sketch.point`."""
        self.settle()
        if not self.count or not isfinite(self.total) or not isfinite(self.average):
            return None
        bins = self.store.bins()
        return SketchPoint(
            timestamp=timestamp,
            count=self.count,
            minimum=self.minimum,
            maximum=self.maximum,
            average=self.average,
            total=self.total,
            keys=tuple([key for key, _ in bins]),
            counts=tuple([count for _, count in bins]),
        )

    cdef int insert_weighted(self, double value, double weight) except -1:
        cdef long long whole = <long long>weight
        self.settle()
        self.count += whole
        self.total += value * weight
        if self.count == whole:
            self.average = value
        else:
            self.average += (value - self.average) * whole / self.count
        self.minimum = min(self.minimum, value)
        self.maximum = max(self.maximum, value)
        self.store.insert_counts(((key_of(value), whole),))
        return 0

    cdef int settle(self) except -1:
        cdef Py_ssize_t n = self.pending.count, i
        cdef double *values = self.pending.start
        cdef int[PENDING_MAX] keys
        cdef int lowest = KEY_INFINITE, highest = -KEY_INFINITE
        if not n:
            return 0
        for i in range(n):
            self.count += 1
            self.total += values[i]
            self.average += (values[i] - self.average) / self.count
            self.minimum = min(self.minimum, values[i])
            self.maximum = max(self.maximum, values[i])
            keys[i] = key_of(values[i])
            lowest, highest = min(lowest, keys[i]), max(highest, keys[i])
        self.pending.count = 0
        if highest - lowest < KEYS_SPAN_MAX:
            self.store.insert_counts(count_near(keys, n, lowest))
        else:
            self.store.insert([keys[i] for i in range(n)])
        return 0


cdef list count_near(const int *keys, Py_ssize_t n, int lowest):
    """How often each of `keys` occurs; they are from `lowest` to less than the span above it."""
    cdef short[KEYS_SPAN_MAX] counts
    cdef Py_ssize_t i
    cdef list found = []
    memset(counts, 0, sizeof(counts))
    for i in range(n):
        counts[keys[i] - lowest] += 1
    for i in range(n):
        if counts[keys[i] - lowest]:
            found.append((keys[i], counts[keys[i] - lowest]))
            counts[keys[i] - lowest] = 0
    return found


cdef int key_of(double value) noexcept nogil:
    """See `sketch.key_of`."""
    if value < 0:
        return -key_of(-value)
    if value < VALUE_MIN:
        return 0
    cdef double key = rint(log(value) / LN_GAMMA) + BIAS
    return KEY_INFINITE if key > KEY_MAX else max(<int>key, 1)


@cython.no_gc
@cython.final
cdef class Route:
    """See `routes.Route`. `compiled` says that the cell is one of those above."""

    cdef public Context context
    cdef public object kind
    cdef public double rate
    cdef public Route copy
    cdef public double weight
    cdef readonly object cell
    cdef public int epoch  # one every ten seconds: enough for centuries
    cdef char compiled, takes_members
    cdef Hash key
    cdef PyObject *newer  # the next route of its context, a loan of the table's, or NULL

    def __init__(self, Context context, kind, double rate, Route copy=None):
        self.context = context
        self.kind = kind
        self.takes_members = kind is MetricKind.SET
        self.rate = rate
        self.copy = copy
        self.epoch = -1
        self.weight = 1.0

    def attach(self, cell, int epoch):
        """See `routes.Route.attach`."""
        self.cell = cell
        self.compiled = isinstance(cell, Cell)
        self.weight = cell.weigh(self.rate)
        self.epoch = epoch


cdef struct Line:
    # name [":" value] ["|" tail], as pointers into the packet; `value` is `head_end` without one.
    const char *name
    const char *name_end
    const char *value
    const char *head_end
    const char *tail
    const char *end


@cython.no_gc
@cython.final
cdef class Routes:
    """See `routes.Routes`. One table for all kinds, open, searched from the slot of the hash on.

    It owns its routes; the routes of one context are a chain from the oldest to the newest.
    """

    cdef PyObject **slots
    cdef Py_ssize_t mask, count, crowded_at

    def __cinit__(self, Py_ssize_t contexts_max):
        self.slots = <PyObject **>calloc(SLOTS_MIN, sizeof(PyObject *))
        if self.slots is NULL:
            raise MemoryError
        self.mask = SLOTS_MIN - 1
        self.crowded_at = contexts_max * <Py_ssize_t>RAW_KEYS_FACTOR_MAX

    def __dealloc__(self):
        cdef Py_ssize_t slot
        if self.slots is not NULL:
            for slot in range(self.mask + 1):
                Py_XDECREF(self.slots[slot])
            free(self.slots)

    def __len__(self):
        return self.count

    def find(self, bytes raw_key not None):
        """See `routes.Routes.find`."""
        cdef Hash key = hash_of_raw_key(raw_key)
        cdef PyObject *found = self.slots[self.slot_of(key)]
        return None if found is NULL else <Route>found

    def remember(self, bytes raw_key not None, Route route not None):
        """See `routes.Routes.remember`."""
        cdef Context context = route.context
        cdef int allowed = 1 if self.count >= self.crowded_at else RAW_KEYS_PER_CONTEXT_MAX
        route.key = hash_of_raw_key(raw_key)
        self.forget_key(route.key)
        while length_of(context.oldest) >= allowed:
            self.forget_key((<Route>context.oldest).key)
        self.append(context, route)
        if self.count * 3 > self.mask * 2:
            self.grow()
        Py_INCREF(route)
        self.slots[self.slot_of(route.key)] = <PyObject *>route
        self.count += 1

    def forget(self, Context context not None):
        """See `routes.Routes.forget`."""
        while context.oldest is not NULL:
            self.forget_key((<Route>context.oldest).key)

    cdef Py_ssize_t slot_of(self, Hash key) noexcept:
        """The slot that holds the route of `key`, or the empty one where it belongs."""
        cdef Py_ssize_t slot = key.low & self.mask
        while self.slots[slot] is not NULL:
            if are_equal((<Route>self.slots[slot]).key, key):
                break
            slot = (slot + 1) & self.mask
        return slot

    cdef void append(self, Context context, Route route) noexcept:
        """Make `route` the newest of `context`."""
        cdef PyObject *last = context.oldest
        route.newer = NULL
        if last is NULL:
            context.oldest = <PyObject *>route
            return
        while (<Route>last).newer is not NULL:
            last = (<Route>last).newer
        (<Route>last).newer = <PyObject *>route

    cdef void unchain(self, Route route) noexcept:
        """Take `route` out of its context's chain."""
        cdef PyObject *before = route.context.oldest
        if before == <PyObject *>route:
            route.context.oldest = route.newer
            return
        while before is not NULL:
            if (<Route>before).newer == <PyObject *>route:
                (<Route>before).newer = route.newer
                return
            before = (<Route>before).newer

    cdef void forget_key(self, Hash key) noexcept:
        """Remove the route of `key`, if there is one."""
        cdef Py_ssize_t gap = self.slot_of(key), slot, home
        cdef PyObject *removed = self.slots[gap]
        if removed is NULL:
            return
        self.unchain(<Route>removed)
        # Whoever follows and could not get its own slot moves up, so that no search ends at the gap.
        slot = gap
        while True:
            slot = (slot + 1) & self.mask
            if self.slots[slot] is NULL:
                break
            home = (<Route>self.slots[slot]).key.low & self.mask
            if ((slot - home) & self.mask) >= ((slot - gap) & self.mask):
                self.slots[gap] = self.slots[slot]
                gap = slot
        self.slots[gap] = NULL
        self.count -= 1
        Py_XDECREF(removed)

    cdef int grow(self) except -1:
        cdef PyObject **old = self.slots
        cdef Py_ssize_t old_mask = self.mask, slot
        cdef PyObject **slots = <PyObject **>calloc(2 * (old_mask + 1), sizeof(PyObject *))
        if slots is NULL:
            raise MemoryError
        self.slots, self.mask = slots, 2 * old_mask + 1
        for slot in range(old_mask + 1):
            if old[slot] is not NULL:
                slots[self.slot_of((<Route>old[slot]).key)] = old[slot]
        free(old)
        return 0


cdef int length_of(PyObject *oldest) noexcept:
    """How many routes the chain that begins with `oldest` has."""
    cdef int length = 0
    while oldest is not NULL:
        length += 1
        oldest = (<Route>oldest).newer
    return length


cdef bint are_equal(Hash one, Hash other) noexcept nogil:
    return one.low == other.low and one.high == other.high


cdef Hash hash_of_raw_key(bytes raw_key) noexcept:
    """As `hash_of`, of what `raw_key_of` made: no name has a bar."""
    cdef const char *text = PyBytes_AS_STRING(raw_key)
    cdef const char *end = text + PyBytes_GET_SIZE(raw_key)
    cdef const char *bar = <const char *>memchr(text, c"|", end - text)
    cdef Hash hashed = SECRETS[0]
    hashed = absorb(hashed, text, (end if bar is NULL else bar) - text)
    return hashed if bar is NULL else absorb(hashed, bar + 1, end - bar - 1)


cdef Hash hash_of(const Line *parts) noexcept nogil:
    """The hash of a line's raw key.

    Two lanes of 64 bits, each a chain of multiplications with secrets of this process, so that two
    raw keys have the same one about as often as two random numbers of 128 bits are equal.
    """
    cdef Hash hashed = absorb(SECRETS[0], parts.name, parts.name_end - parts.name)
    return absorb(hashed, parts.tail, parts.end - parts.tail)


cdef Hash absorb(Hash hashed, const char *text, Py_ssize_t length) noexcept nogil:
    """`hashed`, and `text` after it; the length sets it off from what follows."""
    cdef uint64_t first, second
    hashed.low ^= <uint64_t>length
    while length >= 16:
        memcpy(&first, text, 8)
        memcpy(&second, text + 8, 8)
        hashed = mixed(hashed, first, second)
        text += 16
        length -= 16
    first = second = 0
    memcpy(&first, text, min(length, 8))
    if length > 8:
        memcpy(&second, text + 8, length - 8)
    return mixed(hashed, first, second)


cdef inline Hash mixed(Hash hashed, uint64_t first, uint64_t second) noexcept nogil:
    hashed.low = folded(hashed.low ^ SECRETS[1].low ^ first, SECRETS[2].low ^ second)
    hashed.high = folded(SECRETS[1].high ^ first, hashed.high ^ SECRETS[2].high ^ second)
    return hashed


cdef inline uint64_t folded(uint64_t one, uint64_t other) noexcept nogil:
    cdef uint128_t product = <uint128_t>one * other
    return <uint64_t>product ^ <uint64_t>(product >> 64)


class Bucket(buckets.Bucket):
    """See `buckets.Bucket`."""

    __slots__ = ()

    @staticmethod
    def new_distribution():
        """See `buckets.Bucket.new_distribution`."""
        return Distribution()

    @staticmethod
    def new_cell(kind, outputs):
        """See `buckets.Bucket.new_cell`. A set has no fast way, so there is no twin of its cell."""
        if kind is MetricKind.GAUGE:
            return Gauge()
        if kind is MetricKind.COUNTER:
            return Counter()
        if kind is MetricKind.SET:
            return buckets.Members()
        return Histogram(outputs)


class TimeSampler(time_sampler.TimeSampler):
    """See `time_sampler.TimeSampler`."""

    _new_context = Context
    _new_route = Route
    _new_routes = Routes
    _new_bucket = Bucket

    def ingest(self, packet, double now):
        """See `time_sampler.TimeSampler.ingest`."""
        return self.ingest_packets([packet], now)

    def ingest_packets(self, list packets not None, double now):
        """See `time_sampler.TimeSampler.ingest_packets`."""
        cdef long long second = <long long>now
        cdef long long window = second - second % INTERVAL_S
        cdef int epoch = 0
        cdef Routes routes = self._routes
        cdef long long accepted = 0
        cdef const char *line
        cdef const char *end
        cdef const char *line_end
        cdef Line parts
        cdef PyObject *found
        cdef Route route
        cdef double[NUMBERS_MAX] numbers
        cdef int count, i
        cdef list rare = None
        bucket = self._buckets.get(window)
        if bucket is not None:
            epoch = bucket.epoch
        for packet in packets:
            if not isinstance(packet, bytes):  # also a kind of bytes that knows its sender
                raise TypeError(f"a packet is bytes, not {type(packet)}")
            line = PyBytes_AS_STRING(packet)
            end = line + PyBytes_GET_SIZE(packet)
            while line is not NULL:
                line_end = <const char *>memchr(line, c"\n", end - line)
                split_line(line, end if line_end is NULL else line_end, &parts)
                found = routes.slots[routes.slot_of(hash_of(&parts))]
                count = 0
                if found is not NULL:
                    route = <Route>found
                    if route.takes_members:
                        count = parts.value < parts.head_end
                    elif route.copy is None:
                        count = read_numbers(parts.value, parts.head_end, numbers)
                    if not count and not route.takes_members:
                        count = read_one(parts.value, parts.head_end, numbers)
                if count:
                    accepted += count
                    if route.epoch != epoch:
                        epoch = self._attach(route, window)
                    route.context.last_seen = second
                    for i in range(count):
                        if route.takes_members:
                            member = parts.value[: parts.head_end - parts.value]
                            refusal = route.cell.add_member(member)
                        elif route.compiled:
                            refusal = (<Cell>route.cell).take(numbers[i], route.weight)
                        else:
                            refusal = route.cell.add(numbers[i], route.weight)
                        if refusal is not None:
                            self.stats.drop(refusal)
                else:
                    event = self._ingest_long(
                        line[: parts.end - line],
                        raw_key_of(&parts),
                        parts.value[: parts.head_end - parts.value],
                        second,
                    )
                    if event is not None:
                        rare = rare or []
                        rare.append(event)
                line = NULL if line_end is NULL else line_end + 1
        self.stats.samples_accepted += accepted
        return rare or ()

    def _series(self, closing, list contexts, long long second):
        """See `time_sampler.TimeSampler._series`; gauges and counters are closed here."""
        cdef Context context
        cdef double value
        cdef bint counts
        cdef long long lifetime_s, samples
        cdef long long expiry_s = self._options.expiry_s
        cdef long long context_expiry_s = self._options.context_expiry_s
        cdef dict cells = None
        cdef object kind, stats = self.stats
        cdef long long start = 0
        if closing._is_plain:
            cells, start = closing._buckets[0].cells, closing._buckets[0].start
        for context in contexts:
            counts = context.kind is COUNTER
            lifetime_s = context_expiry_s + (expiry_s if counts else 0)
            cell = None if cells is None else cells.get(context)
            kind = None
            if type(cell) is Counter:
                kind, value = RATE, (<Counter>cell).total / INTERVAL_S
            elif type(cell) is Gauge:
                kind, value = GAUGE, (<Gauge>cell).value
            if kind is not None and (<Cell>cell).samples and isfinite(value):
                samples = (<Cell>cell).samples
                del cells[context]
                stats.samples_flushed += samples
                name, host, tags = context.identity
                points = ((start, value),)
                yield new_tuple(Serie, (name, tags, host, kind, points, INTERVAL_S, b"", samples))
            else:
                zero_before = context.last_seen + expiry_s if counts else 0
                yield from closing.series(context, zero_before=zero_before)
            if (
                context.last_seen > second + INTERVAL_S
                or context.last_seen + lifetime_s < second
            ):
                self._expire(context, second)


cdef void split_line(const char *line, const char *end, Line *parts) noexcept nogil:
    cdef const char *bar = <const char *>memchr(line, c"|", end - line)
    parts.head_end = end if bar is NULL else bar
    parts.tail = end if bar is NULL else bar + 1
    cdef const char *colon = <const char *>memchr(line, c":", parts.head_end - line)
    parts.name = line
    parts.name_end = parts.head_end if colon is NULL else colon
    parts.value = parts.head_end if colon is NULL else colon + 1
    parts.end = end


cdef bytes raw_key_of(const Line *parts):
    """The name, a bar, and everything after the first bar."""
    cdef Py_ssize_t name_bytes = parts.name_end - parts.name
    cdef Py_ssize_t tail_bytes = parts.end - parts.tail
    cdef bytes key = PyBytes_FromStringAndSize(NULL, name_bytes + 1 + tail_bytes)
    cdef char *to = PyBytes_AS_STRING(key)
    memcpy(to, parts.name, name_bytes)
    to[name_bytes] = c"|"
    memcpy(to + name_bytes + 1, parts.tail, tail_bytes)
    return key


cdef int read_numbers(const char *text, const char *end, double *numbers) noexcept nogil:
    """How many plain decimals stand between colons in `text`; 0 when anything else does."""
    cdef int count = 0
    while count < NUMBERS_MAX:
        text = read_decimal(text, end, &numbers[count])
        if text is NULL:
            return 0
        count += 1
        if text == end:
            return count
        text += 1
    return 0


cdef const char *read_decimal(const char *text, const char *end, double *number) noexcept nogil:
    """Read [sign] digits ["." digits] up to `end` or a colon; where it ends, or NULL.

    At most 15 digits: then the whole number and the power of ten are exact, and their quotient,
    being rounded once, is the double nearest to the text, as Python's `float` has it.
    """
    cdef bint negative = False
    cdef uint64_t whole = 0
    cdef int digits = 0, fraction = -1
    if text < end and (text[0] == c"-" or text[0] == c"+"):
        negative = text[0] == c"-"
        text += 1
    while text < end and text[0] != c":":
        if c"0" <= text[0] <= c"9":
            whole = whole * 10 + <uint64_t>(text[0] - c"0")
            digits += 1
            if digits > DIGITS_MAX:
                return NULL
        elif text[0] == c"." and fraction < 0:
            fraction = digits
        else:
            return NULL
        text += 1
    if not digits:
        return NULL
    number[0] = <double>whole
    if fraction >= 0:
        number[0] /= POWERS_OF_TEN[digits - fraction]
    if negative:
        number[0] = -number[0]
    return text


cdef int read_one(const char *text, const char *end, double *number) except -1:
    """1 for one finite number as Python's `float` takes it, without white space around; else 0."""
    if text == end or text[0] <= c" " or (end - 1)[0] <= c" ":
        return 0
    try:
        number[0] = float(text[: end - text])
    except ValueError:
        return 0
    return -FLOAT_MAX <= number[0] <= FLOAT_MAX
