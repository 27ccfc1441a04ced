from contextlib import closing
from itertools import islice

import pytest

from drivers.methodscript import CurrentRanges, rest_script, sample_script, spectrum_script, step_script
from drivers.palmsens import EmStat4HR, EmStat4LR, EmStatPico, MethodScriptInstrument, Nexus
from labctl.errors import InstrumentError
from labctl.testing.trial import find_candidate

IDLE = [("", None), ("Z", "Z!0006")]
RUNNING = [("", None), ("Z", "Pda8000800u"), (None, "Z"), (None, "*"), (None, "")]
CELL_OFF = [("e\ncell_off", None), ("", "e"), (None, "")]
PICO_RANGES = (100e-9, 1e-3)
OK_PACKAGE = "Pda8002710u;ba80003E8n,10,20B"


def loads(script):
    return [("l\n" + "\n".join(script), None), ("", "l")]


def runs(mark, *packages, end=("*", "")):
    return [("r", f"r{mark}"), *((None, line) for line in (*packages, *end))]


def spectrum(frequencies_hz, held=False, ranges=(100e-9, 5e-3)):
    return loads(spectrum_script(frequencies_hz, 0.01, 0.01 if held else 0.0, CurrentRanges(*ranges), held))


def step(*packages):
    script = step_script(0.01, CurrentRanges(100e-9, 1e-3), 0.05)
    return [*loads(script), *runs("M0007", *(packages or [OK_PACKAGE]))]


def sample(package=OK_PACKAGE):
    return [*loads(sample_script(0.01, 0.05)), *runs("M0007", package)]


EIS_LINE = "PdcDF5DFF4u;cc896D904m,10,287;cd82DB1A8u,10,287"


@pytest.mark.parametrize(
    ("driver_class", "answer", "release"),
    [
        (EmStat4HR, "tes4_hr1100#Jan 28 2022 11:04:43", "R*"),
        (EmStatPico, "tespico1304#Oct 22 2021 14:38:26", "R*"),
        (Nexus, "tnexus11304#Oct 22 2021 14:38:26", "B*"),
    ],
)
def test_preparing_aborts_what_runs_switches_the_cell_off_and_checks_the_device(
    dialogue, driver_class, answer, release
):
    pairs = [*RUNNING, *CELL_OFF, ("t", answer), (None, release), ("i", "iES4HR21A0012")]
    with dialogue(driver_class, pairs) as cell:
        cell.prepare()


def test_another_device_is_refused(dialogue):
    pairs = [*IDLE, *CELL_OFF, ("t", "tes4_lr1100#Jan 28 2022 11:04:43"), (None, "R*"), ("i", "iES4LR")]
    with dialogue(EmStat4HR, pairs) as cell, pytest.raises(InstrumentError, match="not a es4_hr"):
        cell.prepare()


def test_a_spectrum_is_loaded_run_and_decoded(dialogue):
    second = EIS_LINE.replace("DF5DFF4u", "800000A ")
    pairs = [*spectrum([100, 10]), *runs("M000D", EIS_LINE, second), *CELL_OFF]
    with dialogue(EmStatPico, pairs) as cell:
        points = list(cell.sweep([100, 10], 0.01))
    assert [point.frequency_hz for point in points] == [pytest.approx(99.999732), 10]
    assert points[0].z_real_ohm == pytest.approx(9885.956)
    assert points[0].z_imag_ohm == pytest.approx(2.9946, rel=1e-5)
    assert points[0].status == "ok"


@pytest.mark.parametrize(
    ("mark", "package"), [("M0007", OK_PACKAGE), ("M0000", "Pda8000800u;ba8000800u,10,20B")]
)
def test_the_makers_own_script_is_loaded_run_and_read_to_its_end(dialogue, mark, package):
    lines = (
        "var p", "var c", "set_pgstat_chan 0", "set_pgstat_mode 2", "set_range ba 100u", "set_e 10m",
        "cell_on", "meas_loop_ca p c 10m 1 60", "pck_start", "pck_add p", "pck_add c", "pck_end",
        "endloop", "on_finished:", "cell_off",
    )  # fmt: skip
    answers = [("", f"e{mark}"), *((None, line) for line in (package, package, "*", ""))]
    script = "\n".join(("e", *lines))
    with dialogue(EmStatPico, [(script, None), *answers]) as cell:
        found = list(cell._run(script))
    assert [sorted(package) for package in found] == [["ba", "da"]] * 2


def test_the_mark_of_the_loop_may_come_on_a_line_of_its_own(dialogue):
    pairs = [
        *spectrum([100]),
        ("r", "r"),
        *((None, line) for line in ("M000D", EIS_LINE, "*", "")),
        *CELL_OFF,
    ]
    with dialogue(EmStatPico, pairs) as cell:
        assert len(list(cell.sweep([100], 0.01))) == 1


