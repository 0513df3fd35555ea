"""The compiled twin of the way of a span: what is done for every tag of every span.

What it does is written in `decode`, `concentrate` and `encode_chunk`; this file is only how that is done fast, and
`tests/twins` holds both against each other. A request that is not what nearly every tracer sends is
left to the reference as a whole, so this file forgives nothing and names no refusal. What few spans
have goes to the reference too.
"""

cimport cython
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_GetItem, PyDict_Next
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from cpython.unicode cimport PyUnicode_DecodeUTF8
from libc.math cimport floor, log
from libc.stdint cimport INT32_MAX, INT64_MAX, int8_t, int16_t, int32_t, int64_t, uint32_t, uint64_t
from libc.string cimport memcmp, memcpy

import msgspec

from serverless_init.errors import Undecodable
from serverless_init.model import Span, TraceChunk
from serverless_init.traces import (
    concentrate,
    decode,
    encode_chunk,
    filters,
    harmless,
    normalize,
    sketch,
    span_stats,
    tags,
    toplevel,
)
from serverless_init.traces import truncate as reference_truncate
from serverless_init.traces.decode import lenient, wire
from serverless_init.traces.obfuscate import obfuscator

cdef extern from "Python.h":
    unsigned long long PyLong_AsUnsignedLongLongMask(object) except? <unsigned long long>-1
    const char *PyUnicode_AsUTF8AndSize(object, Py_ssize_t *) except NULL
    bint PyUnicode_IS_COMPACT_ASCII(PyObject *)
    Py_ssize_t PyUnicode_GET_LENGTH(PyObject *)
    Py_UCS4 PyUnicode_READ_CHAR(PyObject *, Py_ssize_t)
    void *PyUnicode_DATA(PyObject *)

cdef extern from "endian.h" nogil:
    uint64_t be64toh(uint64_t)
    uint64_t htole64(uint64_t)

cdef enum:
    SPANS_AT_A_TIME = 1024
    DEPTH_MAX = 32  # of what is skipped; deeper things are the reference's
    TEXTS = 1024  # a power of two
    TEXT_BYTES_MAX = 128
    VARINT_BYTES_MAX = 10
    DOUBLE_BYTES = 8
    KEPT_BYTES_MAX = 65536  # what a buffer keeps between chunks; a long one goes back

# The fields of a span on the wire.
cdef enum:
    SERVICE, NAME, RESOURCE, TYPE,
    TRACE_ID, SPAN_ID, PARENT_ID, START, DURATION, ERROR,
    META, METRICS, META_STRUCT, LINKS, EVENTS,
    FIELDS,
    UNKNOWN,

cdef uint64_t HASH_FACTOR = 0x9E3779B97F4A7C15
cdef Py_ssize_t SPANS_MAX = wire.SPANS_MAX
cdef Py_ssize_t SPAN_BYTES_MIN = wire.SPAN_BYTES_MIN
cdef tuple ATTRIBUTES = (
    "service", "name", "resource", "type", "trace_id", "span_id", "parent_id", "start_ns",
    "duration_ns", "error", "meta", "metrics", "meta_struct", "links", "events",
)
cdef list ABSENT = ["", "", "", "", 0, 0, 0, 0, 0, 0, None, None, None, None, None]

# Of the types 0xca to 0xd3: two floats, four unsigned and four signed numbers.
cdef int[10] NUMBER_BYTES = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8]

# Short text that was read last, each in the place of its hash: most text is that of the span before.
# No result depends on it.
cdef PyObject *KNOWN_TEXTS[TEXTS]

