"""Names of a folder decide which spectra belong to a polarisation, or decide nothing."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from labctl.report.pairing import groups_by_name


def groups(*names, blocking=False):
    files: list[Any] = [
        SimpleNamespace(
            path=Path(name),
            hold=object() if any(word in name for word in ("hold", "pol")) else None,
            spectra=[] if any(word in name for word in ("hold", "pol")) else [object()],
        )
        for name in names
    ]
    return [[file.path.name for file in group] for group in groups_by_name(files, blocking)]


@pytest.mark.parametrize(
    "names",
    [
        ("a_before.z", "a_hold.csv", "a_after.z"),
        ("before_60C.z", "hold_60C.csv", "after_60C.z"),
        ("Zelle 3 vorher EIS.z", "Zelle 3 pol.csv", "Zelle 3 nachher EIS.z"),
        ("cell3-initial.z", "cell3-polarisation.csv", "cell3-steady.z"),
        ("09_eis.z", "10_hold.csv", "11_eis.z"),
        ("p7_1.z", "p7_hold_2.csv", "p7_3.z"),
    ],
)
def test_a_hold_has_the_spectra_of_its_name_in_the_order_measured(names):
    assert groups(*reversed(names)) == [list(names)]


def test_each_hold_of_a_folder_has_its_own_spectra():
    assert groups("a_before.z", "b_before.z", "a_hold.z", "b_hold.z", "a_after.z", "b_after.z", "c.z") == [
        ["a_before.z", "a_hold.z", "a_after.z"],
        ["b_before.z", "b_hold.z", "b_after.z"],
        ["c.z"],
    ]


@pytest.mark.parametrize(
    "names",
    [
        ("a_before.z", "b_hold.csv", "a_after.z"),
        ("1_eis.z", "2_hold.csv", "3_eis.z", "4_hold.csv", "5_eis.z"),
        ("a_before.z", "a_hold.csv", "a_pol.csv", "a_after.z"),
        ("a_before.z", "a_before_2.z", "b_hold.csv"),
        ("x/a_before.z", "y/a_hold.csv", "x/a_after.z"),
        ("a_before.z", "a_hold.csv"),
        ("one.z", "hold.csv", "two.z"),
    ],
)
def test_names_that_do_not_decide_leave_every_file_alone(names):
    assert groups(*names) == [[Path(name).name] for name in names]


def test_between_blocking_electrodes_the_spectrum_before_is_enough():
    assert groups("a_hold.csv", "a_before.z", blocking=True) == [["a_before.z", "a_hold.csv"]]
