"""The two states that a gate compares: the working tree and a base revision, each in a folder."""

import io
import os
import shutil
import tarfile
from dataclasses import dataclass

from serverless_init.gate.programs import CannotMeasure, ask

MAIN = ("main", "origin/main")
_NOT_PROJECT = (".git", ".venv", "build", "dist", "node_modules", "*.egg-info", "__pycache__")


@dataclass(frozen=True, slots=True)
class Base:
    """A commit to compare with, or none and why."""

    commit: str = ""
    missing: str = ""

    def __str__(self) -> str:
        return self.commit[:12] if self.commit else f"no base: {self.missing}"


def base_of(project: str, asked: str | None) -> Base:
    """The commit that `asked` names; without it, where HEAD left main, or on main its parent.

    Outside a repository, or at its first commit, there is no base: bounds that need none still
    hold. Raises `CannotMeasure` for a revision that was asked for and is not there.
    """
    if asked:
        try:
            return Base(_git(project, "rev-parse", "--verify", f"{asked}^{{commit}}"))
        except CannotMeasure as why:
            raise CannotMeasure(f"no base {asked}: {why}") from why
    try:
        head = _git(project, "rev-parse", "--verify", "HEAD")
        main = _main(project)
        forked = _git(project, "merge-base", head, main)
        return Base(forked if forked != head else _git(project, "rev-parse", "--verify", "HEAD^"))
    except CannotMeasure as why:
        return Base(missing=str(why))


def check_out(project: str, commit: str, into: str) -> None:
    """Write the files of `commit` into the folder `into`; the repository does not notice."""
    archive = ask(["git", "archive", "--format=tar", commit], project)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        # Git packs nothing that leads elsewhere. Pythons before 3.11.4 know no filter.
        if hasattr(tarfile, "data_filter"):
            files.extraction_filter = tarfile.data_filter
        files.extractall(into)  # noqa: S202


def copy_working_tree(project: str, into: str) -> None:
    """Copy what a commit of everything would hold, or without git all but what builds leave."""
    try:
        listed = ask(["git", "ls-files", "-z", "-co", "--exclude-standard"], project)
    except CannotMeasure:
        ignored = shutil.ignore_patterns(*_NOT_PROJECT)
        shutil.copytree(project, into, ignore=ignored, symlinks=True, dirs_exist_ok=True)
        return
    for name in filter(None, os.fsdecode(listed).split("\0")):
        source, target = os.path.join(project, name), os.path.join(into, name)
        if os.path.isfile(source):  # not one that is deleted but not yet committed
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(source, target)


def _main(project: str) -> str:
    for name in MAIN:
        try:
            return _git(project, "rev-parse", "--verify", name)
        except CannotMeasure:
            continue
    raise CannotMeasure(f"there is no branch {' or '.join(MAIN)}")


def _git(project: str, *words: str) -> str:
    return ask(["git", *words], project).decode().strip()
