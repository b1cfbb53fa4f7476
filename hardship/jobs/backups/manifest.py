"""What a backup says of itself: where it comes from, how far its log goes, what it takes to open it, what its files are.

The manifest bears the instance's keyed digest, so that neither it nor a file that it names can be changed unnoticed by
somebody without the keyring. It holds counts and hashes, and nothing of anybody.
"""

import hmac
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hardship.core.canonical import canonical
from hardship.core.errors import BadInput
from hardship.core.keyring import Keyring
from hardship.core.vault import Vault

NAME = "manifest.json"
FORMAT = "hardship backup 1"
_LONGEST = 16 * 1024 * 1024


@dataclass(frozen=True)
class CopiedFile:
    """One file of a backup. `table` is the table it holds the rows of, with their number and columns, on PostgreSQL."""

    path: str
    bytes: int
    sha256: str
    table: str = ""
    rows: int = 0
    columns: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Manifest:
    """A backup. `versions` are the keyring's versions that any key in it is wrapped by, `needed` those without which
    nothing of it opens; `checkpoint` is a signed note of where its log ends, None where the log did not verify."""

    id: str
    made_at: str
    database: str
    schema: str
    instance: str
    versions: list[int]
    needed: list[int]
    events: int
    head: str
    checkpoint: str | None
    files: list[CopiedFile]
    sequences: dict[str, int] = field(default_factory=dict)
    format: str = FORMAT

    def body(self) -> dict[str, Any]:
        """All that it says."""
        return asdict(self)


def write(manifest: Manifest, vault: Vault) -> bytes:
    """The manifest's file."""
    body = manifest.body()
    return json.dumps(body | {"mac": _mac(vault, body)}, indent=1, ensure_ascii=False).encode()


def read(folder: Path, ring: Keyring) -> Manifest:
    """The manifest of a backup of this keyring's instance.

    Raises `BadInput` for a folder that is no whole backup, one of another instance, or one that was changed.
    """
    found = glance(folder)
    if found is None:
        raise BadInput("this is no whole backup", where=str(folder), fix=f"Name a folder with a {NAME}.")
    if found.get("instance") != ring.id:
        raise BadInput(
            "the backup belongs to another keyring", where=str(folder), fix="Set HARDSHIP_KEYRING to its own."
        )
    mac = found.pop("mac", "")
    if not hmac.compare_digest(str(mac).encode(), _mac(Vault(ring), found).encode()):
        raise BadInput("the manifest was changed", where=str(folder / NAME), fix="Take another backup.")
    files = [CopiedFile(**one) for one in found.pop("files")]
    return Manifest(files=files, **found)


def glance(folder: Path) -> dict[str, Any] | None:
    """What a folder's manifest says, unproved; None where there is none of ours."""
    try:
        with (folder / NAME).open("rb") as file:
            found = json.loads(file.read(_LONGEST))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found.get("format") == FORMAT else None


def _mac(vault: Vault, body: dict[str, Any]) -> str:
    return vault.mac(b"backup|" + canonical(body))
