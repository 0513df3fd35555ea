"""From settings to the rules of enrichment: names, tags, origins."""

import logging

from serverless_init.config import Configuration, NameSettings, OriginSettings
from serverless_init.model import OwnKnowledge
from serverless_init.sampler import EnrichmentRules, NameFilter, mapper, origin_tags, tag_filter

_log = logging.getLogger("serverless_init.dogstatsd")


def enrichment_rules(
    configuration: Configuration, *, host: bytes, tags: tuple[bytes, ...]
) -> EnrichmentRules:
    """The rules that the settings ask for. What cannot be used is said in one line each."""
    names, origin = configuration.of(NameSettings), configuration.of(OriginSettings)
    profiles = unwanted_tags = origins = None
    problems: list[str] = []
    if names.mapper_profiles:
        profiles = mapper(names.mapper_profiles, cache_size=names.mapper_cache_size)
        problems += profiles.problems
    if names.tag_filter_list:
        unwanted_tags = tag_filter(names.tag_filter_list)
        problems += unwanted_tags.problems
    if origin.by_socket or origin.by_client:
        origins = origin_tags(
            OwnKnowledge(),
            unified=origin.unified,
            opt_out=origin.opt_out,
            entity_id_precedence=origin.entity_id_precedence,
            cardinality=origin.cardinality.encode(),
        )
    for problem in problems:
        _log.warning("%s", problem)
    namespace = names.namespace.removesuffix(".")
    return EnrichmentRules(
        host=host,
        extra_tags=tags,
        map_name=profiles.map if profiles else None,
        namespace=f"{namespace}.".encode() if namespace else b"",
        namespace_exceptions=tuple(name.encode() for name in names.namespace_exceptions),
        names=_name_filter(names),
        tags=unwanted_tags,
        copy_prefix=names.copy_prefix.encode() if names.copies_histograms else None,
        origin=origins,
    )


def _name_filter(names: NameSettings) -> NameFilter:
    listed, is_prefix = names.filter_list, names.filter_list_is_prefix
    if not listed:
        listed, is_prefix = names.block_list, names.block_list_is_prefix
    return NameFilter((name.encode() for name in listed), prefix=is_prefix)
