"""The database: does it answer, is it whole, is it of this version."""

from __future__ import annotations

from django.db import IntegrityError, connection
from django.db.migrations.executor import MigrationExecutor

from studio.upkeep.checks.finding import Finding, Scope, counted, fail, ok, warn

RESTORE = "Restore a backup: docs/backup.md."


def check_database(scope: Scope) -> Finding:
    """All pages with --all; else without comparing indexes with their tables."""
    if connection.vendor != "sqlite":
        version = ".".join(map(str, connection.get_database_version()))
        return ok(f"{connection.display_name} {version} answers.")
    pragma = "integrity_check" if scope.is_thorough else "quick_check"
    says = _ask(f"PRAGMA {pragma}")
    if says != "ok":
        return fail(f"SQLite says: {says}.", f"Stop the studio and keep its files. {RESTORE}")
    mode = _ask("PRAGMA journal_mode")
    if mode != "wal":
        return warn(
            f"SQLite is in mode {mode} instead of wal: readers and writers wait for each other.",
            "Keep the data folder on a local disk, not on a network share.",
        )
    return ok(f"SQLite in mode wal is whole ({pragma}).")


def check_migrations(scope: Scope) -> Finding:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        return fail(
            f"{counted(len(waiting), 'migration')} to be run: the database is of another version.",
            "Start this version of the studio, which runs them, or `manage.py migrate`.",
        )
    return ok("The database is that of this version.")


def check_references(scope: Scope) -> Finding:
    """Rows that name others that are not there. PostgreSQL sees to it at every commit."""
    try:
        if connection.vendor == "sqlite":
            connection.check_constraints()
    except IntegrityError as error:
        return fail(f"A row names another that is not there: {error}", RESTORE)
    return ok("Every row that another names is there.")


def _ask(question: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return str(cursor.fetchone()[0])
