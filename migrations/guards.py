"""What the database itself refuses: a changed journal, an unbalanced one, an altered policy, terms or statement.

Alembic's batch mode drops a table's triggers on SQLite: a migration that rebuilds one of these tables creates them
again with `create`.
"""

from alembic import op

FROZEN = ("policy", "match_terms", "statement", "statement_file")

_SQLITE = [
    """CREATE TRIGGER journal_starts_unposted BEFORE INSERT ON journal WHEN NEW.posted
       BEGIN SELECT RAISE(ABORT, 'a journal is inserted unposted'); END""",
    """CREATE TRIGGER journal_posted_is_final BEFORE UPDATE ON journal WHEN OLD.posted
       BEGIN SELECT RAISE(ABORT, 'a posted journal never changes'); END""",
    """CREATE TRIGGER journal_posts_balanced BEFORE UPDATE ON journal WHEN NEW.posted AND NOT OLD.posted
       BEGIN
         SELECT RAISE(ABORT, 'a journal has entries') WHERE NOT EXISTS
           (SELECT 1 FROM entry WHERE journal_id = NEW.id);
         SELECT RAISE(ABORT, 'a journal balances in each pot') WHERE EXISTS
           (SELECT 1 FROM entry WHERE journal_id = NEW.id GROUP BY pot_id, currency HAVING sum(amount_minor) <> 0);
       END""",
    """CREATE TRIGGER journal_stays BEFORE DELETE ON journal
       BEGIN SELECT RAISE(ABORT, 'a journal is never deleted'); END""",
    """CREATE TRIGGER entry_comes_before_posting BEFORE INSERT ON entry
       BEGIN
         SELECT RAISE(ABORT, 'a posted journal takes no entry') WHERE
           (SELECT posted FROM journal WHERE id = NEW.journal_id);
         SELECT RAISE(ABORT, 'an entry stands in its account''s pot') WHERE NOT EXISTS
           (SELECT 1 FROM account WHERE id = NEW.account_id AND pot_id = NEW.pot_id AND currency = NEW.currency);
       END""",
    """CREATE TRIGGER entry_is_final BEFORE UPDATE ON entry
       BEGIN SELECT RAISE(ABORT, 'an entry never changes'); END""",
    """CREATE TRIGGER entry_stays BEFORE DELETE ON entry
       BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END""",
]

_POSTGRESQL = [
    """CREATE FUNCTION guard_journal() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF TG_OP = 'DELETE' THEN RAISE EXCEPTION 'a journal is never deleted'; END IF;
         IF TG_OP = 'INSERT' THEN
           IF NEW.posted THEN RAISE EXCEPTION 'a journal is inserted unposted'; END IF;
           RETURN NEW;
         END IF;
         IF OLD.posted THEN RAISE EXCEPTION 'a posted journal never changes'; END IF;
         IF NEW.posted THEN
           IF NOT EXISTS (SELECT 1 FROM entry WHERE journal_id = NEW.id) THEN
             RAISE EXCEPTION 'a journal has entries'; END IF;
           IF EXISTS (SELECT 1 FROM entry WHERE journal_id = NEW.id
                      GROUP BY pot_id, currency HAVING sum(amount_minor) <> 0) THEN
             RAISE EXCEPTION 'a journal balances in each pot'; END IF;
         END IF;
         RETURN NEW;
       END $$""",
    """CREATE TRIGGER guard_journal BEFORE INSERT OR UPDATE OR DELETE ON journal
       FOR EACH ROW EXECUTE FUNCTION guard_journal()""",
    """CREATE FUNCTION guard_entry() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF TG_OP <> 'INSERT' THEN RAISE EXCEPTION 'an entry never changes'; END IF;
         IF (SELECT posted FROM journal WHERE id = NEW.journal_id) THEN
           RAISE EXCEPTION 'a posted journal takes no entry'; END IF;
         IF NOT EXISTS (SELECT 1 FROM account WHERE id = NEW.account_id AND pot_id = NEW.pot_id
                        AND currency = NEW.currency) THEN
           RAISE EXCEPTION 'an entry stands in its account''s pot'; END IF;
         RETURN NEW;
       END $$""",
    """CREATE TRIGGER guard_entry BEFORE INSERT OR UPDATE OR DELETE ON entry
       FOR EACH ROW EXECUTE FUNCTION guard_entry()""",
    """CREATE FUNCTION guard_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'a published row of % never changes', TG_TABLE_NAME; END $$""",
    *[
        f"""CREATE TRIGGER guard_frozen BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION guard_frozen()"""
        for table in FROZEN
    ],
]


def create() -> None:
    """Create every guard, in the dialect of the database at hand."""
    if op.get_bind().dialect.name != "sqlite":
        for statement in _POSTGRESQL:
            op.execute(statement)
        return
    for statement in _SQLITE:
        op.execute(statement)
    for table in FROZEN:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_refuses_{change.lower()} BEFORE {change} ON {table}"
                f" BEGIN SELECT RAISE(ABORT, 'a published row of {table} never changes'); END"
            )
