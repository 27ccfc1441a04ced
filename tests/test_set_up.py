"""The set-up of `make demo` and `make test`, on made-up machines with few programs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the set-up by make is for Linux")

CI = Path(__file__).parents[1] / ".ci"
ORDINARY_PROGRAMS = (
    "sh",
    "basename",
    "cat",
    "cp",
    "dirname",
    "env",
    "find",
    "head",
    "mkdir",
    "rm",
    "touch",
    "uname",
)

# An interpreter: it has the module venv where the file `has-venv` is and libraries where
# `has-libraries` is, and makes environments at once.
# Its pip notes its arguments in the file `pip`, then does what `pip-does` says.
PYTHON = """\
#!/bin/sh
here={machine}
case "$*" in
*"import ensurepip, venv"*) [ -e $here/has-venv ] ;;
*ctypes.CDLL*) [ -e $here/has-libraries ] ;;
*"-m venv .venv"*)
    mkdir -p .venv/bin && touch .venv/pyvenv.cfg && cp "$0" .venv/bin/python
    [ -e $here/has-venv ] ;;
*"-m pip "*)
    echo "$*" >>$here/pip
    if [ -e $here/pip-does ]; then . $here/pip-does; fi ;;
*half_made.py*) if [ -e $here/fault ]; then cat $here/fault; exit 1; fi ;;
*) exec {python} "$@" ;;
esac
"""
APT_GET = """\
#!/bin/sh
echo "$*" >>{machine}/apt-get
case "$*" in
*install*) touch {machine}/has-venv {machine}/has-libraries ;;
esac
"""
SUDO_WITHOUT_PASSWORD = '#!/bin/sh\n[ "$1" = -n ] && shift\nexec "$@"\n'
SUDO_WITH_PASSWORD = "#!/bin/sh\nexit 1\n"


def outcome(command, check=False, **about) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=check, **about)


class Machine:
    """A machine of a laboratory with a checkout on it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.programs = folder / "bin"
        self.checkout = folder / "checkout"
        self.venv = self.checkout / ".venv"
        self.programs.mkdir()
        shutil.copytree(CI, self.checkout / ".ci")
        for name in ORDINARY_PROGRAMS:
            (self.programs / name).symlink_to(shutil.which(name))
        self.add("python3", PYTHON.format(machine=folder, python=sys.executable))
        self.add("id", "#!/bin/sh\necho 1000\n")

    def add(self, name: str, script: str) -> None:
        (self.programs / name).write_text(script)
        (self.programs / name).chmod(0o755)

    def add_apt(self) -> None:
        self.add("apt-get", APT_GET.format(machine=self.folder))

    def has(self, *names: str) -> None:
        for name in names:
            (self.folder / name).touch()

    def set_up(self, purpose: str = "demo") -> subprocess.CompletedProcess[str]:
        command = [self.checkout / ".ci" / "set-up", purpose]
        return outcome(command, env={"PATH": str(self.programs)})

    def told(self, program: str) -> list[str]:
        """What a program was called with, a line for each call."""
        record = self.folder / program
        return record.read_text().splitlines() if record.exists() else []


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_without_python_the_command_brings_python_and_venv(machine):
    machine.add_apt()
    (machine.programs / "python3").unlink()
    done = machine.set_up()
    assert done.returncode == 1
    assert done.stderr.endswith("install -y --no-install-recommends python3 python3-venv'\n")


def test_where_all_is_here_nothing_is_asked_of_apt(machine):
    machine.add_apt()
    machine.has("has-venv")
    done = machine.set_up()
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
    assert machine.told("apt-get") == []
    assert any(call.endswith("install --quiet --editable .") for call in machine.told("pip"))
    assert (machine.venv / ".installed").exists()
    assert not (machine.venv / ".unfinished").exists()


def test_without_the_right_to_install_one_sentence_gives_the_one_command(machine):
    machine.add_apt()
    done = machine.set_up()
    package = f"python3.{sys.version_info.minor}-venv"
    command = f"su -c 'apt-get update && apt-get install -y --no-install-recommends {package}'"
    assert done.returncode == 1
    assert done.stderr == f"labctl needs packages that this account may not install; type: {command}\n"
    assert machine.told("apt-get") == []
    assert not machine.venv.exists()


