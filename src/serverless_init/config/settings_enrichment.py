"""Settings of what is done to names and tags: see `serverless_init.config.settings`."""

from serverless_init.config.declare import Settings, setting
from serverless_init.config.parse import boolean, integer, text, words
from serverless_init.config.parse_structures import mappings

# What well-known integrations send; their names stay as they are.
NAMESPACE_EXCEPTIONS = (
    "datadog.agent",
    "datadog.dogstatsd",
    "datadog.process",
    "datadog.trace_agent",
    "datadog.tracer",
    "activemq",
    "activemq_58",
    "airflow",
    "cassandra",
    "confluent",
    "hazelcast",
    "hive",
    "ignite",
    "jboss",
    "jvm",
    "kafka",
    "presto",
    "sidekiq",
    "solr",
    "tomcat",
    "runtime",
)


class NameSettings(Settings):
    """What becomes of metrics' names."""

    mapper_profiles: tuple[object, ...] = setting(
        (),
        mappings,
        yaml="dogstatsd_mapper_profiles",
        help="Profiles that make tags of parts of a metric's name: a list of {name, prefix, "
        "mappings: [{match, match_type, name, tags}]}, in the environment as JSON. One that "
        "cannot be used is named and left out. match_type is wildcard, or regex, which needs the "
        "extra rules.",
    )
    mapper_cache_size: int = setting(
        1000,
        integer(0, 1_000_000),
        yaml="dogstatsd_mapper_cache_size",
        help="How many names' mappings are remembered.",
    )
    namespace: str = setting(
        "",
        text,
        yaml="statsd_metric_namespace",
        help="Put in front of every metric's name, with a dot between.",
    )
    namespace_exceptions: tuple[str, ...] = setting(
        NAMESPACE_EXCEPTIONS,
        words(),
        yaml="statsd_metric_namespace_blacklist",
        help="Beginnings of names that get no namespace.",
    )
    filter_list: tuple[str, ...] = setting(
        (),
        words(),
        yaml="metric_filterlist",
        help="Names of metrics to drop, compared after the namespace has been put in front. A name "
        "with the ending of a histogram's output, like .avg, drops that output only.",
    )
    filter_list_is_prefix: bool = setting(
        False,
        boolean,
        yaml="metric_filterlist_match_prefix",
        help="Whether the names in that list are beginnings of names.",
    )
    block_list: tuple[str, ...] = setting(
        (),
        words(),
        yaml="statsd_metric_blocklist",
        help="The older name of metric_filterlist, used when that one is empty.",
    )
    block_list_is_prefix: bool = setting(
        False,
        boolean,
        yaml="statsd_metric_blocklist_match_prefix",
        help="The same for statsd_metric_blocklist.",
    )
    tag_filter_list: tuple[object, ...] = setting(
        (),
        mappings,
        yaml="metric_tag_filterlist",
        help="Tags to take away from distributions: a list of {metric_name, action: include or "
        "exclude, tags: [keys]}, in the environment as JSON.",
    )
    copies_histograms: bool = setting(
        False,
        boolean,
        yaml="histogram_copy_to_distribution",
        help="Whether every histogram and timing is sent as a distribution as well. A copied "
        "value counts as a sample of its own.",
    )
    copy_prefix: str = setting(
        "",
        text,
        yaml="histogram_copy_to_distribution_prefix",
        help="Put in front of the names of those distributions, without a dot between.",
    )
