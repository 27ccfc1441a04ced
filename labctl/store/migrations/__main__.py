"""Write the schema of a new file anew, after a migration was added: python -m labctl.store.migrations."""

from labctl.store import newest_schema
from labctl.store.migrations import named_steps

if __name__ == "__main__":
    newest_schema.PATH.write_text(newest_schema.text(named_steps()), encoding="utf-8", newline="\n")
