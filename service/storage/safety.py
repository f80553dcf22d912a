"""What would make a PostgreSQL database unsafe for money: settings that lose commits, rights that rewrite books."""

from typing import Any

import psycopg

from service.storage.guards import APPEND_ONLY

_MUST_BE_ON = ("fsync", "full_page_writes", "synchronous_commit")
_REWRITES = ("UPDATE", "DELETE", "TRUNCATE")


def check_postgresql(connection: psycopg.Connection[Any]) -> list[str]:
    """Return one sentence for each thing that is unsafe about the database or about the role of this connection."""
    problems = []
    for name in _MUST_BE_ON:
        value = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
        if value == ("off",):
            problems.append(f"{name} is off: a power cut could undo what was promised")
    asked = connection.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    role, superuser = asked or ("nobody", False)
    if superuser:
        return [*problems, f"role {role} is a superuser and could rewrite the books"]
    for table in APPEND_ONLY:
        owns = connection.execute(
            "SELECT pg_has_role(tableowner, 'USAGE') FROM pg_tables WHERE tablename = %s "
            "AND schemaname = current_schema()",
            (table,),
        ).fetchone()
        if owns == (True,):
            problems.append(f"role {role} owns {table}: migrate with a role of its own")
            continue
        for right in _REWRITES:
            if connection.execute("SELECT has_table_privilege(%s, %s)", (table, right)).fetchone() == (True,):
                problems.append(f"role {role} may {right} {table}")
    return problems
