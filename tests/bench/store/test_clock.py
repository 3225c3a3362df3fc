from datetime import UTC, datetime, timedelta

from bench.store.clock import Began


def test_a_clock_that_is_set_back_makes_nothing_take_less_than_no_time():
    took = Began(at=datetime.now(UTC) + timedelta(hours=1)).until_now()
    assert took["finished"] < took["started"]
    assert 0 <= took["wall_s"] < 60