cdef int SIGNIFICANT_BITS = sketch.SIGNIFICANT_BITS
cdef double LN_GAMMA = sketch.LN_GAMMA
cdef str HTTP_STATUS = tags.HTTP_STATUS, MEASURED = tags.MEASURED, SPAN_KIND = tags.SPAN_KIND
cdef str PARTIAL_VERSION = tags.PARTIAL_VERSION, SERVICE_SOURCE = tags.SERVICE_SOURCE
cdef str TOP_LEVEL = tags.TOP_LEVEL, HTTP_URL = tags.HTTP_URL
cdef str TRACE_ID_UPPER = tags.TRACE_ID_UPPER, PEER_SERVICE = tags.PEER_SERVICE
cdef str SERVICE_BASE = tags.SERVICE_BASE, ENV = normalize.ENV
cdef str REMOTE_HOST = filters.REMOTE_HOST, ADDRESS_ASKED = filters.ADDRESS_ASKED
cdef Py_ssize_t TYPE_CHARACTERS_MAX = normalize.TYPE_BYTES_SAFE
cdef Py_ssize_t KEY_CHARACTERS_MAX = reference_truncate.KEY_SAFE
cdef Py_ssize_t VALUE_CHARACTERS_MAX = reference_truncate.VALUE_SAFE
cdef Py_ssize_t CARD_CHARACTERS_MIN = obfuscator.CARD_CHARACTERS_MIN
cdef object YEAR_2000_NS = normalize.YEAR_2000_NS, TIME_NS_MAX = normalize.INT64_MAX
cdef frozenset COUNTED_KINDS = span_stats.COUNTED_KINDS, GRPC_KEYS = span_stats.GRPC_KEYS
cdef frozenset TALKING_KINDS = span_stats.TALKING_KINDS

is_own_traffic = filters.is_own_traffic
is_http_status = normalize.is_http_status
decode_tree = msgspec.msgpack.decode
rare_fields = encode_chunk.rare_fields


class NotTaken(Exception):
    """Something that is for the reference."""


cdef tuple NOT_TAKEN = (NotTaken, Undecodable, *wire.REFUSED)


def decode_v04(bytes body):
    """See `decode.decode_v04`."""
    try:
        return Reader(body).chunks()
    except NOT_TAKEN:
        return decode.decode_v04(body)


