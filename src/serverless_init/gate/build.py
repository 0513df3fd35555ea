"""Each revision in an environment of its own: its files, a venv, an ordinary installation.

Kept by the tree's hash, so that one revision is built once. An installation of a user's: what is
measured has compiled bytecode and no editable finder.
"""

import os
import shutil
import sys
from collections.abc import Callable, Mapping

from serverless_init.gate.programs import CannotMeasure, ask
from serverless_init.gate.revision import check_out

_CACHE = "serverless-init-gate"


class Builder:
    """Builds revisions of the repository in the folder `project`."""

    def __init__(
        self, project: str, environ: Mapping[str, str], *, say: Callable[[str], None]
    ) -> None:
        self._project = os.path.abspath(project)
        self._environ = {k: v for k, v in environ.items() if not k.startswith("PYTHON")}
        self._say = say
        cache = environ.get("XDG_CACHE_HOME") or os.path.join(environ.get("HOME", "/tmp"), ".cache")  # noqa: S108
        self._cache = os.path.join(cache, _CACHE)

    def build(self, revision: str) -> str:
        """The folder of the programs of `revision`, empty for the working tree.

        Of the working tree, what git tracks counts. Raises `CannotMeasure`.
        """
        commit = self._commit(revision)
        tree = self._git("rev-parse", f"{commit}^{{tree}}")
        place = os.path.join(self._cache, f"{tree}-{sys.version_info[0]}.{sys.version_info[1]}")
        done = os.path.join(place, "done")
        if not os.path.exists(done):
            self._say(f"building {revision or 'the working tree'} ({tree[:12]})")
            shutil.rmtree(place, ignore_errors=True)
            self._install(commit, place)
            with open(done, "w"):
                pass
        return os.path.join(place, "venv", "bin")

    def _commit(self, revision: str) -> str:
        # A commit of what is tracked, as it is now; nothing when it is as HEAD has it.
        found = revision or self._git("stash", "create") or "HEAD"
        return self._git("rev-parse", "--verify", f"{found}^{{commit}}")

    def _install(self, commit: str, place: str) -> None:
        source, venv = os.path.join(place, "source"), os.path.join(place, "venv")
        os.makedirs(source)
        check_out(self._project, commit, source)
        ask([sys.executable, "-m", "venv", venv], place, self._environ)
        pip = [os.path.join(venv, "bin", "python"), "-m", "pip", "install", "--quiet"]
        ask([*pip, "--disable-pip-version-check", source], place, self._environ)

    def _git(self, *words: str) -> str:
        try:
            return ask(["git", *words], self._project).decode().strip()
        except CannotMeasure as error:
            raise CannotMeasure(f"no such revision: {error}") from error
