"""Bank statements as banks write them in camt.053, for the tests."""

from collections.abc import Sequence
from dataclasses import dataclass

from hardship.core.money import plain


@dataclass(frozen=True)
class Entry:
    """One booked entry; `minor` is negative for a debit."""

    minor: int
    on: str = "2020-04-02"
    end_to_end: str = ""
    message: str = ""
    words: str = ""
    debtor: str = ""
    creditor: str = ""
    ref: str = ""
    returned: bool = False
    status: str = "BOOK"


def camt(
    *entries: Entry,
    version: str = "08",
    account: str = "20000055779911",
    iban: str = "",
    currency: str = "GBP",
    opening: int | None = None,
    closing: int | None = None,
) -> bytes:
    """A statement of the account in `account` (or `iban`), in version 02 or a later one."""
    booked = sum(one.minor for one in entries if one.status == "BOOK")
    first = 0 if opening is None else opening
    last = first + booked if closing is None else closing
    identity = f"<IBAN>{iban}</IBAN>" if iban else f"<Othr><Id>{account}</Id></Othr>"
    body = "".join(_entry(one, version, currency) for one in entries)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt>
<GrpHdr><MsgId>M1</MsgId><CreDtTm>2020-04-03T06:00:00Z</CreDtTm></GrpHdr>
<Stmt><Id>S1</Id><Acct><Id>{identity}</Id><Ccy>{currency}</Ccy></Acct>
{_balance("OPBD", first, currency)}{_balance("CLBD", last, currency)}{body}</Stmt></BkToCstmrStmt></Document>
""".encode()


def _balance(code: str, minor: int, currency: str) -> str:
    sign = "CRDT" if minor >= 0 else "DBIT"
    return (
        f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy='{currency}'>{plain(abs(minor))}</Amt>"
        f"<CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>2020-04-30</Dt></Dt></Bal>"
    )


def _entry(one: Entry, version: str, currency: str) -> str:
    status = one.status if version == "02" else f"<Cd>{one.status}</Cd>"
    parties: Sequence[tuple[str, str]] = [("Dbtr", one.debtor), ("Cdtr", one.creditor)]
    named = "".join(
        f"<{tag}>{f'<Nm>{name}</Nm>' if version == '02' else f'<Pty><Nm>{name}</Nm></Pty>'}</{tag}>"
        for tag, name in parties
        if name
    )
    refs = f"<EndToEndId>{one.end_to_end or 'NOTPROVIDED'}</EndToEndId>"
    refs = (f"<MsgId>{one.message}</MsgId>" if one.message else "") + refs
    details = f"<Refs>{refs}</Refs>" + (f"<RltdPties>{named}</RltdPties>" if named else "")
    details += f"<RmtInf><Ustrd>{one.words}</Ustrd></RmtInf>" if one.words else ""
    details += "<RtrInf><Rsn><Cd>AC04</Cd></Rsn></RtrInf>" if one.returned else ""
    own = f"<AcctSvcrRef>{one.ref}</AcctSvcrRef>" if one.ref else ""
    return (
        f"<Ntry><Amt Ccy='{currency}'>{plain(abs(one.minor))}</Amt>"
        f"<CdtDbtInd>{'CRDT' if one.minor > 0 else 'DBIT'}</CdtDbtInd><Sts>{status}</Sts>"
        f"<BookgDt><Dt>{one.on}</Dt></BookgDt>{own}"
        f"<BkTxCd><Prtry><Cd>X</Cd></Prtry></BkTxCd>"
        f"<NtryDtls><TxDtls>{details}</TxDtls></NtryDtls></Ntry>"
    )
