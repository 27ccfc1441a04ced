import pytest

from drivers.keithley_switches import Keithley2700, Keithley2750, Keithley7001, channel_list
from labctl.errors import ConfigurationError, InstrumentError
from labctl.testing.trial import find_candidate

NO_ERROR = ("SYST:ERR?", '0,"No error"')
OPEN_7001 = [(":ROUT:OPEN ALL", None), NO_ERROR, (":ROUT:CLOS:STAT?", "(@)")]
OPEN_2700 = [(":ROUT:OPEN:ALL", None), NO_ERROR, (":ROUT:MULT:CLOS?", "(@)")]


@pytest.mark.parametrize(
    ("reply", "channels"),
    [
        ("(@)", set()),
        ("(@101,102)", {"101", "102"}),
        ("(@1!1, 2!40)", {"1!1", "2!40"}),
        ("(@ 1!4!10)", {"1!4!10"}),
    ],
)
def test_a_list_of_channels_is_read(reply, channels):
    assert channel_list(reply) == channels


@pytest.mark.parametrize("reply", ["", "(@101", "101", "(@101,)", "(@1!1!1!1)", "0", "(@all)", "(@101:103)"])
def test_any_other_text_is_no_list_of_channels(reply):
    with pytest.raises(ValueError, match="expected a list of channels"):
        channel_list(reply)


def test_the_7001_opens_and_reads_back_before_it_closes(dialogue):
    pairs = [
        *OPEN_7001,
        (":ROUT:CLOS (@1!1,2!12)", None),
        NO_ERROR,
        (":ROUT:CLOS:STAT?", "(@1!1,2!12)"),
    ]
    with dialogue(Keithley7001, pairs) as switch:
        switch.close(["1!1", "2!12"])


def test_the_2700_checks_its_cards_and_opens_all(dialogue):
    pairs = [
        ("*IDN?", "KEITHLEY INSTRUMENTS INC.,MODEL 2700,0822752,B02"),
        ("*CLS", None),
        ("*OPT?", "7700,NONE"),
        *OPEN_2700,
    ]
    with dialogue(Keithley2700, pairs) as switch:
        switch.prepare()


def test_other_cards_than_the_station_file_says_are_refused(dialogue):
    pairs = [
        ("*IDN?", "KEITHLEY INSTRUMENTS INC.,MODEL 2750,0822752,B02"),
        ("*CLS", None),
        ("*OPT?", "NONE,7700,NONE,NONE,NONE"),
    ]
    with (
        dialogue(Keithley2750, pairs, cards=["7700"]) as switch,
        pytest.raises(InstrumentError, match="the station file says 7700,NONE,NONE,NONE,NONE"),
    ):
        switch.prepare()


def test_a_channel_that_stays_closed_is_told_and_nothing_is_closed(dialogue):
    pairs = [(":ROUT:OPEN:ALL", None), NO_ERROR, (":ROUT:MULT:CLOS?", "(@104)")]
    with (
        dialogue(Keithley2700, pairs) as switch,
        pytest.raises(InstrumentError, match=r"channels are still closed .*'104'"),
    ):
        switch.close(["101"])


def test_a_channel_that_did_not_close_is_told(dialogue):
    pairs = [*OPEN_2700, (":ROUT:MULT:CLOS (@101)", None), NO_ERROR, (":ROUT:MULT:CLOS?", "(@)")]
    with (
        dialogue(Keithley2700, pairs) as switch,
        pytest.raises(InstrumentError, match="other channels are closed than were asked for"),
    ):
        switch.close(["101"])


def test_a_list_that_the_instrument_refuses_is_told_in_its_words(dialogue):
    pairs = [
        *OPEN_7001,
        (":ROUT:CLOS (@1!1)", None),
        ("SYST:ERR?", '-222,"Parameter data out of range"'),
        NO_ERROR,
    ]
    with (
        dialogue(Keithley7001, pairs) as switch,
        pytest.raises(InstrumentError, match="-222: Parameter data out of range"),
    ):
        switch.close(["1!1"])


@pytest.mark.parametrize(
    ("driver_class", "cards", "first", "last", "count"),
    [
        (Keithley7001, ["10", ""], "1!1", "1!10", 10),
        (Keithley7001, ["", "4x10"], "2!1!1", "2!4!10", 40),
        (Keithley2700, ["7708", "7700"], "101", "222", 62),
        (Keithley2750, ["", "", "", "", "7709"], "501", "548", 48),
    ],
)
def test_the_channels_follow_from_the_cards(driver_class, cards, first, last, count):
    channels = driver_class.channels_of({"cards": cards})
    assert (channels[0], channels[-1], len(channels)) == (first, last, count)


@pytest.mark.parametrize(
    ("driver_class", "cards", "words"),
    [
        (Keithley7001, ["many"], 'give channels as "40"'),
        (Keithley7001, ["10", "10", "10"], "a list of at most 2 cards"),
        (Keithley7001, "10", "a list of at most 2 cards"),
        (Keithley2700, ["7701"], "known cards: 7700"),
        (Keithley2700, [7700], "known cards: 7700"),
    ],
)
def test_cards_that_are_not_known_are_refused_with_what_is_possible(driver_class, cards, words):
    with pytest.raises(ConfigurationError, match=words):
        driver_class.channels_of({"cards": cards})


def test_a_welded_relay_is_not_in_the_list_of_the_instrument():
    with find_candidate("drivers.keithley_switches:Keithley7001").connected() as trial:
        (model,) = trial.rig.instruments.values()
        model.relays.welded.add("1!5")
        trial.driver.prepare()
        assert trial.driver.closed_channels == frozenset()
        assert trial.energised


def test_a_stuck_relay_is_in_the_list_of_the_instrument():
    with find_candidate("drivers.keithley_switches:Keithley7001").connected() as trial:
        (model,) = trial.rig.instruments.values()
        model.relays.stuck_closed.add("1!5")
        with pytest.raises(InstrumentError, match=r"channels are still closed .*1!5"):
            trial.driver.prepare()
