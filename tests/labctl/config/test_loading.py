"""What a file of a laboratory names is loaded from there, by path and content."""

import dataclasses
import hashlib
import inspect
import pickle
import re
import statistics
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from labctl.config.loading import CannotLoad, code_of, load_reference, loaded_class
from labctl.config.own_code import REQUIRED

ROOT = Path(__file__).parents[3]


@pytest.fixture
def write(tmp_path):
    """Write files of a laboratory; forget afterwards what sys.modules learned of them."""
    before = set(sys.modules)

    def write(**files):
        for name, text in files.items():
            path = tmp_path.joinpath(*name.split("__")).with_suffix(".py")
            path = path.with_name("__init__.py") if path.name == "init.py" else path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text), encoding="utf-8")
        return tmp_path

    yield write
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def value(folder, reference):
    return load_reference(reference, folder).value


def hashes(named):
    return {Path(file.path).name: file.sha256 for file in named.code}


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_two_files_of_one_name_in_two_folders_are_two_classes(write):
    folder = write(one__bath="class Bath: place = 1", two__bath="class Bath: place = 2")
    one, two = (value(folder / name, "bath:Bath") for name in ("one", "two"))
    assert (one.place, two.place) == (1, 2)
    assert one.__module__ == two.__module__ == "bath"


def test_two_folders_with_a_helper_of_one_name_each_get_their_own(write):
    text = "from units import FACTOR\nclass Bath: factor = FACTOR"
    folder = write(one__bath=text, two__bath=text, one__units="FACTOR = 1", two__units="FACTOR = 2")
    assert [value(folder / name, "bath:Bath").factor for name in ("one", "two", "one")] == [1, 2, 1]


def test_an_edited_file_is_loaded_anew_and_an_unchanged_one_is_not(write):
    folder = write(bath="class Bath: gain = 1")
    first = value(folder, "bath:Bath")
    assert value(folder, "bath:Bath") is first
    write(bath="class Bath: gain = 2")
    assert value(folder, "bath:Bath").gain == 2
    assert first.gain == 1


def test_what_a_file_imports_from_its_folder_is_loaded_anew_with_it(write):
    folder = write(
        mylab__init="",
        mylab__bath="from .wire import frames\nfrom mylab import units\n"
        "class Bath: told = frames.NUMBER, units.N",
        mylab__wire__init="",
        mylab__wire__frames="NUMBER = 1",
        mylab__units="N = 10",
    )
    assert value(folder, "mylab.bath:Bath").told == (1, 10)
    write(mylab__wire__frames="NUMBER = 2")
    assert value(folder, "mylab.bath:Bath").told == (2, 10)
    write(mylab__units="N = 20")
    assert value(folder, "mylab.bath:Bath").told == (2, 20)


def test_two_files_share_the_module_that_both_import_while_it_is_unchanged(write):
    """A lock of the bus that two drivers share is one lock, also after one driver was edited."""
    folder = write(bus="LOCK = object()", oven="from bus import LOCK", bath="from bus import LOCK")
    lock = value(folder, "oven:LOCK")
    assert value(folder, "bath:LOCK") is lock
    write(bath="from bus import LOCK\nGAIN = 2")
    assert value(folder, "bath:LOCK") is lock


def test_an_import_inside_a_function_gets_what_was_read_when_the_file_was_loaded(write):
    folder = write(bath="def gain():\n    import units\n    return units.GAIN", units="GAIN = 1")
    gain = value(folder, "bath:gain")
    write(units="GAIN = 2")
    told = []
    thread = threading.Thread(target=lambda: told.append(gain()))
    thread.start()
    thread.join()
    assert told == [1]
    assert value(folder, "bath:gain")() == 2


def test_modules_that_import_each_other_are_loaded(write):
    folder = write(
        one="import two\ndef f(): return two.NUMBER", two="import one\nNUMBER = 7\ndef g(): return one.f()"
    )
    assert value(folder, "two:g")() == 7
    write(one="import two\ndef f(): return two.NUMBER + 1")
    assert value(folder, "two:g")() == 8


@pytest.mark.parametrize(
    "statement",
    [
        "import mylab.units\nN = mylab.units.N",
        "import mylab.units as u\nN = u.N",
        "from mylab.units import *",
        "from mylab import *\nN = units.N",
        "from mylab import units\nN = units.N",
        "N = __import__('mylab.units').units.N",
    ],
)
def test_every_way_to_write_an_import_finds_the_file(write, statement):
    folder = write(
        mylab__init="__all__ = ['units']", mylab__units="N = 5", bath="import mylab.units\n" + statement
    )
    assert value(folder, "bath:N") == 5


