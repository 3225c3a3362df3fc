import pytest

from bench.store.keys import digest, rng_for


def test_a_digest_is_the_same_on_every_machine():
    assert digest("probe", 1, [2.5, None], {"a": True}) == "e659e4177d4e3a795e7268f59c4d7d96"


def test_the_order_of_a_mapping_does_not_matter_but_the_order_of_parts_does():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
    assert digest("a", "b") != digest("b", "a")


def test_neighbouring_parts_do_not_run_together():
    assert digest("ab", "c") != digest("a", "bc")
    assert digest(1) != digest("1")
    assert digest(None) != digest("None")


def test_an_object_without_a_stable_text_is_refused():
    with pytest.raises(TypeError, match="cannot make a digest of object"):
        digest(object())


def test_a_generator_depends_on_its_parts_alone():
    first = rng_for(0, "probe", "u1", "babble", 0).integers(1 << 40, size=4)
    rng_for(0, "probe", "u2", "babble", 0).integers(1 << 40, size=4)
    again = rng_for(0, "probe", "u1", "babble", 0).integers(1 << 40, size=4)
    other = rng_for(0, "probe", "u1", "babble", 1).integers(1 << 40, size=4)
    assert (first == again).all()
    assert (first != other).any()
