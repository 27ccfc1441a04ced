import ctypes
import struct
from types import SimpleNamespace

import pytest

from labctl.store.timekeeping import clock_offset, ntp_offset, ntp_request

SINCE_1900_S = 2_208_988_800  # of 1970-01-01


def reply_to(request, arrived_s, left_s, first=0x24, stratum=1, era_s=SINCE_1900_S):
    def ntp(time_s):
        return (int(time_s) + era_s) % 2**32, int((time_s % 1) * 2**32)

    times = [*[0] * 5, *struct.unpack("!II", request[40:48]), *ntp(arrived_s), *ntp(left_s)]
    return struct.pack("!BBbb11I", first, stratum, 0, 0, *times)


def test_a_request_is_that_of_a_client_of_version_4_with_its_time():
    request = ntp_request(1000.25)
    assert len(request) == 48
    assert request[:40] == b"\x23" + 39 * b"\x00"
    assert struct.unpack("!II", request[40:]) == (SINCE_1900_S + 1000, 2**30)


def test_times_after_2036_belong_to_the_next_era():
    sent_s = 2**32 - SINCE_1900_S + 1000.5
    request = ntp_request(sent_s)
    assert struct.unpack("!II", request[40:]) == (1000, 2**31)
    found = ntp_offset(request, reply_to(request, sent_s + 2, sent_s + 2), sent_s, sent_s)
    assert found == {"offset_s": pytest.approx(2.0, abs=1e-6), "uncertainty_s": 0.0}


@pytest.mark.parametrize("seconds", [2**31, 2**32 - 1])
def test_counts_from_two_to_the_thirty_first_on_belong_to_this_era(seconds):
    sent_s = float(seconds - SINCE_1900_S)
    request = ntp_request(sent_s)
    found = ntp_offset(request, reply_to(request, sent_s, sent_s), sent_s, sent_s)
    assert found["offset_s"] == pytest.approx(0.0, abs=1e-6)


def test_a_delay_below_zero_is_none():
    request = ntp_request(1000.0)
    found = ntp_offset(request, reply_to(request, 1000.0, 1001.0), sent_s=1000.0, received_s=1000.5)
    assert found["uncertainty_s"] == 0.0
    assert found["offset_s"] == pytest.approx(0.25, abs=1e-8)


@pytest.mark.parametrize("stratum", [1, 15])
@pytest.mark.parametrize("first", [0x24, 0xA4])
def test_a_synchronised_server_is_believed(stratum, first):
    request = ntp_request(1000.0)
    reply = reply_to(request, 1000.0, 1000.0, first=first, stratum=stratum)
    assert ntp_offset(request, reply, 1000.0, 1000.0)["offset_s"] == pytest.approx(0.0, abs=1e-8)


def test_a_reply_may_be_longer_than_a_packet_and_not_shorter():
    request = ntp_request(1000.0)
    reply = reply_to(request, 1000.0, 1000.0)
    assert ntp_offset(request, reply + 20 * b"x", 1000.0, 1000.0)["uncertainty_s"] == 0.0
    with pytest.raises(ValueError, match="the reply has 47 bytes, not 48"):
        ntp_offset(request, reply[:47], 1000.0, 1000.0)


@pytest.mark.parametrize("place", range(24, 32))
def test_every_byte_of_the_time_asked_with_must_come_back(place):
    request = ntp_request(1000.0)
    reply = bytearray(reply_to(request, 1000.0, 1000.0))
    reply[place] ^= 1
    with pytest.raises(ValueError, match="answers another request"):
        ntp_offset(request, bytes(reply), 1000.0, 1000.0)


@pytest.mark.parametrize("place", [23, 32])
def test_bytes_beside_it_may_differ(place):
    request = ntp_request(1000.0)
    reply = bytearray(reply_to(request, 1000.0, 1000.0))
    reply[place] ^= 1
    assert "offset_s" in ntp_offset(request, bytes(reply), 1000.0, 1000.0)


@pytest.fixture
def kernel(monkeypatch):
    """Say what adjtimex answers: offset, largest error in us, status, and its own return value."""
    monkeypatch.setattr("sys.platform", "linux")
    if struct.calcsize("l") != 8:
        pytest.skip("adjtimex is read on 64 bit systems only")

    def answers(offset=0, largest_error_us=0, status=0, returned=0):
        def adjtimex(timex):
            struct.pack_into("=iiqqqqii", timex, 0, 0, 0, offset, 7, largest_error_us, 9, status, 0)
            return returned

        monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: SimpleNamespace(adjtimex=adjtimex))
        return clock_offset()

    return answers


@pytest.mark.parametrize(("nanoseconds", "unit_s"), [(0x0000, 1e-6), (0x2000, 1e-9)])
@pytest.mark.parametrize("sign", [-1, 1])
def test_the_kernel_tells_offset_and_largest_error(kernel, nanoseconds, unit_s, sign):
    found = kernel(offset=sign * 1500, largest_error_us=250, status=nanoseconds | 0x0001)
    assert found == {
        "source": "system",
        "offset_s": pytest.approx(sign * 1500 * unit_s),
        "uncertainty_s": pytest.approx(250e-6),
    }


def test_a_clock_that_is_not_synchronised_is_not_known(kernel):
    assert kernel(offset=1500, status=0x0040 | 0x2000) == {
        "source": "system",
        "offset_s": None,
        "uncertainty_s": None,
        "problem": "the system's clock is not synchronised",
    }


def test_a_kernel_that_refuses_to_answer_is_not_believed(kernel):
    unknown = {"source": "system", "offset_s": None, "uncertainty_s": None}
    assert kernel(offset=1500, returned=-1) == unknown
    assert kernel(offset=1500, returned=5)["offset_s"] == pytest.approx(1.5e-3)


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_a_system_without_adjtimex_knows_nothing(monkeypatch, platform):
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: SimpleNamespace())
    assert clock_offset() == {"source": "system", "offset_s": None, "uncertainty_s": None}
