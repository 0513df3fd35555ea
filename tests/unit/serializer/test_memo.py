from serverless_init.serializer.memo import Memo


def test_a_value_is_computed_once_per_key() -> None:
    asked: list[int] = []

    def double(key: int) -> int:
        asked.append(key)
        return 2 * key

    memo = Memo(double)

    assert [memo[1], memo[2], memo[1]] == [2, 4, 2]
    assert asked == [1, 2]


def test_trim_forgets_only_beyond_the_bound() -> None:
    memo = Memo(str, entries_max=2)
    _ = memo[1], memo[2]
    memo.trim()
    assert len(memo) == 2
    _ = memo[3]
    memo.trim()
    assert len(memo) == 0
    assert memo[3] == "3"
