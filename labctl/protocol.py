"""Former name of `labctl.config.protocol`, kept for programs that import it."""

from labctl.config.protocol import (
    MOST_PROCEDURES,
    ProcedureEntry,
    Protocol,
    begin_at,
    check_step,
    last_temperature_k,
    parse_protocol,
    plan_of,
    read_protocol,
)

__all__ = [
    "MOST_PROCEDURES",
    "ProcedureEntry",
    "Protocol",
    "begin_at",
    "check_step",
    "last_temperature_k",
    "parse_protocol",
    "plan_of",
    "read_protocol",
]
