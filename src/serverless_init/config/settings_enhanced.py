"""Settings of what we tell about the container and the app: see `serverless_init.config.settings`.

Imported before the app has started.
"""

from serverless_init.config.declare import Settings, setting
from serverless_init.config.parse import boolean, boolean_or, text


class EnhancedSettings(Settings):
    """Metrics about the container, and how the app ended."""

    enabled: str = setting(
        "auto",
        boolean_or("auto"),
        yaml="enhanced_metrics",
        help="Whether metrics about the container itself are sent: its start and end, CPU, and "
        "what the following settings name. auto: wherever a platform is recognized. The original's "
        "default is true.",
    )
    memory: bool = setting(
        True,
        boolean,
        yaml="serverless.enhanced_memory_metrics",
        help="Whether memory usage and limit are among them. The original has none.",
    )
    network: bool = setting(
        True,
        boolean,
        yaml="serverless.enhanced_network_metrics",
        help="Whether bytes received and sent are among them. The original has none.",
    )
    out_of_memory: bool = setting(
        True,
        boolean,
        yaml="serverless.enhanced_oom_metrics",
        help="Whether processes that the kernel killed for want of memory are among them. The "
        "original has none.",
    )
    cgroups: str = setting(
        "/sys/fs/cgroup",
        text,
        yaml="container_cgroup_root",
        help="Where the control groups are mounted.",
    )
    job_span: bool = setting(
        True,
        boolean,
        env="DD_TRACE_ENABLED",
        yaml="serverless.trace_enabled",
        help="Whether a task of a Cloud Run job is a span, the parent of what the program traces. "
        "Tracers read the same variable.",
    )
    exit_report: bool = setting(
        True,
        boolean,
        yaml="serverless.exit_report",
        help="Whether a log line says how the program ended when it failed: exit code or signal, "
        "the kernel's reason, the last lines of stderr; that needs logs_enabled. And whether we "
        "say on stderr that the kernel killed it for want of memory. The original has neither.",
    )
