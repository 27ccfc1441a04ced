import pytest

from labctl.gui.plots.shown import RUN_COLOURS, Appearance, run_colour


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """As the Web Content Accessibility Guidelines define it."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [True, False])
def test_text_stands_out_from_the_ground(dark):
    look = Appearance(dark)
    for colour in (look.foreground, look.muted, look.error, look.warning):
        assert contrast(colour, look.background) >= 4.5


@pytest.mark.parametrize("dark", [True, False])
def test_every_run_stands_out_from_the_ground(dark):
    assert all(contrast(colour, Appearance(dark).background) >= 3 for colour in RUN_COLOURS)


@pytest.mark.parametrize("dark", [True, False])
def test_hot_and_cold_stand_out_from_the_ground_and_differ(app, dark):
    look = Appearance(dark)
    cold, middle, hot = look.temperature_colours([300.0, 350.0, 400.0])
    assert len({cold, middle, hot}) == 3
    assert min(contrast(colour, look.background) for colour in (cold, middle, hot)) >= 2


def test_a_spectrum_without_a_temperature_has_a_colour_too(app):
    look = Appearance()
    assert look.temperature_colours([None, 300.0])[0] == look.muted
    assert look.temperature_colours([None]) == [look.muted]
    assert look.temperature_colours([]) == []


def test_colours_of_runs_come_round_again():
    assert run_colour(0) == run_colour(len(RUN_COLOURS))
    assert len(set(RUN_COLOURS)) == len(RUN_COLOURS)
