"""How a batch of each format is opened. Only what an intake takes is imported."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from serverless_init.config import SerializerSettings
from serverless_init.model import Origin, Serie, SketchSerie
from serverless_init.serializer.batch import Batch, RowBatch
from serverless_init.serializer.destinations import Format, Pass
from serverless_init.serializer.split import Codec, Limits, PayloadBuilder, PayloadFormat
from serverless_init.serializer.stats import SerializerStats

T = TypeVar("T")
Open = Callable[[], Batch[T]]


@dataclass(frozen=True, slots=True)
class Formats:
    """What all formats need. `v3_codec` is for columns, `codec` for the others."""

    settings: SerializerSettings
    codec: Codec
    v3_codec: Codec
    origin: Callable[[bytes], Origin | None]

    def series(self, one: Pass, stats: SerializerStats) -> Open[Serie]:
        """Opens batches of series of the format of `one`, for its intakes, counted in `stats`."""
        match one.format:
            case Format.V1:
                return self._series_v1(one, stats)
            case Format.V2:
                return self._series_v2(one, stats)
            case Format.V3:
                return self._series_v3(one, stats)

    def sketches(self, one: Pass, stats: SerializerStats) -> Open[SketchSerie]:
        """The same for distributions."""
        if one.format is Format.V3:
            return self._sketches_v3(one, stats)
        from serverless_init.serializer.sketches_v2 import SKETCHES_FORMAT, SketchEncoder

        build = self.rows(_for(one, SKETCHES_FORMAT), general_limits(self.settings), stats)
        return lambda: RowBatch(SketchEncoder(self.origin), build())

    def rows(
        self, form: PayloadFormat, limits: Limits, stats: SerializerStats
    ) -> Callable[[], PayloadBuilder]:
        """Makes builders of payloads in rows."""
        return lambda: PayloadBuilder(form, limits=limits, codec=self.codec, stats=stats)

    def _series_v1(self, one: Pass, stats: SerializerStats) -> Open[Serie]:
        from serverless_init.serializer.series_v1 import SERIES_V1_FORMAT, SeriesV1Encoder

        build = self.rows(_for(one, SERIES_V1_FORMAT), general_limits(self.settings), stats)
        return lambda: RowBatch(SeriesV1Encoder(), build())

    def _series_v2(self, one: Pass, stats: SerializerStats) -> Open[Serie]:
        from serverless_init.serializer.series_v2 import SERIES_FORMAT, SeriesEncoder

        build = self.rows(_for(one, SERIES_FORMAT), series_limits(self.settings), stats)
        return lambda: RowBatch(SeriesEncoder(self.origin), build())

    def _series_v3(self, one: Pass, stats: SerializerStats) -> Open[Serie]:
        from serverless_init.serializer.series_v3 import SeriesRows, series_v3_format
        from serverless_init.serializer.split_columns import ColumnBatch

        settings = self.settings
        beta_route = settings.v3_beta_route if settings.v3_use_beta else ""
        form, limits = _for(one, series_v3_format(beta_route)), series_limits(settings)
        return lambda: ColumnBatch(
            form,
            lambda columns: SeriesRows(columns, self.origin),
            limits=limits,
            codec=self.v3_codec,
            stats=stats,
        )

    def _sketches_v3(self, one: Pass, stats: SerializerStats) -> Open[SketchSerie]:
        from serverless_init.serializer.series_v3 import SKETCHES_V3_FORMAT, SketchRows
        from serverless_init.serializer.split_columns import ColumnBatch

        form, limits = _for(one, SKETCHES_V3_FORMAT), series_limits(self.settings)
        return lambda: ColumnBatch(
            form,
            lambda columns: SketchRows(columns, self.origin),
            limits=limits,
            codec=self.v3_codec,
            stats=stats,
        )


def series_limits(settings: SerializerSettings) -> Limits:
    """The limits of v2 series, and of everything in columns."""
    return Limits(
        compressed_bytes_max=settings.series_bytes_max,
        uncompressed_bytes_max=settings.series_uncompressed_bytes_max,
        points_max=settings.series_points_max,
    )


def general_limits(settings: SerializerSettings) -> Limits:
    """The limits of all others."""
    return Limits(
        compressed_bytes_max=settings.payload_bytes_max,
        uncompressed_bytes_max=settings.payload_uncompressed_bytes_max,
    )


def _for(one: Pass, form: PayloadFormat) -> PayloadFormat:
    return replace(form, destinations=one.urls)
