"""`labctl plot` writes figures of runs, and refuses before it writes."""

import pytest
from typer.testing import CliRunner

from labctl.cli import app
from labctl.errors import InvalidRequest
from labctl.store import Store

runner = CliRunner()
SAMPLE = {"name": "pellet", "thickness_m": 1e-3, "area_m2": 5e-5, "electrodes": "blocking"}


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "lab.db"
    with Store.open(path) as store:
        run = {"sample_id": store.find_or_add_sample(SAMPLE), "procedure": "p:P", "started_s": 1.0}
        for _ in range(2):
            run_id = store.insert("runs", run)
            spectrum_id = store.insert("spectra", {"run_id": run_id, "number": 0, "started_s": 1.0})
            for place, (f, z) in enumerate([(1e5, 10 - 5j), (1e3, 20 - 1j), (10.0, 21 - 50j)]):
                row = {"spectrum_id": spectrum_id, "number": place, "time_s": 1.0, "frequency_hz": f}
                store.append("impedance_points", row | {"z_real_ohm": z.real, "z_imag_ohm": z.imag})
            store.flush()
    return path


def invoke(*arguments):
    result = runner.invoke(app, [str(one) for one in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.parametrize("ending", ["pdf", "svg", "png"])
def test_a_figure_of_two_runs_is_written(database, tmp_path, ending):
    output = tmp_path / f"figure.{ending}"
    done = invoke("plot", 1, 2, "--kind", "nyquist", "--output", output, "--db", database, "--width-mm", 120)
    assert done.exit_code == 0
    assert str(output) in done.output
    assert output.stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["1", "--kind", "pie", "--output", "a.pdf"], "--kind"),
        (["1", "--kind", "bode", "--output", "a.jpg"], "a.jpg"),
        (["1", "--kind", "bode", "--output", "a.pdf", "--slide"], "--slide"),
        (["9", "--kind", "bode", "--output", "a.pdf"], "no run '?9"),
        (["1", "1", "--kind", "bode", "--output", "a.pdf"], "named twice"),
        (["1", "--kind", "bode", "--output", "a.pdf", "--style", "no.mplstyle"], "--style"),
        (["1", "--kind", "bode", "--output", "no/folder/a.pdf"], "--output"),
    ],
)
def test_a_wrong_request_writes_nothing(database, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidRequest, match=said):
        invoke("plot", *arguments, "--db", database)
    assert not list(tmp_path.glob("a.*"))
