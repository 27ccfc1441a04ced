"""Working examples that `labctl new` copies under another name, one per role."""
