"""Commands of the panel: the queue, and a vote."""

import click

from hardship.applications.messages.models import Wants
from hardship.core.clock import day_of, iso
from hardship.core.command import Report, group, progress, reports, the_runtime
from hardship.funds.queries import round_by_slug
from hardship.review import service
from hardship.review.listing import open_cases
from hardship.review.talking.service import ask_from_shell
from hardship.review.votes import Outcome, ReasonCode
from hardship.staff.acting import acting_as, as_option


def register(root: click.Group) -> None:
    """Add `review …`."""
    review = group(root, "review", "The panel's queue and votes.")
    review.add_command(show_list)
    review.add_command(decide)
    review.add_command(ask)


@click.command("list", help="The open cases of a round, oldest first.")
@click.option("--round", "slug", required=True, metavar="SLUG", help="The round.")
@reports
def show_list(slug: str) -> Report:
    """List the queue."""
    runtime = the_runtime()
    with runtime.read() as session:
        round_id = round_by_slug(session, slug).id
        assert round_id is not None
        cases = open_cases(session, round_id, runtime.clock)
    lines = [
        f"{case['ref']}  {case['state']}  {case['votes']} votes  {case['waiting_days']} days"
        f"{'  referred: ' + '; '.join(one['signal'] for one in case['referred']) if case['referred'] else ''}"
        for case in cases
    ]
    return Report({"applications": cases}, lines or ["Nothing waits in this round."])


@click.command("decide", help="Open a case and vote on it, under the panel's own rules.")
@click.argument("ref", metavar="APPLICATION_REF")
@click.option("--outcome", required=True, type=click.Choice([one.value for one in Outcome]))
@click.option("--reason", required=True, type=click.Choice([one.value for one in ReasonCode]))
@click.option("--note", help="The reason in words. Kept sealed.")
@as_option(required=True)
@reports
def decide(ref: str, outcome: str, reason: str, note: str | None, acting: str) -> Report:
    """Vote."""
    result = the_runtime().transact(
        acting_as(acting),
        service.vote_from_shell,
        ref=ref,
        outcome=Outcome(outcome),
        reason=ReasonCode(reason),
        note=note,
    )
    data = {
        "ref": result.ref,
        "state": result.state.value,
        "votes": result.votes,
        "quorum": result.quorum,
        "award": result.award_ref,
    }
    if result.refusal:
        progress(f"hardship: {result.ref}: the vote is kept and the case referred: {result.refusal}")
        return Report(data, [], exit_code=1)
    stands = result.state.value.replace("_", " ")
    award = f", award {result.award_ref}" if result.award_ref else ""
    return Report(data, [f"{result.ref}: {stands}, {result.votes} of {result.quorum} votes{award}"])


@click.command("ask", help="Open a case and put a question to its applicant; the case waits for the answer.")
@click.argument("ref", metavar="APPLICATION_REF")
@click.option("--question", required=True, metavar="TEXT", help="What to ask. Kept sealed.")
@click.option(
    "--wants",
    default=Wants.ANSWER.value,
    type=click.Choice([one.value for one in Wants]),
    help="What is needed: words, a document, or that they correct what they told.",
)
@as_option(required=True)
@reports
def ask(ref: str, question: str, wants: str, acting: str) -> Report:
    """Ask."""
    asked = the_runtime().transact(
        acting_as(acting), ask_from_shell, ref=ref, words=question, wants=Wants(wants)
    )
    data = {"ref": asked.ref, "state": asked.state, "answer_by": iso(asked.due_at), "told": asked.told}
    told = "told that there is news" if asked.told else "not told: they look themselves"
    return Report(data, [f"{asked.ref}: asked, answer by {day_of(asked.due_at)}, {told}"])
