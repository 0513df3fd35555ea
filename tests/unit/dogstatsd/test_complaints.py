"""What the log says about contexts for which there was no room."""

from serverless_init.dogstatsd.complaints import too_many_contexts
from serverless_init.sampler import Crowding


def test_the_refused_names_and_who_fills_the_table_are_named() -> None:
    names = [(b"requests", 1200), (b"orders\n", 3)]
    assert too_many_contexts(names, Crowding(b"requests", 99_000, 100_000, b"user")) == (
        "too many contexts, samples are dropped, most of them of: 'requests' 1200, 'orders\\n' 3; "
        "of the 100000 contexts held, 99000 are 'requests', told apart mostly by the tag 'user'"
    )


def test_without_a_tag_that_differs_none_is_named() -> None:
    line = too_many_contexts([(b"x" * 500, 1)], Crowding(b"y" * 500, 1, 5, b""))
    assert line.endswith(f"of the 5 contexts held, 1 are '{'y' * 80}'")
    assert f"of: '{'x' * 80}' 1;" in line
