"""Series as JSON (intake API v1): ``{"series":[{"metric","points":[[seconds,value]],...}]}``.

This API knows neither units, resources nor origins. One ``device:`` tag, the last that has a name,
becomes the device; what else would name a resource stays a tag.
"""

from math import isfinite

from serverless_init.model import Endpoint, PayloadKind, Serie, SerieKind
from serverless_init.serializer.json_text import json_text
from serverless_init.serializer.memo import Memo
from serverless_init.serializer.resources import DEVICE, resource_of
from serverless_init.serializer.split import Item, PayloadFormat
from serverless_init.serializer.utf8 import text

SERIES_V1 = Endpoint("series_v1", "/api/v1/series")
SERIES_V1_FORMAT = PayloadFormat(
    PayloadKind.SERIES,
    SERIES_V1,
    "application/json",
    header=b'{"series":[',
    separator=b",",
    footer=b"]}",
)

# What has no type is a gauge, as the API takes it.
_TYPES = {
    SerieKind.UNSPECIFIED: b"gauge",
    SerieKind.COUNT: b"count",
    SerieKind.RATE: b"rate",
    SerieKind.GAUGE: b"gauge",
}


class SeriesV1Encoder:
    """Encodes the series of one batch; the texts that they share are encoded once."""

    def __init__(self) -> None:
        self._names = Memo(_text)
        self._tags = Memo(_text)
        self._hosts = Memo(_text)
        self._devices = Memo(_text)

    def encode(self, serie: Serie) -> Item:
        """`serie` as one JSON object. Its values are finite, as the sampler makes them."""
        for memo in (self._names, self._tags, self._hosts, self._devices):
            memo.trim()
        tags, device = _lifted(serie.tags)
        parts = [
            b'{"metric":%b' % self._names[serie.name],
            b'"points":[%b]' % b",".join(b"[%d,%b]" % (t, _number(v)) for t, v in serie.points),
            b'"tags":[%b]' % b",".join(map(self._tags.__getitem__, tags)),
            b'"host":%b' % self._hosts[serie.host],
            b'"type":"%b"' % _TYPES[serie.kind],
            b'"interval":%d}' % serie.interval_s,
        ]
        if device:
            parts.insert(4, b'"device":%b' % self._devices[device])
        return Item(b",".join(parts), len(serie.points), serie.samples)


def _lifted(tags: tuple[bytes, ...]) -> tuple[tuple[bytes, ...], bytes]:
    """The tags without the one that names the device, and the device; it may be empty."""
    for index in range(len(tags) - 1, -1, -1):
        resource = resource_of(tags[index])
        if resource and resource[0] == DEVICE:
            return tags[:index] + tags[index + 1 :], resource[1]
    return tags, b""


def _text(raw: bytes) -> bytes:
    return json_text(text(raw))


def _number(value: float) -> bytes:
    """The shortest text that reads back as `value`; JSON has no words for what is not finite."""
    assert isfinite(value), "the sampler makes finite values only"
    return repr(value).removesuffix(".0").encode()
