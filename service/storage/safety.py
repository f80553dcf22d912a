"""What would make a PostgreSQL database unsafe for money: settings that lose commits, a role that may do too much."""

from sqlalchemy import Connection, text

from service.storage.rights import beyond

_MUST_BE_ON = ("fsync", "full_page_writes", "synchronous_commit")
_WHO = text(
    "SELECT current_user, EXISTS (SELECT FROM pg_roles WHERE pg_has_role(oid, 'MEMBER') AND"
    " (rolsuper OR rolname IN ('pg_execute_server_program', 'pg_write_server_files'))),"
    " (SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user)"
)
# A role that may become the owner (MEMBER) owns for our purposes, whether or not it does so by itself.
_OWNS = text(
    "SELECT 'the database' FROM pg_database WHERE datname = current_database() AND pg_has_role(datdba, 'MEMBER')"
    " UNION ALL SELECT 'schema ' || nspname FROM pg_namespace"
    " WHERE nspname = current_schema() AND pg_has_role(nspowner, 'MEMBER')"
    " UNION ALL (SELECT tablename FROM pg_tables"
    " WHERE schemaname = current_schema() AND pg_has_role(tableowner, 'MEMBER') ORDER BY 1)"
)
_MAKES = text(
    "SELECT has_schema_privilege(current_schema(), 'CREATE'), has_database_privilege(current_database(), 'CREATE'),"
    " has_database_privilege(current_database(), 'TEMPORARY')"
)


def check_postgresql(connection: Connection) -> list[str]:
    """Return one sentence for each thing that is unsafe about the database or about the role of this connection."""
    problems = []
    for name in _MUST_BE_ON:
        if connection.scalar(text("SELECT current_setting(:name)"), {"name": name}) == "off":
            problems.append(f"{name} is off: a power cut could undo what was promised")
    role, superuser, creates_roles = connection.execute(_WHO).one()
    if superuser:
        return [*problems, f"role {role} is a superuser, or can become one, and could rewrite the books"]
    if creates_roles:
        problems.append(f"role {role} may create roles, and so give itself any right: ALTER ROLE {role} NOCREATEROLE")
    owned = list(connection.scalars(_OWNS))
    if owned:
        return [*problems, *(f"role {role} owns {what}: migrate with another role" for what in owned)]
    tables, schemas, temporary = connection.execute(_MAKES).one()
    if tables:
        problems.append(f"role {role} may create tables: REVOKE CREATE ON SCHEMA ... FROM PUBLIC")
    if schemas:
        problems.append(f"role {role} may create schemas: REVOKE CREATE ON DATABASE ... FROM PUBLIC")
    if temporary:
        problems.append(f"role {role} may create temporary tables: REVOKE TEMPORARY ON DATABASE ... FROM PUBLIC")
    return problems + [f"role {role} may {what}: run senti migrate" for what in beyond(connection)]
