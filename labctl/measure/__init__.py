"""One measurement: procedure, typed events, rows, settling, stop flag."""
