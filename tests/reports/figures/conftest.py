"""A run of the given results, as the figures read it."""

import pytest

from reports.run.run import read_run


@pytest.fixture
def run(run_folder, table):
    return lambda *arguments, **options: read_run(run_folder(table(*arguments, **options)))
