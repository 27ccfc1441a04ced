"""The state of a run, a station and a queue as screens show it: values without Qt, made from rows."""
