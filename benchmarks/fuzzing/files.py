"""Station, protocol and sample files that labctl accepts: the ground of the mutations."""

STATION = """\
# rig of the second laboratory
name = "rig"

[limits]
temperature_degc = [0, 150]
potential_v = 1.0
current_a = 0.1

[instruments.oven]
driver = "drivers.lakeshore33x:LakeShore336"
address = "GPIB0::12::INSTR"
roles = ["oven"]

[instruments.analyser]
driver = "drivers.solartron1260:Solartron1260"
address = "GPIB0::4::INSTR"
roles = ["fra"]

[night]
exchange_retries = 3
retry_delay_s = 2.0
silence_s = 3
[night.interlocks]
temperature_above_degc = 170
free_disk_mb = 1
[night.notify]
events = ["job", "interlock"]

[simulation]
clock = "virtual"
seed = 1
[simulation.options]
material = "Mg3(BH4)4(NH2)2"
"""
PROTOCOL = """\
title = "series"
sample = "pellet.toml"

[[procedure]]
use = "procedures.temperature_stepped_eis:TemperatureSteppedEIS"
temperatures_degc = [40, 50]
frequency_max_hz = 1e6
frequency_min_hz = 10
points_per_decade = 3
dwell_min = 5

[[procedure]]
use = "procedures.eis:EIS"
repeat = 2
frequency_max_hz = 1e6
frequency_min_hz = 10
"""
SAMPLE = """\
name = "pellet 7"
composition = "Mg(BH4)2"
cation = "Mg2+"
thickness_mm = 1.0
thickness_uncertainty_mm = 0.01
diameter_mm = 10.0
electrodes = "blocking"
note = "pressed at 300 MPa"
lead_ohm = 0.5
temperature_max_degc = 140
"""
