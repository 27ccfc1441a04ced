"""200 spellings of numbers in five locales, typed with real key events: understood as shown, or refused."""

import pytest

pytest.importorskip("qtpy.QtWidgets", reason="no Qt here", exc_type=ImportError)

from qtpy import QtCore, QtGui, QtTest, QtWidgets
from qtpy.QtCore import Qt

from labctl.gui.number_field import NotFilledIn, NumberField

LOCALES = ("en_US", "de_DE", "fr_FR", "zh_CN", "ja_JP")
REFUSED = None
SPACES = (" ", "\u00a0", "\u2009", "\u202f", "\u2007")
THOUSANDS = [(f"1{gap}000", "Hz", 1000.0) for gap in (*SPACES, "'", "\u2019")]
THOUSANDS += [(f"12{gap}345{gap}678", "Hz", 12345678.0) for gap in (*SPACES, "'", ",", ".")]
THOUSANDS += [(f"1{gap}234,5", "Hz", 1234.5) for gap in (*SPACES, "'", ".")]
THOUSANDS += [(f"1{gap}234.5", "Hz", 1234.5) for gap in (*SPACES, "'", ",")]
PLAIN = [
    *(
        ("1,05", "mm", 1.05),
        ("1.05", "mm", 1.05),
        ("12,5", "min", 12.5),
        ("0,05", "V", 0.05),
        (",5", "V", 0.5),
    ),
    *((".5", "V", 0.5), ("5.", "V", 5.0), ("+5", "V", 5.0)),
    *(("007", "V", 7.0), ("0,125", "mm", 0.125)),
    *(
        ("1234,567", "Hz", 1234.567),
        ("0", "V", 0.0),
        ("0,0", "V", 0.0),
        ("100", "mm", 100.0),
        ("1,5", "", 1.5),
    ),
    *(("-1,5", "K", -1.5), ("\u22121,5", "K", -1.5)),
    *(("- 2", "K", -2.0), ("1,0500", "mm", 1.05)),
    *(("1,00", "mm", 1.0), ("10,00", "mm", 10.0)),
    *(("0.001", "mm", 0.001), ("0,001", "mm", 0.001)),
]
EXPONENTS = [
    *(("1e-3", "V", 0.001), ("1E-3", "V", 0.001)),
    *(("1,5e-3", "V", 0.0015), ("1e+3", "Hz", 1000.0)),
    *(("1e3", "Hz", 1000.0), ("1.5e6 Hz", "Hz", 1.5e6)),
    *(("2e-2V", "V", 0.02), ("1,5×10^-3", "V", 0.0015)),
    *(
        ("1.5×10⁻³", "V", 0.0015),
        ("1.5·10^-3", "V", 0.0015),
        ("1.5x10^3", "Hz", 1500.0),
        ("1.5*10^3", "Hz", 1500.0),
    ),
    ("1e\u22123", "V", 0.001),
    ("1,5e3 mHz", "Hz", 1.5),
]
PREFIXES = [
    *(("5m", "V", 0.005), ("5 m", "V", 0.005), ("5n", "A", 5e-9)),
    *(("5µ", "A", 5e-6), ("5u", "A", 5e-6)),
    *(
        ("5\u03bc", "A", 5e-6),
        ("5k", "Hz", 5000.0),
        ("5M", "Hz", 5e6),
        ("5k", "ohm", 5000.0),
        ("5p", "A", 5e-12),
    ),
    *(("2,5m", "V", 0.0025), ("5m", "Hz", 0.005), ("3G", "ohm", 3e9)),
    *(("1f", "A", 1e-15), ("5k", "", 5000.0)),
]
UNITS = [
    *(
        ("50 mV", "V", 0.05),
        ("50mV", "V", 0.05),
        ("0,05 V", "V", 0.05),
        ("50 µV", "V", 50e-6),
        ("1 kV", "V", 1000.0),
    ),
    *(
        ("5 nA", "A", 5e-9),
        ("2 mA", "A", 0.002),
        ("1 MHz", "Hz", 1e6),
        ("1 kHz", "Hz", 1000.0),
        ("10 mHz", "Hz", 0.01),
    ),
    *(("1,05 mm", "mm", 1.05), ("0,105 cm", "mm", 1.05)),
    *(("1050 µm", "mm", 1.05), ("1050 um", "mm", 1.05)),
    *(
        ("100 nm", "mm", 1e-4),
        ("78,5 mm²", "cm²", 0.785),
        ("78.5 mm2", "cm²", 0.785),
        ("78.5 mm^2", "cm²", 0.785),
    ),
    *(("0,785 cm²", "cm²", 0.785), ("12,5 min", "min", 12.5)),
    *(("90 s", "min", 1.5), ("1,5 h", "min", 90.0)),
    *(
        ("1 d", "min", 1440.0),
        ("1h30min", "min", 90.0),
        ("2 h 30 min", "min", 150.0),
        ("1 min 30 s", "min", 1.5),
    ),
    *(("500 ms", "s", 0.5), ("2 Std", "min", 120.0)),
    *(("2 hours", "min", 120.0), ("45 sec", "min", 0.75)),
    *(("5 K", "K", 5.0), ("500 mK", "K", 0.5)),
    *(("25 °C", "degC", 25.0), ("25 degC", "degC", 25.0)),
    *(
        ("25°C", "degC", 25.0),
        ("25 \u2103", "degC", 25.0),
        ("298,15 K", "degC", 25.0),
        ("25 C", "degC", 25.0),
    ),
    *(
        ("2 K/min", "K/min", 2.0),
        ("120 K/h", "K/min", 2.0),
        ("2 °C/min", "K/min", 2.0),
        ("0,5 K/s", "K/min", 30.0),
    ),
    *(("12 ppm/K", "ppm/K", 12.0), ("12e-6 /K", "ppm/K", 12.0)),
    ("1,2e-5 1/K", "ppm/K", 12.0),
    *(
        ("5 kΩ", "ohm", 5000.0),
        ("5 k\u2126", "ohm", 5000.0),
        ("5 kohm", "ohm", 5000.0),
        ("5 Ohm", "ohm", 5.0),
    ),
    *(("5 %", "%", 5.0), ("500 ppm", "%", 0.05)),
    ("3 mAh/g", "mAh/g", 3.0),
]
FULL_WIDTH = [
    *(("１．０５", "mm", 1.05), ("１，０５", "mm", 1.05)),
    *(("５０ｍＶ", "V", 0.05), ("１。５", "V", 1.5)),
    *(("１　０００", "Hz", 1000.0), ("－５", "K", -5.0)),
    *(("１ｅ－３", "V", 0.001), ("２５℃", "degC", 25.0)),
    *(
        ("١٢", "V", 12.0),
        ("５％", "%", 5.0),
        ("1，05", "mm", 1.05),
        ("１２．５ ｍｉｎ", "min", 12.5),
        ("１、５", "V", 1.5),
    ),
]
REFUSED_TEXTS = [
    *(("1,000", "mm"), ("12,345", "Hz"), ("999,999", "Hz")),
    *(("1，000", "mm"), ("5m", "min"), ("5 m", "min")),
    *(
        ("5m", "s"),
        ("5m", "mm"),
        ("5 m", "mm"),
        ("5m", "cm²"),
        ("5M", "min"),
        ("5k", "K"),
        ("5m", "K"),
        ("5m", "mV"),
    ),
    *(
        ("1 05", "mm"),
        ("1 0", "mm"),
        ("1 0000", "mm"),
        ("1'05", "mm"),
        ("1,2,3", ""),
        ("1.2.3", ""),
        ("5,", "V"),
    ),
    *(("1,05,0", "mm"), ("0,000,001", "V"), ("1.05.", "mm")),
    *(("1..5", "V"), ("1,,5", "V"), ("1.,5", "V")),
    *(
        ("nan", "V"),
        ("inf", "V"),
        ("1_000", "Hz"),
        ("0x10", ""),
        ("1/2", "mm"),
        ("½", "mm"),
        ("1e", "V"),
        ("e3", "V"),
    ),
    *(
        ("1e400", "V"),
        ("1e-3.5", "V"),
        ("--5", "V"),
        ("5 V", "mm"),
        ("5 mm", "V"),
        ("50 mv", "V"),
        ("5 Mhz", "Hz"),
    ),
    *(("25 °F", "degC"), ("5 °C", "K"), ("1:30", "min")),
    *(("2h30", "min"), ("30min1h", "min"), ("abc", "V")),
    *(
        ("5 V 3", "V"),
        ("about 5", "V"),
        ("5±1", "V"),
        ("~5", "V"),
        ("5?", "V"),
        ("10^-3", "V"),
        ("5 K", "K/min"),
    ),
    *(("五", "V"), ("Ⅴ", "V"), ("5 inch", "mm")),
    *(("2 mAh", "mAh/g"), ("1 2 3", ""), ("0 001", "V")),
]
SPELLINGS = [*THOUSANDS, *PLAIN, *EXPONENTS, *PREFIXES, *UNITS, *FULL_WIDTH]
SPELLINGS += [(text, unit, REFUSED) for text, unit in REFUSED_TEXTS]


