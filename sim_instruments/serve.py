"""A rig for other processes: every instrument on a TCP socket of this machine, and a control channel.

    from sim_instruments.serve import serve
    serve({"seed": 1}, RealClock())

Sockets listen on 127.0.0.1 alone. Reached with pyvisa-py as `TCPIP0::127.0.0.1::PORT::SOCKET`; the control
channel is described in `control`. Time is the clock's, real or scaled; a virtual clock would stand still.
"""

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pyvisa.errors import VisaIOError

from sim_instruments.control import Control
from sim_instruments.rig import Rig, build, instruments_of
from sim_instruments.wire.exchange import Exchange
from sim_instruments.world.world import Clock

HOST = "127.0.0.1"
POLL_S = 0.002

DRIVERS: dict[str, tuple[str, tuple[str, ...]]] = {
    "lakeshore335": ("drivers.lakeshore33x:LakeShore335", ("oven",)),
    "lakeshore336": ("drivers.lakeshore33x:LakeShore336", ("oven",)),
    "lakeshore350": ("drivers.lakeshore33x:LakeShore350", ("oven",)),
    "eurotherm2400": ("drivers.eurotherm:Eurotherm2400", ("oven",)),
    "eurotherm3200": ("drivers.eurotherm:Eurotherm3200", ("oven",)),
    "eurotherm3500": ("drivers.eurotherm:Eurotherm3500", ("oven",)),
    "solartron1260": ("drivers.solartron1260:Solartron1260", ("fra",)),
    "solartron1287": ("drivers.solartron1287:Solartron1287", ("potentiostat",)),
    "emstat4": ("drivers.palmsens:EmStat4HR", ("fra", "potentiostat")),
    "emstat4_lr": ("drivers.palmsens:EmStat4LR", ("fra", "potentiostat")),
    "emstat_pico": ("drivers.palmsens:EmStatPico", ("fra", "potentiostat")),
    "nexus": ("drivers.palmsens:Nexus", ("fra", "potentiostat")),
    "keysight_e4980a": ("drivers.lcr_meters:KeysightE4980A", ("fra",)),
    "agilent_4284a": ("drivers.lcr_meters:Agilent4284A", ("fra",)),
    "keysight_e4990a": ("drivers.keysight_e4990a:KeysightE4990A", ("fra",)),
    "keithley2450": ("drivers.keithley2450:Keithley2450", ("potentiostat",)),
    "julabo": ("drivers.julabo:JulaboCF", ("oven",)),
    "julabo_fc": ("drivers.julabo:JulaboFC", ("oven",)),
    "julabo_corio": ("drivers.julabo:JulaboCorio", ("oven",)),
    "julabo_fl": ("drivers.julabo:JulaboFL", ("oven",)),
    "huber": ("drivers.huber:Huber", ("oven",)),
    "linkam_t95": ("drivers.linkam_t95:LinkamT95", ("oven",)),
    "oxford_mercury": ("drivers.oxford_mercury:OxfordMercuryITC", ("oven",)),
    "oxford_itc503": ("drivers.oxford_itc503:OxfordITC503", ("oven",)),
    "temptronic_ats": ("drivers.temptronic:TemptronicATS", ("oven",)),
    "thermotron3800": ("drivers.thermotron3800:ThermotronOven", ("oven",)),
}


@dataclass
class Outlet:
    """One listening socket and whoever is connected to it; answers go to the one who spoke last."""

    name: str
    listener: socket.socket
    exchange: Exchange | None = None
    guests: list[socket.socket] = field(default_factory=list)
    speaker: socket.socket | None = None
    heard: bytearray = field(default_factory=bytearray)

    @property
    def port(self) -> int:
        """Where it listens."""
        return self.listener.getsockname()[1]

    @property
    def address(self) -> str:
        """The VISA resource name of it."""
        return f"TCPIP0::{HOST}::{self.port}::SOCKET"


