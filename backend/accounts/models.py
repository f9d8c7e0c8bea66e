"""Smart Accounts: a company's repository of licences, known by its domain identifier."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from backend.core import clock
from backend.core.database import UtcDateTime


class SmartAccount(SQLModel, table=True):
    """One account. The domain is its public identifier; `id` is the number people quote."""

    __tablename__ = "smart_account"

    id: int = Field(primary_key=True)
    domain: str = Field(max_length=253, unique=True)
    name: str = Field(max_length=100, index=True)
    type: str = Field(default="customer", max_length=20)
    status: str = Field(default="active", max_length=20)
    is_smb: bool = False
    visibility: str = Field(default="unrestricted", max_length=20)
    case_visibility: str = Field(default="owner", max_length=20)
    headquarters: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    primary_contact: str | None = Field(default=None, max_length=254)
    smart_licensing_notice: bool = False
    admin_notice: bool = False
    created_at: datetime = Field(default_factory=clock.now, sa_type=UtcDateTime)
    activated_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
