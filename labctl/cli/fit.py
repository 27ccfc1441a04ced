"""`labctl fit`: derive a run again from its measured rows, with the methods of this version."""

import logging
from typing import TYPE_CHECKING, Annotated

import typer

from labctl.cli.options import DEFAULT_DATABASE, DatabaseOption, JsonOption

if TYPE_CHECKING:
    from labctl.store import Store

log = logging.getLogger(__name__)


def fit(
    run: Annotated[str, typer.Argument(help="Number, start of the uuid, or `last`.")] = "last",
    db: DatabaseOption = DEFAULT_DATABASE,
    as_json: JsonOption = False,
) -> None:
    """Derive resistances, conductivities and laws of a run again, and show them.

    Measured rows are never changed; derived rows are replaced and record the version that made them.
    """
    from labctl.cli.show import show
    from labctl.clock import RealClock
    from labctl.errors import ConfigurationError
    from labctl.store import Store

    if not db.exists():
        raise ConfigurationError(db, "", "no such file")
    with Store.open(db) as store:
        with store.read() as database:
            run_id = database.run(run)["id"]
        derive(store, run_id, RealClock().time())
    show(str(run_id), db, as_json)


def derive(store: "Store", run_id: int, derived_s: float) -> None:
    """Derive a run; raise StoreError with the rows at fault if its values cannot be evaluated."""
    from labctl.derive import derive_run
    from labctl.errors import StoreError
    from labctl.readmodel.unreadable import FAULTS
    from labctl.store.care import odd_rows_of

    try:
        derive_run(store, run_id, derived_s)
    except FAULTS as fault:
        log.debug("derivation failed", exc_info=True)
        reasons = [f"{type(fault).__name__}: {fault}"[:300], *odd_rows_of(store.path)]
        raise StoreError(f"{store.path}: run {run_id} cannot be evaluated: {' '.join(reasons)}") from fault
