"""Each kind of figure draws the stored numbers, keeps its key readable, and is written with its fonts."""

import re
from dataclasses import replace

import matplotlib.image
import numpy as np
import pytest
from matplotlib.collections import PathCollection
from matplotlib.image import BboxImage

from labctl.analysis import fit_arrhenius
from labctl.analysis.laws.law_function import function_of
from labctl.errors import InvalidRequest
from labctl.readmodel.snapshot import (
    PolarisationCurve,
    RelaxationCurve,
    RunSnapshot,
    SpectrumCurve,
    TemperatureCurve,
)
from labctl.report.figures import KINDS, figure_of, save, styled
from labctl.report.figures.axes import celsius_ticks
from labctl.report.figures.colours import by_temperature
from labctl.report.figures.residuals import residuals

SAMPLE = {"name": "pellet", "cation": "Mg2+"}
FREQUENCY_HZ = np.geomspace(1e6, 1.0, 25)


def impedance(r_ohm):
    return r_ohm / (1 + 2j * np.pi * FREQUENCY_HZ * r_ohm * 1e-10) + 1e5 / (1j * FREQUENCY_HZ)


def spectrum(number, kelvin, r_ohm=1000.0, **about):
    resistance = {"resistance_ohm": r_ohm, "bound": None, "circuit": "", "flags": []}
    z = impedance(r_ohm)
    values = {
        "id": number, "number": number, "step": number, "branch": "heating", "status": "finished",
        "setpoint_k": kelvin, "temperature_k": kelvin, "frequency_hz": FREQUENCY_HZ, "z_ohm": z,
        "resistance": resistance, "fit_frequency_hz": FREQUENCY_HZ, "fit_z_ohm": z / 1.01,
        "relaxation": RelaxationCurve(np.geomspace(1e-6, 1, 20), np.ones(20), np.zeros(20), 2 * np.ones(20)),
    }  # fmt: skip
    return SpectrumCurve(**(values | about))


def point(spectrum_id, kelvin, sigma_s_m, **about):
    row = {"spectrum_id": spectrum_id, "temperature_k": kelvin, "conductivity_s_m": sigma_s_m, "bound": None}
    row |= {"standard_uncertainty_s_m": 0.02 * sigma_s_m, "relative_uncertainty_resistance": 0.01}
    return row | {"branch": "heating", "flags": []} | about


def snapshot(number=1, **about):
    kelvin = np.array([310.0, 330.0, 350.0, 370.0])
    sigma = 1e8 / kelvin * np.exp(-0.5 / (8.617333262e-5 * kelvin)) * np.array([1.01, 0.99, 1.0, 1.01])
    law = fit_arrhenius(kelvin, sigma)
    row = {
        "branch": "all", "law": "arrhenius", "form": "ln_sigma_t", "preferred": 1, "flags": [], "n_points": 4,
        "parameters": {"activation_energy": {"value": 0.5, "standard_uncertainty": 0.01, "unit": "eV"}},
        "spectra": [0, 1, 2, 3], "curve": function_of(law).as_dict(),
    }  # fmt: skip
    hours = np.arange(10.0)
    number_row = {
        "polarisation_id": 0, "steady_current_a": 2e-6, "steady_current_u_a": 1e-8,
        "relaxation": {
            "transient_initial_current_a": {"value": 9e-6}, "extrapolated_current_a": {"value": 2e-6},
            "time_constant_s": {"value": 100.0},
        },
    }  # fmt: skip
    values = {
        "run": {"id": number, "status": "finished"}, "sample": SAMPLE,
        "spectra": tuple(spectrum(i, k) for i, k in enumerate(kelvin)),
        "conductivities": tuple(point(i, k, s) for i, (k, s) in enumerate(zip(kelvin, sigma, strict=True))),
        "fits": (row,),
        "temperature": TemperatureCurve(3600 * hours, 310 + hours, np.repeat([310.0, 320.0], 5)),
        "polarisations": (PolarisationCurve(0, 0, "finished", 0.01, 303.0, np.geomspace(1, 1e3, 30),
                                            np.geomspace(9e-6, 2e-6, 30)),),
        "transference_numbers": (number_row,),
    }  # fmt: skip
    return RunSnapshot(**(values | about))


