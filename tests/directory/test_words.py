"""What accounts are found by."""

from hypothesis import given
from hypothesis import strategies as st

from backend.directory.words import LONGEST_WORD, exact, searched, whole_names, words_of

NAMES = st.text(min_size=1, max_size=100)
LABEL = st.from_regex(r"[a-z0-9]{1,10}", fullmatch=True)
DOMAINS = st.lists(LABEL, min_size=2, max_size=4).map(".".join)


def test_which_words_an_account_has() -> None:
    assert words_of("Northwind Subsea", "subsea.northwind.example") == {
        "northwind", "subsea", "subsea.northwind.example", "northwind.example",
    }  # fmt: skip
    assert words_of("A-B Inc.", "ab.example") == {
        "a-b",
        "a",
        "b",
        "inc.",
        "inc",
        "ab",
        "ab.example",
    }


def test_what_names_it_exactly() -> None:
    assert whole_names("Litware  LABS", "litware.example") == {"litware labs", "litware.example"}
    assert exact(" LITWARE labs ") == {"litware labs"}
    assert exact("LitWare.Example") == {"litware.example"}
    assert "litware labs" in exact("Ｌitware labs")


def test_that_words_of_a_search_come_longest_first() -> None:
    assert searched("sub northwind-net") == ["northwind", "net", "sub"]
    assert searched("northwind.ex") == ["northwind.ex"]
    assert searched("inc.") == ["inc"]
    assert searched(" -- ") == []


@given(NAMES, DOMAINS)
def test_that_every_account_is_found_by_all_of_its_name_and_domain(name: str, domain: str) -> None:
    words, whole = words_of(name, domain) | whole_names(name, domain), whole_names(name, domain)
    assert all(0 < len(word) <= LONGEST_WORD for word in words if word)
    for said in (name, domain, name.upper()):
        for word in searched(said):
            assert any(one.startswith(word) for one in words), (said, word, words)
    assert exact(name) & whole
    assert exact(domain.upper()) & whole
