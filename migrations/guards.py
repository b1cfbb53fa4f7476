"""What the database itself refuses: a changed journal, an unbalanced one, an altered policy, terms or statement.

Alembic's batch mode drops a table's triggers on SQLite: a migration that rebuilds one of these tables creates them
again with `create`.
"""

from alembic import op

FROZEN = ("policy", "match_terms", "statement", "statement_file", "period_close")
WRAPPED = ("data_key", "token_epoch")

_WRAPPED = """CREATE TRIGGER TABLE_wrapped_by_a_living_version BEFORE INSERT ON TABLE
   WHEN NEW.kek_version < (SELECT oldest FROM keyring_mark)
   BEGIN SELECT RAISE(ABORT, 'this version of the keyring is forgotten'); END"""

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
         SELECT RAISE(ABORT, 'a closed period takes no journal') WHERE EXISTS
           (SELECT 1 FROM entry JOIN pot ON pot.id = entry.pot_id
            JOIN period_close ON period_close.fund_slug = pot.fund_slug AND period_close.through >= NEW.effective_on
            WHERE entry.journal_id = NEW.id);
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
    """CREATE TRIGGER period_closes_onwards BEFORE INSERT ON period_close WHEN EXISTS
       (SELECT 1 FROM period_close WHERE fund_slug = NEW.fund_slug AND through >= NEW.through)
       BEGIN SELECT RAISE(ABORT, 'a period is closed once, after those before it'); END""",
    """CREATE TRIGGER account_is_itself BEFORE UPDATE OF id, pot_id, kind, currency ON account
       BEGIN SELECT RAISE(ABORT, 'an account stays what it is'); END""",
    """CREATE TRIGGER pot_is_itself BEFORE UPDATE OF id, ref, fund_slug, currency ON pot
       BEGIN SELECT RAISE(ABORT, 'a pot stays its fund''s'); END""",
    """CREATE TRIGGER payment_request_is_frozen
       BEFORE UPDATE OF id, ref, agreement_id, number, amount_minor, due_on, tranche_due_on, body, sha256
       ON payment_request
       BEGIN SELECT RAISE(ABORT, 'an issued request never changes'); END""",
    """CREATE TRIGGER payment_request_stays BEFORE DELETE ON payment_request
       BEGIN SELECT RAISE(ABORT, 'an issued request is never deleted'); END""",
    *[_WRAPPED.replace("TABLE", table) for table in WRAPPED],
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
           IF EXISTS (SELECT 1 FROM entry JOIN pot ON pot.id = entry.pot_id
                      JOIN period_close ON period_close.fund_slug = pot.fund_slug
                       AND period_close.through >= NEW.effective_on
                      WHERE entry.journal_id = NEW.id) THEN
             RAISE EXCEPTION 'a closed period takes no journal'; END IF;
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
    """CREATE FUNCTION guard_period() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF EXISTS (SELECT 1 FROM period_close WHERE fund_slug = NEW.fund_slug AND through >= NEW.through) THEN
           RAISE EXCEPTION 'a period is closed once, after those before it'; END IF;
         RETURN NEW;
       END $$""",
    """CREATE TRIGGER guard_period BEFORE INSERT ON period_close
       FOR EACH ROW EXECUTE FUNCTION guard_period()""",
    """CREATE FUNCTION guard_account() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'an account and a pot stay what they are'; END $$""",
    """CREATE TRIGGER guard_account BEFORE UPDATE OF id, pot_id, kind, currency ON account
       FOR EACH ROW EXECUTE FUNCTION guard_account()""",
    """CREATE TRIGGER guard_pot BEFORE UPDATE OF id, ref, fund_slug, currency ON pot
       FOR EACH ROW EXECUTE FUNCTION guard_account()""",
    """CREATE FUNCTION guard_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'a published row of % never changes', TG_TABLE_NAME; END $$""",
    """CREATE TRIGGER payment_request_is_frozen
       BEFORE UPDATE OF id, ref, agreement_id, number, amount_minor, due_on, tranche_due_on, body, sha256
       ON payment_request FOR EACH ROW EXECUTE FUNCTION guard_frozen()""",
    """CREATE TRIGGER payment_request_stays BEFORE DELETE ON payment_request
       FOR EACH ROW EXECUTE FUNCTION guard_frozen()""",
    """CREATE FUNCTION guard_wrapped() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF NEW.kek_version < (SELECT oldest FROM keyring_mark) THEN
           RAISE EXCEPTION 'this version of the keyring is forgotten'; END IF;
         RETURN NEW;
       END $$""",
    *[
        f"CREATE TRIGGER guard_wrapped BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION guard_wrapped()"
        for table in WRAPPED
    ],
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
