"""Notifications: selection of events, rate limit, and no message without an address."""

import http.server
import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from labctl.config.night import NotifySettings, read_night
from labctl.config.station import read_station
from labctl.errors import ConfigurationError, LabctlError
from labctl.queue import notify
from labctl.queue.heartbeat import Heartbeats
from labctl.queue.night_message import INSTEAD, night_message
from labctl.queue.notify import Messenger, apprise_services, notifying, send_test_message, service_urls
from labctl.queue.pauses import Pauses


class Mailbox:
    def __init__(self):
        self.messages = []

    def notify(self, title, body):
        self.messages.append((title, body))
        return True


@pytest.fixture
def station(tmp_path, station_text):
    (tmp_path / "station.toml").write_text(station_text)
    return read_station(tmp_path / "station.toml")


def happen(night, kind, message="it happened", level="info", run_id=None, station=""):
    row = {"time_s": 0.0, "level": level, "kind": kind, "message": message, "run_id": run_id}
    row |= {"station": station}
    with night.connection.transaction() as connection:
        connection.insert("events", row)


def messenger(night, **settings):
    mailbox = Mailbox()
    return Messenger(night.connection, "rig", NotifySettings(**settings), mailbox, night.clock), mailbox


def test_events_of_the_chosen_classes_are_told_once(night):
    teller, mailbox = messenger(night, events=("job",))
    happen(night, "job finished", "job 1 finished")
    happen(night, "interlock", "too hot")
    teller.look()
    teller.look()
    assert mailbox.messages == [("rig: job finished", "job 1 finished")]


def test_each_station_tells_only_its_own_events(night):
    teller, mailbox = messenger(night)
    happen(night, "job failed", "of another rig", station="another")
    happen(night, "job failed", "of this rig", station="rig")
    teller.look()
    assert [body for _, body in mailbox.messages] == ["of this rig"]


def test_a_pause_of_another_station_does_not_keep_all_from_being_well(night):
    teller, mailbox = messenger(night, all_is_well_every_h=1.0)
    Heartbeats(night.connection, "runner", "rig").begin()
    Pauses(night.connection, night.clock, "another").wait_for_person("interlock: too hot")
    night.clock.sleep(3601)
    teller.look()
    assert mailbox.messages == [("rig: all is well", "idle")]


def test_old_news_are_not_told_and_those_between_two_supervisors_are(night):
    Heartbeats(night.connection, "supervisor", "rig").begin()
    happen(night, "job finished", "old")
    first, mailbox = messenger(night)
    happen(night, "job failed", "new")
    first.look()
    happen(night, "job failed", "while nobody looked")
    second, later = messenger(night)
    second.look()
    assert [body for _, body in mailbox.messages] == ["new"]
    assert [body for _, body in later.messages] == ["while nobody looked"]


def test_more_than_so_many_an_hour_are_held_back_and_counted(night):
    teller, mailbox = messenger(night, most_per_hour=2)
    for number in range(5):
        happen(night, "job failed", f"failure {number}")
    teller.look()
    assert len(mailbox.messages) == 2
    night.clock.sleep(3601)
    happen(night, "job failed", "an hour later")
    teller.look()
    assert mailbox.messages[-1][1].startswith("an hour later\n(3 earlier message(s) held back")


def test_all_is_well_is_told_only_while_a_runner_lives(night):
    teller, mailbox = messenger(night, all_is_well_every_h=1.0)
    night.clock.sleep(3601)
    teller.look()
    assert mailbox.messages == []
    Heartbeats(night.connection, "runner", "rig").begin()
    night.clock.sleep(3601)
    teller.look()
    assert mailbox.messages == [("rig: all is well", "idle")]


def test_all_is_not_called_well_while_the_queue_waits_for_a_person(night):
    teller, mailbox = messenger(night, all_is_well_every_h=1.0)
    Heartbeats(night.connection, "runner", "rig").begin()
    night.pauses.wait_for_person("interlock: too hot")
    night.clock.sleep(3601)
    teller.look()
    assert mailbox.messages == [("rig: the queue waits for a person", "interlock: too hot")]
    night.pauses.pause("job", "coffee", "ann")
    night.clock.sleep(3601)
    teller.look()
    assert mailbox.messages[-1] == ("rig: all is well", "idle")


def test_many_messages_of_one_class_hold_back_none_of_another(night):
    teller, mailbox = messenger(night, most_per_hour=2)
    for number in range(5):
        happen(night, "job failed", f"failure {number}")
    happen(night, "interlock", "too hot")
    teller.look()
    assert mailbox.messages[-1] == ("rig: interlock", "too hot")


