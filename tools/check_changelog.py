"""Check the changelog fragments: changelog.d/<slug>.<feature|fix|change|perf>.md, none empty.

Exits with 1 and a line for each file that is not one. The folder is an argument, else changelog.d;
a missing folder is an empty one, as git keeps none.
"""

import os
import re
import sys

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.(feature|fix|change|perf)\.md")


def problems(folder: str) -> list[str]:
    """A line for each file of `folder` that is no fragment. A hidden file is nobody's business."""
    found = []
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    for name in names:
        path = os.path.join(folder, name)
        if name.startswith("."):
            continue
        if not _NAME.fullmatch(name):
            found.append(f"{path}: must be named <slug>.<feature|fix|change|perf>.md")
        elif not _text(path).strip():
            found.append(f"{path}: is empty")
    return found


def _text(path: str) -> str:
    with open(path, encoding="utf-8") as fragment:
        return fragment.read()


def main(arguments: list[str]) -> int:
    """The exit code."""
    found = problems(arguments[0] if arguments else "changelog.d")
    for line in found:
        sys.stderr.write(line + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