class Server:
    """A rig, served. Use as a context manager, or `run()` it in the thread at hand.

    Parameters
    ----------
    rig_options : mapping
        Options of `build`, and `seed`. Addresses in them do not count: each instrument gets a port.
    clock :
        Real or scaled.
    first_port : int
        Ports are numbered from here, in the order of the rig's description, the control channel last;
        0: any that are free.

    Raises
    ------
    TypeError, ValueError
        As `build` does.
    OSError
        A port is taken.
    """

    def __init__(self, rig_options: Mapping[str, Any], clock: Clock, first_port: int = 0) -> None:
        options = dict(rig_options)
        seed = options.pop("seed", 1)
        self.speed = float(getattr(clock, "factor", 1.0))
        models = list(instruments_of(options).values())
        with contextlib.ExitStack() as opened:
            listeners = [
                opened.enter_context(_listen(first_port + i if first_port else 0))
                for i in range(len(models) + 1)
            ]
            self.control = Outlet("control", listeners[-1])
            self.outlets = [Outlet(name, listener) for name, listener in zip(models, listeners, strict=False)]
            self.rig = self._build(clock, seed, options)
            opened.pop_all()
        self._control = Control(self.rig, {outlet.name: outlet.address for outlet in self.outlets}, self.stop)
        self._selector = selectors.DefaultSelector()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        for outlet in (*self.outlets, self.control):
            self._selector.register(outlet.listener, selectors.EVENT_READ, outlet)

    def _build(self, clock: Clock, seed: int, options: dict[str, Any]) -> Rig:
        addresses = {outlet.address: outlet.name for outlet in self.outlets}
        rig = build(clock, seed=seed, **(options | {"instruments": addresses}))
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
        """End `run()` soon."""
        self._stopping.set()

    def run(self) -> None:
        """Serve until stopped; sockets are closed then."""
        try:
            while not self._stopping.is_set():
                self._turn()
        finally:
            self._close()

    def station_toml(self, name: str = "served simulated rig") -> str:
        """A station file that reaches this rig through pyvisa-py."""
        served: set[str] = set()
        parts = [_STATION_HEAD.format(name=name, control=f"{HOST}:{self.control.port}", speed=self.speed)]
        for outlet in self.outlets:
            driver, roles = DRIVERS.get(outlet.name, ("", ()))
            free = [role for role in roles if role not in served]
            served.update(free)
            if free:
                listed = ", ".join(f'"{role}"' for role in free)
                parts.append(_STATION_INSTRUMENT.format(outlet=outlet, driver=driver, roles=listed))
        return "\n".join(parts)

    def _turn(self) -> None:
        for key, _ in self._selector.select(POLL_S):
            outlet = key.data
            if key.fileobj is outlet.listener:
                self._welcome(outlet)
            else:
                self._listen_to(outlet, key.fileobj)  # type: ignore[arg-type]
        for outlet in self.outlets:
            self._deliver(outlet)

    def _welcome(self, outlet: Outlet) -> None:
        guest, _ = outlet.listener.accept()
        guest.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if outlet.exchange is not None and not outlet.guests:
            outlet.exchange.restart()
        outlet.guests.append(guest)
        self._selector.register(guest, selectors.EVENT_READ, outlet)

    def _listen_to(self, outlet: Outlet, guest: socket.socket) -> None:
        try:
            data = guest.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._dismiss(outlet, guest)
        elif outlet.exchange is None:
            self._answer_control(outlet, guest, data)
        else:
            outlet.speaker = guest
            self._or_dismiss_all(outlet, lambda: outlet.exchange.put(data))  # type: ignore[union-attr]

    def _answer_control(self, outlet: Outlet, guest: socket.socket, data: bytes) -> None:
        outlet.heard += data
        while b"\n" in outlet.heard:
            line, _, rest = outlet.heard.partition(b"\n")
            outlet.heard = rest
            guest.sendall(self._control.answer(bytes(line)))

    def _deliver(self, outlet: Outlet) -> None:
        if not outlet.guests or outlet.exchange is None:
            return
        exchange, ready = outlet.exchange, []
        self._or_dismiss_all(outlet, lambda: ready.append(exchange.get()))
        if ready and ready[0] and outlet.speaker is not None:
            try:
                outlet.speaker.sendall(ready[0])
            except OSError:
                self._dismiss(outlet, outlet.speaker)

    def _or_dismiss_all(self, outlet: Outlet, deed: Callable[[], None]) -> None:
        """A lost connection is a closed one."""
        try:
            deed()
        except VisaIOError:
            for guest in list(outlet.guests):
                self._dismiss(outlet, guest)

    def _dismiss(self, outlet: Outlet, guest: socket.socket) -> None:
        self._selector.unregister(guest)
        outlet.guests.remove(guest)
        if outlet.speaker is guest:
            outlet.speaker = None
        guest.close()

    def _close(self) -> None:
        for outlet in (*self.outlets, self.control):
            for guest in outlet.guests:
                guest.close()
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


def serve(
    rig_options: Mapping[str, Any],
    clock: Clock,
    first_port: int = 0,
    announce: Callable[[str], None] = print,
) -> None:
    """Announce a station file, then serve a rig until the control channel or the keyboard says stop."""
    server = Server(rig_options, clock, first_port)
    announce(server.station_toml())
    with contextlib.suppress(KeyboardInterrupt):
        server.run()


def _listen(port: int) -> socket.socket:
    """A listening socket that no other program can share."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        alone = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
        listener.setsockopt(socket.SOL_SOCKET, alone, 1)
        listener.bind((HOST, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
