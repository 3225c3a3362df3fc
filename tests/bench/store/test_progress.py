from io import StringIO

from rich.console import Console

from bench.store.progress import Stages


def test_a_file_gets_a_line_when_a_stage_begins_some_on_its_way_and_one_at_its_end():
    told = StringIO()
    stages = Stages(Console(file=told), every_s=0)
    with stages.stage("Testing under noise", 3, "utterances") as advance:
        assert told.getvalue() == "Testing under noise    3 utterances ...\n"
        for _ in range(3):
            advance(1)
    _, one, two, end = told.getvalue().splitlines()
    assert one == "Testing under noise    1 of 3 utterances, about 0 s left"
    assert two.startswith("Testing under noise    2 of 3 utterances")
    assert end == "Testing under noise    3 utterances in 0 s"
    assert list(stages.seconds) == ["Testing under noise"]


def test_what_is_soon_done_gets_two_lines_and_one_of_a_thing_is_singular():
    told = StringIO()
    with Stages(Console(file=told)).stage("Scoring", 1, "tables") as advance:
        advance(1)
    assert told.getvalue().splitlines() == [f"{'Scoring':<22} 1 table ...", f"{'Scoring':<22} 1 table in 0 s"]


def test_a_terminal_gets_a_bar_and_one_line_at_the_end():
    told = StringIO()
    with Stages(Console(file=told, force_terminal=True, width=100)).stage("Training", 2, "heads") as advance:
        advance(2)
    assert "heads ..." not in told.getvalue()
    assert told.getvalue().rstrip().endswith("2 heads in 0 s")
