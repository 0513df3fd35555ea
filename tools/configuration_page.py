"""Write docs/reference/configuration.md from the declarations; with --check, only compare.

Exits with 1 when the page that stands there is another. Run from the repository's root.
"""

import os
import sys

from serverless_init.config import describe

PAGE = os.path.join("docs", "reference", "configuration.md")


def main(arguments: list[str]) -> int:
    """The exit code."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write(f"usage: configuration_page.py [--check], not {arguments}\n")
        return 2
    wanted = describe.reference()
    if not arguments:
        with open(PAGE, "w", encoding="utf-8") as page:
            page.write(wanted)
        return 0
    try:
        with open(PAGE, encoding="utf-8") as page:
            found = page.read()
    except FileNotFoundError:
        found = ""
    if found != wanted:
        sys.stderr.write(f"{PAGE} is stale; run python tools/configuration_page.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
