"""The settings in words: the reference page, and the rows of ``sictl config show``."""

from collections.abc import Iterator
from dataclasses import dataclass

from serverless_init.config.components import COMPONENTS
from serverless_init.config.declare import Setting, Settings
from serverless_init.config.load import Configuration, shown


@dataclass(frozen=True, slots=True)
class Row:
    """One setting of a run: the value in use, masked when secret, and where it came from."""

    component: str
    variable: str
    key: str
    value: str
    source: str


def rows(configuration: Configuration) -> Iterator[Row]:
    """Every setting, in the order of the reference page."""
    for component in COMPONENTS:
        for declared in component.fields.values():
            yield Row(
                component=_title(component),
                variable=declared.env,
                key=declared.yaml,
                value=configuration.shown(declared),
                source=configuration.source(declared),
            )


def reference() -> str:
    """The text of the reference page, in Markdown. It depends on the declarations alone."""
    return _PREAMBLE + "".join(map(_section, COMPONENTS))


_PREAMBLE = """\
# Configuration

This page is generated from the declarations in `src/serverless_init/config/settings*.py`.

A setting is read from its environment variable, else from its key in `datadog.yaml`, else from the
defaults of the mode (a sidecar, started without a command, listens on all interfaces), else it has
the default given here. `sictl config show` prints each value and where it came from; `sictl config
check` prints what is wrong and exits with 1 if anything is.

- A value that a setting cannot have is reported in one line, and the next weaker source is used.
  Nothing about a setting keeps the app from starting.
- An empty variable counts as not set, and keeps the mode's default away. An empty key, `~` or
  `null` in `datadog.yaml` counts as not set; an empty list `[]` is a value.
- A key with a dot may be nested: `serverless: {receipt: log}` is `serverless.receipt: log`.
- A duration is a number of seconds, or a number with one of the units `us`, `ms`, `s`, `m`, `h`.
- Booleans are `true`, `1`, `yes`, `on`, `t`, `y` and `false`, `0`, `no`, `off`, `f`, `n`, in any
  case.
- A `DD_` variable that is unknown and close to one of these is reported as misspelt. Variables of
  tracers, platforms and the Agent are left alone.
- A secret is shown as its last four characters at most.
"""


def _section(component: type[Settings]) -> str:
    lines = "".join(map(_line, component.fields.values()))
    return (
        f"\n## {_title(component)}\n\n{component.__doc__}\n\n"
        f"| variable | key | value | default | what it does |\n|---|---|---|---|---|\n{lines}"
    )


def _line(declared: Setting) -> str:
    variables = "<br>".join(f"`{name}`" for name in (declared.env, *declared.aliases))
    default = shown(declared, declared.default)
    cells = (
        variables,
        f"`{declared.yaml}`",
        declared.parse.expects,
        f"`{default}`" if default else "",
        declared.help + (" Secret." if declared.secret else ""),
    )
    return f"| {' | '.join(cells)} |\n"


def _title(component: type[Settings]) -> str:
    return component.__name__.removesuffix("Settings")
