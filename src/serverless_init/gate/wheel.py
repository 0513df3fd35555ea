"""A wheel: built from a source folder, and what is in it."""

import email
import glob
import hashlib
import os
import re
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from serverless_init.gate.programs import CannotMeasure, ask

# Two builds of the same files are the same bytes. The first instant that a zip can express.
_EPOCH = "315532800"
_BUILD = "import importlib, sys; importlib.import_module(sys.argv[1]).build_wheel(sys.argv[2])"
_DIST_INFO = re.compile(r"^(?P<name>[^/]+?)-[^/]*\.dist-info/")


@dataclass(frozen=True, slots=True)
class WheelFile:
    """One file of a wheel: its bytes unpacked, permission bits, and a digest of its content."""

    size: int
    mode: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel's files by path, in which the version is left out of ``*.dist-info``.

    `path` is the file itself, `wire_bytes` its size; `requires` are its dependencies as written.
    """

    path: str
    wire_bytes: int
    files: Mapping[str, WheelFile]
    requires: tuple[str, ...]

    @property
    def disk_bytes(self) -> int:
        """Bytes of all files once unpacked."""
        return sum(file.size for file in self.files.values())


def build(source: str, into: str, environ: Mapping[str, str]) -> Wheel:
    """Build the wheel of the project in `source`, which builds leave their traces in.

    The backend that ``pyproject.toml`` names is asked directly (PEP 517), as installed: a frontend
    that isolates builds would download it. Raises `CannotMeasure` when it does not build.
    """
    try:
        with open(os.path.join(source, "pyproject.toml"), "rb") as file:
            backend = tomllib.load(file)["build-system"]["build-backend"]
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise CannotMeasure(f"pyproject.toml names no build backend: {error}") from error
    command = [sys.executable, "-I", "-c", _BUILD, backend, into]
    ask(command, source, {**environ, "SOURCE_DATE_EPOCH": _EPOCH})
    return read(glob.glob(os.path.join(into, "*.whl"))[0])


def read(path: str) -> Wheel:
    """What the wheel in the file `path` holds."""
    files, requires = dict[str, WheelFile](), list[str]()
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            if info.is_dir():
                continue
            content = archive.read(info)
            name = _DIST_INFO.sub(r"\g<name>.dist-info/", info.filename)
            mode = (info.external_attr >> 16) & 0o777
            files[name] = WheelFile(info.file_size, mode, hashlib.sha256(content).hexdigest())
            if name.endswith(".dist-info/METADATA"):
                requires = email.message_from_bytes(content).get_all("Requires-Dist", [])
    return Wheel(path, os.path.getsize(path), files, tuple(requires))


def unpack(wheel: Wheel, into: str) -> str:
    """Put the wheel's files into the folder `into`, as an installation would; return it."""
    with zipfile.ZipFile(wheel.path) as archive:
        archive.extractall(into)
    return into
