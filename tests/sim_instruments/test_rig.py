import pytest

from labctl.clock import VirtualClock
from sim_instruments.rig import build

LAKESHORE = "GPIB0::12::INSTR"
SOLARTRON = "GPIB0::4::INSTR"


@pytest.mark.parametrize(
    ("options", "error", "named"),
    [
        ({"colour": "red"}, TypeError, "colour"),
        ({"thickness_m": "1 mm"}, TypeError, "thickness_m"),
        ({"thickness_m": -1.0}, ValueError, "thickness_m"),
        ({"electrodes": "gold"}, ValueError, "electrodes"),
        ({"material": "unobtainium"}, ValueError, "unobtainium"),
        ({"noise_fraction": 2.0}, ValueError, "noise_fraction"),
        ({"noise_fraction": True}, TypeError, "noise_fraction"),
        ({"ambient_k": 25}, ValueError, "ambient_k"),
        ({"oven": {"power": 3}}, TypeError, "power"),
        ({"cell": {"thickness_m": 3}}, TypeError, "thickness_m"),
        ({"cell": {"bulk_exponent": "high"}}, ValueError, "bulk_exponent"),
        ({"cell": {"interphase": {"colour": 1}}}, TypeError, "colour"),
        ({"cell": {"grain_boundary_law": {"law": "linear"}}}, ValueError, "linear"),
        ({"cell": {"melts_at_k": "hot"}}, ValueError, "melts_at_k"),
        ({"cell": {"interphase": {"law": 3}}}, TypeError, "interphase: law"),
        ({"replay": "nowhere"}, ValueError, "nowhere"),
    ],
)
def test_a_wrong_option_is_named(options, error, named):
    with pytest.raises(error, match=named):
        build(VirtualClock(), **options)


def test_a_cell_may_be_described_with_a_law_for_each_resistance(build_rig):
    law = {"law": "arrhenius", "conductivity_s_m": 0.01, "temperature_k": 333.15, "activation_energy_ev": 0.5}
    own = {"law": law, "grain_boundary_law": law, "interphase": {"law": law}, "melts_at_k": 400.0}
    rig = build_rig(cell=own, electrodes="reversible", thickness_m=1e-3, area_m2=1e-4)
    sample = rig.world.cell.electrochemistry
    assert sample.ionic_ohm(333.15) == pytest.approx(2000)
    assert sample.interphase_ohm(333.15) == pytest.approx(1000)
    assert rig.world.cell.melts_at_k == 400.0


def test_the_demonstration_material_has_the_conductivity_of_the_review(rig):
    sample = rig.world.cell.electrochemistry
    assert sample.ionic_ohm(373.15) == pytest.approx(1e-3 / (4.1e-3 * 7.853981633974483e-05))


def measured(seed: int, connect, build_rig) -> list[str]:
    rig = build_rig(seed=seed, clock=VirtualClock())
    oven, fra = connect(rig, LAKESHORE), connect(rig, SOLARTRON)
    oven.write("SETP 1,330;RANGE 1,3")
    fra.write("OP2,1;SO1,3;VA0.1")
    rows = []
    for _ in range(10):
        rig.world.clock.sleep(60)
        fra.write("SI")
        rows += [oven.query("KRDG? A"), fra.read()]
    return rows


def test_one_seed_is_one_night_and_another_is_another(connect, build_rig):
    assert measured(7, connect, build_rig) == measured(7, connect, build_rig)
    assert measured(7, connect, build_rig) != measured(8, connect, build_rig)


def night_of_two_threads(build_rig, connect) -> list[str]:
    clock = VirtualClock()
    rig = build_rig(seed=5, clock=clock)
    oven, fra = connect(rig, LAKESHORE), connect(rig, SOLARTRON)
    oven.write("SETP 1,330;RANGE 1,3")
    fra.write("OP2,1;SO1,3;VA0.1;FR0.5")
    trace = []

    def watch() -> None:
        for _ in range(40):
            trace.append(oven.query("KRDG? A"))
            clock.sleep(1.0)

    def measure() -> None:
        for _ in range(8):
            fra.write("SI")
            trace.append(fra.read())

    with clock.participant():
        threads = [clock.start_thread(watch), clock.start_thread(measure)]
        clock.sleep(200)
    for thread in threads:
        thread.join(timeout=10)
    return trace


def test_two_threads_on_one_rig_see_the_same_night_every_time(build_rig, connect):
    first = night_of_two_threads(build_rig, connect)
    assert len(first) == 48
    assert all(night_of_two_threads(build_rig, connect) == first for _ in range(3))


def test_a_solartron_on_an_odd_gpib_address_is_refused(tmp_path):
    path = tmp_path / "odd.toml"
    path.write_text('[instruments]\n"GPIB0::5::INSTR" = "solartron1260"\n')
    with pytest.raises(ValueError, match="even"):
        build(VirtualClock(), description=path)


def test_an_unknown_model_is_named(tmp_path):
    path = tmp_path / "x.toml"
    path.write_text('[instruments]\n"GPIB0::5::INSTR" = "kettle"\n')
    with pytest.raises(ValueError, match="kettle"):
        build(VirtualClock(), description=path)


def test_what_is_no_address_is_named():
    with pytest.raises(ValueError, match="kitchen"):
        build(VirtualClock(), instruments={"kitchen": "lakeshore336"})


def test_an_address_means_the_same_however_it_is_written(build_rig, connect):
    rig = build_rig(instruments={"TCPIP::127.0.0.1::7777::SOCKET": "lakeshore336"})
    (address,) = rig.instruments
    assert address == "TCPIP0::127.0.0.1::7777::SOCKET"
    rig.faults.add("value", instrument="TCPIP::127.0.0.1::7777::SOCKET", value="x")
    assert connect(rig, address).query("RANGE? 1").strip() == "x"
