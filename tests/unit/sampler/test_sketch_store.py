"""Bounds of the sketch: number of bins, width of bins, sums that leave the floats."""

from serverless_init.sampler.sketch import BINS_MAX, WEIGHT_MAX, Sketch, Store


def test_the_lowest_keys_beyond_the_limit_are_folded_into_the_lowest_kept():
    store = Store()
    store.insert(range(1, BINS_MAX + 101))
    assert len(store.bins()) == BINS_MAX
    assert store.bins()[:2] == [(101, 101), (102, 1)]
    assert sum(count for _, count in store.bins()) == BINS_MAX + 100


def test_folding_does_not_depend_on_when_it_happens():
    at_once, step_by_step = Store(), Store()
    keys = list(range(1, 6001))
    at_once.insert(keys)
    for start in range(0, 6000, 500):
        step_by_step.insert(reversed(keys[start : start + 500]))
    assert at_once.bins() == step_by_step.bins()


def test_bins_are_of_16_bits_up_to_what_all_of_them_hold_and_of_32_beyond():
    store = Store([(7, WEIGHT_MAX)])
    assert store.bins() == [(7, 65_535)] * BINS_MAX
    store.insert([7])
    assert store.bins() == [(7, WEIGHT_MAX + 1)]


def test_a_merge_leaves_the_other_store_as_it_was():
    one, other = Store([(1, 2)]), Store([(1, 3), (2, 1)])
    one.merge(other)
    other.insert([5])
    assert one.bins() == [(1, 5), (2, 1)]
    assert other.bins() == [(1, 3), (2, 1), (5, 1)]


def test_an_empty_sketch_has_no_point():
    assert Sketch().point(0) is None


def test_a_point_does_not_change_when_more_is_inserted():
    sketch = Sketch()
    sketch.insert(1.0)
    point = sketch.point(0)
    sketch.insert(2.0)
    sketch.insert_weighted(1.0, 3.0)
    assert (point.keys, point.counts, point.count) == ((1338,), (1,), 1)


def test_weighted_and_single_values_share_one_summary():
    sketch = Sketch()
    sketch.insert(4.0)
    sketch.insert_weighted(1.0, 3.5)
    point = sketch.point(0)
    assert (point.count, point.total, point.average) == (4, 7.5, 1.75)
    assert (point.minimum, point.maximum) == (1.0, 4.0)


def test_a_weighted_value_comes_after_the_single_ones_before_it():
    sketch = Sketch()
    sketch.insert(0.5)
    sketch.insert_weighted(1.9, 2.0)
    assert sketch.point(0).average == 1.4333333333333331


def test_the_average_of_one_weighted_value_is_that_value():
    sketch = Sketch()
    sketch.insert_weighted(0.1, 3.0)
    assert sketch.point(0).average == 0.1
