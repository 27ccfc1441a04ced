"""Station files of the simulated rig for the benchmarks: a Lake Shore 336, and one of two analysers."""

ALONE = """\
[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]
"""
PAIR = """\
[instruments.cell]
driver = "drivers.solartron_pair:Solartron1260With1287"
address = "GPIB0::6::INSTR"
roles = ["fra", "potentiostat"]
with = "analyser"
settings = { standard_resistor_ohm = 1000.0 }
[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
"""
REST = """\
name = "simulated rig"
[limits]
temperature_degc = [-50, 250]
potential_v = 1.0
current_a = 0.1
[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]
[simulation]
"""


def station_text(analyser: str) -> str:
    """The station file with `ALONE` or `PAIR`; whole tables may be added at its end."""
    return REST + analyser
