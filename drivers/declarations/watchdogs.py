"""Messages and bench checks of the watchdogs."""

from labctl.command_table import BenchCheck, Message

NAMUR_MESSAGES = (
    Message(
        "IN_NAME", "name of the device", source="IKA RCT digital manual p. 30", second_source="labmcp-ika"
    ),
    Message(
        "OUT_WD1@<seconds>",
        "start the watchdog time anew; heating and motor go off when it is over",
        unit="s",
        source=(
            "IKA manuals: RCT digital p. 30, oven 125 control p. 19, LR 1000 basic p. 18, C-MAG "
            "HS 7 control p. 51, KS 4000 ic control p. 27"
        ),
        second_source="two programs with an RCT; labmcp-ika",
    ),
)
RELAY_MESSAGES = (
    Message(
        "a0 <relay> <00|01> <sum>",
        "relay off, on; the fourth byte is the sum of the three",
        source="manufacturer's protocol, as eight programs quote it",
        second_source="the eight programs agree",
    ),
)
NAMUR_CHECKS = (
    BenchCheck(
        "the echo (NAMUR)",
        '`watchdog.ask("OUT_WD1@60")`',
        "`60` or `60.0`. Any other form is refused as no kick: report it to us",
    ),
    BenchCheck(
        "serial settings (NAMUR)",
        "`watchdog.identity`",
        "the name of the device, with 9600 baud, 7 data bits, even parity",
    ),
    BenchCheck(
        "it acts (NAMUR)",
        "heat, `watchdog.kick()`, wait for longer than `period_s`",
        "heating and motor off, an error in the display (Er 02) that a person must reset",
    ),
    BenchCheck(
        "it is kicked (NAMUR)",
        "heat, `watchdog.kick()` every `period_s / 4` for ten minutes",
        "the heating goes on",
    ),
)
RELAY_CHECKS = (
    BenchCheck("the bytes (relay)", "`watchdog.kick()` several times", "the relay clicks each time"),
    BenchCheck(
        "the timer (relay)",
        "the [checks of the how-to](how-to/build-a-watchdog.md#checks-before-the-first-night)",
        "the contact opens after `period_s`",
    ),
)
