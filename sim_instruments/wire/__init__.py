"""Layer between VISA calls and instrument models: messages, timed replies, faults."""
