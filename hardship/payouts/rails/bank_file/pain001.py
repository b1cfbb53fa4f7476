"""ISO 20022 `pain.001.001.09`: credit transfers in sterling between sort codes, as UK banks document it.

Debtor and creditor banks are named by sort code (clearing system GBDSC), accounts by their eight digits as BBAN, the
scheme by its service level (LHV's "FAST" is Faster Payments), charges are shared. Recipients are shown the fund's public
name and a neutral reference, and nothing else of ours.
"""

import datetime as dt
from decimal import Decimal
from typing import Any

import pyiso20022.pain.pain_001_001_09 as iso
from xsdata.formats.dataclass.serializers import XmlSerializer
from xsdata.formats.dataclass.serializers.config import SerializerConfig
from xsdata.models.datatype import XmlDate, XmlDateTime

from hardship.core.clock import day_of
from hardship.core.money import decimal
from hardship.funds.bankfiles import BankFiles, Debits
from hardship.payouts.rails.bank_file.charset import bank_name
from hardship.payouts.rails.bank_file.content import Content
from hardship.payouts.rails.base import Instruction

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
_ISO_LEVELS = frozenset({"SDVA", "URGP", "URNS", "NURG", "NUGP"})
"""Service levels of the external code list; any other is the bank's own (proprietary)."""


def written(content: Content, settings: BankFiles) -> bytes:
    """The file's bytes, in UTF-8 of which only ASCII is used."""
    document = iso.Document(
        cstmr_cdt_trf_initn=iso.CustomerCreditTransferInitiationV09(
            grp_hdr=_header(content), pmt_inf=[_payments(content, settings)]
        )
    )
    serializer = XmlSerializer(config=SerializerConfig(indent="  ", encoding="UTF-8"))
    return str(serializer.render(document, ns_map={None: NAMESPACE})).encode()


def _header(content: Content) -> Any:
    made = content.made_at.astimezone(dt.UTC).replace(microsecond=0)
    return iso.GroupHeader85(
        msg_id=content.ref,
        cre_dt_tm=XmlDateTime.from_datetime(made),
        nb_of_txs=str(len(content.payments)),
        ctrl_sum=_sum(content),
        initg_pty=iso.PartyIdentification135(nm=bank_name(content.account.name)),
    )


def _payments(content: Content, settings: BankFiles) -> Any:
    account = content.account
    return iso.PaymentInstruction30(
        pmt_inf_id=content.ref,
        pmt_mtd=iso.PaymentMethod3Code.TRF,
        btch_bookg=settings.debits is Debits.TOTAL,
        nb_of_txs=str(len(content.payments)),
        ctrl_sum=_sum(content),
        pmt_tp_inf=_scheme(settings.service_level),
        reqd_exctn_dt=iso.DateAndDateTime2Choice(dt=XmlDate.from_date(day_of(content.made_at))),
        dbtr=iso.PartyIdentification135(nm=bank_name(account.shown_name)),
        dbtr_acct=_account(account.account_number),
        dbtr_agt=_bank(account.sort_code),
        chrg_br=iso.ChargeBearerType1Code.SHAR,
        cdt_trf_tx_inf=[_transfer(code, one) for code, one in content.payments],
    )


def _transfer(code: str, one: Instruction) -> Any:
    return iso.CreditTransferTransaction34(
        pmt_id=iso.PaymentIdentification6(instr_id=code, end_to_end_id=code),
        amt=iso.AmountType4Choice(
            instd_amt=iso.ActiveOrHistoricCurrencyAndAmount(value=_two(one.amount_minor), ccy="GBP")
        ),
        cdtr_agt=_bank(one.sort_code),
        cdtr=iso.PartyIdentification135(nm=bank_name(one.name)),
        cdtr_acct=_account(one.account_number),
        rmt_inf=iso.RemittanceInformation16(ustrd=[one.reference]),
    )


def _scheme(level: str) -> Any:
    if not level:
        return None
    named = {"cd": level} if level in _ISO_LEVELS else {"prtry": level}
    return iso.PaymentTypeInformation26(svc_lvl=[iso.ServiceLevel8Choice(**named)])


def _bank(sort_code: str) -> Any:
    member = iso.ClearingSystemMemberIdentification2(
        clr_sys_id=iso.ClearingSystemIdentification2Choice(cd="GBDSC"), mmb_id=sort_code
    )
    return iso.BranchAndFinancialInstitutionIdentification6(
        fin_instn_id=iso.FinancialInstitutionIdentification18(clr_sys_mmb_id=member)
    )


def _account(number: str) -> Any:
    named = iso.GenericAccountIdentification1(id=number, schme_nm=iso.AccountSchemeName1Choice(cd="BBAN"))
    return iso.CashAccount38(id=iso.AccountIdentification4Choice(othr=named))


def _sum(content: Content) -> Decimal:
    return _two(content.total_minor)


def _two(minor: int) -> Decimal:
    """Pence as a decimal that is always written with two places."""
    return decimal(minor).quantize(Decimal("0.01"))
