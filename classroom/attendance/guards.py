"""Makes the database refuse UPDATE, DELETE, REPLACE and TRUNCATE on the journal (row 39)."""

from tortoise.backends.base.client import BaseDBAsyncClient

from classroom.database import APPLICATION_ROLE


class GuardMissing(RuntimeError):
    """The journal isn't protected; the text says by what."""


_SQLITE = {
    "journal_no_update": "CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal"
    " BEGIN SELECT RAISE(ABORT, 'JOURNAL_APPEND_ONLY'); END",
    # REPLACE deletes without asking unless recursive_triggers is on (database.py); then this one stops it too.
    "journal_no_delete": "CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal"
    " BEGIN SELECT RAISE(ABORT, 'JOURNAL_APPEND_ONLY'); END",
    "journal_no_replace": "CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal WHEN EXISTS"
    " (SELECT 1 FROM journal WHERE (attendance_id = NEW.attendance_id AND seq = NEW.seq) OR id = NEW.id)"
    " BEGIN SELECT RAISE(ABORT, 'JOURNAL_APPEND_ONLY'); END",
}

_POSTGRES_FUNCTION = (
    "CREATE OR REPLACE FUNCTION journal_append_only() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN RAISE EXCEPTION 'JOURNAL_APPEND_ONLY'; END $$"
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
_POSTGRES = {
    "journal_no_change": "CREATE TRIGGER journal_no_change BEFORE UPDATE OR DELETE ON journal"
    " FOR EACH ROW EXECUTE FUNCTION journal_append_only()",
    "journal_no_truncate": "CREATE TRIGGER journal_no_truncate BEFORE TRUNCATE ON journal"
    " FOR EACH STATEMENT EXECUTE FUNCTION journal_append_only()",
}


async def install_guards(connection: BaseDBAsyncClient) -> None:
    """Make what is missing; safe to repeat. On PostgreSQL also the role that the application runs as."""
    if connection.capabilities.dialect == "postgres":
        await _install_postgres(connection)
        return
    present = await _triggers(connection, "SELECT name AS name FROM sqlite_master WHERE type = 'trigger'")
    for name, sql in _SQLITE.items():
        if name not in present:
            await connection.execute_script(sql)


async def _install_postgres(connection: BaseDBAsyncClient) -> None:
    await connection.execute_script(_POSTGRES_FUNCTION)
    present = await _triggers(connection, "SELECT tgname AS name FROM pg_trigger WHERE tgrelid = 'journal'::regclass")
    for name, sql in _POSTGRES.items():
        if name not in present:
            await connection.execute_script(sql)
    await connection.execute_script(_POSTGRES_ROLE)
    await connection.execute_script(
        f"GRANT USAGE ON SCHEMA public TO {APPLICATION_ROLE};"
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {APPLICATION_ROLE};"
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {APPLICATION_ROLE};"
        f"REVOKE UPDATE, DELETE, TRUNCATE ON journal FROM {APPLICATION_ROLE}"
    )


async def check_guards(connection: BaseDBAsyncClient) -> None:
    """Called at start; raises GuardMissing."""
    if connection.capabilities.dialect == "postgres":
        await _check_postgres(connection)
        return
    present = await _triggers(connection, "SELECT name AS name FROM sqlite_master WHERE type = 'trigger'")
    if missing := set(_SQLITE) - present:
        raise GuardMissing(f"the journal's triggers are missing: {', '.join(sorted(missing))}")
    (pragma,) = await connection.execute_query_dict("PRAGMA recursive_triggers")
    if pragma["recursive_triggers"] != 1:
        raise GuardMissing("recursive_triggers is off: REPLACE would walk past the journal's guards")


async def _check_postgres(connection: BaseDBAsyncClient) -> None:
    sql = "SELECT tgname AS name FROM pg_trigger WHERE tgrelid = 'journal'::regclass AND tgenabled <> 'D'"
    if missing := set(_POSTGRES) - await _triggers(connection, sql):
        raise GuardMissing(f"the journal's triggers are missing: {', '.join(sorted(missing))}")
    (rights,) = await connection.execute_query_dict(
        "SELECT has_table_privilege('journal', 'UPDATE') OR has_table_privilege('journal', 'DELETE')"
        " OR has_table_privilege('journal', 'TRUNCATE') AS may,"
        " (SELECT pg_get_userbyid(relowner) = current_user FROM pg_class WHERE oid = 'journal'::regclass) AS owns"
    )
    if rights["may"] or rights["owns"]:
        raise GuardMissing(
            "the application's role may change the journal: it must be neither its owner nor a superuser"
        )


async def _triggers(connection: BaseDBAsyncClient, sql: str) -> set[str]:
    return {row["name"] for row in await connection.execute_query_dict(sql)}
