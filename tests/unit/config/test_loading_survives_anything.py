"""Whatever an operator writes, settings are loaded."""

from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.config import load
from serverless_init.config.components import COMPONENTS

DECLARED = [s for component in COMPONENTS for s in component.fields.values()]
NAMES = st.sampled_from([name for s in DECLARED for name in (s.env, *s.aliases)])
VALUES = st.one_of(st.text(), st.text("0123456789.-e_smh", max_size=8))
# Pieces that mean something to YAML, next to keys that mean something to us.
PIECES = st.sampled_from([r"\U", r"\x0", "%YAML ", "---", "<<", "!!int "]) | st.sampled_from(
    [*"{}[]|\n\t'\"~#1", "serverless", "dogstatsd_port", "tags", ": ", "- ", "&a ", "*a", "? "]
)
DOCUMENTS = st.one_of(st.text(), st.lists(PIECES, max_size=20).map("".join))


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=5), DOCUMENTS)
def test_loading_never_raises_and_says_every_problem_in_one_line(
    environ: dict[str, str], document: str
) -> None:
    """For all environments and files: settings, each from a known source, and printable lines."""
    configuration = load(environ, yaml_text=document)
    for component in COMPONENTS:
        configuration.of(component)
    assert {configuration.source(s).split()[0] for s in DECLARED} <= {
        *("environment", "datadog.yaml", "default"),
    }
    misspelt, others = configuration.unknown()
    assert all(line.isprintable() for line in [*configuration.problems, *misspelt, *others])
