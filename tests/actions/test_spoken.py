"""What sentences say of a thing: how it is called, where it goes, what describes it."""

import pytest

from actions.spoken import (
    corrected_name,
    described,
    inside_said,
    moved,
    name_said,
    named_so,
    names_joined,
    new_name,
    parent_of_new,
    subject_said,
    without_lead,
)

NAMES = ("Americas", "APAC", "DEFAULT", "EMEA", "Oslo", "Oslo-Lab")


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("create a virtual account called Bergen under Oslo", "Bergen"),
        ('create a virtual account named "Head Office" in EMEA', "Head Office"),
        ("new VA test, nested in emea, restricted, tags lab", "test"),
        ("set up VA stockholm in emea, location Stockholm", "stockholm"),
        ("create va Store 31 with tags shop", "Store 31"),
        ("new virtual account under americas, name dallas", "dallas"),
        ("create a virtual account", ""),
        ("we need a virtual account for finance", ""),
        ("create a virtual account under Oslo", ""),
    ],
)
def test_that_the_name_of_something_new_is_found(words: str, name: str) -> None:
    assert name_said(words) == name


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("create virtual accounts Bergen and Stavanger under Oslo", ["Bergen", "Stavanger"]),
        ("add VAs a1, b2 and c3", ["a1", "b2", "c3"]),
        ("new VA test, nested in emea, tags lab and test", []),
        ("add virtual accounts for our stores", []),
    ],
)
def test_that_several_new_names_are_found(words: str, names: list[str]) -> None:
    assert names_joined(words) == names


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("rename oslo to Norway", ("Norway",)),
        ("rename store 5 to Store-05 Old Town please", ("Store-05 Old Town",)),
        ("change the name of virtual account oslo to norway", ("norway",)),
        ("actually call it Trondheim", ("Trondheim",)),
        ("oslo shall be called Norge from now", ("Norge from now",)),
        ("rename the virtual account americas", ()),
        ("rename Oslo to Norway and move it under Americas", ("Norway",)),
        ("rename oslo to Norway, thanks a lot", ("Norway",)),
        ("rename oslo to Research and Development", ("Research and Development",)),
        ("call it Norway instead of Norge", ("Norway",)),
        ('rename oslo to "Nord, and South"', ("Nord, and South",)),
        ("don't rename oslo to Norway", ()),
        ("move oslo to americas", ()),
    ],
)
def test_that_a_new_name_is_found(words: str, name: tuple[str, ...]) -> None:
    assert new_name(words) == name


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("call it Bergen please", "Bergen"),
        ("the name is Bergen.", "Bergen"),
        ("Bergen", "Bergen"),
        ("“Bergen Havn”", "Bergen Havn"),
    ],
)
def test_that_an_answer_is_freed_from_the_words_around_it(words: str, name: str) -> None:
    assert without_lead(words) == name


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("not norway, Nordics", "Nordics"),
        ("no, better Skandinavia", "Skandinavia"),
        ("not norway but Nordics", "Nordics"),
        ("sorry, i meant Norge", "Norge"),
        ("no", ""),
        ("looks good", ""),
        ("no that is not at all what i wanted to have", ""),
    ],
)
def test_that_a_correction_names_the_other(words: str, name: str) -> None:
    assert corrected_name(words) == name


@pytest.mark.parametrize(
    ("words", "subject"),
    [
        ("rename americas to amerika", "americas"),
        ("delete lisbon", "lisbon"),
        ("move Store-05 below store-01", "Store-05"),
        ("restrict berlin please", "berlin"),
        ("delete the virtual account rome", "rome"),
        ("delete it", ""),
        ("change the tags", ""),
        ("remove a virtual account", ""),
    ],
)
def test_that_what_is_meant_is_found_though_nobody_knows_it(words: str, subject: str) -> None:
    assert subject_said(words) == subject


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("is there a virtual account called lisbon", "lisbon"),
        ("find the virtual account oslo", "oslo"),
        ("show virtual accounts of northwind", ""),
        ("show virtual accounts", ""),
    ],
)
def test_that_what_is_looked_for_is_found(words: str, name: str) -> None:
    assert named_so(words) == name


