"""Where each signal goes, said in the log where it is not as configured, and the way there."""

import logging

from serverless_init.config import (
    Configuration,
    ForwarderSettings,
    IntakeSettings,
    NetworkSettings,
    masked,
)
from serverless_init.errors import SettingError
from serverless_init.forwarder import (
    IntakeAddress,
    IntakeEndpoint,
    Outlet,
    additional_endpoints,
    intake_endpoints,
    log_line,
    metrics_address,
)
from serverless_init.telemetry import conceal
from serverless_init.wire import HttpClient, proxy_rules, tls_options

_log = logging.getLogger("serverless_init.network")


def signal_endpoints(
    configuration: Configuration, address: IntakeAddress | None = None
) -> tuple[IntakeEndpoint, ...]:
    """The intakes of the signal with this `address`, that of metrics without one; main one first.

    What cannot be used is said in one line each.
    """
    settings = configuration.of(ForwarderSettings)
    further = configuration.of(IntakeSettings)
    address = address or metrics_address(further)
    main: tuple[IntakeEndpoint, ...] = ()
    refused: SettingError | None = None
    try:
        main = intake_endpoints(settings, further, address)
    except SettingError as error:
        refused = error
    others, problems = additional_endpoints(further, main, address)
    for problem in problems:
        _log.warning("%s", problem)
    if not main and others:
        why = refused or "no API key for the main intake"
        _log.warning("%s; what is delivered to %s counts as delivered", why, others[0].url)
    elif refused:
        _log.warning("%s; nothing is delivered", refused)
    for endpoint in (*main, *others):
        conceal(endpoint.api_key, masked(endpoint.api_key))
    return main + others


def open_outlet(configuration: Configuration, endpoints: tuple[IntakeEndpoint, ...]) -> Outlet:
    """What the forwarders of all signals share; `endpoints` are those of all of them."""
    return Outlet(
        _client(configuration, endpoints),
        keys=configuration.of(IntakeSettings),
        report=log_line,
    )


def _client(configuration: Configuration, endpoints: tuple[IntakeEndpoint, ...]) -> HttpClient:
    settings = configuration.of(ForwarderSettings)
    network = configuration.of(NetworkSettings)
    proxies, problems = proxy_rules(network)
    for problem in problems:
        _log.warning("%s", problem)
    for endpoint in endpoints:
        entry = proxies.nearly_direct(endpoint.origin)
        if entry:
            _log.warning(
                "%s goes through the proxy: %s in no_proxy matches it only with "
                "DD_NO_PROXY_NONEXACT_MATCH=true",
                endpoint.url,
                entry,
            )
    return HttpClient(
        tls=tls_options(network, skip_validation=settings.skip_tls_validation),
        proxies=proxies,
        idle_connections_max=settings.workers * settings.concurrent_requests_max * len(endpoints),
        age_s_max=network.connection_age_s_max,
        complain=lambda problem: _log.warning("%s", problem),
    )