def test_with_a_sudo_that_asks_for_a_password_the_command_is_that_of_sudo(machine):
    machine.add_apt()
    machine.add("sudo", SUDO_WITH_PASSWORD)
    done = machine.set_up()
    assert done.returncode == 1
    assert "type: sudo sh -c 'apt-get update && apt-get install -y" in done.stderr
    assert machine.told("apt-get") == []


@pytest.mark.parametrize("account", ["root", "sudo"])
def test_what_is_missing_is_installed_where_that_is_allowed(machine, account):
    machine.add_apt()
    if account == "root":
        machine.add("id", "#!/bin/sh\necho 0\n")
    else:
        machine.add("sudo", SUDO_WITHOUT_PASSWORD)
    done = machine.set_up()
    assert done.returncode == 0, done.stderr
    package = f"python3.{sys.version_info.minor}-venv"
    assert machine.told("apt-get")[-1] == f"install -y -qq --no-install-recommends {package}"
    assert (machine.venv / ".installed").exists()


def test_the_demo_asks_for_nothing_that_only_the_window_needs(machine):
    machine.add_apt()
    machine.add("id", "#!/bin/sh\necho 0\n")
    machine.set_up("demo")
    assert not any("libegl1" in call or "xvfb" in call for call in machine.told("apt-get"))
    assert not any("[dev,gui]" in call for call in machine.told("pip"))


def test_without_apt_the_system_s_own_package_manager_is_named(machine):
    done = machine.set_up()
    assert done.returncode == 1
    assert "install it with the package manager of this system" in done.stderr
    assert not machine.venv.exists()


def test_without_the_libraries_of_qt_the_tests_are_set_up_with_the_sentence(machine):
    machine.add_apt()
    machine.has("has-venv")
    done = machine.set_up("test")
    assert done.returncode == 0
    (sentence,) = done.stderr.splitlines()
    assert "libegl1" in sentence
    assert "type: su -c 'apt-get update" in sentence
    assert machine.set_up("missing").stdout == done.stderr
    assert (machine.venv / ".installed-dev").exists()


def test_one_command_brings_all_that_the_tests_lack(machine):
    machine.add_apt()
    done = machine.set_up("test")
    assert done.returncode == 1
    (sentence,) = done.stderr.splitlines()
    assert all(package in sentence for package in ("-venv ", "libegl1", "xvfb", "xdotool"))


def test_an_environment_without_pip_is_made_again(machine):
    machine.has("has-venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", machine.venv], check=True)
    done = machine.set_up()
    assert done.returncode == 0
    assert done.stderr == ".venv is half-made, it has no pip: removed\n"
    assert (machine.venv / ".installed").exists()


def test_an_environment_without_interpreter_is_made_again(machine):
    machine.has("has-venv")
    (machine.venv / "bin").mkdir(parents=True)
    (machine.venv / "bin" / "python").symlink_to(machine.folder / "gone")
    assert machine.set_up().stderr == ".venv is half-made, it has no interpreter: removed\n"
    assert (machine.venv / ".installed").exists()


def test_a_half_made_environment_is_not_left_where_none_can_be_made(machine):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", machine.venv], check=True)
    assert machine.set_up().returncode == 1
    assert not machine.venv.exists()


def test_a_set_up_that_was_killed_is_begun_again(machine):
    machine.has("has-venv")
    (machine.folder / "pip-does").write_text("kill -9 $PPID\n")
    assert machine.set_up().returncode == -9
    assert machine.venv.exists()
    assert not (machine.venv / ".installed").exists()
    (machine.folder / "pip-does").unlink()
    done = machine.set_up()
    assert done.stderr == ".venv is half-made, its set-up was interrupted: removed\n"
    assert (machine.venv / ".installed").exists()


def test_a_set_up_that_fails_leaves_no_environment(machine):
    machine.has("has-venv")
    (machine.folder / "pip-does").write_text("exit 1\n")
    done = machine.set_up()
    assert done.returncode != 0
    assert done.stderr == "the set-up did not finish: .venv is removed\n"
    assert not machine.venv.exists()


