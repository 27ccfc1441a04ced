"""The content hash of a run: the same measured rows give the same hash, in whatever file they are.

It covers the run, its sample, provenance, instruments and every measured row, in text with exact numbers.
Keys of this file, the process and the job are left out, for they change when a run is merged into another
file; derived rows, because they may be made again; events, because they may come after the end.
"""

import hashlib
import json
import sqlite3

SCHEME = "labctl-1"

_PARTS = {
    "sample": """
        SELECT s.name, s.composition, s.cation, s.thickness_m, s.thickness_u_m, s.area_m2, s.area_u_m2,
               s.electrodes, s.note
        FROM runs r JOIN samples s ON s.id = r.sample_id WHERE r.id = ?""",
    "run": """
        SELECT uuid, procedure, parameters, station, station_text, protocol_text, clock, status, reason,
               started_s, ended_s, host
        FROM runs WHERE id = ?""",
    "provenance": "SELECT key, value FROM run_provenance WHERE run_id = ? ORDER BY key",
    "instruments": """
        SELECT role, name, driver, address, identity, settings
        FROM run_instruments WHERE run_id = ? ORDER BY role""",
    "spectra": """
        SELECT s.number, s.step, s.branch, s.setpoint_k, s.amplitude_v, s.bias_v, s.integration_s,
               o.number, s.status, s.started_s, s.ended_s
        FROM spectra s LEFT JOIN spectra o ON o.id = s.repeat_of WHERE s.run_id = ? ORDER BY s.number""",
    "impedance_points": """
        SELECT s.number, p.number, p.time_s, p.frequency_hz, p.z_real_ohm, p.z_imag_ohm, p.temperature_k,
               p.status
        FROM spectra s JOIN impedance_points p ON p.spectrum_id = s.id
        WHERE s.run_id = ? ORDER BY s.number, p.number""",
    "polarisations": """
        SELECT number, step, setpoint_k, potential_v, rest_potential_v, status, started_s, ended_s
        FROM polarisations WHERE run_id = ? ORDER BY number""",
    "polarisation_points": """
        SELECT s.number, p.number, p.time_s, p.elapsed_s, p.potential_v, p.current_a, p.temperature_k,
               p.status
        FROM polarisations s JOIN polarisation_points p ON p.polarisation_id = s.id
        WHERE s.run_id = ? ORDER BY s.number, p.number""",
    "temperature_log": """
        SELECT number, time_s, temperature_k, setpoint_k, phase
        FROM temperature_log WHERE run_id = ? ORDER BY number""",
    "records": "SELECT number, time_s, data FROM records WHERE run_id = ? ORDER BY number",
}


def content_hash(connection: sqlite3.Connection, run_id: int) -> str:
    """`labctl-1:` and the SHA-256 of the run's measured content, in hexadecimal digits."""
    digest = hashlib.sha256()
    for part, query in _PARTS.items():
        digest.update(f"{part}\n".encode())
        for row in connection.execute(query, (run_id,)):
            digest.update(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
    return f"{SCHEME}:{digest.hexdigest()}"
