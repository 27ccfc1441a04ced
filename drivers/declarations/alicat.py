"""Messages and bench checks of Alicat mass flow controllers."""

from labctl.command_table import BenchCheck, Message

PRIMER, NUMAT = "Alicat serial primer", "numat/alicat"

MESSAGES = (
    Message("<unit>", "one line: pressure, temperature, flows, set point, gas, state", "as its display",
            PRIMER, NUMAT),
    Message("<unit>VE", "firmware and its date", source=PRIMER, second_source=NUMAT,
            when="its identity is asked"),
    Message("<unit>R122", "controlled quantity: 37 is the mass flow", source=NUMAT),
    Message("<unit>S<flow>", "set point; it answers with the line", "as its display", PRIMER, NUMAT),
    Message("<unit>W122=<loop>", "choose the controlled quantity", source=NUMAT,
            when="never: the choice is made at the display"),
    Message("<unit>$$H", "hold the valve", source=NUMAT, when="never: a held valve follows no set point"),
)  # fmt: skip

BENCH_CHECKS = (
    BenchCheck(
        "the unit of the flow",
        "`print(gas.readings)` beside its display, with gas flowing",
        "`flow_m3_s` times 6e7 is the flow in mL/min at 0 degC: 0.916 times a flow in SCCM",
        is_decisive=True,
    ),
    BenchCheck(
        "the unit of the pressure",
        "`print(gas.readings)` beside its display",
        "`gas_pressure_pa` is the absolute pressure at its display, taken to be in psi",
    ),
    BenchCheck(
        "what making safe leaves",
        "`gas.setpoint = ...`, then `bench.make_safe()`, flow at its display",
        "the flow that `when_safe` asks for",
        is_decisive=True,
    ),
)
