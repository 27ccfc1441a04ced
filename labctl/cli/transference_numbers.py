"""Transference numbers for `labctl show`: the number, alternative methods, inputs, remarks."""

from functools import partial
from typing import Any

from labctl.cli.remarks import Remarks

INPUTS: dict[str, dict[str, tuple[Any, ...]]] = {  # heading: (column, factor to its unit)
    "rho_plus": {
        "dV / mV": ("delta_v_v", 1e3),
        "I0 / µA": ("initial_current_a", 1e6),
        "Iss / µA": ("steady_current_a", 1e6),
        "R0 / ohm": ("initial_resistance_ohm",),
        "Rss / ohm": ("steady_resistance_ohm",),
        "Rb / ohm": ("bulk_resistance_ohm",),
    },
    "electronic": {
        "dV / mV": ("delta_v_v", 1e3),
        "Iss / µA": ("steady_current_a", 1e6),
        "R / ohm": ("bulk_resistance_ohm",),
    },
}
MEANINGS = {
    "rho_plus": "rho+: current fraction of the cation, shown as t+ in the field's habit. It equals t+ where\n"
    "the salt is dilute, ideal and dissociated. Ne = 1/rho+ - 1: diffusion over ohmic resistance. check:\n"
    "rho+ with I0 of the transient, without Rb; Watanabe's formula with the same I0 is the same number, and\n"
    "no check. naive Iss/I0 is for comparison only.",
    "electronic": "t_el: share of the electrons in the conductivity; 1 - t_el is that of all ions (Wagner).",
}


def print_transference_numbers(console: Any, numbers: list[dict[str, Any]]) -> None:
    """Print every number with alternatives and inputs; remarks follow, once each."""
    remarks = Remarks()
    for quantity in dict.fromkeys(number["quantity"] for number in numbers):
        chosen = [number for number in numbers if number["quantity"] == quantity]
        if quantity not in MEANINGS:
            console.print(f"{quantity}: cannot be shown: not a quantity of this labctl", highlight=False)
            continue
        console.print(_results(quantity, chosen, remarks))
        console.print(_inputs(quantity, chosen))
        console.print(MEANINGS[quantity], highlight=False, style="dim")
        for line in _not_stated(chosen):
            console.print(line, highlight=False)
    remarks.print(console)


def _results(quantity: str, numbers: list[dict[str, Any]], remarks: Remarks) -> Any:
    """Make the table of the numbers, with alternatives beside them."""
    from labctl.readmodel.transference_text import QUANTITIES
    from labctl.readmodel.unreadable import or_as_unreadable

    label = QUANTITIES[quantity]
    rivals = ("Ne", "check", "naive") if quantity == "rho_plus" else ()
    table = _table(
        f"{label}, ± one standard uncertainty",
        ("T / °C", label.partition(" ")[0], "95 %", *rivals, "ended by", "remarks"),
    )
    for number in numbers:
        cells = partial(_result_cells, number, rivals, remarks)
        table.add_row(*or_as_unreadable(cells, _cells_instead))
    return table


def _not_stated(numbers: list[dict[str, Any]]) -> list[str]:
    """Return a line about what is in no interval of these numbers, e.g. `potentiostat: not stated`."""
    names = dict.fromkeys(name for number in numbers for name in number.get("not_stated") or ())
    words = [name if ":" in name else f"{name}: not stated" for name in names]
    return ["; ".join(words)] if words else []


def _result_cells(number: dict[str, Any], rivals: tuple[str, ...], remarks: Remarks) -> tuple[str, ...]:
    from labctl.readmodel.formatting import celsius
    from labctl.readmodel.transference_text import check, interval, newman_number, value

    found = {"Ne": newman_number(number), "check": check(number), "naive": _plain(number, "naive")}
    return (
        celsius(number["temperature_k"]) if number["temperature_k"] else "",
        value(number),
        interval(number),
        *(found[rival] for rival in rivals),
        f"{number['ended_by']}",
        remarks.marks(number["flags"] or []),
    )


def _cells_instead(why: str) -> tuple[str, str]:
    return "", why


def _inputs(quantity: str, numbers: list[dict[str, Any]]) -> Any:
    """Make the table of the inputs of the numbers."""
    from labctl.readmodel.unreadable import or_as_unreadable

    table = _table("made from", tuple(INPUTS[quantity]))
    for number in numbers:
        table.add_row(*or_as_unreadable(partial(_input_cells, number, quantity), _cells_instead))
    return table


def _input_cells(number: dict[str, Any], quantity: str) -> tuple[str, ...]:
    return tuple(_plain(number, *column) for column in INPUTS[quantity].values())


def _table(title: str, headings: tuple[str, ...]) -> Any:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _plain(number: dict[str, Any], column: str, factor: float = 1.0) -> str:
    return "" if number[column] is None else f"{factor * number[column]:.4g}"
