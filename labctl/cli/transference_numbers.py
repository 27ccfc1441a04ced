"""Transference numbers as `labctl show` gives them: the number, its rivals, its inputs, its reservations."""

from typing import Any

from labctl.cli.remarks import Remarks

KEYS = (
    "quantity",
    "temperature_k",
    "value",
    "standard_uncertainty",
    "low_95",
    "high_95",
    "naive",
    "watanabe",
    "delta_v_v",
    "delta_v_u_v",
    "initial_current_a",
    "initial_current_u_a",
    "steady_current_a",
    "steady_current_u_a",
    "initial_resistance_ohm",
    "initial_resistance_u_ohm",
    "steady_resistance_ohm",
    "steady_resistance_u_ohm",
    "bulk_resistance_ohm",
    "bulk_resistance_u_ohm",
    "relaxation",
    "ended_by",
    "saved_s",
    "flags",
)
LABELS = {"rho_plus": "rho+ (Bruce-Vincent)", "electronic": "t_el (Hebb-Wagner)"}
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
    "the salt is dilute, ideal and dissociated; naive Iss/I0 is for comparison only.",
    "electronic": "t_el: share of the electrons in the conductivity; 1 - t_el is that of all ions (Wagner).",
}


def transference_numbers(database: Any, run_id: int) -> list[dict[str, Any]]:
    """Return the transference numbers of a run and of the parts it continues, in the order measured."""
    rows = database.rows(
        "SELECT t.*, p.ended_by, p.saved_s FROM transference_numbers t "
        "JOIN polarisations p ON p.id = t.polarisation_id "
        "WHERE t.run_id IN (SELECT part_id FROM run_parts WHERE run_id = ?) ORDER BY p.id",
        (run_id,),
    )
    return [{key: row[key] for key in KEYS} for row in rows]


def print_transference_numbers(console: Any, numbers: list[dict[str, Any]]) -> None:
    """Print every number beside its rivals and its inputs; remarks follow, once each."""
    remarks = Remarks()
    for quantity in dict.fromkeys(number["quantity"] for number in numbers):
        chosen = [number for number in numbers if number["quantity"] == quantity]
        console.print(_results(quantity, chosen, remarks))
        console.print(_inputs(quantity, chosen))
        console.print(MEANINGS[quantity], highlight=False, style="dim")
    remarks.print(console)


def _results(quantity: str, numbers: list[dict[str, Any]], remarks: Remarks) -> Any:
    """Make the table of the numbers themselves, rivals beside them."""
    from labctl.readmodel.formatting import celsius

    name = LABELS[quantity].partition(" ")[0]
    rivals = {"Watanabe": "watanabe", "naive": "naive"} if quantity == "rho_plus" else {}
    table = _table(
        f"{LABELS[quantity]}, ± one standard uncertainty",
        ("T / °C", name, "95 %", *rivals, "ended by", "remarks"),
    )
    for number in numbers:
        table.add_row(
            celsius(number["temperature_k"]) if number["temperature_k"] else "",
            _value(number),
            _interval(number),
            *(_plain(number, column) for column in rivals.values()),
            number["ended_by"],
            remarks.marks(number["flags"]),
        )
    return table


def _inputs(quantity: str, numbers: list[dict[str, Any]]) -> Any:
    """Make the table of what the numbers were made from."""
    table = _table("made from", tuple(INPUTS[quantity]))
    for number in numbers:
        table.add_row(*(_plain(number, *column) for column in INPUTS[quantity].values()))
    return table


def _table(title: str, headings: tuple[str, ...]) -> Any:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def _value(number: dict[str, Any]) -> str:
    from labctl.readmodel.formatting import with_uncertainty

    if number["value"] is None:
        return "none"
    return with_uncertainty(number["value"], number["standard_uncertainty"])


def _interval(number: dict[str, Any]) -> str:
    if number["low_95"] is None or number["high_95"] is None:
        return ""
    return f"{number['low_95']:.3g} to {number['high_95']:.3g}"


def _plain(number: dict[str, Any], column: str, factor: float = 1.0) -> str:
    return "" if number[column] is None else f"{factor * number[column]:.4g}"
