"""Bodies that are made to hurt: each is answered, nothing breaks, and the account balances.

The corpus is in tests/vectors/traces/hostile; a file's name says for which version it is, and what
is wrong. To it come mutations of what real tracers have sent.
"""

import asyncio
import random
import resource
from pathlib import Path

import pytest
from tests.unit.traces.serving import Place, serving

VECTORS = Path(__file__).parents[1] / "vectors" / "traces"
HOSTILE = sorted((VECTORS / "hostile").iterdir())
RECORDED = sorted((VECTORS / "recorded").iterdir())
PATHS = {
    "v04": "/v0.4/traces",
    "v05": "/v0.5/traces",
    "v07": "/v0.7/traces",
    "v10": "/v1.0/traces",
    "stats": "/v0.6/stats",
    "json": "/v0.4/traces",
}
MUTATIONS = 150
# A body of a few hundred kilobytes that claims to hold gigabytes.
MEMORY_BYTES_MAX = 256 << 20


def peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


async def expect_an_answer(place: Place, path: str, body: bytes, content_type: str) -> int:
    answer = await place.ask(path, body, content_type=content_type)
    assert answer.status in (200, 400), answer.body
    assert answer.status == 200 or answer.body.endswith(b"\n")
    assert (await place.ask("/info", method="GET")).status == 200
    return answer.status


@pytest.mark.parametrize("file", HOSTILE, ids=lambda file: file.stem)
def test_a_body_of_the_corpus_is_answered_in_bounded_memory(file: Path) -> None:
    path = PATHS[file.stem.partition("_")[0]]
    kind = "application/json" if file.suffix == ".json" else "application/msgpack"

    async def scenario() -> None:
        async with asyncio.timeout(60), serving() as place:
            before = peak_bytes()
            await expect_an_answer(place, path, file.read_bytes(), kind)
            assert peak_bytes() - before < MEMORY_BYTES_MAX
            report = await place.drained()
            assert report.balanced
            assert report.held == 0
            assert place.traces.groups_account().balanced

    asyncio.run(scenario())


@pytest.mark.parametrize("file", RECORDED, ids=lambda file: file.stem)
def test_what_real_tracers_sent_and_something_has_mangled_is_answered(file: Path) -> None:
    whole, chance = file.read_bytes(), random.Random(file.stem)

    def mangled() -> bytes:
        body = bytearray(whole)
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(body))
            match chance.randrange(4):
                case 0:
                    body[at] = chance.randrange(256)
                case 1:
                    del body[at : at + chance.randrange(1, 40)]
                case 2:
                    body[at:at] = chance.randbytes(chance.randrange(1, 9))
                case 3:
                    body[at : at + 5] = b"\xdd\xff\xff\xff\xff"
        return bytes(body)

    async def scenario() -> None:
        async with asyncio.timeout(100), serving() as place:
            answers = [
                await expect_an_answer(place, "/v0.4/traces", mangled(), "application/msgpack")
                for _ in range(MUTATIONS)
            ]
            assert 400 in answers
            report = await place.drained()
            assert report.balanced
            assert report.held == 0
            assert report.accepted == len(place.spans) + sum(report.dropped.values())
            assert place.traces.groups_account().balanced

    asyncio.run(scenario())
