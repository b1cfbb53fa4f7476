"""Reading the lists in the four forms in which they are published, and refusing what is something else."""

import datetime as dt

import pytest

from hardship.core.errors import BadInput
from hardship.payouts.sanctions.lists import CONSOLIDATED, UK_LIST, Published, day_in, read_list

UK_HEADER = (
    "Last Updated,Unique ID,OFSI Group ID,UN Reference Number,Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Name type,"
    "Alias strength,Title,Name non-latin script,Non-latin script type,Non-latin script language,Regime Name,"
    "Designation Type,Designation source,Sanctions Imposed,Other Information,D.O.B"
)
UK_CSV = f"""Report Date: 08-Oct-2026
{UK_HEADER}
17/02/2022,AFG0001,1001,,AKHUND,Mohammad,Hassan,,,,Primary Name,,Mullah,محمد حسن آخوند,,,Afghanistan,Individual,UK,Asset freeze,,dd/mm/1950
17/02/2022,AFG0001,1001,,AKHUND,Mohammed,Hasan,,,,Alias,Good quality,,,,,Afghanistan,Individual,UK,Asset freeze,,27/08/1955
17/02/2022,RUS0002,1002,,Rosneft Oil Company,,,,,,Primary Name,,,,,,Russia,Entity,UK,Asset freeze,,
17/02/2022,SHP0001,1003,,OCEAN PEARL,,,,,,Primary Name,,,,,,Russia,Ship,UK,Specified ship,,
"""
UK_XML = """<?xml version="1.0" encoding="utf-8"?>
<Designations>
  <DateGenerated>08/10/2026</DateGenerated>
  <Designation>
    <LastUpdated>17/02/2022</LastUpdated><DateDesignated>25/01/2001</DateDesignated>
    <UniqueID>AFG0001</UniqueID>
    <Names>
      <Name><Name1>Mohammad</Name1><Name2>Hassan</Name2><Name6>AKHUND</Name6><NameType>Primary Name</NameType></Name>
      <Name><Name1>Mohammed</Name1><Name2>Hasan</Name2><Name6>AKHUND</Name6><NameType>Alias</NameType></Name>
    </Names>
    <NonLatinNames><NonLatinName><NameNonLatinScript>محمد حسن آخوند</NameNonLatinScript></NonLatinName></NonLatinNames>
    <IndividualEntityShip>Individual</IndividualEntityShip>
    <IndividualDetails><Individual><DOBs><DOB>dd/mm/1950</DOB><DOB>27/08/1955</DOB></DOBs></Individual></IndividualDetails>
  </Designation>
  <Designation>
    <UniqueID>RUS0002</UniqueID>
    <Names><Name><Name6>Rosneft Oil Company</Name6><NameType>Primary Name</NameType></Name></Names>
    <IndividualEntityShip>Entity</IndividualEntityShip>
  </Designation>
  <Designation>
    <UniqueID>SHP0001</UniqueID>
    <Names><Name><Name6>OCEAN PEARL</Name6></Name></Names>
    <IndividualEntityShip>Ship</IndividualEntityShip>
  </Designation>
</Designations>
"""
OFSI_CSV = """Last Updated,08/10/2026
Name 6,Name 1,Name 2,Name 3,Name 4,Name 5,Title,Name Non-Latin Script,DOB,Group Type,Alias Type,Regime,Listed On,Last Updated,Group ID
AKHUND,Mohammad,Hassan,,,,Mullah,محمد حسن آخوند,00/00/1950,Individual,Primary name,Afghanistan,25/01/2001,17/02/2022,1001
AKHUND,Mohammed,Hasan,,,,,,27/08/1955,Individual,Primary name variation,Afghanistan,25/01/2001,17/02/2022,1001
Rosneft Oil Company,,,,,,,,,Entity,Primary name,Russia,01/03/2022,17/02/2022,1002
OCEAN PEARL,,,,,,,,,Ship,Primary name,Russia,01/03/2022,17/02/2022,1003
"""
OFSI_XML = """<?xml version="1.0" encoding="utf-8"?>
<ArrayOfFinancialSanctionsTarget xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://schemas.hmtreasury.gov.uk/ofsi/consolidatedlist">
  <FinancialSanctionsTarget>
    <AliasType>Primary name</AliasType><DateListed>2001-01-25T00:00:00</DateListed>
    <GroupID>1001</GroupID><GroupTypeDescription>Individual</GroupTypeDescription>
    <Individual_DateOfBirth>00/00/1950</Individual_DateOfBirth><LastUpdated>2026-10-07T00:00:00</LastUpdated>
    <Name6>AKHUND</Name6><NameNonLatinScript>محمد حسن آخوند</NameNonLatinScript>
    <name1>Mohammad</name1><name2>Hassan</name2><name3 i:nil="true" />
  </FinancialSanctionsTarget>
  <FinancialSanctionsTarget>
    <GroupID>1001</GroupID><GroupTypeDescription>Individual</GroupTypeDescription>
    <Individual_DateOfBirth>27/08/1955</Individual_DateOfBirth><LastUpdated>2026-10-08T00:00:00</LastUpdated>
    <Name6>AKHUND</Name6><name1>Mohammed</name1><name2>Hasan</name2>
  </FinancialSanctionsTarget>
  <FinancialSanctionsTarget>
    <GroupID>1002</GroupID><GroupTypeDescription>Entity</GroupTypeDescription><Name6>Rosneft Oil Company</Name6>
  </FinancialSanctionsTarget>
  <FinancialSanctionsTarget>
    <GroupID>1003</GroupID><GroupTypeDescription>Ship</GroupTypeDescription><Name6>OCEAN PEARL</Name6>
  </FinancialSanctionsTarget>
</ArrayOfFinancialSanctionsTarget>
"""


