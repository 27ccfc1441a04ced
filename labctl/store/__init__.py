"""The SQLite file: the only bus between processes. Acknowledged means committed."""
