"""Under which further names metrics of language runtimes are sent: those of Datadog's dashboards.

The names are facts of the two sides' documentation. A name that stands for one of several values of
an attribute takes the points with that value, and not the attribute.
"""

from collections.abc import Iterator, Mapping

from serverless_init.otlp.attributes import text_of
from serverless_init.otlp.values import Attributes

_GO = {
    "goroutines": "num_goroutine",
    "cgo.calls": "num_cgo_call",
    "lookups": "mem_stats.lookups",
    "mem.heap_alloc": "mem_stats.heap_alloc",
    "mem.heap_sys": "mem_stats.heap_sys",
    "mem.heap_idle": "mem_stats.heap_idle",
    "mem.heap_inuse": "mem_stats.heap_inuse",
    "mem.heap_released": "mem_stats.heap_released",
    "mem.heap_objects": "mem_stats.heap_objects",
    "gc.pause_total_ns": "mem_stats.pause_total_ns",
    "gc.count": "mem_stats.num_gc",
}
_POOLS = {
    "old_gen_size": ("heap", "G1 Old Gen|Tenured Gen|PS Old Gen"),
    "eden_size": ("heap", "G1 Eden Space|Eden Space|Par Eden Space|PS Eden Space"),
    "survivor_size": (
        "heap",
        "G1 Survivor Space|Survivor Space|Par Survivor Space|PS Survivor Space",
    ),
    "metaspace_size": ("non_heap", "Metaspace"),
}
_GENERATIONS = ("gen0", "gen1", "gen2")

# A further name, and the attributes that a point must have for it, each with its values.
_Name = tuple[str, Mapping[str, frozenset[str]]]


def _memory(suffix: str, attribute: str) -> list[_Name]:
    return [
        (f"jvm.{kind}_memory{suffix}", {attribute: frozenset((kind,))})
        for kind in ("heap", "non_heap")
    ]


def _pools(kind: str, pool: str) -> list[_Name]:
    return [
        (f"jvm.gc.{name}", {pool: frozenset(pools.split("|")), kind: frozenset((where,))})
        for name, (where, pools) in _POOLS.items()
    ]


def _buffers(what: str, pool: str) -> list[_Name]:
    return [
        (f"jvm.buffer_pool.{name}.{what}", {pool: frozenset((name,))})
        for name in ("direct", "mapped")
    ]


def _jvm(*, old: bool) -> Iterator[tuple[str, list[_Name]]]:
    """Those of the Java virtual machine, by the conventions before 2023 and by today's."""
    prefix = "process.runtime.jvm." if old else "jvm."
    kind, pool, buffer = (
        ("type", "pool", "pool")
        if old
        else ("jvm.memory.type", "jvm.memory.pool.name", "jvm.buffer.pool.name")
    )
    yield prefix + ("threads.count" if old else "thread.count"), [("jvm.thread_count", {})]
    classes = "classes.current_loaded" if old else "class.count"
    yield prefix + classes, [("jvm.loaded_classes", {})]
    yield prefix + "system.cpu.utilization", [("jvm.cpu_load.system", {})]
    cpu = "cpu.utilization" if old else "cpu.recent_utilization"
    yield prefix + cpu, [("jvm.cpu_load.process", {})]
    used = "memory.usage" if old else "memory.used"
    yield prefix + used, _memory("", kind) + _pools(kind, pool)
    yield prefix + "memory.committed", _memory("_committed", kind)
    yield prefix + "memory.init", _memory("_init", kind)
    yield prefix + "memory.limit", _memory("_max", kind)
    memory = "buffer." if old else "buffer.memory."
    yield prefix + memory + "usage", _buffers("used", buffer)
    yield prefix + "buffer.count", _buffers("count", buffer)
    yield prefix + memory + "limit", _buffers("limit", buffer)


def _dotnet(*, old: bool) -> Iterator[tuple[str, list[_Name]]]:
    prefix = "process.runtime.dotnet." if old else "dotnet."
    attribute = "generation" if old else "gc.heap.generation"
    contended = "monitor.lock_contention.count" if old else "monitor.lock_contentions"
    yield prefix + contended, [("runtime.dotnet.threads.contention_count", {})]
    yield (
        prefix + ("exceptions.count" if old else "exceptions"),
        [("runtime.dotnet.exceptions.count", {})],
    )
    yield (
        prefix + ("gc.heap.size" if old else "gc.last_collection.heap.size"),
        [
            (f"runtime.dotnet.gc.size.{name}", {attribute: frozenset((name,))})
            for name in (*_GENERATIONS, "loh")
        ],
    )
    yield (
        prefix + ("gc.collections.count" if old else "gc.collections"),
        [
            (f"runtime.dotnet.gc.count.{name}", {attribute: frozenset((name,))})
            for name in _GENERATIONS
        ],
    )


_NAMES: dict[str, list[_Name]] = {
    **{f"process.runtime.go.{k}": [(f"runtime.go.{name}", {})] for k, name in _GO.items()},
    **dict(_jvm(old=True)),
    **dict(_jvm(old=False)),
    **dict(_dotnet(old=True)),
    **dict(_dotnet(old=False)),
}


def runtime_names(name: str, attributes: Attributes) -> Iterator[tuple[str, Attributes]]:
    """The further names of a point, each with the attributes that it then has."""
    for further, wanted in _NAMES.get(name, ()):
        if all(text_of(attributes.get(key)) in allowed for key, allowed in wanted.items()):
            yield further, {key: v for key, v in attributes.items() if key not in wanted}
