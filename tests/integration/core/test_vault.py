"""Without the keyring the database is noise; with the wrong one the system does not start."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardship.core.actor import SYSTEM
from hardship.core.errors import Broken, NotFound
from hardship.core.keyring import generate, load, save
from hardship.core.models import DataKey
from hardship.core.runtime import Runtime, Transaction
from hardship.core.vault import Vault
from hardship.wiring import build


def test_a_sealed_value_opens_where_it_was_sealed(runtime: Runtime) -> None:
    """Round trip through the database."""
    key_id = runtime.transact(SYSTEM, lambda tx: tx.vault.new_person(tx.session, tx.at).key_id)
    with runtime.read() as session:
        sealer = runtime.vault.person(session, key_id)
    blob = sealer.seal("t", "c", "r", "Ada Lovelace")
    assert blob is not None
    assert b"Ada" not in blob
    assert sealer.open("t", "c", "r", blob) == "Ada Lovelace"


@pytest.mark.parametrize("place", [("u", "c", "r"), ("t", "d", "r"), ("t", "c", "s")])
def test_a_sealed_value_moved_elsewhere_does_not_open(runtime: Runtime, place: tuple[str, str, str]) -> None:
    """The table, the column and the row are bound to the value."""
    sealer = runtime.transact(SYSTEM, lambda tx: tx.vault.new_person(tx.session, tx.at))
    with pytest.raises(Broken, match="does not open"):
        sealer.open(*place, sealer.seal("t", "c", "r", "secret"))


def test_another_persons_key_does_not_open_it(runtime: Runtime) -> None:
    """One data key a person."""
    first, second = (
        runtime.transact(SYSTEM, lambda tx: tx.vault.new_person(tx.session, tx.at)) for _ in range(2)
    )
    with pytest.raises(Broken):
        second.open("t", "c", "r", first.seal("t", "c", "r", "secret"))


def test_without_the_data_key_nothing_can_be_read(runtime: Runtime) -> None:
    """Destroying the wrapped key is erasure."""

    def erase(tx: Transaction) -> str:
        sealer = tx.vault.new_person(tx.session, tx.at)
        row = tx.session.get(DataKey, sealer.key_id)
        assert row is not None
        row.wrapped = None
        return sealer.key_id

    key_id = runtime.transact(SYSTEM, erase)
    with runtime.read() as session, pytest.raises(NotFound, match="erased"):
        runtime.vault.person(session, key_id)


@given(st.text(min_size=1), st.text(min_size=1))
def test_tokens_are_equal_exactly_when_values_are(one: str, other: str) -> None:
    """Equal values, equal tokens; other values, kinds or keys give others."""
    vault = Vault(generate("demo"))
    assert (vault.token(b"k" * 32, "phone", one) == vault.token(b"k" * 32, "phone", other)) == (one == other)
    assert vault.token(b"k" * 32, "phone", one) != vault.token(b"k" * 32, "email", one)
    assert vault.token(b"k" * 32, "phone", one) != vault.token(b"j" * 32, "phone", one)


def test_the_keyring_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    """Mode 0600, and refused when anybody else can read it."""
    path = tmp_path / "keyring.json"
    save(generate("demo"), path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(Broken, match="read by others"):
        load(path)


@pytest.mark.parametrize("damage", ["", "{", '{"format": 1}', '{"keks": {"1": "AA=="}, "current": 1}', "[]"])
def test_a_damaged_keyring_is_refused_in_one_sentence(tmp_path: Path, damage: str) -> None:
    """Never a stack trace, never a start."""
    path = tmp_path / "keyring.json"
    path.write_text(damage)
    path.chmod(0o600)
    with pytest.raises(Broken, match="keyring"):
        load(path)


def test_a_missing_keyring_refuses_to_start(make_runtime: Callable[[str], Runtime]) -> None:
    """Nothing is made up in its place."""
    runtime = make_runtime("sqlite")
    runtime.settings.keyring_path.unlink()
    with pytest.raises(Broken, match="missing"):
        build(runtime.settings)
    assert not runtime.settings.keyring_path.exists()


def test_a_wrong_keyring_refuses_to_start(runtime: Runtime) -> None:
    """The database knows whose it is."""
    save(generate("demo"), runtime.settings.keyring_path)
    with pytest.raises(Broken, match="another database"):
        build(runtime.settings)


def test_secrets_do_not_show_in_a_representation() -> None:
    """What lands in a log by accident says nothing."""
    ring = generate("demo")
    assert ring.token_key.hex() not in repr(ring)
    assert str(ring.token_key) not in repr(ring)
