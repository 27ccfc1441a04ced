"""The rules of the contract that need an instrument, with instruments simulated by other people.

The other rules concern the driver alone, or how long it waits, and are tested on the stand-ins.
"""

from labctl.testing.contract import (  # noqa: F401 - each is a test
    test_a_potential_or_current_it_cannot_do_is_refused,
    test_a_set_point_it_cannot_reach_is_refused_and_nothing_heats,
    test_a_set_point_set_twice_is_the_same_as_set_once,
    test_an_output_that_can_be_read_back_is_on_after_a_set_point_and_off_when_safe,
    test_make_safe_notices_a_command_that_was_not_obeyed,
    test_make_safe_switches_off_what_was_on_and_may_be_repeated,
    test_preparing_it_energises_nothing_and_may_be_repeated,
    test_switching_off_is_enough_and_may_be_repeated,
    test_switching_off_sends_every_message_of_make_safe_that_is_no_question,
    test_the_cell_is_held_until_the_iterator_is_closed,
)