cdef class Reader:
    """Reads one request from the front; every byte is asked for before it is looked at."""

    cdef bytes body
    cdef const unsigned char *at
    cdef const unsigned char *end
    cdef uint64_t spans_left

    def __init__(self, bytes body):
        self.body = body
        self.at = <const unsigned char *>PyBytes_AS_STRING(body)
        self.end = self.at + PyBytes_GET_SIZE(body)
        self.spans_left = min(SPANS_MAX, PyBytes_GET_SIZE(body) // SPAN_BYTES_MIN + 1)

    cdef list chunks(self):
        """An array of arrays of spans, and nothing after it."""
        cdef list chunks = []
        cdef uint64_t count = self.array_length()
        while count:
            chunks.append(TraceChunk(self.spans()))
            count -= 1
        if self.at != self.end:
            raise NotTaken
        return chunks

    cdef list spans(self):
        cdef list spans = []
        cdef uint64_t count = self.array_length()
        if count > self.spans_left:
            raise NotTaken
        self.spans_left -= count
        while count:
            spans.append(self.span())
            count -= 1
            if count % SPANS_AT_A_TIME == 0:
                with nogil:  # other threads have their turn
                    pass
        return spans

    cdef object span(self):
        cdef list values = ABSENT[:]
        cdef uint64_t name_bytes, count = self.map_length()
        cdef const unsigned char *name
        cdef Py_ssize_t field
        while count:
            name_bytes = self.text_length(self.first())
            name = self.take(name_bytes)
            field = field_of(<const char *>name, name_bytes)
            if field == UNKNOWN:
                self.skip(0)
            else:
                values[field] = self.value(field)
            count -= 1
        return span_of(values)

    cdef object value(self, Py_ssize_t field):
        """What stands there for `field`; nil is the zero of every type."""
        if self.at < self.end and self.at[0] == 0xc0:
            self.at += 1
            return ABSENT[field]
        if field <= TYPE:
            return self.text()
        if field <= ERROR:
            return self.whole(field)
        if field == META:
            return self.tags()
        if field == METRICS:
            return self.metrics()
        if field == META_STRUCT:
            return self.structs()
        return self.tree(field)

    cdef object text(self):
        cdef uint64_t count = self.text_length(self.first())
        return text_of(self.take(count), count)

    cdef object whole(self, Py_ssize_t field):
        """A whole number in the range of `field`; identifiers have none."""
        cdef bint negative = False
        cdef uint64_t bits = self.integer(self.first(), &negative)
        cdef int64_t signed = <int64_t>bits
        if field <= PARENT_ID:
            return bits
        if not negative and bits > <uint64_t>INT64_MAX:
            raise NotTaken
        if field == ERROR and not -INT32_MAX - 1 <= signed <= INT32_MAX:
            raise NotTaken
        return signed

    cdef dict tags(self):
        cdef dict tags = {}
        cdef uint64_t count = self.map_length()
        while count:
            key = self.text()
            tags[key] = self.text()
            count -= 1
        return tags

    cdef dict metrics(self):
        cdef dict metrics = {}
        cdef uint64_t count = self.map_length()
        while count:
            key = self.text()
            metrics[key] = self.number()
            count -= 1
        return metrics

    cdef dict structs(self):
        """Encoded values; None when there are none."""
        cdef dict structs = {}
        cdef uint64_t size, count = self.map_length()
        while count:
            key = self.text()
            size = self.sized(self.first(), 0xc4)
            structs[key] = (<const char *>self.take(size))[:size]
            count -= 1
        return structs or None

    cdef object tree(self, Py_ssize_t field):
        """Links or events, which the library and the reference read."""
        cdef const unsigned char *start = self.at
        self.skip(0)
        tree = decode_tree((<const char *>start)[: self.at - start])
        if type(tree) is not list:
            raise NotTaken
        return lenient.links(tree) if field == LINKS else lenient.events(tree)

    cdef double number(self) except? -1:
        """Any number but a truth value."""
        cdef bint negative = False
        cdef uint64_t bits
        cdef uint32_t few_bits
        cdef double number
        cdef float short_number
        cdef int first = self.first()
        if first == 0xcb:
            bits = self.big_endian(8)
            memcpy(&number, &bits, sizeof(number))
            return number
        if first == 0xca:
            few_bits = <uint32_t>self.big_endian(4)
            memcpy(&short_number, &few_bits, sizeof(short_number))
            return short_number
        bits = self.integer(first, &negative)
        return <double><int64_t>bits if negative else <double>bits

    cdef uint64_t integer(self, int first, bint *negative) except? 0:
        """A whole number's 64 bits, which are its two's complement when it is negative."""
        cdef int64_t signed
        if first < 0x80:
            return first
        if 0xcc <= first <= 0xcf:
            return self.big_endian(1 << (first - 0xcc))
        if first >= 0xe0:
            signed = <int8_t>first
        elif first == 0xd0:
            signed = <int8_t>self.big_endian(1)
        elif first == 0xd1:
            signed = <int16_t>self.big_endian(2)
        elif first == 0xd2:
            signed = <int32_t>self.big_endian(4)
        elif first == 0xd3:
            signed = <int64_t>self.big_endian(8)
        else:
            raise NotTaken
        negative[0] = signed < 0
        return <uint64_t>signed

    cdef uint64_t text_length(self, int first) except? 0:
        return first & 0x1f if first & 0xe0 == 0xa0 else self.sized(first, 0xd9)

    cdef uint64_t array_length(self) except? 0:
        cdef int first = self.first()
        if first & 0xf0 == 0x90:
            return first & 0x0f
        return self.counted(first, 0xdc)

    cdef uint64_t map_length(self) except? 0:
        cdef int first = self.first()
        if first & 0xf0 == 0x80:
            return first & 0x0f
        return self.counted(first, 0xde)

    cdef uint64_t sized(self, int first, int smallest) except? 0:
        """A length of 1, 2 or 4 bytes, whose type begins with the byte `smallest`."""
        if not smallest <= first <= smallest + 2:
            raise NotTaken
        return self.big_endian(1 << (first - smallest))

    cdef uint64_t counted(self, int first, int smaller) except? 0:
        """A length of 2 or 4 bytes."""
        if not smaller <= first <= smaller + 1:
            raise NotTaken
        return self.big_endian(2 << (first - smaller))

    cdef int skip(self, int depth) except -1:
        """Pass over one value."""
        cdef int first = self.first()
        cdef uint64_t count = 0
        if depth > DEPTH_MAX:
            raise NotTaken
        if first < 0x80 or first >= 0xe0 or first == 0xc0 or first == 0xc2 or first == 0xc3:
            return 0
        if first & 0xe0 == 0xa0 or 0xd9 <= first <= 0xdb:
            self.take(self.text_length(first))
        elif 0xc4 <= first <= 0xc6:
            self.take(self.sized(first, 0xc4))
        elif 0xca <= first <= 0xd3:
            self.take(NUMBER_BYTES[first - 0xca])
        else:
            self.at -= 1
            if first & 0xf0 == 0x90 or first == 0xdc or first == 0xdd:
                count = self.array_length()
            else:
                count = 2 * self.map_length()
        while count:
            self.skip(depth + 1)
            count -= 1
        return 0

    cdef uint64_t big_endian(self, int count) except? 0:
        cdef const unsigned char *taken = self.take(count)
        cdef uint64_t number = 0
        memcpy(<char *>&number + sizeof(number) - count, taken, count)
        return be64toh(number)

    cdef int first(self) except -1:
        return self.take(1)[0]

    cdef const unsigned char *take(self, uint64_t count) except NULL:
        """The next `count` bytes, all of which are there."""
        cdef const unsigned char *taken = self.at
        if count > <uint64_t>(self.end - taken):
            raise NotTaken
        self.at += count
        return taken


cdef object span_of(list values):
    """A span with these `ATTRIBUTES`."""
    if values[META] is None:
        values[META] = {}
    if values[METRICS] is None:
        values[METRICS] = {}
    span = Span.__new__(Span)
    cdef Py_ssize_t at
    for at in range(FIELDS):
        setattr(span, <str>ATTRIBUTES[at], values[at])
    return span


cdef Py_ssize_t field_of(const char *name, uint64_t count) noexcept:
    if count == 4:
        if not memcmp(name, "meta", 4):
            return META
        if not memcmp(name, "name", 4):
            return NAME
        if not memcmp(name, "type", 4):
            return TYPE
    elif count == 5:
        if not memcmp(name, "start", 5):
            return START
        if not memcmp(name, "error", 5):
            return ERROR
    elif count == 7:
        if not memcmp(name, "service", 7):
            return SERVICE
        if not memcmp(name, "span_id", 7):
            return SPAN_ID
        if not memcmp(name, "metrics", 7):
            return METRICS
    elif count == 8:
        if not memcmp(name, "resource", 8):
            return RESOURCE
        if not memcmp(name, "trace_id", 8):
            return TRACE_ID
        if not memcmp(name, "duration", 8):
            return DURATION
    elif count == 9:
        if not memcmp(name, "parent_id", 9):
            return PARENT_ID
    elif count == 10:
        if not memcmp(name, "span_links", 10):
            return LINKS
    elif count == 11:
        if not memcmp(name, "meta_struct", 11):
            return META_STRUCT
        if not memcmp(name, "span_events", 11):
            return EVENTS
    return UNKNOWN


cdef object text_of(const unsigned char *data, Py_ssize_t count):
    """Text of valid UTF-8, or UnicodeDecodeError."""
    if count > TEXT_BYTES_MAX:
        return PyUnicode_DecodeUTF8(<const char *>data, count, NULL)
    cdef PyObject **place = &KNOWN_TEXTS[place_of(data, count)]
    cdef PyObject *known = place[0]
    if known is not NULL and PyUnicode_GET_LENGTH(known) == count:
        if not memcmp(PyUnicode_DATA(known), data, count):
            return <object>known
    text = PyUnicode_DecodeUTF8(<const char *>data, count, NULL)
    if PyUnicode_IS_COMPACT_ASCII(<PyObject *>text):
        Py_INCREF(text)
        known = place[0]
        place[0] = <PyObject *>text
        Py_XDECREF(known)
    return text


cdef Py_ssize_t place_of(const unsigned char *data, Py_ssize_t count) noexcept nogil:
    cdef uint64_t mixed = count, word
    while count >= 8:
        memcpy(&word, data, 8)
        mixed = (mixed ^ word) * HASH_FACTOR
        mixed ^= mixed >> 32
        data += 8
        count -= 8
    word = 0
    memcpy(&word, data, count)
    mixed = (mixed ^ word) * HASH_FACTOR
    return (mixed >> 48) & (TEXTS - 1)


def has_own_traffic(list spans):
    """See `filters.has_own_traffic`."""
    cdef dict meta
    for span in spans:
        meta = span.meta
        if HTTP_URL in meta or REMOTE_HOST in meta or ADDRESS_ASKED in meta:
            if is_own_traffic(span):
                return True
    return False


class Normalizer(normalize.Normalizer):
    """See `normalize.Normalizer`. What is not right already goes to the reference."""

    def defect(self, list spans):
        """See `normalize.Normalizer.defect`."""
        cdef dict meta
        cdef set ids = set()
        cdef PyObject *own
        trace_id, upper = spans[0].trace_id, None
        for span in spans:
            meta = span.meta
            if not span.trace_id or span.trace_id != trace_id or not span.span_id:
                return super().defect(spans)
            ids.add(span.span_id)
            own = PyDict_GetItem(meta, TRACE_ID_UPPER)
            if own is not NULL:
                if upper is not None and <object>own != upper:
                    return super().defect(spans)
                upper = <object>own
        return None if len(ids) == len(spans) else super().defect(spans)

    def normalize(self, list spans, language, now_ns):
        """See `normalize.Normalizer.normalize`."""
        cdef bint is_changing_names = self._component_is_name
        self.trim()
        names, services, tag_values = self._names, self._services, self._tag_values
        cdef dict meta
        for span in spans:
            if (
                is_changing_names
                or not is_itself(services, span.service)
                or not is_itself(names, span.name)
                or not is_usual(span)
            ):
                self.normalize_span(span, language, now_ns)
                continue
            meta = span.meta
            if not are_usual(meta, services, tag_values):
                self.normalize_meta(meta)


cdef bint is_itself(known, str text) except -1:
    """Whether `text`, which is not empty, is known to be right as it is."""
    cdef PyObject *normal = PyDict_GetItem(known, text)
    if normal is NULL or not text:
        return False
    return <object>normal is text or <str><object>normal == text


cdef bint is_usual(span) except -1:
    """Whether `span` needs no look at more than its names and tags."""
    cdef str kind = span.type
    if not span.resource or span.links or len(kind) > TYPE_CHARACTERS_MAX:
        return False
    if span.parent_id == span.span_id:
        return False
    start_ns, duration_ns = span.start_ns, span.duration_ns
    return start_ns >= YEAR_2000_NS and duration_ns >= 0 and start_ns + duration_ns <= TIME_NS_MAX


cdef bint are_usual(dict meta, services, tag_values) except -1:
    """Whether those tags for which there are rules are known to be right as they are."""
    cdef PyObject *value = PyDict_GetItem(meta, ENV)
    if value is not NULL and not is_itself(tag_values, <str><object>value):
        return False
    value = PyDict_GetItem(meta, PEER_SERVICE)
    if value is not NULL and not is_itself(services, <str><object>value):
        return False
    value = PyDict_GetItem(meta, SERVICE_BASE)
    if value is not NULL and not is_itself(services, <str><object>value):
        return False
    value = PyDict_GetItem(meta, HTTP_STATUS)
    return value is NULL or is_http_status(<str><object>value)


class HarmlessTags(harmless.HarmlessTags):
    """See `harmless.HarmlessTags`. Most tags are harmless at first sight: they are not remembered."""

    def has_all(self, dict meta):
        """See `harmless.HarmlessTags.has_all`."""
        return are_harmless(meta) or super().has_all(meta)


cdef bint are_harmless(dict meta) except -1:
    """Whether every tag is short, and none begins like the number of a card and is as long."""
    cdef Py_ssize_t at = 0, count
    cdef PyObject *key
    cdef PyObject *value
    cdef Py_UCS4 first
    while PyDict_Next(meta, &at, &key, &value):
        if not isinstance(<object>key, str) or not isinstance(<object>value, str):
            return False
        count = PyUnicode_GET_LENGTH(value)
        if PyUnicode_GET_LENGTH(key) > KEY_CHARACTERS_MAX or count > VALUE_CHARACTERS_MAX:
            return False
        if count >= CARD_CHARACTERS_MIN:
            first = PyUnicode_READ_CHAR(value, 0)
            if c"0" <= first <= c"9" or first == c" " or first == c"-":
                return False
    return True


def truncate(span, Py_ssize_t resource_bytes_max=reference_truncate.RESOURCE_BYTES_MAX):
    """See `truncate.truncate`."""
    cdef str resource = span.resource
    cdef dict metrics = span.metrics
    cdef Py_ssize_t at = 0
    cdef PyObject *key
    cdef PyObject *value
    cdef bint is_short = len(resource) * 4 <= resource_bytes_max
    while is_short and PyDict_Next(metrics, &at, &key, &value):
        is_short = len(<str?><object>key) <= KEY_CHARACTERS_MAX
    if not is_short:
        reference_truncate.truncate(span, resource_bytes_max)


def root_of(list spans):
    """See `toplevel.root_of`."""
    for span in reversed(spans):
        if not span.parent_id:
            return span
    return toplevel.root_of(spans)


def mark_top_level(list spans):
    """See `toplevel.mark_top_level`."""
    cdef dict services = {}
    cdef PyObject *service
    cdef bint is_top_level
    for span in spans:
        services[span.span_id] = span.service
    for span in spans:
        is_top_level = not span.parent_id
        if not is_top_level:
            service = PyDict_GetItem(services, span.parent_id)
            is_top_level = service is NULL or <object>service != span.service
        if is_top_level:
            (<dict>span.metrics)[TOP_LEVEL] = 1.0


class Concentrator(concentrate.Concentrator):
    """See `concentrate.Concentrator`."""

    _group = Group

    def add(self, list spans, root, sender, origin, int64_t now_ns):
        """See `concentrate.Concentrator.add`."""
        cdef bint is_synthetic = origin.startswith(concentrate.SYNTHETICS)
        cdef double weight = concentrate.weight_of(root)
        cdef bint by_kind = self._by_kind
        cdef int64_t width_ns = self._width_ns, oldest_ns = self._oldest_ns
        cdef int64_t end_ns, start_ns, last_ns = -1
        cdef long long counted = 0
        cdef dict groups = None, meta, metrics
        keys = self._keys
        keys.trim()
        for span in spans:
            meta, metrics = span.meta, span.metrics
            if not is_counted(meta, metrics, by_kind):
                continue
            end_ns = <int64_t>span.start_ns + <int64_t>span.duration_ns
            start_ns = min(end_ns, now_ns)
            start_ns = max(start_ns - start_ns % width_ns, oldest_ns)
            if groups is None or start_ns != last_ns:
                last_ns = start_ns
                groups = self._buckets.setdefault(start_ns, {}).setdefault(sender, {})
            key = key_of(keys, span, meta, metrics, is_synthetic)
            group = groups.get(key)
            if group is None:
                group = self._new_group(start_ns, groups, key)
            if group is not None:
                (<Group>group).add(span, metrics, weight)
                counted += 1
        self.stats.spans_counted += counted


@cython.final
cdef class Group:
    """See `concentrate.Group`."""

    cdef readonly double hits, errors, top_level_hits, duration
    cdef readonly object ok_sketch, error_sketch

    def __init__(self):
        self.ok_sketch = sketch.DurationSketch()
        self.error_sketch = sketch.DurationSketch()

    cdef int add(self, span, dict metrics, double weight) except -1:
        cdef int64_t duration_ns = span.duration_ns
        self.hits += weight
        self.duration += <double>duration_ns * weight
        if is_one(metrics, TOP_LEVEL):
            self.top_level_hits += weight
        if span.error:
            self.errors += weight
            insert(self.error_sketch, duration_ns)
        else:
            insert(self.ok_sketch, duration_ns)
        return 0


cdef int insert(durations, int64_t duration_ns) except -1:
    """See `sketch.DurationSketch.insert`."""
    cdef int64_t truncated = duration_ns
    cdef int excess = 0
    if duration_ns <= 0:
        durations.zeros += 1
        return 0
    while truncated >> SIGNIFICANT_BITS:
        truncated >>= 1
        excess += 1
    cdef int index = <int>floor(log(<double>(truncated << excess)) / LN_GAMMA)
    cdef dict bins = durations.bins
    cdef PyObject *count = PyDict_GetItem(bins, index)
    bins[index] = 1 if count is NULL else <object>count + 1
    return 0


cdef bint is_counted(dict meta, dict metrics, bint by_kind) except -1:
    """See `span_stats.is_counted`."""
    cdef PyObject *version = PyDict_GetItem(metrics, PARTIAL_VERSION)
    if version is not NULL and <object>version >= 0:
        return False
    if is_one(metrics, TOP_LEVEL) or is_one(metrics, MEASURED):
        return True
    if not by_kind:
        return False
    cdef PyObject *kind = PyDict_GetItem(meta, SPAN_KIND)
    return kind is not NULL and (<object>kind).lower() in COUNTED_KINDS


cdef bint is_one(dict metrics, str key) except -1:
    cdef PyObject *value = PyDict_GetItem(metrics, key)
    return value is not NULL and <object>value == 1


cdef tuple key_of(keys, span, dict meta, dict metrics, bint is_synthetic):
    """See `span_stats.KeyReader.key`."""
    shape = keys.shapes[tuple(meta)]
    cdef str kind = meta.get(SPAN_KIND, "")
    cdef object status = 0, grpc_status = "", read_peers = shape.read_peers, peers = ()
    if read_peers is not None:
        if kind in TALKING_KINDS:
            peers = keys.peer_sets[shape.peers, read_peers(meta)]
        else:
            peers = keys.peers(meta, kind, shape)
    if shape.has_http_status or HTTP_STATUS in metrics:
        status = span_stats.http_status(span)
    if shape.has_grpc_status or not GRPC_KEYS.isdisjoint(metrics):
        grpc_status = span_stats.grpc_status(span)
    return (
        span.service,
        span.name,
        span.resource,
        span.type,
        kind,
        status,
        is_synthetic,
        peers,
        keys.primary(meta, shape) if shape.primary else (),
        meta.get(SERVICE_SOURCE, ""),
        not span.parent_id,
        grpc_status,
    )


cdef class Buffer:
    """Bytes in the making. What is appended may raise MemoryError and nothing else."""

    cdef unsigned char *start
    cdef Py_ssize_t size
    cdef Py_ssize_t room

    def __dealloc__(self):
        PyMem_Free(self.start)

    cdef unsigned char *reserve(self, Py_ssize_t count) except NULL:
        """Where the next `count` bytes may be written; the caller moves `size`."""
        cdef Py_ssize_t wanted
        if self.room - self.size < count:
            wanted = 2 * (self.size + count)
            grown = <unsigned char *>PyMem_Realloc(self.start, wanted)
            if grown is NULL:
                raise MemoryError
            self.start = grown
            self.room = wanted
        return self.start + self.size

    cdef int append(self, const void *data, Py_ssize_t count) except -1:
        memcpy(self.reserve(count + 1), data, count)
        self.size += count
        return 0

    cdef int clear(self) except -1:
        """Forget the content, and the memory of a long one."""
        self.size = 0
        if self.room > KEPT_BYTES_MAX:
            PyMem_Free(self.start)
            self.start = NULL
            self.room = 0
        return 0


cdef class ChunkEncoder:
    """See `encode_chunk.ChunkEncoder`."""

    cdef Buffer chunk
    cdef Buffer span

    def __init__(self):
        self.chunk = Buffer()
        self.span = Buffer()

    def encode(self, chunk):
        """See `encode_chunk.ChunkEncoder.encode`."""
        self.chunk.clear()
        self.span.clear()
        write_integer(self.chunk, 0x08, chunk.priority)
        write_string(self.chunk, 0x12, chunk.origin)
        for span in chunk.spans:
            self.span.size = 0
            write_span(self.span, span)
            write_delimited(self.chunk, 0x1a, self.span.start, self.span.size)
        write_tags(self.chunk, 0x22, chunk.tags)
        write_integer(self.chunk, 0x28, chunk.is_dropped)
        return PyBytes_FromStringAndSize(<char *>self.chunk.start, self.chunk.size)


cdef int write_span(Buffer to, span) except -1:
    write_string(to, 0x0a, span.service)
    write_string(to, 0x12, span.name)
    write_string(to, 0x1a, span.resource)
    write_string(to, 0x62, span.type)
    write_number(to, 0x20, span.trace_id)
    write_number(to, 0x28, span.span_id)
    write_integer(to, 0x30, span.parent_id)
    write_number(to, 0x38, span.start_ns)
    write_number(to, 0x40, span.duration_ns)
    write_integer(to, 0x48, span.error)
    write_tags(to, 0x52, span.meta)
    write_metrics(to, span.metrics)
    cdef bytes rare
    if span.meta_struct or span.links or span.events:
        rare = rare_fields(span)
        to.append(PyBytes_AS_STRING(rare), PyBytes_GET_SIZE(rare))
    return 0


cdef int write_tags(Buffer to, unsigned char key, dict tags) except -1:
    """Entries of a map from text to text."""
    cdef Py_ssize_t at = 0, name_bytes, value_bytes, entry_bytes
    cdef PyObject *name
    cdef PyObject *value
    cdef const char *name_text
    cdef const char *value_text
    cdef unsigned char *out
    while PyDict_Next(tags, &at, &name, &value):
        name_held = encodable(<object>name)
        value_held = encodable(<object>value)
        name_text = PyUnicode_AsUTF8AndSize(name_held, &name_bytes)
        value_text = PyUnicode_AsUTF8AndSize(value_held, &value_bytes)
        entry_bytes = varint_bytes(name_bytes) + name_bytes + varint_bytes(value_bytes) + value_bytes
        entry_bytes += 2
        out = to.reserve(1 + VARINT_BYTES_MAX + entry_bytes)
        out[0] = key
        out = put_varint(out + 1, entry_bytes)
        out[0] = 0x0a
        out = put_varint(out + 1, name_bytes)
        memcpy(out, name_text, name_bytes)
        out += name_bytes
        out[0] = 0x12
        out = put_varint(out + 1, value_bytes)
        memcpy(out, value_text, value_bytes)
        to.size = out + value_bytes - to.start
    return 0


cdef int write_metrics(Buffer to, dict metrics) except -1:
    """Entries of the map from text to numbers."""
    cdef Py_ssize_t at = 0, name_bytes, entry_bytes
    cdef PyObject *name
    cdef PyObject *value
    cdef const char *name_text
    cdef unsigned char *out
    cdef double number
    while PyDict_Next(metrics, &at, &name, &value):
        name_held = encodable(<object>name)
        number = <object>value
        name_text = PyUnicode_AsUTF8AndSize(name_held, &name_bytes)
        entry_bytes = 1 + varint_bytes(name_bytes) + name_bytes + 1 + DOUBLE_BYTES
        out = to.reserve(1 + VARINT_BYTES_MAX + entry_bytes)
        out[0] = 0x5a
        out = put_varint(out + 1, entry_bytes)
        out[0] = 0x0a
        out = put_varint(out + 1, name_bytes)
        memcpy(out, name_text, name_bytes)
        out += name_bytes
        out[0] = 0x11
        put_double(out + 1, number)
        to.size = out + 1 + DOUBLE_BYTES - to.start
    return 0


cdef int write_string(Buffer to, unsigned char key, text) except -1:
    """A string field; nothing when it is empty."""
    cdef Py_ssize_t count
    held = encodable(text)
    cdef const char *data = PyUnicode_AsUTF8AndSize(held, &count)
    if count:
        write_delimited(to, key, data, count)
    return 0


cdef int write_delimited(Buffer to, unsigned char key, const void *data, Py_ssize_t count) except -1:
    cdef unsigned char *out = to.reserve(1 + VARINT_BYTES_MAX + count)
    out[0] = key
    out = put_varint(out + 1, count)
    if count:
        memcpy(out, data, count)
    to.size = out + count - to.start
    return 0


cdef int write_integer(Buffer to, unsigned char key, value) except -1:
    """A varint field; nothing when it is 0."""
    if value:
        write_number(to, key, value)
    return 0


cdef int write_number(Buffer to, unsigned char key, value) except -1:
    """A varint field, also when it is 0."""
    cdef uint64_t number = PyLong_AsUnsignedLongLongMask(value)
    cdef unsigned char *out = to.reserve(1 + VARINT_BYTES_MAX)
    out[0] = key
    to.size = put_varint(out + 1, number) - to.start
    return 0


cdef object encodable(text):
    """`text`, or what stands for it when half a surrogate pair is in it."""
    cdef Py_ssize_t count
    if isinstance(text, str) and PyUnicode_IS_COMPACT_ASCII(<PyObject *>text):
        return text
    try:
        PyUnicode_AsUTF8AndSize(text, &count)
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


cdef unsigned char *put_varint(unsigned char *out, uint64_t value) noexcept nogil:
    """Write at most ten bytes; where they end."""
    while value > 0x7f:
        out[0] = <unsigned char>(value & 0x7f | 0x80)
        value >>= 7
        out += 1
    out[0] = <unsigned char>value
    return out + 1


cdef Py_ssize_t varint_bytes(uint64_t value) noexcept nogil:
    cdef Py_ssize_t count = 1
    while value > 0x7f:
        value >>= 7
        count += 1
    return count


cdef void put_double(unsigned char *out, double number) noexcept nogil:
    """In little-endian order, whatever the machine's is."""
    cdef uint64_t bits
    memcpy(&bits, &number, DOUBLE_BYTES)
    bits = htole64(bits)
    memcpy(out, &bits, DOUBLE_BYTES)
