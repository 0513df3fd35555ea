"""All settings, in the order of the reference page. Imported when the app is running."""

from serverless_init.config.declare import Settings
from serverless_init.config.settings import DogStatsDSettings, RunSettings, TagSettings
from serverless_init.config.settings_dogstatsd import (
    OriginSettings,
    StatisticsSettings,
    TimestampSettings,
    TransportSettings,
)
from serverless_init.config.settings_enhanced import EnhancedSettings
from serverless_init.config.settings_enrichment import NameSettings
from serverless_init.config.settings_logs import LogsDeliverySettings, LogsSettings
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
from serverless_init.config.settings_traces import (
    ObfuscationSettings,
    SamplingSettings,
    TraceSettings,
    TraceStatsSettings,
)

COMPONENTS: tuple[type[Settings], ...] = (
    RunSettings,
    PlatformSettings,
    MicroVmSettings,
    InventorySettings,
    TagSettings,
    DogStatsDSettings,
    TransportSettings,
    TimestampSettings,
    StatisticsSettings,
    NameSettings,
    OriginSettings,
    AggregatorSettings,
    SerializerSettings,
    LogsSettings,
    EnhancedSettings,
    ForwarderSettings,
    LogsDeliverySettings,
    IntakeSettings,
    StorageSettings,
    NetworkSettings,
    ReceiverSettings,
    TraceSettings,
    SamplingSettings,
    TraceStatsSettings,
    ObfuscationSettings,
    TraceDeliverySettings,
    PassingSettings,
    OtlpSettings,
    OtlpMetricsSettings,
    OtlpTracesSettings,
)
