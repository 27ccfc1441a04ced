"""Circuit fits and the Kramers-Kronig test beside impedance.py and pyimpspec: time for a right answer.

    python benchmarks/eis.py [spectra] [batch]

Circuit A is R0-p(R1,CPE1)-CPE2, B is R0-p(R1,CPE1)-p(R2,CPE2)-CPE3; R1 1e3 to 1e6 ohm, 50 to 70 points from
1 MHz to 0.1 Hz, noise 0.1 to 1 % of |Z|. The peers get what they cannot make: the first guess (labctl's) and
normalised data (|Z| and frequency divided by their geometric means). labctl's time includes its own guess,
covariance and residual diagnostics. After one fit that is not counted, blocks of ten spectra go to all in
turn; CPU time is counted; a fit is right when R1 is within 5 % of the truth, and the time of the wrong ones
is charged to the right ones.

Peers live in environments of their own under ~/.cache/labctl-benchmarks, made here when absent.
"""

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from figures import state, state_share
from peers import python_of

from labctl.analysis import (
    Spectrum,
    fit_circuit,
    fit_circuits,
    ionic_resistance,
    ionic_resistance_series,
    ionic_resistances,
    kramers_kronig,
    parse_circuit,
)
from labctl.analysis.circuits.fit import PART, Problem, guesses
from labctl.analysis.resistance.candidates import BLOCKING

CIRCUITS = {"A": "R0-p(R1,CPE1)-CPE2", "B": "R0-p(R1,CPE1)-p(R2,CPE2)-CPE3"}
PEERS = {"impedance.py": ("impedance==1.7.1", "pandas"), "pyimpspec": ("pyimpspec==5.1.3",)}
SEED = 20260
BLOCK = 10


class Drawn(NamedTuple):
    spectrum: Spectrum
    r1_ohm: float
    cramer_rao_ohm: float
    total_ohm: float
    worst: float
    """Largest Cramer-Rao standard error of a resistance, relative to it."""


def draw(kind: str, rng: np.random.Generator, points: int | None = None, rho: float = 0.0) -> Drawn:
    frequency = np.logspace(6, -1, points or rng.integers(50, 71))
    r1, n1, n2 = 10 ** rng.uniform(3, 6), rng.uniform(0.8, 0.95), rng.uniform(0.75, 0.95)
    r0, spike = r1 * 10 ** rng.uniform(-2.5, -0.7), rng.uniform(0.7, 0.95)
    if kind == "A":
        apex, corner = 10 ** rng.uniform(3.5, 5.3), 10 ** rng.uniform(0, 1.3)
        values = [r0, r1, q(r1, n1, apex), n1, q(r1, spike, corner), spike]
    else:
        apex, corner = 10 ** rng.uniform(4.3, 5.5), 10 ** rng.uniform(-0.3, 0.7)
        r2 = r1 * 10 ** rng.uniform(-0.6, 0.6)
        q2 = q(r2, n2, apex / 10 ** rng.uniform(1.5, 2.5))
        values = [r0, r1, q(r1, n1, apex), n1, r2, q2, n2, q(r1 + r2, spike, corner), spike]
    z, dz = parse_circuit(CIRCUITS[kind]).log_jacobian(np.log(values), frequency)
    sigma, noise = 10 ** rng.uniform(-3, -2), rng.standard_normal((2, frequency.size))
    for k in range(1, frequency.size):
        noise[:, k] = rho * noise[:, k - 1] + np.sqrt(1 - rho**2) * noise[:, k]
    jacobian = (dz / np.abs(z) / sigma).view(float)
    relative = np.sqrt(np.diag(np.linalg.inv(jacobian @ jacobian.T)))
    ohms = [i for i, name in enumerate(parse_circuit(CIRCUITS[kind]).names) if name.startswith("R")]
    return Drawn(
        Spectrum(frequency, z + sigma * np.abs(z) * (noise[0] + 1j * noise[1])),
        r1,
        r1 * float(relative[1]),
        float(sum(values[i] for i in ohms)),
        float(relative[ohms].max()),
    )


def q(resistance: float, exponent: float, apex_hz: float) -> float:
    return 1 / (resistance * (2 * np.pi * apex_hz) ** exponent)


class Peer:
    """A process in the peer's environment that answers one JSON line with another."""

    def __init__(self, name: str) -> None:
        self.process = subprocess.Popen(
            [str(python_of(PEERS[name])), str(Path(__file__).with_name("eis_peer.py")), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )  # fmt: skip

    def ask(self, **question: Any) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        question = {key: v.tolist() if isinstance(v, np.ndarray) else v for key, v in question.items()}
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return _answer(self.process.stdout)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)