@pytest.fixture(params=LOCALES)
def locale(request, app):
    before = QtCore.QLocale()
    QtCore.QLocale.setDefault(QtCore.QLocale(request.param))
    yield request.param
    QtCore.QLocale.setDefault(before)


@pytest.fixture
def fields(app, locale):
    """A field for each unit beside another, in a window, to leave it by the Tab key."""
    window = QtWidgets.QWidget()
    column = QtWidgets.QVBoxLayout(window)
    found = {unit: NumberField(1e12, unit, low=-1e12) for unit in dict.fromkeys(s[1] for s in SPELLINGS)}
    for field in found.values():
        column.addWidget(field)
    column.addWidget(QtWidgets.QLineEdit())
    window.show()
    window.activateWindow()
    QtTest.QTest.qWait(20)
    yield found
    window.close()
    window.deleteLater()


def type_like_a_keyboard(field, text):
    """Send keys for ASCII characters; others come from an input method, as in China and Japan."""
    field.setFocus()
    field.selectAll()
    for character in text:
        if character.isascii():
            QtTest.QTest.keyClick(field, character)
        else:
            event = QtGui.QInputMethodEvent()
            event.setCommitString(character)
            QtWidgets.QApplication.sendEvent(field, event)


def test_there_are_200_spellings():
    assert len({(text, unit) for text, unit, _ in SPELLINGS}) == len(SPELLINGS) >= 200


def test_every_spelling_is_understood_as_shown_or_refused(fields):
    for text, unit, value in SPELLINGS:
        field = fields[unit]
        field.setValue(0.02)
        type_like_a_keyboard(field, text)
        QtTest.QTest.keyClick(field, Qt.Key.Key_Tab)
        if value is REFUSED:
            assert (field.text(), field.property("refused")) == (text, True), text
            with pytest.raises(NotFilledIn):
                field.value()
        else:
            assert field.value() == pytest.approx(value, rel=1e-14), text
            assert float(field.text().removesuffix(field.suffix())) == pytest.approx(value, rel=1e-9), text


def test_the_decimal_key_of_a_german_keypad_is_a_decimal_point(fields):
    field = fields["mm"]
    field.setFocus()
    field.selectAll()
    keypad = Qt.KeyboardModifier.KeypadModifier
    for key, text in ((Qt.Key.Key_1, "1"), (Qt.Key.Key_Comma, ","), (Qt.Key.Key_5, "5")):
        for kind in (QtCore.QEvent.Type.KeyPress, QtCore.QEvent.Type.KeyRelease):
            QtWidgets.QApplication.sendEvent(field, QtGui.QKeyEvent(kind, key, keypad, text))
    assert field.value() == 1.5
