"""What cards hold, in the shapes of the contract, with the names of the demo world."""

from typing import Any

from assistant.conversations.drafts import Draft

Item = dict[str, Any]


def reply(text: str, card: Item) -> Draft:
    """A reply with a card."""
    return Draft(text, card=card)


def virtual_account(name: str, parent: str | None = None, **more: Any) -> Item:
    """One node of a tree."""
    path = f"{parent} / {name}" if parent else name
    return {"name": name, "path": path, "parent": parent, "access_level": "unrestricted",
            "is_default": False} | more  # fmt: skip


NORTHWIND_TREE = {
    "kind": "tree",
    "title": "Virtual accounts of Northwind Networks",
    "items": [
        virtual_account("DEFAULT", is_default=True),
        virtual_account("EMEA"),
        virtual_account("Oslo", "EMEA", note="Oslo NO"),
        virtual_account("Oslo-Lab", "Oslo"),
        virtual_account("APAC", access_level="restricted"),
        virtual_account("Americas"),
    ],
}
_DEEP = ["Europe, Middle East and Africa", "Nordic countries", "Norway", "Greater Oslo region",
         "Laboratory-and-quality-assurance-equipment"]  # fmt: skip
DEEP_TREE = {
    "kind": "tree",
    "title": "Virtual accounts of Contoso Retail",
    "items": [
        virtual_account("DEFAULT", is_default=True),
        *(virtual_account(name, above) for name, above in zip(_DEEP, [None, *_DEEP], strict=False)),
        virtual_account("Hidden", "Warehouses", access_level="restricted"),
        *(virtual_account(f"Store-{number:02}") for number in range(1, 41)),
    ],
}

COLUMNS = [
    {"key": "email", "label": "E-mail"}, {"key": "name", "label": "Name"},
    {"key": "access", "label": "Access"}, {"key": "roles", "label": "Roles"},
    {"key": "groups", "label": "Groups"},
]  # fmt: skip


def users_table(count: int, **more: Any) -> Item:
    """The users of an account; the third is somebody with a formula for a name."""
    rows: list[Item] = [
        {"email": f"user{number:03}@northwind.example", "name": f"Person {number:03}",
         "access": "Selected virtual accounts" if number % 3 else "Entire account",
         "roles": "VA User of EMEA, Oslo" if number % 3 else "SA Viewer",
         "groups": "Operations" if number % 4 == 0 else ""}
        for number in range(1, count + 1)
    ]  # fmt: skip
    if count >= 3:
        rows[2]["name"] = '=HYPERLINK("https://evil.example","press")'
    return {"kind": "table", "title": "Users of Northwind Networks", "columns": COLUMNS,
            "rows": rows} | more  # fmt: skip


def _entry(name: str, domain: str, relation: str, number: int, **more: Any) -> Item:
    local = domain.split(".")[0]
    return {
        "name": name, "domain": domain, "id": number, "type": "customer", "status": "active",
        "relation": relation, "roles": [],
        "administrators": [{"name": "Nadia Fjordheim", "email": f"nadia@{local}.example"}],
    } | more  # fmt: skip


DIRECTORY = {
    "kind": "directory",
    "title": "Your Smart Accounts",
    "items": [
        _entry("Northwind Networks", "northwind.example", "access", 100001,
               roles=["sa_user"], administrators=[
                   {"name": "Nadia Fjordheim", "email": "nadia@northwind.example"},
                   {"name": "Nils Bergqvist", "email": "nils@northwind.example"},
                   {"name": "Third Administrator", "email": "third@northwind.example"},
                   {"name": "Fourth Administrator", "email": "fourth@northwind.example"},
                   {"name": "Fifth Administrator", "email": "fifth@northwind.example"}]),
        _entry("Contoso Retail", "contoso.example", "access", 100002, roles=["va_user"]),
        _entry("Litware Labs", "litware.example", "requested", 100003),
        _entry("Wingtip Toys", "wingtip.example", "created", 100006,
               status="pending_acceptance", administrators=[]),
        _entry("Northwind Subsea", "subsea.northwind.example", "domain", 100005),
    ],
}  # fmt: skip


def access_request(number: int, **more: Any) -> Item:
    """A pending request with its buttons."""
    request = f"r{number}"
    return {
        "id": request, "smart_account": "northwind.example", "status": "pending",
        "requester": {"name": "Nora Lindahl", "email": "nora@northwind.example"},
        "scope": "virtual_accounts", "role": "va_user", "virtual_accounts": ["Oslo", "Americas"],
        "created_at": "2026-11-20T09:30:00Z",
        "justification": "I look after the licences of the Oslo office from December on.",
        "buttons": [
            {"title": title, "payload": f'/{intent}{{"request_id":"{request}"}}'}
            for title, intent in (
                ("Approve", "approve_access_request"), ("Approve in part", "approve_in_part"),
                ("Decline", "decline_access_request"),
            )
        ],
    } | more  # fmt: skip


REQUESTS = {
    "kind": "requests",
    "title": "Pending access requests",
    "items": [
        access_request(1),
        access_request(
            2, scope="account", role="sa_viewer", virtual_accounts=[], justification="",
            requester={"name": "Leo Marchetti-Vandenbroucke", "email": "leo@litware.example"},
        ),
        access_request(
            3, role="va_viewer", virtual_accounts=[f"Store-{n:02}" for n in range(1, 26)],
            requester={"name": "", "email": "somebody.with.a.long.address@contoso.example"},
        ),
    ],
}  # fmt: skip

BULK = {
    "columns": [
        {"key": "identifier", "label": "Person"}, {"key": "status", "label": "Result"},
        {"key": "detail", "label": "Why"}, {"key": "row", "label": "Row"},
    ],
    "rows": [
        {"row": "1", "identifier": "nora@northwind.example", "status": "added",
         "detail": "VA User of Oslo"},
        {"row": "2", "identifier": "uma@northwind.example", "status": "changed",
         "detail": "SA User, was SA Viewer"},
        {"row": "3", "identifier": "vik@northwind.example", "status": "skipped",
         "detail": "Has this role already"},
        {"row": "4", "identifier": "nobody@nowhere", "status": "failed",
         "detail": "“nobody@nowhere” is not an e-mail address. It looks like "
                   "name@company.example."},
    ],
}  # fmt: skip
BULK_PREVIEW = {
    "title": "Add these people",
    "lines": [{"label": "Smart Account", "value": "Northwind Networks (northwind.example)"}],
    "note": "2 of 4 rows would be done.",
    "table": BULK,
    "checks": ["You are SA Administrator of Northwind Networks."],
    "warnings": ["Two rows would not be done; the others would."],
}


def choices(count: int, **more: Any) -> Item:
    """A question for some of many virtual accounts."""
    names = [f"Store-{number:03}" for number in range(1, count - 2)]
    names += ["EMEA, North", 'The "new" lab', "Oslo"]
    options = [{"value": f"{n:032x}", "title": name} for n, name in enumerate(names)]
    return {"slot": "virtual_accounts", "kind": "choices", "required": True, "min": 1, "max": 25,
            "options": options} | more  # fmt: skip
