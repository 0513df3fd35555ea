"""Statistics that a tracer has computed itself: put in order, and passed on as they are.

Names are normalised and resources obfuscated like those of spans. A bucket keeps its counts; its
start moves to the two seconds in which it is passed on, for the intake adds up what has the same
start, and it is neither older than the intake takes nor in the future.
"""

from serverless_init.traces.normalize import UNNAMED_OPERATION, Normalizer
from serverless_init.traces.obfuscate import Obfuscator
from serverless_init.traces.replace import Replacer
from serverless_init.traces.stats_payload import ClientStatsPayload, StatsBucket, StatsGroup

SLOT_NS = 2_000_000_000
AGE_NS_MAX = 20_000_000_000
BUCKET_NS = 10_000_000_000


class ClientStatsNormalizer:
    """Puts payloads of tracers in order. `agent_env` is the env of those that have none."""

    def __init__(
        self,
        normalizer: Normalizer,
        obfuscator: Obfuscator,
        replacer: Replacer,
        *,
        agent_env: str,
    ) -> None:
        self._normalizer = normalizer
        self._obfuscator = obfuscator
        self._replacer = replacer
        self._agent_env = agent_env

    def accept(
        self,
        payload: ClientStatsPayload,
        *,
        language: str,
        tracer_version: str = "",
        is_obfuscated: bool = False,
        now_ns: int,
    ) -> None:
        """Put `payload` in order. What a tracer has obfuscated itself stays as it is."""
        payload.env = self._normalizer.tag_value(payload.env) or self._agent_env
        payload.lang = payload.lang or language
        payload.tracer_version = payload.tracer_version or tracer_version
        for bucket in payload.stats or ():
            bucket.start = _slot(bucket, now_ns)
            bucket.duration = BUCKET_NS
            for group in bucket.stats or ():
                self._normalize(group, payload.lang)
                if not is_obfuscated:
                    group.resource = self._obfuscator.obfuscate_group(group.type, group.resource)
                self._replacer.replace_group(group)

    def _normalize(self, group: StatsGroup, language: str) -> None:
        group.service = self._normalizer.service(group.service, language)
        group.name = self._normalizer.name(group.name) or UNNAMED_OPERATION
        group.resource = group.resource or group.name


def _slot(bucket: StatsBucket, now_ns: int) -> int:
    start_ns = min(max(bucket.start, now_ns - AGE_NS_MAX), now_ns)
    return start_ns - start_ns % SLOT_NS
