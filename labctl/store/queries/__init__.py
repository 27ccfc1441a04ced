"""Named queries, a module for each subject: functions of a database or a connection."""
