"""The compiled twin of the way of a span: what is done for every tag of every span.

What it does is written in `encode_chunk`; this file is only how that is done fast, and
`tests/twins` holds both against each other. What few spans have goes to the reference.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Next
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from cpython.object cimport PyObject
from libc.stdint cimport uint64_t
from libc.string cimport memcpy

from serverless_init.traces import encode_chunk

cdef extern from "Python.h":
    unsigned long long PyLong_AsUnsignedLongLongMask(object) except? <unsigned long long>-1
    const char *PyUnicode_AsUTF8AndSize(object, Py_ssize_t *) except NULL

cdef enum:
    VARINT_BYTES_MAX = 10
    DOUBLE_BYTES = 8
    KEPT_BYTES_MAX = 65536  # what a buffer keeps between chunks; a long one goes back

rare_fields = encode_chunk.rare_fields


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
    cdef int at
    for at in range(DOUBLE_BYTES):
        out[at] = <unsigned char>(bits >> (8 * at))
