import os
from pathlib import Path

import pytest
from hypothesis import settings

from bench.corpora.corpus import Corpus
from bench.corpora.probe.corpus import ProbeSpec, build_probe, read_probe

# The same examples on every machine, however slow it is.
settings.register_profile("emonoise", deadline=None, derandomize=True, max_examples=40)
settings.load_profile("emonoise")

TINY = ProbeSpec(train=40, dev=12, test=8)


@pytest.fixture(scope="session")
def probe_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder in which the tiny probe corpus is built: spoken for real, once for all tests."""
    cache = tmp_path_factory.mktemp("cache")
    build_probe(TINY, cache)
    return cache


@pytest.fixture(scope="session")
def tiny_probe(probe_cache: Path) -> Corpus:
    """The tiny probe corpus."""
    return read_probe(build_probe(TINY, probe_cache))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real recordings that EMONOISE_REAL_DATA names."""
    folder = os.environ.get("EMONOISE_REAL_DATA")
    if not folder:
        pytest.skip("EMONOISE_REAL_DATA is not set")
    return Path(folder)
