"""`labctl fit`: derive a run again from its measured rows, with the methods of this version."""

from typing import Annotated

import typer

from labctl.cli.options import DEFAULT_DATABASE, DatabaseOption, JsonOption


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
    from labctl.derive import derive_run
    from labctl.errors import ConfigurationError
    from labctl.store import Store

    if not db.exists():
        raise ConfigurationError(db, "", "no such file")
    with Store.open(db) as store:
        with store.read() as database:
            run_id = database.run(run)["id"]
        derive_run(store, run_id, RealClock().time())
    show(str(run_id), db, as_json)
