import pytest

from bench.corpora.leaks import Part, leaks, n_shared_files


def part(split: str, speaker: str, start: int, end: int, name: str = "") -> Part:
    return Part("a.wav", name or f"{start}-{end}", split, speaker, start, end)


def test_two_people_of_a_dialogue_may_be_in_two_splits():
    parts = [part("train", "Ann", 0, 10), part("test", "Bob", 10, 20), part("train", "Ann", 20, 30)]
    assert leaks(parts) == []
    assert n_shared_files(parts) == 1


def test_inside_a_split_segments_may_overlap():
    parts = [part("train", "Ann", 0, 10), part("train", "Bob", 5, 20)]
    assert leaks(parts) == []
    assert n_shared_files(parts) == 0


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([part("train", "Ann", 0, 10), part("test", "Bob", 9, 20)], "0-10 (train) overlaps 9-20 (test)"),
        (
            # The longest of a split counts, not the last.
            [part("train", "Ann", 0, 30), part("train", "Ann", 2, 3), part("test", "Bob", 20, 25)],
            "0-30 (train) overlaps 20-25 (test)",
        ),
        (
            [part("train", "Ann", 0, 10), part("test", "Unknown", 20, 30)],
            "20-30 (test), where Unknown may be who speaks in 0-10 (train)",
        ),
        ([Part("a.wav", "a.wav", "train", "Ann"), part("test", "Bob", 20, 30)], "a.wav (train) is 20-30 (test)"),
        ([Part("sha", "a.wav", "dev", "Ann"), Part("sha", "b.wav", "test", "Bob")], "a.wav (dev) is b.wav (test)"),
    ],
)
def test_what_is_heard_in_two_splits_is_named(parts: list[Part], message: str):
    assert leaks(parts) == [message]
