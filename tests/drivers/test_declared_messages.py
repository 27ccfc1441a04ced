"""Every message of every shipped driver is in its table, in every setting, and every row of a table is sent."""

from contextlib import suppress
from dataclasses import replace
from functools import partial

import pytest

from drivers import catalogue
from labctl.clock import VirtualClock
from labctl.command_table import messages_of, undeclared
from labctl.errors import InstrumentError
from labctl.instrument import Instrument
from labctl.testing.adapters import Silent
from labctl.testing.declarations import *  # noqa: F403 - every rule
from labctl.testing.declarations import sent_by, spelt, use
from labctl.testing.trial import find_candidate
from sim_instruments.stand_ins import DRIVERS as STAND_INS
