"""What screens show of a run, a station and a queue: values without Qt, fed by rows."""
