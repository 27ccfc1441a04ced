"""Server that offers a rig to other processes: one TCP socket per instrument, and a control channel.

    from sim_instruments.serve import serve
    serve({"seed": 1}, RealClock())

Sockets listen on 127.0.0.1 only. Their pyvisa-py address is `TCPIP0::127.0.0.1::PORT::SOCKET`; the control
channel is described in `control`. The clock is real or scaled; with a virtual clock, time would not advance.
"""

import contextlib
import json
import math
import selectors
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyvisa.errors import VisaIOError
from pyvisa.rname import to_canonical_name

from sim_instruments.control import Control
from sim_instruments.rig import Rig, build, cells_of, instruments_of
from sim_instruments.stand_ins import DRIVERS, MODELS
from sim_instruments.wire.exchange import Exchange
from sim_instruments.world.world import Clock

HOST = "127.0.0.1"
POLL_S = 0.002


@dataclass
class Outlet:
    """One listening socket and its connected clients; replies go to the client that sent last.

    `name` is the model, followed by `_2` for the second of a model.
    """

    name: str
    listener: socket.socket
    model: str = ""
    described_at: str = ""
    exchange: Exchange | None = None
    clients: list[socket.socket] = field(default_factory=list)
    last_sender: socket.socket | None = None
    received: bytearray = field(default_factory=bytearray)
    heard_s: float = -math.inf

    @property
    def port(self) -> int:
        """Port number of the listening socket."""
        return self.listener.getsockname()[1]

    @property
    def address(self) -> str:
        """VISA resource name of the socket."""
        return f"TCPIP0::{HOST}::{self.port}::SOCKET"