def _answer(stream: IO[str]) -> dict[str, Any]:
    for line in stream:  # a peer may print of its own accord
        if line.startswith('{"answer"'):
            return json.loads(line)
    raise RuntimeError("the peer's process has ended")


def first_guess(spectrum: Spectrum, circuit: str) -> dict[str, np.ndarray]:
    """Normalised data and labctl's first guess in the same units."""
    problem = Problem.of(spectrum, parse_circuit(circuit), "modulus")
    frequency = problem.omega / (2 * np.pi)
    return {
        "frequency": frequency,
        "real": problem.z.real,
        "imaginary": problem.z.imag,
        "guess": np.exp(guesses([problem], 1)[0][0]),
        "scale": np.array([problem.z_scale_ohm]),
    }


class Tally:
    """CPU seconds of every fit, and how many were right."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.right = 0

    def add(self, seconds: float, resistances_ohm: np.ndarray, truth_ohm: float) -> None:
        self.seconds.append(seconds)
        self.right += bool((np.abs(resistances_ohm / truth_ohm - 1) < 0.05).any())

    @property
    def for_a_right_one(self) -> float:
        return sum(self.seconds) / max(self.right, 1)


def fit_block(drawn: list[Drawn], circuit: str, tally: Tally) -> None:
    for one in drawn:
        began = time.process_time()
        fit = fit_circuit(one.spectrum, circuit)
        tally.add(time.process_time() - began, np.array([fit.parameters["R1"].value]), one.r1_ohm)


def peer_block(drawn: list[Drawn], kind: str, peer: Peer, tally: Tally) -> None:
    for one in drawn:
        given = first_guess(one.spectrum, CIRCUITS[kind])
        answer = peer.ask(task="fit", circuit=kind, **given)
        tally.add(answer["seconds"], np.array(answer["answer"]) * given["scale"], one.r1_ohm)


def compare_fits(kind: str, count: int, peers: dict[str, Peer]) -> dict[str, Tally]:
    rng = np.random.default_rng([SEED, ord(kind)])
    ours, theirs = Tally(), {name: Tally() for name in peers}
    first = [draw(kind, rng)]  # what everybody imports at the first fit is counted for nobody
    fit_block(first, CIRCUITS[kind], Tally())
    for peer in peers.values():
        peer_block(first, kind, peer, Tally())
    for _ in range(max(count // BLOCK, 1)):
        drawn = [draw(kind, rng) for _ in range(BLOCK)]
        fit_block(drawn, CIRCUITS[kind], ours)
        for name, peer in peers.items():
            peer_block(drawn, kind, peer, theirs[name])
    for name, tally in {"labctl": ours, **theirs}.items():
        each, times = tally.for_a_right_one, tally.for_a_right_one / ours.for_a_right_one
        state(f"eis.{kind}.time_of_{name}", times)
        state(f"eis.{kind}.ms_of_{name}", 1e3 * statistics.median(tally.seconds), "ms")
        state_share(f"eis.{kind}.right_by_{name}", tally.right, len(tally.seconds))
        print(
            f"  {kind}  {name:13s} {1e3 * statistics.median(tally.seconds):8.2f} ms median,"
            f" right {tally.right}/{len(tally.seconds)}, {1e3 * each:8.2f} ms for a right one, {times:6.1f}"
        )
    return theirs


def compare_kramers_kronig(count: int, peer: Peer) -> None:
    rng, ours, theirs = np.random.default_rng(SEED + 1), [], []
    for _ in range(count):
        spectrum = draw("A", rng).spectrum
        began = time.process_time()
        result = kramers_kronig(spectrum, c=0.85)
        ours.append(time.process_time() - began)
        z = spectrum.z_ohm
        answer = peer.ask(task="kk", frequency=spectrum.frequency_hz, real=z.real, imaginary=z.imag)
        theirs.append(answer["seconds"])
        assert answer["answer"][0] == result.m, "the two disagree about M"
    mine, peers = (1e3 * statistics.median(times) for times in (ours, theirs))
    print(f"  linear KK, same M: labctl {mine:.2f} ms, impedance.py {peers:.2f} ms, {peers / mine:.1f} times")
    state("eis.kramers_kronig", peers / mine)
    state("eis.kramers_kronig.ms_of_labctl", mine, "ms")
    state("eis.kramers_kronig.ms_of_impedance.py", peers, "ms")


def time_resistances(count: int, peer_s: float) -> None:
    """CPU time of `ionic_resistance` and of one circuit fit of impedance.py in the same run."""
    rng = np.random.default_rng(SEED + 3)
    ordinary = [draw(kind, rng, points=60).spectrum for kind in "AB" * (count // 2)]
    rough = [draw_rough(rng) for _ in range(max(count // 10, 1))]
    ionic_resistances(ordinary[:4])
    unknown = [None] * len(ordinary)
    each = {
        "one at a time": cpu_each(lambda: [ionic_resistance(one) for one in ordinary[:50]], 50),
        "usual candidates, together": cpu_each(
            lambda: ionic_resistance_series(ordinary, unknown, circuits=BLOCKING), len(ordinary)
        ),
        "all candidates, together": cpu_each(lambda: ionic_resistances(ordinary), len(ordinary)),
        "rough electrodes, together": cpu_each(lambda: ionic_resistances(rough), len(rough)),
    }
    for words, seconds in each.items():
        print(
            f"  ionic_resistance, {words}: {1e3 * seconds:.2f} ms CPU each;"
            f" a fit of circuit A by impedance.py takes {peer_s / seconds:.1f} times that"
        )
        state(f"eis.resistance.{words}", peer_s / seconds)
        state(f"eis.resistance.ms, {words}", 1e3 * seconds, "ms")


def cpu_each(work: Callable[[], object], count: int) -> float:
    began = time.process_time()
    work()
    return (time.process_time() - began) / count


def draw_rough(rng: np.random.Generator) -> Spectrum:
    """A spectrum of circuit A with a transmission line in place of the last CPE."""
    frequency = np.logspace(6, -1, 60)
    r1, n = 10 ** rng.uniform(3, 6), rng.uniform(0.8, 0.95)
    values = [r1 / 30, r1, q(r1, n, 10 ** rng.uniform(3.5, 5.3)), n, r1 / 2, q(r1, 0.95, 1.0), 0.95]
    z = parse_circuit("R0-p(R1,CPE1)-TLM2").impedance(values, frequency)
    noise = rng.standard_normal((2, 60))
    return Spectrum(frequency, z + 3e-3 * np.abs(z) * (noise[0] + 1j * noise[1]))


def time_batch(kind: str, count: int, pool: ProcessPoolExecutor) -> None:
    """One process by its CPU time; two, started before, by the clock and by all the CPU time they took."""
    rng = np.random.default_rng(SEED + 2)
    spectra = [draw(kind, rng, points=60).spectrum for _ in range(count)]
    fit_circuits(spectra[:2], CIRCUITS[kind])
    fit_circuits(spectra[: 2 * PART], CIRCUITS[kind], executor=pool)
    began = time.process_time()
    fit_circuits(spectra, CIRCUITS[kind])
    alone = time.process_time() - began
    there, here, clock = cpu_of(pool), time.process_time(), time.perf_counter()
    fit_circuits(spectra, CIRCUITS[kind], executor=pool)
    clock, here = time.perf_counter() - clock, time.process_time() - here
    both = here + cpu_of(pool) - there
    one, wall, two = (1e3 * seconds / count for seconds in (alone, clock, both))
    state(f"eis.{kind}.ms_in_a_batch", one, "ms")
    print(
        f"  batch of {count} {kind}: {one:.3f} ms CPU each in one process; in two {wall:.3f} ms by the clock"
        f" ({two:.3f} ms CPU, which two idle cores do in {two / 2:.3f} ms)"
    )


def cpu_of(pool: ProcessPoolExecutor) -> float:
    """CPU seconds that the two processes of the pool have taken."""
    seconds: dict[int, float] = {}
    while len(seconds) < 2:
        seconds.update(pool.map(_own_cpu, range(4)))
    return sum(seconds.values())


def _own_cpu(_: int) -> tuple[int, float]:
    time.sleep(0.02)  # lest one process answers everything
    return os.getpid(), time.process_time()


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("spectra", type=int, nargs="?", default=100, help="of each circuit (%(default)s)")
    parser.add_argument("batch", type=int, nargs="?", default=1000, help="fitted at once (%(default)s)")
    return parser


def main() -> None:
    options = parser().parse_args()
    count, batch = options.spectra, options.batch
    peers = {name: Peer(name) for name in PEERS}
    theirs = {kind: compare_fits(kind, count, peers) for kind in CIRCUITS}
    compare_kramers_kronig(count, peers["impedance.py"])
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        for kind in CIRCUITS:
            time_batch(kind, batch, pool)
    time_resistances(batch, statistics.median(theirs["A"]["impedance.py"].seconds))
    for peer in peers.values():
        peer.close()


if __name__ == "__main__":
    main()