def test_the_hash_is_that_of_what_was_executed_and_not_of_what_the_file_says_now(write):
    folder = write(bath="import units\nclass Bath: pass", units="N = 1")
    before = {name: sha256(folder / name) for name in ("bath.py", "units.py")}
    named = load_reference("bath:Bath", folder)
    write(bath="class Bath: other = True", units="N = 2")
    assert hashes(named) == before
    assert {Path(file.path).name: file.sha256 for file in code_of(named.value)} == before
    assert hashes(load_reference("bath:Bath", folder)) == {"bath.py": sha256(folder / "bath.py")}


def test_a_shipped_module_has_the_hash_of_its_file():
    named = load_reference("drivers.huber:Huber", ROOT / "docs")
    assert hashes(named)["huber.py"] == sha256(ROOT / "drivers" / "huber.py")
    assert code_of(named.value) == named.code[:1]


def test_what_an_own_class_inherits_from_one_that_ships_is_hashed_as_well(write):
    folder = write(bath="from drivers.huber import Huber\nclass Bath(Huber): pass")
    named = load_reference("bath:Bath", folder)
    assert set(hashes(named)) >= {"bath.py", "huber.py"}
    assert hashes(named)["huber.py"] == sha256(ROOT / "drivers" / "huber.py")


def test_an_installed_module_that_changed_before_it_was_looked_at_has_no_known_hash(write, monkeypatch):
    """Which of its versions was imported cannot be told any more."""
    folder = write(site__mylab_installed="class Bath: pass")
    monkeypatch.syspath_prepend(folder / "site")
    __import__("mylab_installed")
    (file,) = load_reference("mylab_installed:Bath", folder).code
    assert (Path(file.path).name, file.bytes, file.sha256) == ("mylab_installed.py", None, None)


def test_an_installed_module_is_hashed_as_it_is_imported(write, monkeypatch):
    folder = write(site__mylab_installed_too="class Bath: pass")
    monkeypatch.syspath_prepend(folder / "site")
    as_imported = sha256(folder / "site" / "mylab_installed_too.py")
    first = load_reference("mylab_installed_too:Bath", folder)
    write(site__mylab_installed_too="class Bath: other = True")
    assert hashes(first) == hashes(load_reference("mylab_installed_too:Bath", folder))
    assert hashes(first) == {"mylab_installed_too.py": as_imported}


# What is found by its name.


def test_a_class_from_a_file_can_be_pickled_and_shows_its_source(write):
    folder = write(bath_to_keep="class Bath:\n    def f(self): return 7\n")
    kind = value(folder, "bath_to_keep:Bath")
    assert pickle.loads(pickle.dumps(kind)) is kind
    assert "def f(self): return 7" in inspect.getsource(kind)
    assert "return 7" in inspect.getsource(kind.f)
    assert loaded_class("bath_to_keep:Bath") is kind


def test_a_dataclass_in_a_file_resolves_its_own_annotations(write):
    text = """\
        from __future__ import annotations
        from dataclasses import KW_ONLY, dataclass
        from typing import ClassVar

        @dataclass
        class Setting:
            count: ClassVar[int] = 0
            _: KW_ONLY
            gain: float = 1.0
        """
    assert [
        field.name for field in dataclasses.fields(value(write(settings_file=text), "settings_file:Setting"))
    ] == ["gain"]


def test_a_module_that_a_script_has_imported_itself_is_not_loaded_twice(write):
    """Else `isinstance(bench.roles["oven"], Bath)` would be false in that script."""
    folder = write(
        bath="class Bath: pass",
        script="from bath import Bath\n"
        "from pathlib import Path\nfrom labctl.config.loading import load_reference\n"
        "named = load_reference('bath:Bath', Path())\n"
        "print(named.value is Bath, *[file.sha256 for file in named.code])",
    )
    assert python(folder, "script.py").split() == ["True", sha256(folder / "bath.py")]


def test_a_class_that_nothing_has_loaded_is_not_looked_for_in_files(write, monkeypatch):
    monkeypatch.chdir(write(bath_nobody_named="class Bath: pass"))
    assert loaded_class("bath_nobody_named:Bath") is None
    assert loaded_class("drivers.huber:Nothing") is None


def python(folder, *arguments, **environment):
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


# Names that others have.


def test_a_file_with_the_name_of_a_standard_module_is_found_by_the_toml_file_and_hides_nothing(write):
    folder = write(statistics="import statistics as s\nclass Drift: middle = s.median([1, 2, 9])")
    assert value(folder, "statistics:Drift").middle == 2
    assert sys.modules["statistics"] is statistics
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(value(folder, "statistics:Drift"))


