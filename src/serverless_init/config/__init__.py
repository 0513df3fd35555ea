"""Floor 1: every setting, once, and how it gets its value. The module `describe` is loaded late.

So are the settings of what is built when the app already runs: half of them.
"""

from serverless_init.config.load import CONFIGURATION_FILES, Configuration, load, masked
from serverless_init.config.settings import (
    SIDECAR_DEFAULTS,
    DogStatsDSettings,
    RunSettings,
    TagSettings,
)
from serverless_init.config.settings_dogstatsd import (
    EOL_TRANSPORTS,
    OriginSettings,
    StatisticsSettings,
    TimestampSettings,
    TransportSettings,
)
from serverless_init.config.settings_logs import LogsDeliverySettings, LogsSettings
from serverless_init.config.settings_otlp import (
    OtlpMetricsSettings,
    OtlpSettings,
    OtlpTracesSettings,
)
from serverless_init.config.settings_platform import (
    InventorySettings,
    MicroVmSettings,
    PlatformSettings,
)
from serverless_init.config.settings_receiver import (
    PassingSettings,
    ReceiverSettings,
    TraceDeliverySettings,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from serverless_init.config.settings_enhanced import EnhancedSettings
    from serverless_init.config.settings_enrichment import NameSettings
    from serverless_init.config.settings_metrics import (
        AggregatorSettings,
        ForwarderSettings,
        SerializerSettings,
    )
    from serverless_init.config.settings_network import (
        IntakeSettings,
        NetworkSettings,
        StorageSettings,
    )
    from serverless_init.config.settings_traces import (
        ObfuscationSettings,
        SamplingSettings,
        TraceSettings,
        TraceStatsSettings,
    )
else:

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        import serverless_init.config.components as late

        return getattr(late, name)


__all__ = [
    "CONFIGURATION_FILES",
    "EOL_TRANSPORTS",
    "SIDECAR_DEFAULTS",
    "AggregatorSettings",
    "Configuration",
    "DogStatsDSettings",
    "EnhancedSettings",
    "ForwarderSettings",
    "IntakeSettings",
    "InventorySettings",
    "LogsDeliverySettings",
    "LogsSettings",
    "MicroVmSettings",
    "NameSettings",
    "NetworkSettings",
    "ObfuscationSettings",
    "OriginSettings",
    "OtlpMetricsSettings",
    "OtlpSettings",
    "OtlpTracesSettings",
    "PassingSettings",
    "PlatformSettings",
    "ReceiverSettings",
    "RunSettings",
    "SamplingSettings",
    "SerializerSettings",
    "StatisticsSettings",
    "StorageSettings",
    "TagSettings",
    "TimestampSettings",
    "TraceDeliverySettings",
    "TraceSettings",
    "TraceStatsSettings",
    "TransportSettings",
    "describe",
    "load",
    "masked",
]
