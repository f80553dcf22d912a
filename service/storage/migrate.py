"""Bringing a database to the shape that this release of Senti needs, from any older one or from nothing.

All steps are one transaction: a migration that fails leaves the database as it was. Where the service has a role of its
own, that role gets the right to read the books and to add to them, and no other right over them.
"""

from alembic import command
from alembic.config import Config

from service.storage import engines, guards, rights
from service.storage.schema import MIGRATIONS

_MIGRATION_LOCK = 734_001


def migrate(url: str, *, to: str = "head", service_role: str | None = None) -> None:
    """Migrate a database; on PostgreSQL also grant a role of the service what it needs."""
    engine = engines.for_migrations(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
            config = _config()
            config.attributes["connection"] = connection
            command.upgrade(config, to)
            if to == "head":
                guards.put_in_force(connection)
            if service_role:
                rights.grant(connection, service_role)
    finally:
        engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config
