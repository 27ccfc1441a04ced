"""The table of numbers and the log."""

from labctl.gui.plots.log_tab import MOST_LINES, LogTab
from labctl.gui.plots.shown import Appearance
from labctl.gui.plots.table_tab import TableTab
from labctl.gui.qt import Qt, QtWidgets


def lines(model):
    return [model.line(row).cells for row in range(model.rowCount())]


def test_conductivities_are_written_as_the_command_line_writes_them(on_screen, made):
    tab = on_screen(TableTab())
    sigma = {"conductivity_s_m": 8.31e-5, "standard_uncertainty_s_m": 0.12e-5}
    row = made.conductivity(1, 323.15, total_resistance_ohm=153130.0, flags=["a remark"], **sigma)
    bound = made.conductivity(2, 303.15, bound="upper", conductivity_s_m=1e-7, branch="cooling")
    tab.show_runs([made.run(conductivities=(row, bound))])
    headings = [tab.conductivities.headerData(place, Qt.Orientation.Horizontal) for place in range(7)]
    assert headings == ["run", "T / °C", "1000 K / T", "R / Ω", "σ / S cm⁻¹", "branch", "remarks"]
    first, second = lines(tab.conductivities)
    assert first == ("1", "50.00", "3.0945", "1.5313e+05", "(8.31 ± 0.12)e-07", "heating", "a remark")
    assert second[4:6] == ("< 1e-09", "cooling")


def test_transference_numbers_come_in_a_table_of_their_own_when_there_are_any(on_screen, made):
    tab = on_screen(TableTab())
    tab.show_runs([made.run(conductivities=made.conductivities())])
    assert not tab.views[1].isVisible()
    numbers = (made.transference(), made.transference(value=None, low_95=None))
    tab.show_runs([made.run(transference_numbers=numbers)])
    assert tab.views[1].isVisible()
    first, second = lines(tab.transference)
    assert first[1:5] == ("30.00", "ρ+ (Bruce-Vincent)", "0.200 ± 0.010", "0.18 to 0.22")
    assert second[3:5] == ("none", "")


def test_selected_lines_are_copied_with_headings_and_tabs(on_screen, made, app):
    tab = on_screen(TableTab())
    tab.show_runs([made.run(conductivities=made.conductivities(3))])
    tab.views[0].selectRow(1)
    tab.copy()
    text = QtWidgets.QApplication.clipboard().text().splitlines()
    assert text[0].split("\t")[:3] == ["run", "T / °C", "1000 K / T"]
    assert [line.split("\t")[1] for line in text[1:]] == ["36.85"]
    tab.views[0].clearSelection()
    tab.copy()
    assert len(QtWidgets.QApplication.clipboard().text().splitlines()) == 4


def test_the_log_names_errors_in_words_and_colour(on_screen, made):
    tab = on_screen(LogTab())
    tab.set_appearance(Appearance(dark=True))
    tab.show_runs([made.full_run()])
    levels = [line[2] for line in lines(tab.model)]
    assert levels == ["info", "WARNING", "ERROR"]
    colours = [tab.model.line(row).colour for row in range(3)]
    assert colours == ["", tab.appearance.warning, tab.appearance.error]


def test_the_log_is_filtered_by_level(on_screen, made):
    tab = on_screen(LogTab())
    tab.show_runs([made.full_run()])
    for text, count in (("warnings and errors", 2), ("errors", 1), ("everything", 3)):
        tab._filter.setCurrentText(text)
        assert tab.model.rowCount() == count
    assert "3 events" in tab._count.text()


def test_events_of_several_runs_come_by_time(on_screen, made):
    tab = on_screen(LogTab())
    one = made.run(1, events=(made.event(1), made.event(5)))
    tab.show_runs([one, made.run(2, events=(made.event(3),))])
    assert [line[1] for line in lines(tab.model)] == ["1", "2", "1"]


def test_the_log_holds_the_newest_events_and_never_more_than_its_limit(on_screen, made):
    tab = on_screen(LogTab())
    events = tuple(made.event(n) for n in range(MOST_LINES + 10))
    tab.show_runs([made.run(events=events)])
    assert tab.model.rowCount() == MOST_LINES
    assert tab.model.items[-1][1] is events[-1]
    assert "the newest" in tab._count.text()


def test_the_log_follows_its_end_unless_somebody_scrolled_up(on_screen, made, app):
    tab = on_screen(LogTab())
    events = [made.event(n) for n in range(200)]
    tab.show_runs([made.run(events=tuple(events))])
    app.processEvents()
    bar = tab.view.verticalScrollBar()
    assert bar.value() == bar.maximum() > 0

    def more(count):
        events.extend(made.event(len(events) + n) for n in range(count))
        tab.show_runs([made.run(events=tuple(events))])
        app.processEvents()

    more(10)
    assert bar.value() == bar.maximum()
    bar.setValue(20)
    more(10)
    assert bar.value() == 20
    events[:] = events[15:]  # the oldest are let go of
    more(5)
    assert bar.value() < bar.maximum()
    assert tab.model.rowCount() == len(events)
