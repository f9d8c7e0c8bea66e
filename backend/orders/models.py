"""Orders after the sale: what was bought, where its licences go, and who was let in.

What an order is comes from Commerce, whole, in numbered versions; what people do with it here
(assigning, sharing, following) stands beside that and outlives a newer version.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Column, ForeignKeyConstraint, Index, LargeBinary, text
from sqlalchemy.sql.elements import conv
from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.database import UtcDateTime
from backend.core.ids import new_id, new_secret_id

NUMBER_LENGTH = 20
TYPES = ("standard", "subscription", "stocking", "ea")
STATUSES = (
    "submitted", "booked", "in_fulfilment", "provision_pending", "provisioned", "closed",
    "cancelled",
)  # fmt: skip
PROVISIONING = (
    "not_started", "on_hold", "awaiting_provisioning_details", "scheduled", "in_progress",
    "failed", "completed",
)  # fmt: skip
KINDS = ("perpetual", "term", "subscription")
EXPORT_FORMATS = ("csv", "xlsx")
EXPORT_STATUSES = ("queued", "running", "ready", "failed")
HOLDS = ("credit", "deal", "export")
# In words that a partial index is recognised by: SQLite does so for these very words alone.
IS_OPEN = text("ended_at IS NULL")


def _one_of(table: str, column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=conv(f"ck_{table}_{column}"))


class Order(SQLModel, table=True):
    """One sales order.

    `unassigned_lines`, `is_held` and `starts_at` are what lists filter by; `delays.refresh` works
    them out whenever the order or a line of it changes. `holds` are Commerce's own, each with
    the moment since which it lasts (ISO 8601).
    """

    __tablename__ = "sales_order"
    __table_args__ = (
        _one_of("sales_order", "type", TYPES),
        _one_of("sales_order", "status", STATUSES),
        CheckConstraint(
            "(fc_email IS NULL) = (fc_domain IS NULL)", name=conv("ck_sales_order_fc_domain")
        ),
        Index("orders_of_a_contact", "fc_email", "placed_at", "number"),
        Index("orders_of_a_contacts_domain", "fc_domain", "placed_at", "number"),
        Index("orders_of_a_partner", "partner_domain", "placed_at", "number"),
        Index("orders_of_a_partner_by_status", "partner_domain", "status", "placed_at", "number"),
        Index("orders_by_the_customers_number", "customer_order_number"),
    )

    number: str = Field(primary_key=True, max_length=NUMBER_LENGTH)
    web_order_number: str | None = Field(default=None, max_length=NUMBER_LENGTH, unique=True)
    customer_order_number: str | None = Field(default=None, max_length=60)
    type: str = Field(default="standard", max_length=20)
    status: str = Field(default="booked", max_length=20)
    version: int = Field(default=1, description="Commerce's number of what is known of it")
    partner_domain: str | None = Field(default=None, max_length=253)
    partner_name: str | None = Field(default=None, max_length=200)
    end_customer: str = Field(default="", max_length=200)
    country: str | None = Field(default=None, max_length=2)
    fc_name: str | None = Field(default=None, max_length=200)
    fc_email: str | None = Field(default=None, max_length=254)
    fc_domain: str | None = Field(default=None, max_length=253)
    placed_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    booked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    provisioned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    cancelled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    holds: dict[str, str] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    unassigned_lines: int = 0
    is_held: bool = Field(default=False, description="A reason to wait lies in the order itself")
    starts_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    updated_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)


@dataclass(frozen=True)
class Assigned:
    """Where a line's licences are to go, since when, and who decided that here; `by` is None for
    what was assigned in Commerce.
    """

    account: int | None = None
    place: str | None = None
    at: datetime | None = None
    by: str | None = None


NOWHERE = Assigned()


class OrderLine(SQLModel, table=True):
    """One product of an order, and the account that its licences are for.

    `assigned_by` is None for what was assigned in Commerce, before the sale; what was decided here
    (`assigned_by`, `contact_by`) no later version changes. Where Commerce has a line that was
    assigned elsewhere here is kept beside that (`commerce_…`): there it stands again once that is
    undone. `placed_at` is the order's, so that the orders of an account are found newest first by
    an index.
    """

    __tablename__ = "order_line"
    __table_args__ = (
        _one_of("order_line", "kind", KINDS),
        _one_of("order_line", "provisioning", PROVISIONING),
        CheckConstraint("quantity > 0", name=conv("ck_order_line_quantity")),
        CheckConstraint(
            "virtual_account_id IS NULL OR smart_account_id IS NOT NULL",
            name=conv("ck_order_line_virtual_account_of_an_account"),
        ),
        CheckConstraint(
            "(provisioning = 'completed') = (delivered_at IS NOT NULL)",
            name=conv("ck_order_line_delivered_when_completed"),
        ),
        Index("order_lines_of_an_account", "smart_account_id", "placed_at", "order_number"),
        Index("order_lines_of_a_virtual_account", "virtual_account_id", "placed_at",
              "order_number"),
        # For the foreign keys: an account or virtual account that goes looks who points to it.
        Index(
            "order_lines_commerce_has_on_an_account", "commerce_account_id",
            sqlite_where=text("commerce_account_id IS NOT NULL"),
            postgresql_where=text("commerce_account_id IS NOT NULL"),
        ),
        Index(
            "order_lines_commerce_has_in_a_place", "commerce_place_id",
            sqlite_where=text("commerce_place_id IS NOT NULL"),
            postgresql_where=text("commerce_place_id IS NOT NULL"),
        ),
    )  # fmt: skip

    order_number: str = Field(
        foreign_key="sales_order.number", ondelete="CASCADE", primary_key=True,
        max_length=NUMBER_LENGTH,
    )  # fmt: skip
    number: int = Field(primary_key=True)
    placed_at: datetime = Field(sa_type=UtcDateTime)
    sku: str = Field(max_length=60)
    product: str = Field(max_length=200)
    quantity: int
    kind: str = Field(default="perpetual", max_length=20)
    smart_enabled: bool = True
    provisioning: str = Field(default="not_started", max_length=30)
    provisioning_since: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    provisioning_contact: str | None = Field(default=None, max_length=254)
    contact_by: str | None = Field(
        default=None, max_length=254, description="Who named the provisioning contact here"
    )
    contact_mailed_at: datetime | None = Field(
        default=None, sa_type=UtcDateTime, description="The first set-up mail sent from here"
    )
    requested_start: datetime | None = Field(default=None, sa_type=UtcDateTime)
    set_up_mail_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    onboarded_at: datetime | None = Field(
        default=None, sa_type=UtcDateTime, description="The point of no return"
    )
    claim_sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    claimed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    tenant_asked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    tenant: str | None = Field(default=None, max_length=120)
    ea_request_due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ea_requested_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    smart_account_id: int | None = Field(default=None, foreign_key="smart_account.id")
    virtual_account_id: str | None = Field(
        default=None, foreign_key="virtual_account.id", ondelete="SET NULL", max_length=32
    )
    assigned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    assigned_by: str | None = Field(default=None, max_length=254)
    commerce_account_id: int | None = Field(default=None, foreign_key="smart_account.id")
    commerce_place_id: str | None = Field(
        default=None, foreign_key="virtual_account.id", ondelete="SET NULL", max_length=32
    )
    commerce_assigned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    subscription_id: str | None = Field(default=None, max_length=40)
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)

    def assigned(self) -> Assigned:
        """Where it stands."""
        return Assigned(
            self.smart_account_id, self.virtual_account_id, self.assigned_at, self.assigned_by
        )

    def assign(self, to: Assigned) -> None:
        """Have it stand there."""
        self.smart_account_id, self.virtual_account_id = to.account, to.place
        self.assigned_at, self.assigned_by = to.at, to.by

    def in_commerce(self) -> Assigned:
        """Where Commerce has it, if it was assigned elsewhere here."""
        return Assigned(self.commerce_account_id, self.commerce_place_id, self.commerce_assigned_at)

    def keep_commerce(self, told: Assigned) -> None:
        """Remember where Commerce has it while it is assigned elsewhere here."""
        self.commerce_account_id, self.commerce_place_id = told.account, told.place
        self.commerce_assigned_at = told.at


class DroppedLine(SQLModel, table=True):
    """What was decided here about a line that Commerce took off the order: it holds again if a
    later version brings the line back.
    """

    __tablename__ = "dropped_order_line"

    order_number: str = Field(
        foreign_key="sales_order.number", ondelete="CASCADE", primary_key=True,
        max_length=NUMBER_LENGTH,
    )  # fmt: skip
    number: int = Field(primary_key=True)
    smart_account_id: int | None = Field(default=None, foreign_key="smart_account.id")
    virtual_account_id: str | None = Field(
        default=None, foreign_key="virtual_account.id", ondelete="SET NULL", max_length=32
    )
    assigned_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    assigned_by: str | None = Field(default=None, max_length=254)
    provisioning_contact: str | None = Field(default=None, max_length=254)
    contact_by: str | None = Field(default=None, max_length=254)
    contact_mailed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class License(SQLModel, table=True):
    """What a delivered line put into a virtual account."""

    __table_args__ = (
        ForeignKeyConstraint(
            ["order_number", "line"], ["order_line.order_number", "order_line.number"],
            ondelete="CASCADE",
        ),
        Index("licenses_of_an_account", "smart_account_id", "added_at", "id"),
        Index("licenses_of_a_virtual_account", "virtual_account_id", "added_at", "id"),
        Index("licenses_by_end", "ends_at", "smart_account_id"),
        Index("license_of_a_line", "order_number", "line", unique=True),
        CheckConstraint("quantity > 0", name=conv("ck_license_quantity")),
    )  # fmt: skip

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    smart_account_id: int = Field(foreign_key="smart_account.id")
    virtual_account_id: str = Field(foreign_key="virtual_account.id", max_length=32)
    order_number: str = Field(max_length=NUMBER_LENGTH)
    line: int
    sku: str = Field(max_length=60)
    product: str = Field(max_length=200)
    quantity: int
    kind: str = Field(max_length=20)
    starts_at: datetime = Field(sa_type=UtcDateTime)
    ends_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    subscription_id: str | None = Field(default=None, max_length=40)
    added_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)


class OrderShare(SQLModel, table=True):
    """Order-based access: whoever signs in with this address sees and assigns the order.

    `order_version` is Commerce's version that was known then: a later one in which the sharer may
    not assign the order ends it, whenever that version arrives.
    """

    __tablename__ = "order_share"

    order_number: str = Field(
        foreign_key="sales_order.number", ondelete="CASCADE", primary_key=True,
        max_length=NUMBER_LENGTH,
    )  # fmt: skip
    email: str = Field(primary_key=True, max_length=254, index=True)
    shared_by: str = Field(foreign_key="person.id", max_length=254)
    shared_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    order_version: int = 1


class OrderDelegation(SQLModel, table=True):
    """The Fulfillment Contact lets somebody else assign one order; access begins when the link
    is redeemed. `ended_at` is when it was revoked, ran out unused, or the contact changed in a
    version of the order after `order_version`.
    """

    __tablename__ = "order_delegation"
    __table_args__ = (
        Index(
            "one_delegation_an_address", "order_number", "email", unique=True,
            sqlite_where=IS_OPEN, postgresql_where=IS_OPEN,
        ),
        Index("order_delegations_of_a_delegate", "delegate", "ended_at"),
        Index(
            "unused_order_delegations_by_end", "expires_at",
            sqlite_where=text("redeemed_at IS NULL AND ended_at IS NULL"),
            postgresql_where=text("redeemed_at IS NULL AND ended_at IS NULL"),
        ),
        CheckConstraint(
            "(delegate IS NULL) = (redeemed_at IS NULL)",
            name=conv("ck_order_delegation_redeemed_by_somebody"),
        ),
    )  # fmt: skip

    id: str = Field(default_factory=new_id, primary_key=True, max_length=32)
    order_number: str = Field(
        foreign_key="sales_order.number", ondelete="CASCADE", max_length=NUMBER_LENGTH
    )
    email: str = Field(max_length=254)
    message: str = Field(default="", max_length=500)
    token_hash: str = Field(max_length=64, unique=True)
    delegator: str = Field(foreign_key="person.id", max_length=254)
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    delegate: str | None = Field(default=None, foreign_key="person.id", max_length=254)
    redeemed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    ended_because: str | None = Field(default=None, max_length=20)
    order_version: int = 1


class OrderFollower(SQLModel, table=True):
    """Somebody who wants to hear when an order's delays change or it is provisioned; `told` are
    the codes of the delays they heard of last.
    """

    __tablename__ = "order_follower"

    order_number: str = Field(
        foreign_key="sales_order.number", ondelete="CASCADE", primary_key=True,
        max_length=NUMBER_LENGTH,
    )  # fmt: skip
    person: str = Field(foreign_key="person.id", primary_key=True, max_length=254, index=True)
    since: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    told: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class OrderExport(SQLModel, table=True):
    """A download of a list of orders, written by a job; it goes with its file when it expires.

    `done` and `total` count orders. `attempts` are those of the job: a crash begins it anew, once.
    """

    __tablename__ = "order_export"
    __table_args__ = (
        _one_of("order_export", "format", EXPORT_FORMATS),
        _one_of("order_export", "status", EXPORT_STATUSES),
        Index("order_exports_of_a_person", "person", "expires_at"),
    )

    id: str = Field(default_factory=new_secret_id, primary_key=True, max_length=43)
    person: str = Field(foreign_key="person.id", max_length=254)
    format: str = Field(max_length=10)
    filters: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    status: str = Field(default="queued", max_length=20)
    attempts: int = 0
    done: int = 0
    total: int | None = Field(default=None)
    size: int | None = Field(default=None, description="The file's, in bytes")
    problem: str | None = Field(default=None, max_length=300)
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)


class OrderExportPart(SQLModel, table=True):
    """A part of a download's file. Files lie in the database, because another process than the one
    that wrote it, on another machine perhaps, may be asked for it; and they expire with their rows.
    """

    __tablename__ = "order_export_part"

    export_id: str = Field(
        foreign_key="order_export.id", ondelete="CASCADE", primary_key=True, max_length=43
    )
    number: int = Field(primary_key=True)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
