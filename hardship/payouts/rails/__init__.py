"""The rails that exist. Each is chosen per batch and can be replaced when its owner closes the door."""

from collections.abc import Callable

from hardship.core.errors import BadInput
from hardship.core.runtime import Runtime
from hardship.payouts.models import RailName
from hardship.payouts.rails.bank_file import BankFileRail
from hardship.payouts.rails.base import Rail
from hardship.payouts.rails.sandbox import Sandbox


def _stripe(runtime: Runtime) -> Rail:
    from hardship.payouts.rails.stripe import Stripe  # its library takes long to load, and few funds use it

    return Stripe(runtime)


RAILS: dict[RailName, Callable[[Runtime], Rail]] = {
    RailName.BANK_FILE: BankFileRail,
    RailName.SANDBOX: Sandbox,
    RailName.STRIPE: _stripe,
}


def rail_for(runtime: Runtime, name: RailName) -> Rail:
    """The rail of that name, ready to use; raises `BadInput` where there is none, `Refused` where it must not run."""
    made = RAILS.get(name)
    if made is None:
        there = ", ".join(known.value for known in RAILS)
        raise BadInput(
            f"the rail {name.value} is not set up here", where="rail", fix=f"Choose one of: {there}."
        )
    return made(runtime)
