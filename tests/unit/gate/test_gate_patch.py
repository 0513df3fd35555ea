"""From a diff and a coverage run to the statements that nobody has tried."""

import pytest

from serverless_init.gate.patch import Covered, changed_lines, covered, percent

DIFF = """\
diff --git a/src/a.py b/src/a.py
--- a/src/a.py
+++ b/src/a.py
@@ -3,0 +4,2 @@ def f():
+one
+++ b/not/a/file
@@ -9 +12 @@
-old
+new
@@ -20,2 +22,0 @@
-gone
-gone
diff --git a/src/only_shorter.py b/src/only_shorter.py
--- a/src/only_shorter.py
+++ b/src/only_shorter.py
@@ -1 +0,0 @@
-gone
diff --git a/src/deleted.py b/src/deleted.py
--- a/src/deleted.py
+++ /dev/null
@@ -1 +0,0 @@
-gone
diff --git a/with a space.py b/with a space.py
--- /dev/null
+++ b/with a space.py
@@ -0,0 +1 @@
+x
"""


def test_a_diff_says_which_lines_each_file_has_gained() -> None:
    assert changed_lines(DIFF) == {"src/a.py": {4, 5, 12}, "with a space.py": {1}}


def test_an_empty_diff_has_no_lines() -> None:
    assert changed_lines("") == {}


def test_a_hunk_of_no_file_is_refused() -> None:
    with pytest.raises(ValueError, match="a hunk of no file"):
        changed_lines("@@ -1 +1 @@\n+x\n")


def test_only_changed_statements_of_known_files_count() -> None:
    changed = {"b.py": {1, 2, 3, 4}, "a.py": {7}, "notes.txt": {1}}
    executed, missed = {"b.py": {1, 9}, "a.py": {7}}, {"b.py": {3, 8}}
    assert list(covered(changed, executed, missed)) == [
        Covered("a.py", frozenset({7}), frozenset({7}), frozenset()),
        Covered("b.py", frozenset({1, 2, 3, 4}), frozenset({1}), frozenset({3})),
    ]


def test_percent_is_of_statements_not_of_files() -> None:
    small = Covered("a", frozenset({1}), frozenset(), frozenset({1}))
    large = Covered("b", frozenset({1, 2, 3}), frozenset({1, 2, 3}), frozenset())
    assert percent([small, large]) == 75.0
    assert percent([]) == 100.0


def test_a_range_runs_on_over_lines_without_a_statement_and_no_others() -> None:
    changed = frozenset({1, 2, 3, 4, 5, 9, 12})
    file = Covered("a", changed, executed=frozenset({4}), missed=frozenset({1, 3, 5, 9, 12}))
    assert file.missed_ranges() == "1-3, 5, 9, 12"
