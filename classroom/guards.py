"""Makes the database refuse UPDATE, DELETE, REPLACE and TRUNCATE on the journal (row 39) and the operation log (row 22)."""

from tortoise.backends.base.client import BaseDBAsyncClient

APPLICATION_ROLE = "anxue_app"  # PostgreSQL: what the application runs as; it owns nothing


class GuardMissing(RuntimeError):
    """What may only be added to isn't protected; the text says by what."""


# What may only be added to, and the columns by which a row is told apart.
PROTECTED = {"journal": ("attendance_id", "seq"), "operation": ("chain", "seq"), "capacity_alarm": ("resource", "place", "n")}


def _sqlite(table: str) -> dict[str, str]:
    refuse = f" BEGIN SELECT RAISE(ABORT, '{table.upper()}_APPEND_ONLY'); END"
    same = " AND ".join(f"{column} = NEW.{column}" for column in PROTECTED[table])
    return {
        f"{table}_no_update": f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}{refuse}",
        # REPLACE deletes without asking unless recursive_triggers is on (database.py); then this one stops it too.
        f"{table}_no_delete": f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}{refuse}",
        f"{table}_no_replace": f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS"
        f" (SELECT 1 FROM {table} WHERE ({same}) OR id = NEW.id){refuse}",
    }


def _postgres(table: str) -> dict[str, str]:
    return {
        f"{table}_no_change": f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION {table}_append_only()",
        f"{table}_no_truncate": f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()",
    }


def _postgres_function(table: str) -> str:
    return (
        f"CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION '{table.upper()}_APPEND_ONLY'; END $$"
    )


# Roles belong to the server and not to the database: another one may be installed at this moment.
_POSTGRES_ROLE = f"""
DO $$ BEGIN
  BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{APPLICATION_ROLE}') THEN
      CREATE ROLE {APPLICATION_ROLE} NOLOGIN;
    END IF;
  EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
  END;
  IF NOT pg_has_role(current_user, '{APPLICATION_ROLE}', 'MEMBER') THEN
    GRANT {APPLICATION_ROLE} TO CURRENT_USER;
  END IF;
END $$
"""


async def install_guards(connection: BaseDBAsyncClient) -> None:
    """Make what is missing; safe to repeat. On PostgreSQL also the role that the application runs as."""
    if connection.capabilities.dialect == "postgres":
        await _install_postgres(connection)
        return
    present = await _triggers(connection, "SELECT name AS name FROM sqlite_master WHERE type = 'trigger'")
    for table in PROTECTED:
        for name, sql in _sqlite(table).items():
            if name not in present:
                await connection.execute_script(sql)


async def _install_postgres(connection: BaseDBAsyncClient) -> None:
    for table in PROTECTED:
        await connection.execute_script(_postgres_function(table))
        present = await _triggers(
            connection, f"SELECT tgname AS name FROM pg_trigger WHERE tgrelid = '{table}'::regclass"
        )
        for name, sql in _postgres(table).items():
            if name not in present:
                await connection.execute_script(sql)
    await connection.execute_script(_POSTGRES_ROLE)
    await connection.execute_script(
        f"GRANT USAGE ON SCHEMA public TO {APPLICATION_ROLE};"
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APPLICATION_ROLE};"
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APPLICATION_ROLE};"
        f"REVOKE UPDATE, DELETE, TRUNCATE ON {', '.join(PROTECTED)} FROM {APPLICATION_ROLE}"
    )


async def check_guards(connection: BaseDBAsyncClient) -> None:
    """Called at start; raises GuardMissing."""
    if connection.capabilities.dialect == "postgres":
        await _check_postgres(connection)
        return
    present = await _triggers(connection, "SELECT name AS name FROM sqlite_master WHERE type = 'trigger'")
    if missing := {name for table in PROTECTED for name in _sqlite(table)} - present:
        raise GuardMissing(f"triggers are missing: {', '.join(sorted(missing))}")
    (pragma,) = await connection.execute_query_dict("PRAGMA recursive_triggers")
    if pragma["recursive_triggers"] != 1:
        raise GuardMissing("recursive_triggers is off: REPLACE would walk past the guards")


async def _check_postgres(connection: BaseDBAsyncClient) -> None:
    for table in PROTECTED:
        sql = f"SELECT tgname AS name FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND tgenabled <> 'D'"
        if missing := set(_postgres(table)) - await _triggers(connection, sql):
            raise GuardMissing(f"triggers are missing: {', '.join(sorted(missing))}")
        (rights,) = await connection.execute_query_dict(
            f"SELECT has_table_privilege('{table}', 'UPDATE') OR has_table_privilege('{table}', 'DELETE')"
            f" OR has_table_privilege('{table}', 'TRUNCATE') AS may,"
            f" (SELECT pg_get_userbyid(relowner) = current_user FROM pg_class WHERE oid = '{table}'::regclass) AS owns"
        )
        if rights["may"] or rights["owns"]:
            raise GuardMissing(
                f"the application's role may change the {table}: it must be neither its owner nor a superuser"
            )


async def _triggers(connection: BaseDBAsyncClient, sql: str) -> set[str]:
    return {row["name"] for row in await connection.execute_query_dict(sql)}
