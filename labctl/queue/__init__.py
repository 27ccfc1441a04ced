"""The night: jobs in order, a runner that measures them, a supervisor that watches the runner.

`jobs` and `requests` are what a person does; `runner` and `attempt` measure; `supervisor` makes safe when the
runner cannot; `estimates` and `rehearsal` say beforehand how long it takes.
"""
