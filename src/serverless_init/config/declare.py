"""How a setting is declared: one field, from which everything else about it follows.

This module is imported before the app has started, so it imports nothing: no dataclasses, no
typing, no re (see tests/test_before_the_app.py).
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ClassVar

    from serverless_init.config.parse import Parser


class Setting:
    """One declared setting.

    `parse` turns text or a YAML value into the field's type and raises ``ValueError`` with the
    reason. `env` is the variable; `aliases` are further variables with the same meaning, weaker
    than `env`. `yaml` is the dotted key in ``datadog.yaml`` and the setting's unique name. A
    `secret` is never printed.
    """

    __slots__ = ("aliases", "default", "env", "help", "name", "parse", "secret", "yaml")

    def __init__(
        self,
        default: object,
        parse: "Parser",
        *,
        env: str,
        yaml: str,
        help: str,  # noqa: A002
        aliases: tuple[str, ...] = (),
        secret: bool = False,
    ) -> None:
        self.name = ""
        self.default = default
        self.parse = parse
        self.env = env
        self.yaml = yaml
        self.help = help
        self.aliases = aliases
        self.secret = secret


def setting(
    default: "Any",
    parse: "Parser",
    *,
    env: str = "",
    yaml: str,
    help: str,  # noqa: A002
    aliases: tuple[str, ...] = (),
    secret: bool = False,
) -> "Any":
    """Declare a field of a `Settings` class. `env` defaults to ``DD_`` + `yaml`, upper-cased."""
    return Setting(
        default,
        parse,
        env=env or "DD_" + yaml.upper().replace(".", "_"),
        yaml=yaml,
        help=help,
        aliases=aliases,
        secret=secret,
    )


class Settings:
    """Base of the settings classes: one per component, frozen, built with keyword arguments.

    A field that is not given has its declared default. The type of a field is its annotation.
    """

    fields: "ClassVar[dict[str, Setting]]"

    def __init_subclass__(cls) -> None:
        cls.fields = {k: v for k, v in vars(cls).items() if isinstance(v, Setting)}
        for name, declared in cls.fields.items():
            declared.name = name

    def __init__(self, **values: object) -> None:
        unknown = values.keys() - self.fields.keys()
        if unknown:
            raise TypeError(f"{type(self).__name__} has no field {', '.join(sorted(unknown))}")
        for name, declared in self.fields.items():
            object.__setattr__(self, name, values.get(name, declared.default))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"settings do not change: {type(self).__name__}.{name}")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = (
            f"{name}={'***' if declared.secret else repr(getattr(self, name))}"
            for name, declared in self.fields.items()
        )
        return f"{type(self).__name__}({', '.join(shown)})"
