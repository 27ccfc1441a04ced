"""The procedures that the window offers: those that ship, and those of a file."""

import pytest

from labctl.config.offered_procedures import in_file, shipped
from labctl.errors import ConfigurationError

OWN = "from procedures.eis import EIS\nclass Quick(EIS):\n    '''In a hurry.'''\n    version = {version}\n"


def test_those_that_ship_are_offered_by_the_names_that_protocols_give_them():
    found = shipped()
    assert "procedures.eis:EIS" in [offered.reference for offered in found]
    assert all(offered.folder is None and offered.summary for offered in found)


def test_a_file_offers_its_own_classes_and_not_those_that_it_imports(tmp_path):
    (tmp_path / "ours.py").write_text(OWN.format(version=1))
    (offered,) = in_file(tmp_path / "ours.py")
    assert (offered.reference, offered.title, offered.summary) == ("ours:Quick", "Quick", "In a hurry.")
    assert offered.folder == tmp_path


def test_an_edited_file_offers_what_it_says_now_and_a_file_of_that_name_elsewhere_its_own(tmp_path):
    (tmp_path / "other").mkdir()
    versions = []
    for path, version in ((tmp_path, 1), (tmp_path, 2), (tmp_path / "other", 3), (tmp_path, 2)):
        (path / "ours.py").write_text(OWN.format(version=version))
        versions.append(in_file(path / "ours.py")[0].procedure_class.version)
    assert versions == [1, 2, 3, 2]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("ours.py", "import no_such", r"imports 'no_such', which is not installed \(line 1\)"),
        ("ours.py", "import sys; sys.exit()", "ends the program when it is imported"),
        ("ours.py", "class Quick(", r"ours.py, line 1: "),
        ("ours.py", "x = 1", "defines no pymeasure Procedure"),
        ("ours.txt", "", "is not a Python file"),
        ("ours.v2.py", "", "is not a Python file that can be imported"),
        ("nowhere.py", None, "does not exist"),
    ],
)
def test_a_file_that_offers_nothing_is_one_sentence(tmp_path, name, text, said):
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(ConfigurationError, match=said):
        in_file(tmp_path / name)
