"""Amendments as text for people."""

from labctl.readmodel.amendment_text import amendment_on_one_line, basis_in_words

ANALYSIS = {
    "id": 4,
    "name": "published",
    "closed_s": 1.0,
    "created_s": 0.0,
    "labctl_version": "0.1.0",
    "person": "Ada",
    "amendments": [2],
    "options": {},
}


def row(field, new, old=None, **others):
    return {"id": 2, "field": field, "old_value": old or {}, "new_value": new, "revokes": None} | others


def test_a_value_is_told_in_the_units_in_which_it_is_typed():
    amendment = row("thickness", {"thickness_m": 1.05e-3}, {"thickness_m": 1e-3})
    assert amendment_on_one_line(amendment) == "thickness 1 mm -> thickness 1.05 mm"
    temperatures = {"temperature_min_k": 348.15, "temperature_max_k": 358.15}
    assert amendment_on_one_line(row("exclusion", temperatures)) == "exclusion: from 75 °C, to 85 °C"


def test_a_note_is_told_without_its_key():
    assert amendment_on_one_line(row("remark", {"remark": "a cable moved"})) == "note: a cable moved"


def test_a_revocation_names_what_it_revokes():
    amendment = row("cation", {"cation": "Li+"}, {"cation": "Mg2+"}, revokes=1)
    assert amendment_on_one_line(amendment) == "revokes 1: cation Mg2+ -> cation Li+"


def test_what_numbers_stand_on_is_one_line():
    amendments = [row("thickness", {}), row("remark", {}, id=3)]
    assert basis_in_words(7, ANALYSIS, amendments) == (
        "run 7: amendments in force: 2 thickness; 1 note; analysis 4 (published), of 1970-01-01 00:00 UTC, "
        "labctl 0.1.0, by Ada, 1 amendment in force"
    )
    assert basis_in_words(8, None, []) == "run 8: not amended; nothing derived yet"
