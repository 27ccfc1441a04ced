import pytest

from labctl.analysis import read_spectrum

TEXT = b"freq/Hz,Re(Z)/Ohm,Im(Z)/Ohm\n1000,1.5,-2.25\n100,3,-4\n10,5,-6\n1,7.125,-8\n"


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        (
            "a.idf",
            b"\x01\x00\x00Ivium\x00\x07" * 20,
            "an Ivium data file.*export the data as text from IviumSoft",
        ),
        ("a.ids", b"\x00\x01" * 200, "an Ivium data file"),
        ("a.ISM", b"\x00\x00\x00\x00\x00\x41\x40\x10" * 20, "a Zahner impedance file.*from Thales"),
        ("a.DTA", b"\x89GAM\x00\x01\x02\x03" * 20, "a Gamry file in binary.*from Gamry Framework"),
        ("a.nox", b"\x00\x01NOVA\x00" * 20, "an Autolab file in binary.*from NOVA"),
        ("a.zip", b"PK\x03\x04rest", "a zip archive: unpack it"),
        ("a.csv", b"\x1f\x8b\x08rest", "a gzip archive: unpack it"),
        ("a.pdf", b"%PDF-1.4 rest", "a PDF"),
    ],
)
def test_a_format_that_is_not_read_is_named_with_how_to_export(tmp_path, name, content, why):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=why) as refused:
        read_spectrum(tmp_path / name)
    assert name in str(refused.value)


@pytest.mark.parametrize("name", ["a.idf", "a.ism", "a.dta"])
@pytest.mark.parametrize("content", [TEXT, TEXT.decode().encode("utf-16")])
def test_a_text_with_one_of_these_endings_is_read(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert len(read_spectrum(tmp_path / name)) == 4


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_an_empty_file_is_called_empty(tmp_path, content):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(ValueError, match="the file is empty"):
        read_spectrum(tmp_path / "a.csv")


def test_one_temperature_without_a_unit_is_not_told_as_a_range(tmp_path):
    lines = ["freq/Hz,Re(Z)/Ohm,Im(Z)/Ohm,Temperature", *(f"{10**n},{9 - n},-{n + 1},20" for n in range(5))]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    (warning,) = [one for one in read_spectrum(tmp_path / "a.csv").warnings if "temperature" in one]
    assert warning == "the temperature has no unit: 20 is taken as degC, too cold for K"
