"""The state of a run, a station and a queue for display: values without Qt, made from rows."""