OXYGEN_PA = (10.0, 100.0, 1000.0, 21000.0)


def over_oxygen(number=1, kelvin=330.0):
    """A run over the oxygen pressure: sigma falls with its fourth root."""
    about = {"condition_quantity": "oxygen_pa"}
    rows = [
        point(i, kelvin, 1e-3 * pa**-0.25, condition_setpoint=pa, condition_value=1.01 * pa, **about)
        for i, pa in enumerate(OXYGEN_PA)
    ]
    return snapshot(number, conductivities=tuple(rows), fits=())


def test_sigma_over_a_condition_is_drawn_at_the_condition_as_it_was_read():
    (axes,) = drawn("condition", over_oxygen()).axes
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert axes.get_xlabel() == "oxygen / Pa"
    x, y = axes.lines[0].get_data()
    assert x == pytest.approx(1.01 * np.array(OXYGEN_PA))
    assert np.polyfit(np.log(x), np.log(y), 1)[0] == pytest.approx(-0.25)
    assert axes.get_legend_handles_labels()[1] == ["57 °C"]


def test_each_temperature_of_each_run_is_a_line_over_the_condition():
    (axes,) = drawn("condition", over_oxygen(1), over_oxygen(2, 350.0)).axes
    assert axes.get_legend_handles_labels()[1] == ["run 1, 57 °C", "run 2, 77 °C"]


def test_a_run_without_a_condition_says_so_in_that_figure():
    (axes,) = drawn("condition", snapshot()).axes
    assert "no spectrum was measured at a condition" in axes.texts[0].get_text()


def drawn(kind, *runs, **options):
    with styled():
        return figure_of(kind, runs or [snapshot()], **options)


