"""Simulated user of the window in a separate process: clicks and types with xdotool on a real X server.

`python person.py STATION DB PICTURES queue|look|keys|stop` prints one JSON object per action or observation.
"""

import json
import subprocess
import sys
from pathlib import Path

from qtpy import QtCore, QtTest, QtWidgets

from labctl.clock import RealClock
from labctl.config.station import read_station
from labctl.gui.application import RunnerStarter
from labctl.gui.style import choose_scheme
from labctl.gui.window import Window

PATIENCE_S = 300.0  # of a computer that does much else
CLOCK = RealClock()


class Person:
    """A window on the screen with one mouse and one keyboard."""

    def __init__(self, window, pictures):
        self.window, self.pictures = window, pictures

    def wait(self, condition, what):
        end_s = CLOCK.monotonic() + PATIENCE_S
        while not condition():
            if CLOCK.monotonic() > end_s:
                self.picture("gave-up")
                sys.exit(f"waited in vain: {what}")
            if "failed" in self.jobs().values():
                sys.exit(f"a job failed: {what} was waited for")
            QtTest.QTest.qWait(50)

    def xdotool(self, *arguments):
        """Run an xdotool command and wait until the window has processed it."""
        done = subprocess.Popen(["xdotool", *map(str, arguments)])
        self.wait(lambda: done.poll() is not None, f"xdotool {arguments}")
        QtTest.QTest.qWait(100)

    def click(self, widget):
        area = widget.parent()
        while area is not None and not isinstance(area, QtWidgets.QScrollArea):
            area = area.parent()
        if area is not None:
            area.ensureWidgetVisible(widget)
            QtTest.QTest.qWait(50)
        place = widget.mapToGlobal(widget.rect().center())
        self.xdotool("mousemove", place.x(), place.y(), "click", 1)

    def type_into(self, widget, text):
        self.click(widget)
        self.xdotool("key", "ctrl+a")
        self.xdotool("type", "--delay", 5, text)
        self.xdotool("key", "Tab")

    def picture(self, name):
        QtTest.QTest.qWait(400)
        self.pictures.mkdir(parents=True, exist_ok=True)
        self.window.screen().grabWindow(self.window.winId()).save(str(self.pictures / f"{name}.png"))

    def jobs(self):
        return {line[0].id: line[0].state for line in self.window.queue.model.rows}

    def points(self):
        return sum(snapshot.rows for snapshot in self.window._snapshots.values())


def say(**found):
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def queue_three_and_abort_one(person):
    window, panel = person.window, person.window.queueing
    person.wait(lambda: window._view and window._view.runner_state == "running", "a runner")
    say(runner=window._view.runner.pid, supervisor=window._view.supervisor_state)
    person.type_into(panel.inputs.frequency_min_hz, "1000")
    person.type_into(panel.inputs.dwell_min, "5")
    person.type_into(panel.sample.thickness_mm, "1.02")
    person.type_into(panel.sample.diameter_mm, "10")
    for number, temperatures in enumerate(("40, 50, 60", "45, 55", "50, 60, 70"), start=1):
        person.type_into(panel.inputs.temperatures_degc, temperatures)
        person.type_into(panel.sample.name, f"film {number}")
        person.wait(lambda: "within the limits" in panel.estimate.text(), "an estimate")
        say(estimate=panel.estimate.text())
        person.click(panel.queue_button)
        person.wait(lambda number=number: len(person.jobs()) == number, f"job {number} in the queue")
    person.picture("queue")
    seen = []
    for _ in range(3):
        before = person.points()
        person.wait(lambda before=before: person.points() > before, "curves to grow")
        seen.append(person.points())
    say(points=seen)
    person.picture("running")
    first = min(person.jobs())
    subprocess.Popen(["sh", "-c", "sleep 1.5; xdotool key Return"])
    person.click(window.control.abort)
    person.wait(lambda: person.jobs()[first] == "cancelled", "the first job to be cancelled")
    say(jobs=person.jobs())
    person.wait(lambda: "running" in person.jobs().values(), "the next job")
    say(ready=True)
    person.wait(lambda: False, "the end")


