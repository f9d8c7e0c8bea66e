"""Field types of Smart Accounts: names, countries, headquarters, notes."""

from functools import lru_cache
from typing import Annotated, Any

from babel import Locale
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from backend.core.fields import Body, ShortText, clean, one_line
from backend.core.wording import shown

LONGEST_NAME = 100
MOST_CUSTOMERS = 10
# They show nothing and turn what stands around them: a name could look like another one.
_INVISIBLE = dict.fromkeys(
    [0x200B, 0x200E, 0x200F, 0x2060, 0xFEFF, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
)
# Territories of the locale data that are no countries.
_NO_COUNTRIES = {"EU", "EZ", "UN", "ZZ", "XA", "XB", "QO"}


def _visible(value: Any) -> Any:
    return one_line(value.translate(_INVISIBLE)) if isinstance(value, str) else value


def _not_a_number(name: str) -> str:
    if name.replace(" ", "").isdigit():
        raise ValueError(
            f"{shown(name)} is a number. A Smart Account is called like its company, for example "
            "Northwind Networks."
        )
    return name


@lru_cache
def _countries() -> dict[str, str]:
    """Codes by what people write: the code itself, and the English name."""
    territories = {
        code: name
        for code, name in Locale("en").territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    }
    return {name.casefold(): code for code, name in territories.items()} | {
        code.casefold(): code for code in territories
    }


def country_name(code: str) -> str:
    """`NO` → `Norway`."""
    return str(Locale("en").territories.get(code, code))


def _country(value: str) -> str:
    code = _countries().get(value.casefold())
    if code is None:
        raise ValueError(
            f"{shown(value)} is not a country that I know. Use its two-letter code or its English "
            "name, like NO or Norway."
        )
    return code


AccountName = Annotated[
    str,
    BeforeValidator(_visible),
    StringConstraints(min_length=1, max_length=LONGEST_NAME),
    AfterValidator(_not_a_number),
]
Country = Annotated[str, BeforeValidator(one_line), AfterValidator(_country)]
Note = Annotated[str, BeforeValidator(clean), StringConstraints(max_length=1000)]
Reason = Annotated[str, BeforeValidator(clean), StringConstraints(max_length=500)]


class Headquarters(Body):
    """Where the company has its seat."""

    organization: ShortText = Field(description="The company's name")
    street: ShortText = Field(description="Street and number")
    city: ShortText = Field(description="City")
    region: ShortText | None = Field(default=None, description="State or region, where used")
    postal_code: Annotated[
        str, BeforeValidator(one_line), StringConstraints(min_length=1, max_length=20)
    ] = Field(description="Postal code")
    country: Country = Field(description="Country: its two-letter code or English name")


def say_address(place: dict[str, Any] | None) -> str | None:
    """An address on one line."""
    if not place:
        return None
    city = " ".join(str(place[part]) for part in ("postal_code", "city") if place.get(part))
    parts = (place.get("organization"), place.get("street"), city, place.get("region"))
    country = place.get("country")
    return ", ".join(str(part) for part in (*parts, country and country_name(country)) if part)
