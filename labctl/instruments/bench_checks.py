"""Bench checks of every instrument, and all checks of one instrument at its address."""

from labctl.command_table import BenchCheck, bench_checks_of

IDENTITY = BenchCheck(
    "the identity", "`print(oven.identity)`, for each", "the model of the instrument", reads="identity"
)
TEMPERATURE = BenchCheck(
    "the temperature (oven)",
    "`print(oven.temperature_k - 273.15)`, display of the instrument",
    "the same within 1 K",
    reads="temperature_k",
    offset=-273.15,
    unit="degC",
    within=1.0,
)
OFF = (
    BenchCheck(
        "switching off",
        "energise it, then `bench.make_safe()`",
        "heater, cell and source off **by meter**, not by reply; no error",
    ),
    BenchCheck(
        "switching off without read-back",
        "energise it, then `oven.switch_off()`, for each",
        "off by meter; then `oven.make_safe()` without an error",
    ),
    BenchCheck(
        "a pulled cable",
        "start a measurement, pull the cable, put it back, `bench.make_safe()`",
        "an `InstrumentError`, then off",
    ),
)
CLOSED_SOCKET = BenchCheck(
    "a closed socket (network only)",
    "leave the instrument alone for an hour, `print(oven.identity)`",
    "its identity, without an error",
)
ECHO = BenchCheck(
    "an echo (RS-485 only)",
    "`print(oven.temperature_k)`",
    "a temperature. An error that names `echo`: set it in the station file",
)
DTR = BenchCheck(
    "a board that boots (DTR)",
    "start anew, `print(oven.identity)` at once",
    "its identity. On a time-out set `settle_s` in the station file",
)
IMPEDANCE = (
    BenchCheck(
        "the sign of reactance",
        "`list(fra.sweep([1e4, 1e3, 1e2], 0.01))` on R parallel C",
        "`z_imag_ohm` negative",
    ),
    BenchCheck(
        "the scale of an impedance",
        "the same on a resistor of 0.1 %",
        "`z_real_ohm` within the instrument's accuracy",
    ),
)
GENERAL_CHECKS = (IDENTITY, TEMPERATURE, *OFF, CLOSED_SOCKET, ECHO, DTR, *IMPEDANCE)


def checks_at(driver_class: type, address: str) -> tuple[BenchCheck, ...]:
    """Return the bench checks for an instrument of this class at a VISA address, general ones first."""
    return (*_general(driver_class, address.upper()), *bench_checks_of(driver_class))


def _general(driver_class: type, address: str) -> tuple[BenchCheck, ...]:
    is_oven, is_serial = hasattr(driver_class, "temperature_k"), address.startswith("ASRL")
    chosen = [IDENTITY] if getattr(driver_class, "answers", True) else []
    chosen += [TEMPERATURE] if is_oven else []
    chosen += OFF if hasattr(driver_class, "make_safe") else ()
    chosen += [CLOSED_SOCKET] if address.endswith("::SOCKET") else []
    chosen += [ECHO] if is_serial and is_oven else []
    chosen += [DTR] if is_serial else []
    chosen += IMPEDANCE if hasattr(driver_class, "sweep") else ()
    return tuple(chosen)