def queue_and_abort_by_keys(person):
    window = person.window
    person.wait(lambda: window._view and window._view.runner_state == "running", "a runner")
    person.xdotool("key", "alt+n")
    person.xdotool("type", "--delay", 5, "film")
    for _ in range(4):
        person.xdotool("key", "Tab")
    person.xdotool("type", "--delay", 5, "1.02")
    for _ in range(2):
        person.xdotool("key", "Tab")
    person.xdotool("type", "--delay", 5, "10")
    person.xdotool("key", "ctrl+Return")
    person.wait(lambda: "running" in person.jobs().values(), "the job to run")
    person.picture("twice-as-large")
    subprocess.Popen(["sh", "-c", "sleep 1.5; xdotool key Return"])
    person.xdotool("key", "ctrl+b")
    person.wait(lambda: [*person.jobs().values()] == ["cancelled"], "the job to be cancelled")
    say(jobs=person.jobs())
    person.xdotool("key", "ctrl+w")


def press_f12_whatever_is_open(person):
    """Press F12 while a menu, a list, a file dialog and a question are open; then again with nothing open."""
    window = person.window
    results, presses = [], []
    window.stop_key.pressed.connect(lambda: presses.append(CLOCK.monotonic()))

    def keep_result(state, words):
        if state in ("safe", "not safe"):
            results.append(words)

    window.control.stop.changed.connect(keep_result)
    person.wait(lambda: window._view and window._view.runner_state == "running", "a runner")
    person.wait(lambda: window._view.is_supervised, "a supervisor")

    def press(what):
        pressed, known = len(presses), len(results)
        person.xdotool("key", "F12")
        person.wait(lambda: len(presses) == pressed + 1, f"F12 to be noticed with {what} open")
        person.wait(lambda: len(results) > known, "the result")
        say(**{what: results[-1]})

    menus = window.menuBar()
    place = menus.mapToGlobal(menus.actionGeometry(menus.actions()[0]).center())
    person.xdotool("mousemove", place.x(), place.y(), "click", 1)
    person.wait(QtWidgets.QApplication.activePopupWidget, "the menu")
    press("menu")
    person.wait(lambda: QtWidgets.QApplication.activePopupWidget() is None, "the menu to be closed")
    person.click(window.queueing.procedure)
    person.wait(QtWidgets.QApplication.activePopupWidget, "the list")
    press("list")
    person.xdotool("key", "ctrl+e")
    person.wait(lambda: window.findChildren(QtWidgets.QFileDialog), "the file dialog")
    press("dialog")
    person.picture("safe-beside-a-dialog")
    window.findChild(QtWidgets.QFileDialog).close()
    person.click(window.control.resume)
    person.wait(lambda: window.findChildren(QtWidgets.QMessageBox), "the question")
    press("question")
    window.findChild(QtWidgets.QMessageBox).close()
    press("nothing")
    say(presses=len(presses))
    window.close()


def look_and_wait_for_the_end(person):
    window = person.window
    person.wait(lambda: window._view is not None and window.browser.model.rows, "runs")
    person.wait(lambda: window._snapshots, "a drawn run")
    say(jobs=person.jobs(), runs=[row["status"] for row in window.browser.model.rows])
    say(runner=window._view.runner.pid)
    person.wait(lambda: set(person.jobs().values()) == {"cancelled", "finished"}, "the night to end")
    person.wait(lambda: "finished" in str(window._snapshots), "the last run to be drawn")
    for place, tab in enumerate(window.tabs):
        window.tab_widget.setCurrentIndex(place)
        person.picture(tab.name.lower())
    say(jobs=person.jobs(), spectra=[len(s.spectra) for s in window._snapshots.values()])
    window.close()


def main():
    station, db, pictures, task = sys.argv[1:]
    QtCore.QLocale.setDefault(QtCore.QLocale.c())
    application = QtWidgets.QApplication(["labctl"])
    choose_scheme(application, "light")
    chosen = read_station(Path(station))
    window = Window(chosen, Path(db), RunnerStarter(chosen, Path(db)))
    window.show()
    window.windowHandle().requestActivate()
    person = Person(window, Path(pictures))
    tasks = {
        "queue": queue_three_and_abort_one,
        "look": look_and_wait_for_the_end,
        "keys": queue_and_abort_by_keys,
        "stop": press_f12_whatever_is_open,
    }
    tasks[task](person)


if __name__ == "__main__":
    main()