class Deaf:
    """A service that raises, or hangs until `gate` is set."""

    def __init__(self, error=None):
        self.error, self.gate, self.begun = error, threading.Event(), threading.Event()

    def notify(self, title, body):
        self.begun.set()
        if self.error is not None:
            raise self.error
        self.gate.wait()
        return True


def test_a_service_that_raises_ends_neither_the_looks_nor_the_night(night):
    deaf = Deaf(OSError("no route"))
    teller = Messenger(night.connection, "rig", NotifySettings(), deaf, night.clock)
    happen(night, "job failed", "first")
    teller.look()
    teller._services = Mailbox()
    happen(night, "job failed", "second")
    teller.look()
    assert [body for _, body in teller._services.messages] == ["second"]


def test_a_service_that_hangs_keeps_the_supervisor_from_its_end_for_a_bounded_time_and_is_told(
    night, station, monkeypatch
):
    deaf = Deaf()
    monkeypatch.setenv(notify.URLS_VARIABLE, "json://somewhere")
    monkeypatch.setattr(notify, "apprise_services", lambda *_: deaf)
    monkeypatch.setattr(notify, "LOOK_EVERY_S", 0.01)
    monkeypatch.setattr(notify, "LAST_MESSAGES_WITHIN_S", 0.1)
    with notifying(station, night.path):
        happen(night, "job failed", "job 3 failed", "error")
        assert deaf.begun.wait(60)
    told = night.connection.rows("SELECT message, station FROM events WHERE kind = 'notification'")
    lost = "1 message(s) to address 1 (json:...) were not delivered"
    assert told == [{"message": lost, "station": "rig"}]
    deaf.gate.set()


def test_an_event_whose_message_is_on_its_way_is_told_by_the_next_supervisor(night):
    Heartbeats(night.connection, "supervisor", "rig").begin()
    on_its_way = [False]
    first = Messenger(
        night.connection, "rig", NotifySettings(), Mailbox(), night.clock, is_busy=lambda: on_its_way[0]
    )
    first.look()
    on_its_way[0] = True
    happen(night, "job failed", "new")
    first.look()
    second, mailbox = messenger(night)
    second.look()
    assert [body for _, body in mailbox.messages] == ["new"]
    on_its_way[0] = False
    first.look()
    third, later = messenger(night)
    third.look()
    assert later.messages == []


@pytest.mark.filterwarnings("default::DeprecationWarning")
def test_a_test_message_goes_to_everybody_named_or_says_that_nobody_is(station, receiver, monkeypatch):
    pytest.importorskip("apprise", reason="the extra `notify` is not installed")
    monkeypatch.delenv(notify.URLS_VARIABLE, raising=False)
    with pytest.raises(ConfigurationError, match="gives no address"):
        send_test_message(station)
    address = f"json://127.0.0.1:{receiver.server_port}/"
    monkeypatch.setenv(notify.URLS_VARIABLE, f"{address} {address}second")
    assert send_test_message(station) == 2
    assert [message["title"] for message in receiver.RequestHandlerClass.got] == ["rig: test"] * 2
    receiver.RequestHandlerClass.answer = 500
    with pytest.raises(LabctlError, match="could not be delivered"):
        send_test_message(station)


def test_addresses_come_from_the_environment_and_a_file_and_from_nowhere_else(station, tmp_path, monkeypatch):
    monkeypatch.delenv(notify.URLS_VARIABLE, raising=False)
    assert service_urls(NotifySettings(), station) == []
    (tmp_path / "people.txt").write_text("# the night watch\nmailto://a:b@example.org\n\n")
    monkeypatch.setenv(notify.URLS_VARIABLE, "json://one json://two")
    found = service_urls(NotifySettings(urls_file="people.txt"), station)
    assert found == ["json://one", "json://two", "mailto://a:b@example.org"]


def test_a_file_of_addresses_that_is_absent_is_named(station, monkeypatch):
    with pytest.raises(ConfigurationError, match=r"night\.notify\.urls_file: cannot be read"):
        service_urls(NotifySettings(urls_file="nobody.txt"), station)


def test_where_nobody_is_named_nothing_is_even_imported(station, night, monkeypatch):
    monkeypatch.delenv(notify.URLS_VARIABLE, raising=False)
    monkeypatch.setattr(notify, "apprise_services", lambda *_: pytest.fail("nobody was named"))
    with notifying(station, night.path):
        pass


