"""From settings to the rules of enrichment: names, tags, origins."""

import logging

from serverless_init.config import Configuration, NameSettings, OriginSettings
from serverless_init.model import OwnKnowledge
from serverless_init.sampler import (
    EnrichmentRules,
    NameFilter,
    OriginOptions,
    OriginTags,
    TagFilter,
    mapper,
)

_log = logging.getLogger("serverless_init.dogstatsd")


def enrichment_rules(
    configuration: Configuration, *, host: bytes, tags: tuple[bytes, ...]
) -> EnrichmentRules:
    """The rules that the settings ask for. What cannot be used is said in one line each."""
    names, origin = configuration.of(NameSettings), configuration.of(OriginSettings)
    tag_filter = TagFilter(names.tag_filter_list)
    problems = list(tag_filter.problems)
    map_name = None
    if names.mapper_profiles:
        profiles = mapper(names.mapper_profiles, cache_size=names.mapper_cache_size)
        problems += profiles.problems
        map_name = profiles.map
    for problem in problems:
        _log.warning("%s", problem)
    namespace = names.namespace.removesuffix(".")
    return EnrichmentRules(
        host=host,
        extra_tags=tags,
        map_name=map_name,
        namespace=f"{namespace}.".encode() if namespace else b"",
        namespace_exceptions=tuple(name.encode() for name in names.namespace_exceptions),
        names=_name_filter(names),
        tags=tag_filter,
        copy_prefix=names.copy_prefix.encode() if names.copies_histograms else None,
        origin=_origin_tags(origin),
    )


def _name_filter(names: NameSettings) -> NameFilter:
    listed, is_prefix = names.filter_list, names.filter_list_is_prefix
    if not listed:
        listed, is_prefix = names.block_list, names.block_list_is_prefix
    return NameFilter((name.encode() for name in listed), prefix=is_prefix)


def _origin_tags(settings: OriginSettings) -> OriginTags | None:
    if not (settings.by_socket or settings.by_client):
        return None
    options = OriginOptions(
        unified=settings.unified,
        opt_out=settings.opt_out,
        entity_id_precedence=settings.entity_id_precedence,
        cardinality=settings.cardinality.encode(),
    )
    return OriginTags(options, OwnKnowledge())
