"""What happens between a VISA call and an instrument model: messages, replies that take time, faults."""