def test_files_named_like_numpy_or_a_standard_module_are_not_imported_by_their_neighbours(write):
    folder = write(
        numpy="raise RuntimeError('not this one')",
        calendar="raise RuntimeError('not this one')",
        labctl="raise RuntimeError('not this one')",
        bath="import calendar\nimport numpy\nfrom labctl.errors import LabctlError\n"
        "class Bath: mean = numpy.mean([1, 3])",
    )
    assert value(folder, "bath:Bath").mean == 2


def test_what_labctl_requires_cannot_be_replaced_by_a_file():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    required = re.findall(r'"([\w-]+)[>=<]', text.partition("dependencies = [")[2].partition("\n]")[0])
    assert len(required) >= 10
    assert {name.replace("-", "_").replace("pyserial", "serial") for name in required} <= REQUIRED


def test_the_folder_is_not_on_the_path_of_other_modules(write):
    folder = write(
        bath="import sys\nPATH = list(sys.path)\nimport probing",
        site__probing="import lab_units",
        lab_units="",
    )
    sys.path.append(str(folder / "site"))
    try:
        with pytest.raises(CannotLoad, match=r"probing\.py imports 'lab_units', which is not installed"):
            load_reference("bath:PATH", folder)
    finally:
        sys.path.remove(str(folder / "site"))


# What cannot be loaded.


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1\nimport no_such", r"bath\.py imports 'no_such', which is not installed \(line 2\)"),
        ("import sys\nsys.exit(3)", r"bath\.py ends the program when it is imported \(exit 3\) \(line 2\)"),
        ("raise SystemExit", r"bath\.py ends the program"),
        ("x = 1\nif x\n", r"bath\.py, line 2: expected ':'"),
        ("x = 1 / 0", r"bath\.py: ZeroDivisionError: division by zero \(line 1\)"),
        ("raise BaseException('odd')", r"bath\.py: BaseException: odd"),
        ("x = '\\0'; \0", r"cannot be loaded"),
        ("from labctl.errors import Nothing", r"bath\.py: ImportError: cannot import name 'Nothing'"),
        ("from . import units", r"bath\.py: ImportError: attempted relative import"),
        ("import units", r"units\.py: NameError: name 'y' is not defined \(line 1\)"),
        ("import mylab.nothing", r"bath\.py imports 'mylab.nothing', which is not installed"),
        ("class Oven: pass", r"names 'Bath', which bath does not have; it has Oven"),
    ],
)
def test_a_file_that_cannot_be_loaded_is_one_sentence(write, text, said):
    folder = write(bath=text, units="y", mylab__init="")
    with pytest.raises(CannotLoad, match=said):
        load_reference("bath:Bath", folder)


@pytest.mark.parametrize("reference", ["no_such_module:X", "no_such.module:X", "drivers.no_such:X"])
def test_a_module_that_is_nowhere_does_not_exist(tmp_path, reference):
    with pytest.raises(CannotLoad, match=r"does not exist: neither in .* nor installed"):
        load_reference(reference, tmp_path)


def test_a_file_that_could_not_be_loaded_is_loaded_once_it_is_mended(write):
    folder = write(bath_mended="import units_mended\nclass Bath: pass", units_mended="1 / 0")
    with pytest.raises(CannotLoad, match="ZeroDivisionError"):
        load_reference("bath_mended:Bath", folder)
    assert {"bath_mended", "units_mended"}.isdisjoint(sys.modules)
    write(units_mended="")
    assert value(folder, "bath_mended:Bath").__name__ == "Bath"


def test_a_file_may_do_without_what_is_not_installed(write):
    folder = write(bath="try:\n    import no_such_thing\nexcept ImportError:\n    no_such_thing = 'absent'")
    assert value(folder, "bath:no_such_thing") == "absent"


def test_an_interruption_by_the_keyboard_is_not_a_mistake_of_the_file(write):
    with pytest.raises(KeyboardInterrupt):
        load_reference("bath:Bath", write(bath="raise KeyboardInterrupt"))


def test_one_place_of_labctl_executes_code_that_is_not_installed():
    """What shall be trusted is decided in one place; an expression of a sweep is a checked tree."""
    found = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "labctl").rglob("*.py")
        if re.search(r"(?<![.\w])(exec|eval)\(|exec_module\(|run_path\(", path.read_text("utf-8"))
    ]
    assert sorted(found) == ["labctl/config/own_code.py", "labctl/config/sweep.py", "labctl/shipped.py"]
