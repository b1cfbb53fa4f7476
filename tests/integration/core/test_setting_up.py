"""`hardship init` and every start after it: what is not fit is refused in one line, and nothing is made or changed."""

import json
import sqlite3
from pathlib import Path

import pytest

from hardship.cli import main
from hardship.core.keyring import generate, save


class Machine:
    """A machine with the program on it: environment variables and the command line."""

    def __init__(
        self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.instance = folder / "instance"
        self.capsys = capsys
        self.monkeypatch = monkeypatch
        for name in ("DATABASE_URL", "KEYRING", "ENV", "BASE_URL"):
            monkeypatch.delenv(f"HARDSHIP_{name}", raising=False)
        self.set("INSTANCE", str(self.instance))

    def set(self, name: str, value: str) -> None:
        """Set one of the variables."""
        self.monkeypatch.setenv(f"HARDSHIP_{name}", value)

    def run(self, *args: str) -> tuple[int, str, str]:
        """Exit status, standard output, standard error."""
        code = 0
        try:
            main(list(args))
        except SystemExit as stopped:
            code = int(stopped.code or 0)
        said = self.capsys.readouterr()
        return code, said.out, said.err

    def refused(self, *args: str) -> str:
        """The one line of a command that is refused with status 2; with `--json` one object."""
        code, out, err = self.run(*args, "--json")
        assert (code, err.count("\n")) == (2, 1), (out, err)
        assert json.loads(out)["error"] in err
        return err

    def sql(self, statement: str) -> None:
        """Change the database behind the program's back."""
        with sqlite3.connect(self.instance / "hardship.db") as connection:
            connection.execute(statement)
        connection.close()


@pytest.fixture
def machine(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Machine:
    """An empty machine."""
    return Machine(tmp_path, capsys, monkeypatch)


@pytest.fixture
def ready(machine: Machine) -> Machine:
    """A machine on which `hardship init` was run."""
    assert machine.run("init")[0] == 0
    return machine


def test_init_finishes_what_was_begun_and_again_is_no_change(machine: Machine) -> None:
    """A folder, or a folder with a keyring, is what an interrupted `init` leaves."""
    machine.instance.mkdir()
    save(generate("demo"), machine.instance / "keyring.json")
    assert json.loads(machine.run("init", "--json")[1])["administrator"]["email"]
    assert machine.run("init") == (0, "Everything is there already.\n", "")


def test_init_makes_no_new_keyring_for_a_database_that_has_one(ready: Machine) -> None:
    """It would open nothing, and stand where the good one belongs."""
    keyring = ready.instance / "keyring.json"
    keyring.unlink()
    assert "the keyring is missing" in ready.refused("init")
    assert not keyring.exists()
    save(generate("demo"), keyring)
    assert "belongs to another database" in ready.refused("init")
    assert "belongs to another database" in ready.refused("fund", "list")


def test_init_refuses_before_it_makes_anything(machine: Machine) -> None:
    """An address that is none, or a keyring where production does not want it."""
    assert "not an e-mail address" in machine.refused("init", "--admin", "nobody")
    machine.set("ENV", "production")
    assert "does not lie in the instance folder" in machine.refused("init")
    assert not machine.instance.exists()


def test_production_sees_through_a_roundabout_path_to_the_keyrings_folder(
    machine: Machine, tmp_path: Path
) -> None:
    """`..` and links are followed before the places are compared."""
    machine.set("ENV", "production")
    machine.set("KEYRING", str(tmp_path / "keys" / "keyring.json"))
    (tmp_path / "link").symlink_to(tmp_path / "keys")
    for path in (tmp_path / "keys" / ".." / "keys" / "h.db", tmp_path / "link" / "h.db"):
        machine.set("DATABASE_URL", f"sqlite:///{path}")
        assert "beside the database" in machine.refused("init")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("rubbish", "not a database this runs on"),
        ("sqlite:///", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("postgresql+psycopg://me:SECRET@host:port/name", "not an address"),
        ("postgresql+psycopg://me:SECRET@[::bad", "not an address"),
        ("postgresql+psycopg://me:SECRET@127.0.0.1:1/name", "cannot be reached"),
    ],
)
def test_an_address_of_no_database_is_refused(ready: Machine, url: str, said: str) -> None:
    """Without its password in the message."""
    ready.set("DATABASE_URL", url)
    for command in (["init"], ["fund", "list"]):
        line = ready.refused(*command)
        assert said in line
        assert "SECRET" not in line


@pytest.mark.parametrize("url", ["http://[::bad", "ftp://a.example", "https://a.example/?x=1"])
def test_a_base_address_that_is_none_is_refused(ready: Machine, url: str) -> None:
    """Links are made from it."""
    ready.set("BASE_URL", url)
    assert "not a web address" in ready.refused("fund", "list")


def test_a_file_that_is_no_database_is_refused(ready: Machine) -> None:
    """And left as it is."""
    path = ready.instance / "other.db"
    path.write_bytes(b"no database " * 500)
    ready.set("DATABASE_URL", f"sqlite:///{path}")
    for command in (["init"], ["fund", "list"], ["doctor"]):
        assert "this is not a database" in ready.refused(*command)
    assert path.read_bytes() == b"no database " * 500


def test_a_database_of_another_version_is_refused(ready: Machine) -> None:
    """A newer one by `init` too; tables without a version are not built over."""
    ready.sql("UPDATE alembic_version SET version_num = '9999'")
    assert "not of this version" in ready.refused("fund", "list")
    assert "does not know" in ready.refused("init")
    ready.sql("DELETE FROM alembic_version")
    assert "could not be brought to this version" in ready.refused("init")


def test_a_fault_of_the_database_quotes_nothing_that_was_in_the_file(ready: Machine, tmp_path: Path) -> None:
    """One line with the kind of error; not the statement, not its values."""
    from tests.integration.matching.helpers import fund_toml

    (tmp_path / "f.toml").write_text(fund_toml({}))
    assert ready.run("fund", "load", str(tmp_path / "f.toml"))[0] == 0
    ready.sql("CREATE TRIGGER full BEFORE INSERT ON donor BEGIN SELECT RAISE(ABORT, 'no'); END")
    header = "ref,received_at,amount,channel,donor_name,donor_type,note\n"
    gifts = tmp_path / "g.csv"
    gifts.write_text(f"{header}G-1,2020-04-02T10:00:00Z,1.00,bank,Canary Name,person,\n")
    line = ready.refused("import", "contributions", str(gifts), "--fund", "f")
    assert "the database refused (IntegrityError)" in line
    assert "Canary" not in line


def test_a_fault_of_the_program_is_one_line_too(ready: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it happened, and none of the words of the error."""

    def broken(*_: object, **__: object) -> None:
        raise KeyError("Canary Name")

    monkeypatch.setattr("hardship.funds.commands.funds", broken)
    line = ready.refused("fund", "list")
    assert "a fault of the program (KeyError at test_setting_up.py:" in line
    assert "Canary" not in line


def test_an_argument_that_is_not_utf8_is_refused(ready: Machine) -> None:
    """As a shell hands on a byte that is none."""
    assert "not UTF-8" in ready.refused("import", "contributions", "a.csv", "--fund", "f\udcff")


@pytest.mark.parametrize("name", ["token_key", "signing_key", "mac_key"])
def test_a_keyring_with_one_damaged_secret_refuses_to_start(ready: Machine, name: str) -> None:
    """Whichever it is: the file holds a digest of itself."""
    path = ready.instance / "keyring.json"
    body = json.loads(path.read_text())
    body[name] = body["keks"]["1"]
    path.write_text(json.dumps(body))
    assert "the keyring is damaged" in ready.refused("fund", "list")