def test_overload_is_in_the_status_and_the_value_kept(dialogue):
    line = "PdcDF5DFF4u;cc896D904m,12,287;cd82DB1A8u,18,287"
    with dialogue(EmStatPico, [*spectrum([100]), *runs("M000D", line), *CELL_OFF]) as cell:
        (point,) = cell.sweep([100], 0.01)
    assert point.status == "overload; overload warning"
    assert point.z_real_ohm == pytest.approx(9885.956)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("PdcDF5DFF4u;cc     nan,10,287;cd82DB1A8u,10,287", "not a number"),
        ("PdcDF5DFF4u;cc896D904m,10,287", "lacks cd"),
        ("PdcDF5DFF4u;cc896D9", "not a data package"),
        ("Pdc800000A ;cc896D904m;cd82DB1A8u", "frequency other than"),
        ("!0032: Line 4", "the cell was overloaded"),
        ("?#", "not a line"),
    ],
)
def test_output_that_is_no_measurement_ends_the_spectrum_with_the_cell_off(dialogue, line, problem):
    pairs = [*spectrum([100]), *runs("M000D", line, end=()), *RUNNING, *CELL_OFF]
    with dialogue(EmStatPico, pairs) as cell, pytest.raises(InstrumentError, match=problem):
        list(cell.sweep([100], 0.01))


def test_a_spectrum_that_ends_early_is_an_error(dialogue):
    with (
        dialogue(EmStatPico, [*spectrum([100, 10]), *runs("M000D", EIS_LINE), *CELL_OFF]) as cell,
        pytest.raises(InstrumentError, match="ended before all points"),
    ):
        list(cell.sweep([100, 10], 0.01))


def test_more_points_than_asked_for_are_an_error(dialogue):
    pairs = [*spectrum([100]), *runs("M000D", EIS_LINE, EIS_LINE), *CELL_OFF]
    with dialogue(EmStatPico, pairs) as cell, pytest.raises(InstrumentError, match="more points"):
        list(cell.sweep([100], 0.01))


def test_a_refused_script_was_never_run(dialogue):
    pairs = [*spectrum([100])[:1], ("", "l!4001: Line 1, Col 27"), *CELL_OFF]
    with dialogue(EmStatPico, pairs) as cell, pytest.raises(InstrumentError, match="unknown script command"):
        list(cell.sweep([100], 0.01))


def test_closing_a_spectrum_aborts_it_and_switches_the_cell_off(dialogue):
    pairs = [*spectrum([100, 10]), *runs("M000D", EIS_LINE, end=()), *RUNNING, *CELL_OFF]
    with dialogue(EmStatPico, pairs) as cell, closing(cell.sweep([100, 10], 0.01)) as points:
        next(points)


def test_a_hold_steps_samples_and_ends_with_the_cell_off(dialogue):
    with dialogue(EmStatPico, [*step(), *sample(), *sample(), *CELL_OFF]) as cell:
        points = list(cell.hold(0.01, [0, 1, 10], 1e-3))
    assert [point.elapsed_s for point in points] == [0, 1, 10]
    assert {point[2:] for point in points} == {(0.01, 1e-6, "ok")}


def test_a_spectrum_within_a_hold_leaves_cell_and_mode_alone(dialogue):
    pairs = [*step(), *spectrum([100], held=True), *runs("M000D", EIS_LINE), *sample(), *CELL_OFF]
    with dialogue(EmStatPico, pairs) as cell, closing(cell.hold(0.01, [0, 1, 2], 1e-3)) as samples:
        next(samples)
        assert len(list(cell.sweep([100], 0.01, bias_v=0.01))) == 1
        with pytest.raises(ValueError, match="is held at"):
            cell.sweep([100], 0.01, bias_v=0.0)
        next(samples)


def test_an_aborted_spectrum_within_a_hold_does_not_end_the_hold(dialogue):
    pairs = [*step(), *spectrum([100, 10], held=True), *runs("M000D", EIS_LINE, end=()), *RUNNING, *CELL_OFF]
    with dialogue(EmStatPico, pairs) as cell, closing(cell.hold(0.01, [0, 1], 1e-3)) as samples:
        next(samples)
        with closing(cell.sweep([100, 10], 0.01, bias_v=0.01)) as points:
            next(points)


@pytest.mark.parametrize(
    ("package", "words"),
    [
        ("Pda8002710u;ba80007D0u,10,20B", "beyond the current limit of 0.001 A"),
        ("Pda8002710u;ba80003E8n,12,20B", "overload"),
        ("Pda8002710u;ba80003E8n,11,20B", "timing not met"),
    ],
)
def test_limit_and_overload_are_in_the_status_of_a_held_point(dialogue, package, words):
    with dialogue(EmStatPico, [*step(package), *CELL_OFF]) as cell:
        (point,) = cell.hold(0.01, [0], 1e-3)
    assert point.status == words


