"""What people get wrong in TOML is told with the line, and with what would be right."""

import pytest

from labctl.config.table import read_document
from labctl.config.toml_faults import TOMLFault, parse_toml
from labctl.errors import ConfigurationError

MISTAKES = [
    ("dwell_min = 12,5  # minutes", "12,5 has a decimal comma; write 12.5"),
    ("a = 1,5e-3", "1,5e-3 has a decimal comma; write 1.5e-3"),
    ("a = 1\na = 2", "the key a stands in this table already; keep one of the two"),
    ("[limits]\na = 1\n[limits]", "the heading `[limits]` stands in the file already; keep one, with all"),
    ("held = True", "True is not a value of TOML; write true"),
    ("held = no", "no is not a value of TOML; write false"),
    ("a = None", "None is not a value of TOML; leave the line out"),
    (r'a = "C:\samples"', r"write the path with single quotes, 'C:\samples', or with /"),
    (r'a = "C:\users"', r"write the path with single quotes, 'C:\users', or with /"),
    ("name = pellet 7", '`pellet 7` is text without quotes; write "pellet 7"'),
    ("name = “pellet”", "has typographic quotes; write \" or '"),
    ('name = "pellet', 'the quotes in `name = "pellet` are not closed'),
    ("[limits", "`[limits` is no heading; write [limits] alone on the line"),
    ("[[procedure]", "write [[procedure]] alone on the line"),
    ("a =", "a has no value after ="),
    ("a = −5", "begins with a dash that is no minus sign; write -5"),
    ("a = 5 mm", "write the number alone, 5; the name of the key says the unit"),
    ("a = .5", ".5 needs a digit before the point; write 0.5"),
    ("a = 5.", "5. needs a digit after the point; write 5.0"),
    ("a = 007", "007 begins with 0; write 7"),
    ("a = 50:115:10", '50:115:10 needs quotes; write "50:115:10"'),
    ("a = [40 50]", "a comma is missing between 40 and 50"),
    ("a = [40, 50", "the list in `a = [40, 50` is not closed with ], or a comma is missing"),
    ("a : 1", "write a = 1"),
    ("a == 1", "write one = between key and value"),
    ("temperature 5", "is neither a line `key = value` nor a heading in brackets"),
    ("// remark", "is no comment; a comment begins with #"),
    ("a = " + "[" * 5000 + "]" * 5000, "is nested deeper than 60 levels"),
    ("a." * 5000 + "b = 1", "is nested deeper than 60 levels"),
    ("a = " + "9" * 5000, "is a number of thousands of digits"),
    ('a = "x\x1by"', r"holds a control character, '\x1b'; remove it"),
]


@pytest.mark.parametrize(("text", "sentence"), MISTAKES, ids=[text[:20] for text, _ in MISTAKES])
def test_a_usual_mistake_is_told_with_its_line(text, sentence):
    with pytest.raises(TOMLFault) as caught:
        parse_toml(f"first = 1\n{text}\n")
    assert caught.value.line == 2 + text.count("\n")
    assert sentence in caught.value.problem
    assert len(caught.value.problem) < 300


def test_any_other_mistake_is_told_in_the_words_of_the_parser():
    with pytest.raises(TOMLFault, match=r"is not valid TOML: Invalid statement in `=1`"):
        parse_toml("=1\n")


def test_the_file_and_the_line_stand_before_the_sentence(tmp_path):
    path = tmp_path / "pellet.toml"
    path.write_text('name = "pellet"\nthickness_mm = 1,0\n')
    with pytest.raises(ConfigurationError) as caught:
        read_document(path)
    assert str(caught.value) == f"{path}: line 2: 1,0 has a decimal comma; write 1.0"
    assert (caught.value.source, caught.value.key) == (str(path), "line 2")


def test_a_byte_order_mark_and_line_ends_of_windows_are_accepted(tmp_path):
    path = tmp_path / "pellet.toml"
    path.write_bytes(b'\xef\xbb\xbfname = "25 \xc2\xb0C"\r\nb = 2\r\n')
    document = read_document(path)
    assert document.values == {"name": "25 °C", "b": 2}
    assert document.document_text == 'name = "25 °C"\nb = 2\n'


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            'a = 1\nb = "25 °C"'.encode("latin-1"),
            "line 2: holds the byte 0xb0, not UTF-8; in Latin-1 it is '°'",
        ),
        ("a = 1".encode("utf-16"), "is text in UTF-16; save it as UTF-8"),
        (bytes(range(256)), "holds the byte 0x80, not UTF-8; save the file as UTF-8"),
    ],
    ids=["latin-1", "utf-16", "no text"],
)
def test_a_file_in_another_encoding_is_told_so(content, sentence, tmp_path):
    path = tmp_path / "pellet.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError) as caught:
        read_document(path)
    assert sentence in str(caught.value)


@pytest.mark.parametrize("name", ["absent.toml", "a\x00b.toml", "\udcff\x1b.toml", "x" * 5000, "."])
def test_a_name_of_no_file_is_one_sentence(name, tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        read_document(tmp_path / name)
    assert "\x00" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
