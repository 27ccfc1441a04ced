"""Speed of the simulated rig: a night of twelve hours, and one query beside stock pyvisa-sim's.

    python benchmarks/sim_rig.py

The night: ten temperatures, 15 000 temperature readings, 2 000 impedance points down to 0.1 Hz, on a virtual
clock, through pyvisa. The query: `*IDN?` of the same YAML file, in interleaved blocks, CPU time.
"""

import argparse
import statistics
import time
from importlib.resources import files

import pyvisa
from figures import state
from pyvisa.resources import MessageBasedResource

from labctl.clock import VirtualClock
from sim_instruments.rig import build

HOURS = 12
TEMPERATURES_K = [303.15 + 10 * step for step in range(10)]
READINGS_EACH = 1500
POINTS_EACH = 200
BLOCKS, QUERIES = 15, 400


def connect(library: object, address: str, read_termination: str) -> MessageBasedResource:
    port = pyvisa.ResourceManager(library).open_resource(address)  # type: ignore[arg-type]
    assert isinstance(port, MessageBasedResource)
    port.write_termination, port.read_termination, port.timeout = "\n", read_termination, 60_000
    return port


def night() -> tuple[float, float]:
    """Return CPU seconds and simulated seconds."""
    began_s = time.process_time()
    clock = VirtualClock()
    rig = build(clock)
    oven = connect(rig.visa_library, "GPIB0::12::INSTR", "\n")
    fra = connect(rig.visa_library, "GPIB0::4::INSTR", "\n")
    fra.write("OP2,1;SO1,3;CZ0;VA0.1;IS0.1")
    oven.write("RANGE 1,3")
    for number, temperature_k in enumerate(TEMPERATURES_K, start=1):
        oven.write(f"SETP 1,{temperature_k}")
        for _ in range(READINGS_EACH):
            oven.query("KRDG? A")
            clock.sleep(1.8)
        for point in range(POINTS_EACH):
            fra.write(f"FR{10 ** (6 - 7 * (point % 61) / 60):.6f}")
            fra.write("SI")
            fra.read()
        clock.sleep(max(0.0, number * HOURS * 360 - clock.monotonic()))
    rig.close()
    return time.process_time() - began_s, clock.monotonic()


def queries(port: MessageBasedResource) -> float:
    """CPU microseconds of one identity query."""
    began_s = time.process_time()
    for _ in range(QUERIES):
        port.query("*IDN?")
    return (time.process_time() - began_s) / QUERIES * 1e6


def parser() -> argparse.ArgumentParser:
    return argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)


def main() -> None:
    parser().parse_args()
    runs = [night() for _ in range(3)]
    cpu_s, simulated_s = min(runs)
    print(
        f"night of {simulated_s / 3600:.2f} h: {cpu_s:.2f} s of CPU, {simulated_s / cpu_s:,.0f} x real time"
    )

    path = files("sim_instruments.instruments").joinpath("lakeshore336.yaml")
    rig = build(VirtualClock())
    ours = connect(rig.visa_library, "GPIB0::12::INSTR", "\r\n")
    stock = connect(f"{path}@sim", "GPIB0::12::INSTR", "\r\n")
    blocks = [(queries(ours), queries(stock)) for _ in range(BLOCKS)]
    ours_us, stock_us = (statistics.median(column) for column in zip(*blocks, strict=True))
    ratio = statistics.median(a / b for a, b in blocks)
    state("sim_rig.night", simulated_s / cpu_s)
    state("sim_rig.query", ratio)
    print(f"one query: {ours_us:.1f} us here, {stock_us:.1f} us in stock pyvisa-sim, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
