"""The registry: how far each file has been delivered, as text that survives a restart. No IO."""

import json
from collections.abc import Iterable

from serverless_init.logs.tailer import Known

FILE_NAME = "serverless-init-registry.json"
_VERSION = 1


def write(entries: Iterable[Known]) -> str:
    """The registry's text."""
    files = [
        {
            "device": entry.identity[0],
            "inode": entry.identity[1],
            "offset": entry.offset,
            "head": entry.head.hex(),
        }
        for entry in entries
    ]
    return json.dumps({"version": _VERSION, "files": files})


def read(text: str) -> list[Known]:
    """What `write` wrote. Raises ``ValueError`` for anything else."""
    try:
        content = json.loads(text)
        if content["version"] != _VERSION:
            raise ValueError(f"version {content['version']!r} is not known")
        return [_entry(file) for file in content["files"]]
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"not a registry ({error!r})") from None


def _entry(file: dict[str, object]) -> Known:
    numbers = [file[name] for name in ("device", "inode", "offset")]
    device, inode, offset = (n for n in numbers if isinstance(n, int) and n >= 0)
    return Known((device, inode), offset, bytes.fromhex(str(file["head"])))