def line_with(axes, values):
    """Whether a line of the axes goes through these values."""
    values = np.asarray(values, dtype=float)
    return any(
        len(line.get_ydata()) == len(values) and np.allclose(line.get_ydata(), values) for line in axes.lines
    )


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_as_wide_as_a_column_and_draws_something(kind, tmp_path):
    figure = drawn(kind, over_oxygen() if kind == "condition" else snapshot())
    assert figure.get_figwidth() * 25.4 == pytest.approx(85)
    assert all(axes.has_data() for axes in figure.axes)
    save(figure, tmp_path / "figure.pdf")
    assert (tmp_path / "figure.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_is_missing(kind):
    figure = drawn(kind, RunSnapshot({"id": 1, "status": "failed"}, SAMPLE))
    (said,) = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert said.startswith(("no ", "the run has no"))


def test_the_names_of_eight_runs_take_no_height_from_their_axes():
    one = snapshot()
    heights = [
        drawn("arrhenius", *(replace(one, run=one.run | {"id": n}) for n in range(count))).get_figheight()
        for count in (1, 3, 8)
    ]
    assert heights[0] == heights[1] < heights[2] - 0.5


def test_a_law_is_drawn_from_its_row_with_its_band():
    run = snapshot()
    axes = drawn("arrhenius", run).axes[0]
    from labctl.readmodel.law_curve import law_curve

    curve = law_curve(run.fits[0], run.conductivities)
    assert line_with(axes, np.exp(curve.ln_sigma) / 100)
    band = axes.collections[-1].get_paths()[0].vertices[:, 1]
    assert band.min() == pytest.approx(np.exp(curve.ln_sigma - curve.ln_half_width).min() / 100)


def test_the_upper_axis_of_temperatures_agrees_with_the_lower():
    axes = drawn("arrhenius").axes[0]
    (top,) = axes.child_axes
    low, high = axes.get_xlim()
    top.figure.draw_without_rendering()
    assert sorted(top.get_xlim()) == pytest.approx(sorted((1000 / low - 273.15, 1000 / high - 273.15)))


@pytest.mark.parametrize(("low", "high"), [(30, 90), (-150, 20), (25, 900), (59, 61)])
def test_temperatures_above_are_round_and_do_not_touch(low, high):
    ticks = celsius_ticks(low, high)
    assert len(ticks) >= 2
    assert all(low <= tick <= high for tick in ticks)
    inverse = [1000 / (tick + 273.15) for tick in ticks]
    width = 1000 / (low + 273.15) - 1000 / (high + 273.15)
    assert min(np.abs(np.diff(inverse))) > 0.08 * width


def test_excluded_conductivities_are_hollow():
    run = snapshot()
    excluded = run.conductivities[0] | {"flags": ["excluded: contact came loose"]}
    axes = drawn("arrhenius", replace(run, conductivities=(excluded, *run.conductivities[1:]))).axes[0]
    hollow = [
        line for line in axes.lines if line.get_markerfacecolor() == "none" and line.get_marker() == "o"
    ]
    assert [len(line.get_xdata()) for line in hollow if len(line.get_xdata())] == [1]
    assert "excluded" in [text.get_text() for text in axes.get_legend().get_texts()]


@pytest.mark.parametrize(("bound", "marker"), [("upper", 11), ("lower", 10)])
def test_a_bound_is_an_arrow_in_its_direction(bound, marker):
    run = snapshot(fits=())
    points = (run.conductivities[0] | {"bound": bound}, *run.conductivities[1:])
    axes = drawn("arrhenius", replace(run, conductivities=points)).axes[0]
    carets = [line for line in axes.lines if line.get_marker() == marker]
    assert len(carets) == 1


def test_excluded_points_of_a_spectrum_are_hollow():
    out = np.zeros(25, dtype=bool)
    out[3:5] = True
    run = snapshot(spectra=(spectrum(0, 310.0, excluded=out),))
    axes = drawn("nyquist", run).axes[0]
    hollow = [line for line in axes.lines if line.get_markerfacecolor() == "none"]
    assert [len(line.get_xdata()) for line in hollow] == [2]


def test_three_spectra_have_a_legend_and_three_hundred_a_colour_bar():
    few = drawn("nyquist", snapshot(spectra=tuple(spectrum(i, 300.0 + 10 * i) for i in range(3))))
    many = drawn("nyquist", snapshot(spectra=tuple(spectrum(i, 300.0 + i / 3) for i in range(300))))
    (legend,) = few.legends
    assert [text.get_text() for text in legend.get_texts()] == ["27 °C", "37 °C", "47 °C", "circuit"]
    assert len(few.axes) == 1
    bar = many.axes[1]
    assert bar.get_ylabel() == "T / °C"
    assert bar.get_ylim() == pytest.approx((26.85, 300 + 299 / 3 - 273.15))
    assert not any(isinstance(child, BboxImage | PathCollection) for child in many.axes[0].get_children())


def test_points_of_many_spectra_are_drawn_as_an_image_in_a_vector_file():
    many = drawn("bode", snapshot(spectra=tuple(spectrum(i, 300.0 + i / 3) for i in range(300))))
    assert all(line.get_rasterized() for line in many.axes[0].lines if line.get_marker() == "o")


def test_spectra_of_resistances_far_apart_are_drawn_in_units_of_r():
    run = snapshot(
        spectra=(spectrum(0, 300.0, 1e6), spectrum(1, 340.0, 1e3), spectrum(2, 350.0, resistance=None))
    )
    axes = drawn("nyquist", run).axes[0]
    assert axes.get_xlabel() == "Z' / R"
    assert line_with(axes, -impedance(1e6).imag / 1e6)
    assert len([line for line in axes.lines if line.get_marker() == "o" and len(line.get_xdata())]) == 2
    assert drawn("nyquist").axes[0].get_xlabel() == "Z' / kΩ"


def test_the_stored_distribution_is_drawn_unchanged():
    run = snapshot(spectra=(spectrum(0, 310.0),))
    assert line_with(drawn("drt", run).axes[0], np.ones(20) / 1000)


def test_residuals_are_those_of_the_circuit_in_percent():
    frequency_hz, off = residuals(spectrum(0, 310.0))
    assert frequency_hz == pytest.approx(FREQUENCY_HZ)
    assert np.abs(off) == pytest.approx(0.01)


def test_the_steady_current_and_the_relaxation_are_those_of_the_row():
    axes = drawn("polarisation").axes[0]
    assert axes.get_ylabel() == "current / µA"
    assert line_with(axes, [2.0, 2.0])
    relaxation = max(axes.lines, key=lambda line: len(line.get_ydata()))
    assert relaxation.get_ydata()[0] < 9.0
    assert relaxation.get_ydata()[-1] == pytest.approx(2.0, rel=0.02)


def test_no_line_joins_two_set_points():
    below = drawn("temperature").axes[1]
    off = below.lines[0].get_ydata()
    assert np.flatnonzero(np.isnan(off)).tolist() == [5]
    assert off[[4, 6]] == pytest.approx([4.0, -4.0])


def test_several_runs_have_a_colour_each_and_their_names():
    other = snapshot(2, sample=SAMPLE | {"name": "_film $x$"})
    figure = drawn("arrhenius", snapshot(), other)
    names = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert names == ["pellet (run 1)", " _film $x$ (run 2)"]
    assert not any(text.get_parse_math() for text in figure.axes[0].get_legend().get_texts())


def test_literature_is_a_layer_of_its_own_within_reach_of_the_points():
    axes = drawn("arrhenius", literature=True).axes[0]
    (stars,) = [line for line in axes.lines if line.get_marker() == "*" and len(line.get_xdata()) > 0]
    assert len(stars.get_xdata()) == len([text for text in axes.texts if text.get_text().isdigit()]) >= 3
    assert not [line for line in drawn("arrhenius").axes[0].lines if line.get_marker() == "*"]


def test_colours_go_from_cold_to_hot_and_are_grey_where_nothing_is_known():
    colours, key = by_temperature([350.0, None, 300.0])
    assert colours[1] == "0.6"
    assert [label for label, _ in key.entries] == ["T not known", "27 °C", "77 °C"]


def test_fonts_are_embedded_and_the_text_of_svg_stays_text(tmp_path):
    with styled():
        figure = figure_of("temperature", [snapshot()])
        save(figure, tmp_path / "a.pdf")
        save(figure, tmp_path / "a.svg")
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert b"/FontFile2" in pdf
    assert b"/Type3" not in pdf
    assert re.search(r"<text[^>]*>time / h</text>", (tmp_path / "a.svg").read_text("utf-8"))


def test_the_same_rows_give_the_same_file(tmp_path):
    for name in ("a.svg", "b.svg"):
        with styled():
            save(figure_of("nyquist", [snapshot()]), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_slide_is_16_to_9_with_the_name_of_the_sample(tmp_path):
    with styled(slide=True):
        figure = figure_of("nyquist", [snapshot()], slide=True)
        save(figure, tmp_path / "slide.png")
    assert figure.get_suptitle() == "pellet (run 1)"
    header = (tmp_path / "slide.png").read_bytes()[16:24]
    assert (int.from_bytes(header[:4], "big"), int.from_bytes(header[4:], "big")) == (1920, 1080)


def test_a_style_of_the_laboratory_changes_the_figure_but_embeds_the_fonts(tmp_path):
    style = tmp_path / "lab.mplstyle"
    style.write_text("# ours\nfont.size: 11\naxes.labelsize: 12\npdf.fonttype: 3\ntext.usetex: True\n")
    with styled(style) as _:
        import matplotlib as mpl

        assert mpl.rcParams["axes.labelsize"] == 12
        assert mpl.rcParams["pdf.fonttype"] == 42
        assert not mpl.rcParams["text.usetex"]


@pytest.mark.parametrize("text", ["no.such.key: 3\n", "font.size: large?\n", "font.size 3\n"])
def test_a_style_that_cannot_be_read_is_refused(tmp_path, text):
    style = tmp_path / "lab.mplstyle"
    style.write_text(text)
    with pytest.raises(InvalidRequest, match="--style"), styled(style):
        pass


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("pie", {}, "--kind"),
        ("bode", {"width_mm": 3.0}, "--width-mm"),
        ("bode", {"width_mm": np.nan}, "--width-mm"),
    ],
)
def test_an_impossible_figure_is_refused(kind, options, said):
    with pytest.raises(InvalidRequest, match=said):
        drawn(kind, **options)


