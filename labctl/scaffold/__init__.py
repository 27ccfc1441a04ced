"""What `labctl new` starts from: working examples, one per role, copied under another name."""