@pytest.mark.parametrize(
    ("words", "parent"),
    [
        ("create a virtual account called Bergen under Oslo", "Oslo"),
        ("new va bergen nested in emea", "EMEA"),
        ("add bergen in oslo lab", "Oslo-Lab"),
        ("create bergen at the top level", ""),
        ("create bergen under lisbon", "lisbon"),
        ("create a virtual account called oslo 2", None),
        ("create bergen", None),
    ],
)
def test_that_it_is_found_where_something_new_goes(words: str, parent: str | None) -> None:
    assert parent_of_new(words, NAMES, alone=False) == parent


@pytest.mark.parametrize(
    ("words", "parent"),
    [("under emea instead", "EMEA"), ("no, oslo", "Oslo"), ("tag it with oslo", None)],
)
def test_that_a_correction_says_where_it_goes(words: str, parent: str | None) -> None:
    assert parent_of_new(words, NAMES, alone=True) == parent


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("create va lab in litware", "litware"),
        ("create va lab in contoso.example", "contoso.example"),
        ("create va lab in our account", ""),
        ("create va lab", ""),
    ],
)
def test_that_what_is_no_known_place_is_found(words: str, place: str) -> None:
    assert inside_said(words) == place


@pytest.mark.parametrize(
    ("words", "parent"),
    [
        ("move oslo to americas", "Americas"),
        ("put oslo-lab under emea", "EMEA"),
        ("nest the virtual account oslo in apac", "APAC"),
        ("move oslo-lab to the top level", ""),
        ("take oslo out of emea", ""),
        ("move oslo under lisbon", "lisbon"),
        ("restrict oslo", None),
        ("move oslo under Americas, not EMEA", "Americas"),
        ("move oslo not under emea but under apac", "APAC"),
        ("take Oslo out of EMEA and put it under Americas", "Americas"),
        ("take it from the top level and put it under apac", "APAC"),
        ("don't move oslo under Americas", None),
    ],
)
def test_that_it_is_found_where_something_moves(words: str, parent: str | None) -> None:
    others = [name for name in NAMES if name not in {"Oslo", "Oslo-Lab"}]
    assert moved(words, others) == parent


@pytest.mark.parametrize(
    ("words", "level"),
    [
        ("restrict emea", "restricted"),
        ("hide americas from partners", "restricted"),
        ("make apac public again", "unrestricted"),
        ("unrestrict apac", "unrestricted"),
        ("rename emea to europe", None),
        ("don't restrict Oslo", "unrestricted"),
        ("oslo should no longer be hidden", "unrestricted"),
        ("don't make oslo public", "restricted"),
        ("stop hiding oslo", None),
        ("restrict everything except oslo", None),
        ("our account should not be found by everybody", "restricted"),
        ("not restricted but public", "unrestricted"),
    ],
)
def test_that_the_access_level_is_read(words: str, level: str | None) -> None:
    assert described(words, NAMES).access_level == level


@pytest.mark.parametrize(
    ("words", "tags", "adds", "removed"),
    [
        ("tag emea with production and europe", ["production", "europe"], True, set()),
        ("add the tag lab to oslo-lab", ["lab"], True, set()),
        ("new VA test, tags lab, test", ["lab", "test"], False, set()),
        ("change the tags of americas to west, east", ["west", "east"], False, set()),
        ("remove the tag region from americas", [], True, {"region"}),
        ("remove all tags from americas", [], False, set()),
        ("rename oslo", None, False, set()),
    ],
)
def test_that_tags_are_read(
    words: str, tags: list[str] | None, adds: bool, removed: set[str]
) -> None:
    found = described(words, NAMES)
    assert (found.tags, found.adds, found.removed) == (tags, adds, removed)


@pytest.mark.parametrize(
    ("words", "location", "description"),
    [
        ("set the location of americas to Portland, Oregon", "Portland, Oregon", None),
        ("new va x, location Bergen, tags lab", "Bergen", None),
        ("located in Bergen with tag lab", "Bergen", None),
        ("set the description of emea to European offices", None, "European offices"),
        ("description test devices", None, "test devices"),
        ("new va x, location Bergen, description devices of the harbour", "Bergen",
         "devices of the harbour"),
        ("remove the location of oslo", "", None),
        ("clear the description of emea", None, ""),
        ("restrict emea", None, None),
    ],
)  # fmt: skip
def test_that_location_and_description_are_read(
    words: str, location: str | None, description: str | None
) -> None:
    found = described(words, NAMES)
    assert (found.location, found.description) == (location, description)
