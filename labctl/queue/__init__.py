"""The night: jobs in order, a runner that measures them, a supervisor that watches the runner.

`submission`, `jobs` and `requests` serve a person; `runner` and `attempt` measure; `supervisor` makes safe
when the runner cannot; `estimates` and `rehearsal` say beforehand how long it takes. The SQL is in
`labctl.store`.
"""
