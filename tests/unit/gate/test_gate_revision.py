"""Which two states of a tree a gate compares."""

from collections.abc import Callable
from pathlib import Path

import pytest

from serverless_init.gate.programs import CannotMeasure
from serverless_init.gate.revision import base_of, check_out, copy_working_tree

Git = Callable[..., str]


def commit(git: Git, project: Path, name: str) -> str:
    (project / name).write_text(name)
    git("add", ".")
    git("commit", "--quiet", f"--message={name}")
    return git("rev-parse", "HEAD")


def test_a_branchs_base_is_where_it_left_main(git: Git, project: Path) -> None:
    left = git("rev-parse", "HEAD")
    git("checkout", "--quiet", "-b", "feature")
    commit(git, project, "one")
    commit(git, project, "two")
    git("checkout", "--quiet", "main")
    commit(git, project, "elsewhere")
    git("checkout", "--quiet", "feature")
    assert base_of(str(project), None).commit == left


def test_on_main_the_base_is_the_parent(git: Git, project: Path) -> None:
    parent = git("rev-parse", "HEAD")
    commit(git, project, "one")
    assert base_of(str(project), None).commit == parent


def test_a_clone_without_a_branch_main_knows_the_remotes(
    git: Git, project: Path, tmp_path: Path
) -> None:
    left = git("rev-parse", "HEAD")
    git("checkout", "--quiet", "-b", "feature")
    commit(git, project, "one")
    git("clone", "--quiet", ".", str(tmp_path / "clone"))
    assert base_of(str(tmp_path / "clone"), None).commit == left


def test_the_first_commit_has_no_base(git: Git, project: Path) -> None:
    assert str(base_of(str(project), None)).startswith("no base: git rev-parse failed: fatal: ")


def test_a_folder_without_a_repository_has_no_base(project: Path) -> None:
    base = base_of(str(project), None)
    assert base.commit == ""
    assert "not a git repository" in base.missing


def test_a_repository_without_main_has_no_base(git: Git, project: Path) -> None:
    git("branch", "--move", "trunk")
    assert str(base_of(str(project), None)) == "no base: there is no branch main or origin/main"


def test_a_base_that_was_asked_for_must_be_there(git: Git, project: Path) -> None:
    assert base_of(str(project), "main").commit == git("rev-parse", "HEAD")
    with pytest.raises(CannotMeasure, match="no base v9: git rev-parse failed"):
        base_of(str(project), "v9")


def test_a_commit_is_checked_out_beside_the_tree(git: Git, project: Path, tmp_path: Path) -> None:
    first = git("rev-parse", "HEAD")
    commit(git, project, "later")
    check_out(str(project), first, str(tmp_path / "base"))
    assert (tmp_path / "base/src/tiny/run.py").exists()
    assert not (tmp_path / "base/later").exists()
    assert git("status", "--porcelain") == ""


def test_the_working_tree_is_what_a_commit_of_everything_would_hold(
    git: Git, project: Path, tmp_path: Path
) -> None:
    (project / ".gitignore").write_text("*.log\n")
    (project / "a.log").write_text("ignored")
    (project / "src/tiny/new.py").write_text("not committed")
    (project / "src/tiny/late.py").unlink()
    copy_working_tree(str(project), str(tmp_path / "tree"))
    names = {path.name for path in (tmp_path / "tree").rglob("*.py")}
    assert names == {"__init__.py", "run.py", "new.py", "test_run.py"}
    assert not (tmp_path / "tree/a.log").exists()


def test_without_git_what_builds_and_environments_leave_is_not_copied(
    project: Path, tmp_path: Path
) -> None:
    for folder in (".venv", "build", "node_modules", "src/tiny/__pycache__"):
        (project / folder).mkdir()
        (project / folder / "left.py").write_text("")
    copy_working_tree(str(project), str(tmp_path / "tree"))
    assert (tmp_path / "tree/src/tiny/run.py").exists()
    assert list((tmp_path / "tree").rglob("left.py")) == []
