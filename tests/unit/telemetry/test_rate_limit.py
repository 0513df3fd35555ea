"""The rate limit of what is said."""

from hypothesis import given, settings
from hypothesis import strategies as st

from serverless_init.telemetry import RateLimit


def test_the_first_line_of_a_key_is_said() -> None:
    assert RateLimit(60).permit("a", now=0) == 0


def test_a_line_within_the_interval_is_kept_back_and_counted_in_the_next() -> None:
    limit = RateLimit(60)
    assert [limit.permit("a", now) for now in (0, 1, 59.9, 60, 60.1, 120)] == [
        *(0, None, None, 2),
        *(None, 1),
    ]


def test_keys_do_not_share_a_limit() -> None:
    limit = RateLimit(60)
    assert [limit.permit("a", 0), limit.permit("b", 0)] == [0, 0]


def test_further_keys_than_the_most_share_one_limit() -> None:
    limit = RateLimit(60, keys_max=2)
    said = [limit.permit(key, 0) for key in ("a", "b", "c", "d", "e")]
    assert said == [0, 0, 0, None, None]
    assert limit.pending() == {"": 2}


def test_a_key_whose_interval_is_over_makes_room_and_its_count_is_kept() -> None:
    limit = RateLimit(60, keys_max=1)
    limit.permit("a", 0)
    limit.permit("a", 1)
    assert limit.permit("b", 61) == 0
    assert limit.pending() == {"": 1}


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abcde"), st.floats(0, 30)), max_size=60),
    st.integers(1, 4),
)
def test_every_line_is_said_spoken_of_or_pending(
    steps: list[tuple[str, float]], keys_max: int
) -> None:
    """Asked for = permitted + spoken of as kept back + pending; memory stays within its bound."""
    limit, now, permitted, spoken_of = RateLimit(20, keys_max=keys_max), 0.0, 0, 0
    for key, wait in steps:
        now += wait
        answer = limit.permit(key, now)
        permitted += answer is not None
        spoken_of += answer or 0
        assert len(limit.pending()) <= keys_max + 1
    assert len(steps) == permitted + spoken_of + sum(limit.pending().values())