def test_an_update_that_fails_is_not_trusted_the_next_time(machine):
    machine.has("has-venv")
    machine.set_up()
    (machine.folder / "pip-does").write_text("exit 1\n")
    assert machine.set_up().returncode != 0
    assert not (machine.venv / ".installed").exists()
    (machine.folder / "pip-does").unlink()
    assert "its set-up was interrupted: removed" in machine.set_up().stderr


def test_a_whole_environment_is_kept(machine):
    machine.has("has-venv")
    machine.set_up()
    (machine.venv / "of-the-person").touch()
    assert machine.set_up("test").returncode == 0
    assert (machine.venv / "of-the-person").exists()


def test_an_old_python_is_refused_before_anything_is_made(machine):
    machine.has("has-venv")
    old = "import sys; sys.version_info = (3, 9, 2); exec(sys.argv[1])"
    machine.add("python3", f'#!/bin/sh\n[ "$1" = -c ] && exec {sys.executable} -c "{old}" "$2"\nexit 9\n')
    done = machine.set_up()
    assert done.returncode == 1
    assert done.stderr == "labctl needs Python 3.11 or later, this is 3.9.2; PYTHON=... names another\n"
    assert not machine.venv.exists()


@pytest.fixture
def environment(tmp_path):
    """An environment with a made-up pip and one package of two files."""
    folder = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    packages = next((folder / "lib").glob("python*")) / "site-packages"
    (packages / "pip.py").touch()
    (packages / "ohm.py").touch()
    facts = packages / "ohm-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: ohm\nVersion: 1.0\n")
    (facts / "RECORD").write_text("ohm.py,,\n__pycache__/ohm.pyc,,\nohm-1.0.dist-info/METADATA,,\n")
    return packages


def fault(packages: Path) -> str:
    command = [packages.parents[2] / "bin" / "python", "-I", CI / "half_made.py"]
    done = outcome(command)
    assert done.returncode == bool(done.stderr)
    return done.stderr.strip()


def test_a_whole_environment_has_no_fault(environment):
    assert fault(environment) == ""


def test_a_package_without_its_list_of_files_was_interrupted(environment):
    (environment / "ohm-1.0.dist-info" / "RECORD").unlink()
    assert fault(environment) == "the installation of ohm was interrupted"


def test_a_package_that_lacks_a_module_is_named(environment):
    (environment / "ohm.py").unlink()
    assert fault(environment) == "ohm lacks the file ohm.py"


def test_an_environment_that_lacks_pip_is_half_made(environment):
    (environment / "pip.py").unlink()
    assert fault(environment) == "it has no pip"


def make(checkout: Path, *arguments: str) -> str:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    return outcome(["make", "--dry-run", *arguments], cwd=checkout, check=True).stdout


@pytest.fixture
def set_up_checkout(machine):
    shutil.copy(CI.parent / "Makefile", machine.checkout)
    (machine.checkout / "pyproject.toml").touch()
    (machine.venv / "bin").mkdir(parents=True)
    (machine.venv / "bin" / "python").symlink_to(sys.executable)
    for stamp in (".installed", ".installed-dev"):
        (machine.venv / stamp).touch()
    os.utime(machine.checkout / "pyproject.toml", (1e9, 1e9))
    return machine.checkout


@pytest.mark.parametrize("target", ["demo", "test"])
def test_make_sets_nothing_up_that_is_set_up(set_up_checkout, target):
    assert "set-up" not in make(set_up_checkout, target)


@pytest.mark.parametrize("target", ["demo", "test"])
def test_make_sets_up_again_after_pyproject_changed(set_up_checkout, target):
    os.utime(set_up_checkout / "pyproject.toml", (4e9, 4e9))
    assert f".ci/set-up {target}" in make(set_up_checkout, target)


@pytest.mark.parametrize("target", ["demo", "test"])
def test_make_sets_up_again_what_was_interrupted_or_has_no_interpreter(set_up_checkout, target):
    (set_up_checkout / ".venv" / ".unfinished").touch()
    assert f".ci/set-up {target}" in make(set_up_checkout, target)
    (set_up_checkout / ".venv" / ".unfinished").unlink()
    (set_up_checkout / ".venv" / "bin" / "python").unlink()
    assert f".ci/set-up {target}" in make(set_up_checkout, target)
