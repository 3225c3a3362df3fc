import sys
import unicodedata

import pytest

from corruptions.ground.names import a_name, is_name, written_out
from corruptions.sound.audio import audio_names
from corruptions.sound.promises import AudioError
from reports.run import words

EVERY = [chr(code) for code in range(sys.maxunicode + 1)]


def test_no_control_surrogate_separator_or_override_is_in_a_name():
    refused = {letter for letter in EVERY if not is_name(letter)}
    of_kind = {letter for letter in EVERY if unicodedata.category(letter) in {"Cc", "Cs", "Zl", "Zp"}}
    directions = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    turning = {letter for letter in EVERY if unicodedata.bidirectional(letter) in directions}
    assert refused == of_kind | turning | {"\ufffe", "\uffff"}


def test_reports_write_the_same_out_but_tabs_and_line_breaks():
    every = "".join(EVERY).replace("\t", "").replace("\n", "")
    assert words.written_out(every) == written_out(every)
    assert words.written_out("a\tb\n") == "a\tb\n"


def test_what_is_written_out_is_a_name():
    assert is_name(written_out("".join(letter for letter in EVERY if not is_name(letter))))


@pytest.mark.parametrize("name", ["", "a b", "caf\u00e9", "\u65e5\u672c", "=$\\{}&<"])
def test_every_other_letter_is_allowed(name):
    assert a_name(name) == name


def test_a_file_name_that_no_table_can_hold_is_refused_with_its_folder(tmp_path):
    try:
        (tmp_path / "a\udcff.wav").touch()
    except OSError:
        pytest.skip("this file system holds names in UTF-8 alone")
    with pytest.raises(AudioError, match=r"not UTF-8, rename them:\n  a\\udcff\.wav"):
        audio_names(tmp_path)