def test_a_name_in_another_script_is_drawn_without_a_warning(tmp_path):
    with styled():
        figure = figure_of(
            "bode", [snapshot(1), snapshot(2, sample=SAMPLE | {"name": "样品 \u202egpj 😀\x1b[2J"})]
        )
        save(figure, tmp_path / "a.png")
    assert "\\u202egpj" in figure.legends[0].get_texts()[1].get_text()


def note_of(figure):
    return figure.get_supxlabel()


def test_a_figure_says_below_what_is_in_no_interval():
    stated = ("thermometer: not stated", "analyser: 0.1 % (data sheet)")
    figure = drawn("arrhenius", snapshot(stated=stated))
    assert note_of(figure).replace("\n", " ").startswith("not stated, and in no interval: thermometer")
    assert "analyser" not in note_of(figure)


def test_of_several_runs_those_with_the_same_statements_share_a_note():
    silent, other = ("thermometer: not stated",), ("potentiostat: not stated",)
    runs = (snapshot(1, stated=silent), snapshot(2, stated=silent), snapshot(3, stated=other))
    note = note_of(drawn("arrhenius", *runs)).replace("\n", " ")
    assert "runs 1, 2: not stated" in note
    assert "run 3: not stated, and in no interval: potentiostat" in note


def test_a_run_without_a_number_has_no_note():
    run = snapshot(stated=("thermometer: not stated",), conductivities=(), fits=(), transference_numbers=())
    assert note_of(drawn("nyquist", run)) == ""


