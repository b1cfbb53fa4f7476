"""What `hardship doctor` asks of the codes of trusted groups."""

from sqlalchemy import case, func
from sqlalchemy import select as sa_select
from sqlmodel import Session, col, select

from hardship.applications.models import Application
from hardship.applications.vouching.models import ApplicationVouching, VoucherUse
from hardship.applications.vouching.transitions import VouchingState
from hardship.core.runtime import Runtime


def counted_once(session: Session, _runtime: Runtime) -> list[str]:
    """As many codes are used up as applications came in with one that counts; somebody who asks again need not have
    given another. Which with which, nobody can say."""
    used = session.exec(select(func.count()).select_from(VoucherUse)).one()
    again = case((col(Application.again_of_id).is_not(None), 1), else_=0)
    counting, again_counting = session.execute(
        sa_select(func.count(), func.coalesce(func.sum(again), 0))
        .select_from(ApplicationVouching)
        .join(Application, col(Application.id) == col(ApplicationVouching.application_id))
        .where(col(ApplicationVouching.state) == VouchingState.CODE_VALID)
    ).one()
    if counting - again_counting <= used <= counting:
        return []
    return [f"{used} codes are used up, and {counting} applications came in with one that counts"]
