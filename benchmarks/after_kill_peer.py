"""The other side of after_kill.py: a Redis for bluesky-queueserver, and a person who queues one plan."""

import argparse
import sys
import time


def redis(port: int) -> None:
    """Serve an empty Redis until the process is ended."""
    from fakeredis import TcpFakeServer  # pyright: ignore[reportMissingImports]

    TcpFakeServer(("127.0.0.1", port), server_type="redis").serve_forever()


def queue(port: int) -> None:
    """Open the environment, queue the plan `heat`, and start the queue; answers are printed."""
    from bluesky_queueserver.manager.comms import zmq_single_request  # pyright: ignore[reportMissingImports]

    def ask(method: str, **parameters: object) -> dict[str, object]:
        answer, problem = zmq_single_request(
            method, parameters, zmq_server_address=f"tcp://127.0.0.1:{port}", timeout=5000
        )
        print(method, answer or problem, flush=True)
        return answer or {}

    while not ask("environment_open").get("success"):
        time.sleep(1)
    while not ask("status").get("worker_environment_exists"):
        time.sleep(1)
    person = {"user_group": "primary", "user": "benchmark"}
    ask("queue_item_add", item={"item_type": "plan", "name": "heat"}, **person)
    ask("queue_start")


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("act", choices=("redis", "queue"))
    made.add_argument("port", type=int)
    return made


def main() -> None:
    asked = parser().parse_args()
    {"redis": redis, "queue": queue}[asked.act](asked.port)


if __name__ == "__main__":
    sys.exit(main())