def test_one_conductivity_has_an_axis_that_can_be_read_and_no_empty_panel():
    run = snapshot()
    figure = drawn("arrhenius", replace(run, conductivities=run.conductivities[:1], fits=()))
    above, below = figure.axes[:2]
    low, high = above.get_ylim()
    assert high / low >= 3.9
    figure.draw_without_rendering()
    labels = [text.get_text() for text in above.get_yticklabels() if text.get_text()]
    assert len(labels) == len(set(labels))
    assert not below.axison


def test_a_long_legend_stands_outside_of_the_points():
    runs = [snapshot(number) for number in (1, 2, 3, 4)]
    figure = drawn("arrhenius", *runs)
    assert figure.axes[0].get_legend() is None
    assert len(figure.legends[0].get_texts()) == 4


def test_the_labels_of_axes_with_equal_scales_are_not_cut(tmp_path):
    noisy = np.where(FREQUENCY_HZ < 5, 9e5j, -5e6j + 5e6)
    arc, spike = spectrum(0, 310.0, 1.12e6), spectrum(1, 290.0, resistance=None, z_ohm=noisy)
    run = snapshot(spectra=(arc, replace(spike, fit_z_ohm=np.array([]), fit_frequency_hz=np.array([]))))
    save(drawn("nyquist", run), tmp_path / "nyquist.png")
    picture = matplotlib.image.imread(tmp_path / "nyquist.png")[:, :, :3]
    assert picture[:, :2].min() == 1.0  # white: the label of the axis ends before the edge
