"""What all features of the backend share, and the assistant with them."""

from sqlmodel import SQLModel

# Constraints need names, or a migration could not change them on SQLite. Set here because a table
# takes its names when its class is made: whatever is imported first, this comes before it.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
