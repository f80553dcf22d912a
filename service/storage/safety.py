"""What would make a PostgreSQL database unsafe for money: settings that lose commits, rights that rewrite books."""

from sqlalchemy import Connection, text

from service.storage.guards import APPEND_ONLY

_MUST_BE_ON = ("fsync", "full_page_writes", "synchronous_commit")
_REWRITES = ("UPDATE", "DELETE", "TRUNCATE")
_OWNS = text(
    "SELECT pg_has_role(tableowner, 'USAGE') FROM pg_tables WHERE tablename = :name AND schemaname = current_schema()"
)


def check_postgresql(connection: Connection) -> list[str]:
    """Return one sentence for each thing that is unsafe about the database or about the role of this connection."""
    problems = []
    for name in _MUST_BE_ON:
        if connection.scalar(text("SELECT current_setting(:name)"), {"name": name}) == "off":
            problems.append(f"{name} is off: a power cut could undo what was promised")
    who = text("SELECT rolname, rolsuper FROM pg_roles WHERE rolname = current_user")
    role, superuser = connection.execute(who).one()
    if superuser:
        return [*problems, f"role {role} is a superuser and could rewrite the books"]
    for table in APPEND_ONLY:
        if connection.scalar(_OWNS, {"name": table}):
            problems.append(f"role {role} owns {table}: migrate with another role")
            continue
        may = text("SELECT has_table_privilege(:name, :right)")
        rights = [right for right in _REWRITES if connection.scalar(may, {"name": table, "right": right})]
        problems += [f"role {role} may {right} {table}" for right in rights]
    return problems
