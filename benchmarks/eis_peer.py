"""The other side of eis.py: runs in a peer's environment and answers questions from standard input."""

import argparse
import json
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

Answer = tuple[list[float], float]


def impedance_py() -> dict[str, Callable[[dict[str, Any]], Answer]]:
    from impedance.models.circuits import CustomCircuit  # pyright: ignore[reportMissingImports]
    from impedance.models.circuits.elements import circuit_elements  # pyright: ignore[reportMissingImports]
    from impedance.validation import linKK  # pyright: ignore[reportMissingImports]

    circuit_elements["np"] = np  # without it linKK raises NameError with numpy 2
    circuits = {"A": "R_0-p(R_1,CPE_1)-CPE_2", "B": "R_0-p(R_1,CPE_1)-p(R_2,CPE_2)-CPE_3"}
    resistances = {"A": [1], "B": [1, 4]}

    def fit(question: dict[str, Any]) -> Answer:
        frequency, z = arrays(question)
        began = time.process_time()
        circuit = CustomCircuit(circuits[question["circuit"]], initial_guess=question["guess"])
        circuit.fit(frequency, z, weight_by_modulus=True)
        seconds = time.process_time() - began
        fitted = np.asarray(circuit.parameters_)
        return [float(fitted[i]) for i in resistances[question["circuit"]]], seconds

    def kk(question: dict[str, Any]) -> Answer:
        frequency, z = arrays(question)
        began = time.process_time()
        m, mu, *_ = linKK(frequency, z, c=0.85, max_M=60, fit_type="complex", add_cap=True)
        return [float(m), float(mu)], time.process_time() - began

    return {"fit": fit, "kk": kk}


def pyimpspec() -> dict[str, Callable[[dict[str, Any]], Answer]]:
    import pyimpspec as peer  # pyright: ignore[reportMissingImports]

    codes = {"A": "R(RQ)Q", "B": "R(RQ)(RQ)Q"}

    def fit(question: dict[str, Any]) -> Answer:
        frequency, z = arrays(question)
        circuit, guess = peer.parse_cdc(codes[question["circuit"]]), iter(question["guess"])
        for element in circuit.get_elements():
            element.set_values(**{name: next(guess) for name in element.get_values()})
        data = peer.DataSet(frequency, z)
        began = time.process_time()
        found = peer.fit_circuit(circuit, data, method="least_squares", weight="modulus", num_procs=1)
        seconds = time.process_time() - began
        elements = [e for e in found.circuit.get_elements() if e.get_symbol() == "R"]
        return [float(e.get_value("R")) for e in elements[1:]], seconds

    return {"fit": fit}


def arrays(question: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    z = np.array(question["real"]) + 1j * np.array(question["imaginary"])
    return np.array(question["frequency"]), z


PEERS = {"impedance.py": impedance_py, "pyimpspec": pyimpspec}


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=PEERS)
    return parser


def main() -> None:
    warnings.simplefilter("ignore")
    tasks = PEERS[parser().parse_args().peer]()
    for line in sys.stdin:
        question = json.loads(line)
        began = time.process_time()
        try:
            answer, seconds = tasks[question["task"]](question)
        except Exception:  # noqa: BLE001 a fit that fails is a wrong answer, and its time counts
            answer, seconds = [], time.process_time() - began
        print(json.dumps({"answer": answer, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main()