def test_an_unknown_class_of_events_is_refused_by_name(station):
    wrong = replace(station, night={"notify": {"events": ["weather"]}})
    with pytest.raises(ConfigurationError, match=r"night\.notify\.events"):
        read_night(wrong)


class Receiver(http.server.BaseHTTPRequestHandler):
    got: list[dict]
    answer = 200

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        self.got.append(json.loads(self.rfile.read(length)))
        self.send_response(self.answer)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    handler = type("Handler", (Receiver,), {"got": []})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.filterwarnings("default::DeprecationWarning")
def test_a_message_arrives_at_a_receiver_on_this_machine(night, station, receiver, monkeypatch):
    pytest.importorskip("apprise", reason="the extra `notify` is not installed")
    monkeypatch.setenv(notify.URLS_VARIABLE, f"json://127.0.0.1:{receiver.server_port}/")
    monkeypatch.setattr(notify, "LOOK_EVERY_S", 0.05)
    with notifying(station, night.path):
        happen(night, "job failed", "job 3 failed: time-out", "error")
        threading.Event().wait(0.3)
    (message,) = receiver.RequestHandlerClass.got
    assert message["title"] == "rig: job failed"
    assert message["message"] == "job 3 failed: time-out"


@pytest.mark.filterwarnings("default::DeprecationWarning")
def test_an_address_that_is_none_is_refused_without_repeating_its_secret(station):
    pytest.importorskip("apprise", reason="the extra `notify` is not installed")
    with pytest.raises(ConfigurationError) as caught:
        apprise_services(["nonsense://user:hidden@host"], station)
    assert "hidden" not in str(caught.value)


def test_all_is_not_well_while_an_output_was_not_read_back_off(night):
    teller, mailbox = messenger(night, all_is_well_every_h=1.0)
    runner = Heartbeats(night.connection, "runner", "rig")
    runner.begin()
    runner.end("oven: no answer")
    night.clock.sleep(3601)
    teller.look()
    assert mailbox.messages[-1] == ("rig: NOT SAFE", "not read back off: oven: no answer")


def test_a_name_with_a_line_break_adds_no_header_to_a_mail(night):
    mailbox = Mailbox()
    settings = NotifySettings(events=("job",))
    teller = Messenger(night.connection, "rig\r\nBcc: x@example.org", settings, mailbox, night.clock)
    happen(night, "job failed\n\n<b>", "job 3 \x1b[2J failed:\n<script>")
    teller.look()
    ((title, body),) = mailbox.messages
    assert title == r"rig\x0d\nBcc: x@example.org: job failed\n\n<b>"
    assert body == "job 3 \\x1b[2J failed:\n<script>"


def test_a_body_is_sent_as_plain_text_whatever_the_service_prefers():
    sent = []

    class Apprise:
        def notify(self, **message):
            sent.append(message)
            return True

    assert notify.PlainServices(Apprise()).notify(title="a", body="<b>")
    assert sent == [{"title": "a", "body": "<b>", "body_format": "text"}]


def summing_up(night, summary):
    mailbox = Mailbox()
    settings = NotifySettings(events=("job",))
    return Messenger(night.connection, "rig", settings, mailbox, night.clock, summary=summary), mailbox


def test_when_the_last_job_has_ended_the_summary_of_the_night_follows(night):
    teller, mailbox = summing_up(night, lambda: "all of it")
    first, second = night.add(), night.add()
    night.jobs.claim("rig")
    night.jobs.end(first, "finished", "")
    happen(night, "job finished", "job 1 finished")
    teller.look()
    night.jobs.claim("rig")
    night.jobs.end(second, "failed", "why")
    happen(night, "job failed", "job 2 failed: why")
    teller.look()
    teller.look()
    assert [title for title, _ in mailbox.messages] == [
        "rig: job finished",
        "rig: job failed",
        "rig: no job is left",
    ]
    assert mailbox.messages[-1][1] == "all of it"


def test_the_summary_of_a_message_is_what_the_command_prints(night, station):
    words = night_message(Path(station.source), night.path, threading.Event())
    assert words.startswith("since ")
    assert "Is it cold?" in words


def test_a_summary_that_cannot_be_made_is_replaced_by_the_command_that_makes_it(night, station, tmp_path):
    assert night_message(Path(station.source), tmp_path / "none.db", threading.Event()) == INSTEAD


def test_a_summary_that_takes_long_does_not_keep_the_supervisor(night, station, monkeypatch):
    monkeypatch.setattr("labctl.queue.night_message.LONGEST_AT_THE_END_S", 0.0)
    over = threading.Event()
    over.set()
    assert night_message(Path(station.source), night.path, over) == INSTEAD
