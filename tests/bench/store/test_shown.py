from io import StringIO

from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bench.store.progress import Stages
from bench.store.shown import shown


@given(st.text(st.characters(categories=["Cc", "Cs", "Zl", "Zp"]) | st.characters()))
def test_nothing_is_left_that_a_terminal_obeys(text: str):
    left = shown(text)
    assert not [one for one in left if one not in "\n\t" and (ord(one) < 32 or 0x7F <= ord(one) < 0xA0)]
    left.encode()  # no half characters, which cannot be printed
    if text.isprintable():
        assert left == text


def test_lines_of_a_message_and_scripts_of_the_world_stay():
    text = "two:\n  Ünïcode\t日本語 \N{ZERO WIDTH JOINER}"
    assert shown(text) == text


def test_escape_sequences_in_names_do_not_reach_the_terminal():
    told = StringIO()
    stages = Stages(Console(file=told, force_terminal=True, width=200, color_system=None))
    stages.say("\x1b]0;title\x07 said")
    stages.warn("\x1b[2J\nwarned")
    with stages.stage("\x1b[31m[red]", 1, "things") as advance:
        advance(1)
    for name in ("\x1b]0;", "\x07", "\x1b[2J", "\x1b[31m"):
        assert name not in told.getvalue()
    assert r"\x1b]0;title\x07 said" in told.getvalue()
    assert "warning: \\x1b[2J\nwarned" in told.getvalue()
    assert r"\x1b[31m[red]" in told.getvalue()
