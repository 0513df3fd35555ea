"""The folder with the files of payloads that wait for one intake. Blocks: for a thread.

A file is written under another name and then renamed, so that a reader finds it whole; and it is
renamed before it is read, so that of several containers on one volume only one sends it. Beyond
`bytes_max`, or beyond the share of the volume that we may fill, the oldest files make room. A file
that is not ours or is damaged is removed and counted.

Nothing is synchronised to the medium: what a power failure leaves is found out by its checksums.
"""

import os
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass

from serverless_init.errors import Undecodable
from serverless_init.forwarder.retry_file import decode, encode
from serverless_init.forwarder.stats import SpillStats
from serverless_init.model import Payload

_SUFFIX = ".retry"
_UNFINISHED = ".part"
# A file is being written or read for so long at most; who left an older one has been killed.
_UNFINISHED_S_MAX = 3600.0
# More than a file of ours can have; one that has is not read into memory.
_FILE_BYTES_MAX = 268_435_456


@dataclass(frozen=True, slots=True)
class Share:
    """How many payloads and samples of one endpoint."""

    endpoint: str
    payloads: int
    samples: int


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file. `shares` are what is in it, empty for one that an earlier run has left."""

    name: str
    size: int
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What a write did: the new file, or why there is none, and those that had to make room."""

    file: StoredFile | None = None
    failure: str = ""
    removed: tuple[StoredFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that was taken off the disk. `gone` says that somebody else had taken it before."""

    file: StoredFile
    payloads: tuple[Payload, ...] = ()
    gone: bool = False


@dataclass(frozen=True, slots=True)
class DiskLimits:
    """How much may be stored, in bytes, as a share of the volume and in files, and how long."""

    bytes_max: int
    ratio_max: float = 0.8
    age_s_max: float = 864_000.0
    files_max: int = 10_000


class Disk:
    """The files in `folder`, oldest first."""

    def __init__(self, folder: str, limits: DiskLimits, stats: SpillStats) -> None:
        self._stats = stats
        self._folder = folder
        self._limits = limits
        self._files: deque[StoredFile] = deque()
        self._written = 0

    @property
    def newest(self) -> StoredFile | None:
        """The file that would be taken next. May be asked for while another thread works."""
        try:
            return self._files[-1]
        except IndexError:
            return None

    def open(self, now: float) -> None:
        """Make the folder, and find what an earlier run has left. Raises ``OSError``."""
        os.makedirs(self._folder, mode=0o700, exist_ok=True)
        found = []
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if not entry.is_file(follow_symlinks=False):
                    continue
                status = entry.stat(follow_symlinks=False)
                age_s = now - status.st_mtime
                if entry.name.endswith(_UNFINISHED) and age_s > _UNFINISHED_S_MAX:
                    self._remove(entry.name)
                elif entry.name.endswith(_SUFFIX) and age_s > self._limits.age_s_max:
                    self._stats.files_outdated += 1
                    self._remove(entry.name)
                elif entry.name.endswith(_SUFFIX):
                    found.append((status.st_mtime_ns, entry.name, status.st_size))
        self._files.extend(StoredFile(name, size) for _, name, size in sorted(found))

    def write(self, payloads: Sequence[Payload], now: float) -> Written:
        """Store `payloads` in one file, or nothing of them."""
        data = encode(payloads)
        self._written += 1
        name = f"{int(now * 1000):015d}-{os.getpid()}-{self._written:06d}{_SUFFIX}"
        removed: list[StoredFile] = []
        try:
            self._make_room(len(data), removed)
            self._put(name, data)
        except OSError as error:
            self._stats.write_errors += 1
            self._remove(name + _UNFINISHED)
            return Written(failure=error.strerror or str(error), removed=tuple(removed))
        file = StoredFile(name, len(data), _shares(payloads))
        self._files.append(file)
        self._stats.payloads_written += len(payloads)
        return Written(file, removed=tuple(removed))

    def take_newest(self) -> Taken | None:
        """Take the newest file off the disk; None when there is none.

        One that cannot be read is removed, and gives no payloads.
        """
        if not self._files:
            return None
        file = self._files.pop()
        claimed = f"{file.name}-{os.getpid()}{_UNFINISHED}"
        try:
            os.rename(self._path(file.name), self._path(claimed))
        except OSError:
            return Taken(file, gone=True)
        payloads: list[Payload] = []
        try:
            with open(self._path(claimed), "rb") as opened:
                payloads = decode(opened.read(_FILE_BYTES_MAX))
        except (OSError, Undecodable):
            self._stats.files_unreadable += 1
        self._remove(claimed)
        self._stats.payloads_read += len(payloads)
        return Taken(file, tuple(payloads))

    def _put(self, name: str, data: bytes) -> None:
        unfinished = self._path(name + _UNFINISHED)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with open(os.open(unfinished, flags, 0o600), "wb") as file:
            file.write(data)
        os.rename(unfinished, self._path(name))

    def _make_room(self, size: int, removed: list[StoredFile]) -> None:
        """Remove the oldest files until `size` more bytes fit; ``OSError`` if they never do."""
        stored = sum(file.size for file in self._files)
        volume = os.statvfs(self._folder)
        kept_free = volume.f_frsize * volume.f_blocks * (1 - self._limits.ratio_max)
        free = volume.f_frsize * volume.f_bavail
        allowed = max(0, min(self._limits.bytes_max, int(stored + free - kept_free)))
        if size > allowed:
            raise OSError(f"{size} bytes do not fit into {allowed}")
        while stored + size > allowed or len(self._files) >= self._limits.files_max:
            oldest = self._files.popleft()
            self._remove(oldest.name)
            stored -= oldest.size
            removed.append(oldest)

    def _remove(self, name: str) -> None:
        try:
            os.unlink(self._path(name))
        except OSError:  # somebody was quicker, or the volume is gone: nothing is left to do
            return

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)


def _shares(payloads: Sequence[Payload]) -> tuple[Share, ...]:
    counts = Counter(payload.endpoint.name for payload in payloads)
    samples: Counter[str] = Counter()
    for payload in payloads:
        samples[payload.endpoint.name] += payload.samples
    return tuple(Share(name, count, samples[name]) for name, count in counts.items())