class Server:
    """Server of one rig. Used as a context manager, or with `run()` in the calling thread.

    Parameters
    ----------
    rig_options : mapping
        Options of `build`, and `seed`. Their addresses are ignored: each instrument gets a port. With
        `closes_idle_s` an instrument closes its socket after so long without a message.
    clock :
        Real or scaled.
    first_port : int
        First port number; the ports follow the order of the rig's description, the control channel last.
        0: any free ports.

    Raises
    ------
    TypeError, ValueError
        Same as `build`.
    OSError
        A port is already in use.
    """

    def __init__(self, rig_options: Mapping[str, Any], clock: Clock, first_port: int = 0) -> None:
        options = dict(rig_options)
        seed = options.pop("seed", 1)
        self._clock, self._closes_idle_s = clock, float(options.pop("closes_idle_s", math.inf))
        self.speed = float(getattr(clock, "factor", 1.0))
        described = instruments_of(options)
        models = list(described.values())
        with contextlib.ExitStack() as opened:
            listeners = [
                opened.enter_context(_listen(first_port + i if first_port else 0))
                for i in range(len(models) + 1)
            ]
            self.control = Outlet("control", listeners[-1])
            self.outlets = [
                Outlet(name, listener, model, to_canonical_name(address))
                for name, listener, (address, model) in zip(
                    _numbered(models), listeners, described.items(), strict=False
                )
            ]
            self._cells = self._served_cells(cells_of(options))
            self.rig = self._build(clock, seed, options)
            opened.pop_all()
        self._control = Control(self.rig, {outlet.name: outlet.address for outlet in self.outlets}, self.stop)
        self._selector = selectors.DefaultSelector()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        for outlet in (*self.outlets, self.control):
            self._selector.register(outlet.listener, selectors.EVENT_READ, outlet)

    def _build(self, clock: Clock, seed: int, options: dict[str, Any]) -> Rig:
        addresses = {outlet.address: outlet.model for outlet in self.outlets}
        rig = build(clock, seed=seed, **(options | {"instruments": addresses, "cells": self._cells or None}))
        for outlet in self.outlets:
            outlet.exchange = Exchange(rig.devices[outlet.address])
        return rig

    def __enter__(self) -> "Server":
        self._thread = threading.Thread(target=self.run, name="simulated rig", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        if self._thread is not None:
            self._thread.join()

    def stop(self) -> None:
        """Make `run()` return after its current cycle."""
        self._stopping.set()

    def run(self) -> None:
        """Serve until stopped, then close the sockets."""
        try:
            while not self._stopping.is_set():
                self._turn()
        finally:
            self._close()

    def station_toml(self, name: str = "served simulated rig") -> str:
        """Text of a station file that connects to this rig through pyvisa-py."""
        served: set[str] = set()
        parts = [_STATION_HEAD.format(name=name, control=f"{HOST}:{self.control.port}", speed=self.speed)]
        own = self._of_one_cell()
        for outlet in self.outlets:
            driver, roles = DRIVERS.get(outlet.model, ("", ()))
            free = [role for role in roles if role not in served or outlet.address in own]
            served.update(free)
            if free:
                listed = ", ".join(f'"{role}"' for role in free)
                parts.append(_STATION_INSTRUMENT.format(outlet=outlet, driver=driver, roles=listed))
                parts += _settings_toml(outlet.model)
        return "\n".join([*parts, *map(self._cell_toml, self._tables())])

    def _tables(self) -> list[str]:
        """Names of the cells."""
        return [name for name, given in self._cells.items() if isinstance(given, Mapping)]

    def _served_cells(self, cells: Mapping[str, Any]) -> dict[str, Any]:
        """Return the cells with the addresses at which their instruments are served."""
        served_at = {outlet.described_at: outlet.address for outlet in self.outlets}
        return {name: _moved(given, served_at) for name, given in cells.items()}

    def _of_one_cell(self) -> set[str]:
        """Addresses of instruments that belong to one cell."""
        tables = [self._cells[name] for name in self._tables()]
        own = {address for given in tables for address in given.get("instruments", ())}
        return own | {given["thermometer"] for given in tables if "thermometer" in given}

    def _cell_toml(self, name: str) -> str:
        """Table of one cell in a station file, with the names of its instruments."""
        given = self._cells[name]
        lines = [f"[cells.{json.dumps(name)}]"]
        if channels := given.get("channels"):
            lines.append(f"switch_channels = {_inline(channels)}")
        for address in given.get("instruments", ()):
            outlet = self._outlet_at(address)
            _, roles = DRIVERS.get(outlet.model, ("", ()))
            lines += [f'{role} = "{outlet.name}"' for role in roles if role in ("fra", "potentiostat")]
        if (thermometer := self._thermometer_of(given)) is not None:
            lines.append(f'thermometer = "{thermometer.name}"')
        return "\n".join(lines) + "\n"

    def _thermometer_of(self, given: Mapping[str, Any]) -> Outlet | None:
        """Return the thermometer of a cell; where other cells have one, it is the oven for the rest."""
        if "thermometer" in given:
            return self._outlet_at(given["thermometer"])
        others = any("thermometer" in self._cells[name] for name in self._tables())
        ovens = [one for one in self.outlets if "oven" in DRIVERS.get(one.model, ("", ()))[1]]
        return ovens[0] if others and ovens else None

    def _outlet_at(self, address: str) -> Outlet:
        return next(outlet for outlet in self.outlets if outlet.address == address)

    def _turn(self) -> None:
        for key, _ in self._selector.select(POLL_S):
            outlet = key.data
            if key.fileobj is outlet.listener:
                self._accept(outlet)
            else:
                self._receive(outlet, key.fileobj)  # type: ignore[arg-type]
        for outlet in self.outlets:
            self._deliver(outlet)
            if outlet.clients and self._clock.monotonic() - outlet.heard_s > self._closes_idle_s:
                self._disconnect_all(outlet)

    def _accept(self, outlet: Outlet) -> None:
        client, _ = outlet.listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if outlet.exchange is not None and not outlet.clients:
            outlet.exchange.restart()
        outlet.clients.append(client)
        outlet.heard_s = self._clock.monotonic()
        self._selector.register(client, selectors.EVENT_READ, outlet)

    def _receive(self, outlet: Outlet, client: socket.socket) -> None:
        try:
            data = client.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._disconnect(outlet, client)
        elif outlet.exchange is None:
            self._answer_control(outlet, client, data)
        else:
            outlet.last_sender, outlet.heard_s = client, self._clock.monotonic()
            self._close_on_loss(outlet, lambda: outlet.exchange.put(data))  # type: ignore[union-attr]

    def _answer_control(self, outlet: Outlet, client: socket.socket, data: bytes) -> None:
        outlet.received += data
        while b"\n" in outlet.received:
            line, _, rest = outlet.received.partition(b"\n")
            outlet.received = rest
            client.sendall(self._control.answer(bytes(line)))

    def _deliver(self, outlet: Outlet) -> None:
        if not outlet.clients or outlet.exchange is None:
            return
        exchange, ready = outlet.exchange, []
        self._close_on_loss(outlet, lambda: ready.append(exchange.get()))
        if ready and ready[0] and outlet.last_sender is not None:
            try:
                outlet.last_sender.sendall(ready[0])
            except OSError:
                self._disconnect(outlet, outlet.last_sender)

    def _close_on_loss(self, outlet: Outlet, action: Callable[[], None]) -> None:
        """Close all client connections when the device reports a lost connection."""
        try:
            action()
        except VisaIOError:
            self._disconnect_all(outlet)

    def _disconnect_all(self, outlet: Outlet) -> None:
        for client in list(outlet.clients):
            self._disconnect(outlet, client)

    def _disconnect(self, outlet: Outlet, client: socket.socket) -> None:
        self._selector.unregister(client)
        outlet.clients.remove(client)
        if outlet.last_sender is client:
            outlet.last_sender = None
        client.close()

    def _close(self) -> None:
        for outlet in (*self.outlets, self.control):
            for client in outlet.clients:
                client.close()
            outlet.listener.close()
        self._selector.close()
        self.rig.close()


_STATION_HEAD = """\
# Control channel of the rig: {control}, one JSON object per line.
name = "{name}"
visa_library = "@py"
speed = {speed:g}  # this many times faster than real

[limits]
temperature_degc = [-20, 600]
potential_v = 1.0
current_a = 0.1
"""

_STATION_INSTRUMENT = """\
[instruments.{outlet.name}]
driver = "{driver}"
address = "{outlet.address}"
roles = [{roles}]
"""


def _numbered(models: list[str]) -> list[str]:
    """Return a name for each instrument: its model, and from the second of a model on a number."""
    return [
        model if (nth := models[: place + 1].count(model)) == 1 else f"{model}_{nth}"
        for place, model in enumerate(models)
    ]


def _moved(given: Any, served_at: Mapping[str, str]) -> Any:
    """Return the table of a cell with the served addresses of its instruments."""
    if not isinstance(given, Mapping):
        return given
    moved = dict(given)
    if "instruments" in given:
        moved["instruments"] = [_served(address, served_at) for address in given["instruments"]]
    if "thermometer" in given:
        moved["thermometer"] = _served(given["thermometer"], served_at)
    return moved


def _served(address: str, served_at: Mapping[str, str]) -> str:
    """Return the served address; one that no instrument has stays, and `build` refuses it."""
    return served_at.get(to_canonical_name(address), address)


def _settings_toml(model: str) -> list[str]:
    settings = MODELS[model].settings if model in MODELS else {}
    return [f"settings = {_inline(settings)}\n"] if settings else []


def _inline(value: Any) -> str:
    """A value as TOML in one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_inline(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value)


def serve(
    rig_options: Mapping[str, Any],
    clock: Clock,
    first_port: int = 0,
    announce: Callable[[str], None] = print,
) -> None:
    """Announce a station file, then serve a rig until a stop request or a keyboard interrupt."""
    server = Server(rig_options, clock, first_port)
    announce(server.station_toml())
    with contextlib.suppress(KeyboardInterrupt):
        server.run()


def _listen(port: int) -> socket.socket:
    """Open a listening socket that is not shared with other programs."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        exclusive = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
        listener.setsockopt(socket.SOL_SOCKET, exclusive, 1)
        listener.bind((HOST, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
