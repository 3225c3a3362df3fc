import pickle
from copy import deepcopy

import pytest

from bench.store.keys import STORED_VERSION, Key, digest, make_key, rng_for


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


def test_what_is_made_of_something_is_of_its_versions_too():
    sound = Key("sound", {"corruptions": 6})
    features = make_key("features", sound, made_by={"encoder": 1})
    head = make_key("head", {"inputs": [(features, "other")]}, made_by={"training": 5})
    assert head.generation.versions == {
        ("corruptions", 6),
        ("encoder", 1),
        ("stored", STORED_VERSION),
        ("training", 5),
    }
    assert head.startswith(head.generation.name)
    assert head.generation.name != features.generation.name


def test_a_key_is_the_same_text_everywhere_and_keeps_its_generation_on_its_way_to_a_worker():
    key = make_key("features", 1, made_by={"encoder": 1})
    assert len(key) == 32
    assert digest(key) == digest(str(key))
    for copy in (pickle.loads(pickle.dumps(key)), deepcopy(key)):  # noqa: S301 - our own
        assert (copy, copy.generation) == (key, key.generation)


def test_other_versions_or_parts_make_another_key():
    keys = {make_key(part, made_by={"encoder": version}) for part in "ab" for version in (1, 2)}
    assert len(keys) == 4
    assert len({key.generation.name for key in keys}) == 2