@pytest.mark.parametrize(
    ("text", "form", "ids"),
    [
        (UK_CSV, UK_LIST, ["AFG0001", "RUS0002"]),
        (UK_XML, UK_LIST, ["AFG0001", "RUS0002"]),
        (OFSI_CSV, CONSOLIDATED, ["1001", "1002"]),
        (OFSI_XML, CONSOLIDATED, ["1001", "1002"]),
    ],
)
def test_every_published_form_gives_the_same_names_years_and_day(
    text: str, form: str, ids: list[str]
) -> None:
    read = read_list(text.encode(), "list")
    assert (read.form, read.published_on) == (form, dt.date(2026, 10, 8))
    assert [entry.uid for entry in read.entries] == ids
    person, company = read.entries
    assert set(person.names) == {"Mohammad Hassan AKHUND", "Mohammed Hasan AKHUND", "محمد حسن آخوند"}
    assert person.years == (1950, 1955)
    assert (company.names, company.years) == (("Rosneft Oil Company",), ())
    assert read.names == 4


def test_columns_may_stand_in_any_order_and_a_mark_at_the_start_is_fine() -> None:
    columns = UK_HEADER.split(",")
    text = f"\ufeff\n{','.join(reversed(columns))}\n" + ",".join(
        reversed([{"Unique ID": "X1", "Name 6": "DOE", "Name 1": "Jo"}.get(column, "") for column in columns])
    )
    read = read_list(text.encode(), "list.csv")
    assert read == Published(UK_LIST, None, read.entries)
    assert read.entries[0].names == ("Jo DOE",)


def test_the_old_encoding_of_the_consolidated_list_is_understood() -> None:
    text = OFSI_CSV.replace("محمد حسن آخوند", "").replace("Hassan", "Hässan")
    assert "Mohammad Hässan AKHUND" in read_list(text.encode("cp1252"), "ConList.csv").entries[0].names


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf  \n", "empty"),
        (b"name,amount\nJo,1\n", "no header of a sanctions list"),
        (UK_CSV.replace("RUS0002", "").encode(), "line 5: a row without the id"),
        (UK_CSV.split("\n17/02")[0].encode(), "names nobody"),
        (b"a,b\0c\n", "NUL"),
        (b"<html><body>Not found</body></html>", "not a sanctions list"),
        (UK_XML[:-40].encode(), "not well-formed"),
        (UK_XML.replace("<UniqueID>RUS0002</UniqueID>", "").encode(), "an entry without its id"),
        (b"<Designations></Designations>", "names nobody"),
        (b'<?xml version="1.0" encoding="x-none"?><Designations/>', "encoding"),
    ],
)
def test_what_is_no_list_is_refused_with_its_place(data: bytes, said: str) -> None:
    with pytest.raises(BadInput, match="list.x") as refused:
        read_list(data, "list.x")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_document_type_is_refused_before_anything_of_it_is_expanded() -> None:
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    )
    outside = '<?xml version="1.0"?><!DOCTYPE d SYSTEM "file:///etc/passwd">'
    for head in (bomb, outside):
        with pytest.raises(BadInput, match="declares a document type"):
            read_list((head + UK_XML.split("?>")[1]).encode(), "list.xml")


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Report Date: 08-Oct-2026", dt.date(2026, 10, 8)),
        ("08/10/2026", dt.date(2026, 10, 8)),
        ("2026-10-08T00:00:00", dt.date(2026, 10, 8)),
        ("8 October 2026", dt.date(2026, 10, 8)),
        ("31/02/2026", None),
        ("08-Okt-2026", None),
        ("none", None),
    ],
)
def test_days_are_read_as_the_lists_write_them(text: str, day: dt.date | None) -> None:
    assert day_in(text) == day