def test_rest_is_measured_with_the_cell_off(dialogue):
    pairs = [
        *loads(rest_script(0.05)),
        *runs("M000B", "Pab8002710u,10,287"),
        *runs("M000B", "Pab8004E20u"),
        *CELL_OFF,
    ]
    with dialogue(EmStatPico, pairs) as cell:
        points = list(cell.rest([0, 60]))
    assert [(point.elapsed_s, point.potential_v, point.current_a) for point in points] == [
        (0, 0.01, 0),
        (60, 0.02, 0),
    ]


@pytest.mark.parametrize(
    ("frequencies_hz", "amplitude_v", "bias_v"),
    [([1e6], 0.01, 0), ([], 0.01, 0), ([0], 0.01, 0), ([100], 1, 0), ([100], 0, 0), ([100], 0.01, 3)],
)
def test_spectra_the_instrument_cannot_take_are_never_sent(dialogue, frequencies_hz, amplitude_v, bias_v):
    with dialogue(EmStatPico, []) as cell, pytest.raises(ValueError):
        cell.sweep(frequencies_hz, amplitude_v, bias_v=bias_v)


@pytest.mark.parametrize(("potential_v", "limit_a"), [(3, 1e-3), (float("nan"), 1e-3), (0.01, 0)])
def test_holds_the_instrument_cannot_take_are_never_sent(dialogue, potential_v, limit_a):
    with dialogue(EmStatPico, []) as cell, pytest.raises(ValueError):
        next(cell.hold(potential_v, [0], limit_a))


def test_the_highest_range_is_the_first_that_holds_the_limit(dialogue):
    with dialogue(EmStat4LR, []) as cell:
        assert cell._ranges_up_to(2e-5) == CurrentRanges(1e-9, 1e-4)
        assert cell._ranges_up_to(1) == CurrentRanges(1e-9, 1e-2)


def test_making_safe_may_be_repeated(dialogue):
    with dialogue(EmStatPico, [*RUNNING, *CELL_OFF, *IDLE, *CELL_OFF]) as cell:
        cell.make_safe()
        cell.make_safe()


def test_switching_off_is_tried_twice(dialogue):
    refused = [("e\ncell_off", None), ("", "e!0006")]
    with dialogue(EmStatPico, [*IDLE, *refused, *IDLE, *CELL_OFF]) as cell:
        cell.make_safe()
    with (
        dialogue(EmStatPico, [*IDLE, *refused, *IDLE, *refused]) as cell,
        pytest.raises(InstrumentError, match="not allowed now"),
    ):
        cell.make_safe()


def test_flow_control_bytes_are_dropped(dialogue):
    with dialogue(
        EmStatPico, [("", None), ("Z", "\x13Z!0006"), CELL_OFF[0], ("", "\x11e"), (None, "\x11")]
    ) as cell:
        cell.make_safe()


def test_the_time_out_follows_the_lowest_frequency(dialogue):
    line = "Pdc8002710u;cc896D904m;cd82DB1A8u"
    pairs = [*spectrum([0.01]), *runs("M000D", line, end=()), *RUNNING, *CELL_OFF]
    with dialogue(EmStatPico, pairs) as cell:
        points = cell.sweep([0.01], 0.01)
        next(points)
        assert cell.adapter.connection.timeout == 3_030_000
        points.close()


def test_only_real_models_name_their_devices():
    assert all(model.devices for model in (EmStatPico, EmStat4LR, EmStat4HR, Nexus))
    assert not MethodScriptInstrument.devices


def test_the_hold_is_over_for_the_first_times_only(dialogue):
    with (
        dialogue(EmStatPico, [*step(), *sample(), *CELL_OFF]) as cell,
        closing(cell.hold(0.01, [5], 1e-3)) as held,
    ):
        assert [point.elapsed_s for point in islice(held, 1)] == [5]


@pytest.mark.parametrize("brief", [False, True], ids=["echo and empty line", "echo alone"])
def test_both_forms_of_the_end_of_a_script_without_output_are_accepted(brief):
    with find_candidate("drivers.palmsens:EmStat4HR").connected() as trial:
        (model,) = trial.rig.instruments.values()
        model.brief_echo = brief
        trial.driver.prepare()
        with closing(trial.driver.hold(0.01, [0.0, 1.0], 1e-3)) as points:
            next(points)
            assert model.cell_is_on
        assert not model.cell_is_on
        began_s = trial.clock.monotonic()
        trial.driver.make_safe()
        assert trial.clock.monotonic() - began_s < 5


@pytest.mark.parametrize("kind", ["garble", "truncate"])
def test_a_script_with_an_unknown_error_message_is_a_failure(kind):
    with find_candidate("drivers.palmsens:EmStat4HR").connected() as trial:
        trial.rig.faults.add(kind, command="^script$", count=99)
        with pytest.raises(InstrumentError):
            trial.driver.cell_off()
