"""What a file holds that is no spectrum, by the names of its columns."""

import pytest

from labctl.analysis.readers.kinds import kind_of_table


@pytest.mark.parametrize(
    ("headings", "kind"),
    [
        ("time/s,I/A,E/V", "polarisation"),
        ("Time,Current,Potential", "polarisation"),
        ("T (degC),sigma (S/cm),n", "conductivities"),
        ("1000/T (1/K),log10(sigma),R (ohm)", "conductivities"),
        ("f/Hz,time/s,I/A", ""),
        ("f/Hz,T (degC),sigma (S/cm)", ""),
        ("f/Hz,Re(Z)/Ohm,Im(Z)/Ohm", ""),
        ("x,y,z", ""),
    ],
)
def test_the_headings_decide(tmp_path, headings, kind):
    path = tmp_path / "a.csv"
    path.write_text(f"{headings}\n1,2,3\n2,3,4\n", encoding="utf-8")
    assert kind_of_table(path) == kind


def test_a_file_without_a_table_is_of_no_kind(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("nothing to see\n", encoding="utf-8")
    assert kind_of_table(path) == ""
