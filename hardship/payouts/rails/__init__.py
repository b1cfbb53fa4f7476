"""The rails that exist. Each is chosen per batch and can be replaced when its owner closes the door."""

from collections.abc import Callable

from hardship.core.errors import BadInput
from hardship.core.runtime import Runtime
from hardship.payouts.models import RailName
from hardship.payouts.rails.base import Rail
from hardship.payouts.rails.sandbox import Sandbox

RAILS: dict[RailName, Callable[[Runtime], Rail]] = {RailName.SANDBOX: Sandbox}


def rail_for(runtime: Runtime, name: RailName) -> Rail:
    """The rail of that name, ready to use; raises `BadInput` where there is none, `Refused` where it must not run."""
    made = RAILS.get(name)
    if made is None:
        there = ", ".join(known.value for known in RAILS)
        raise BadInput(
            f"the rail {name.value} is not set up here", where="rail", fix=f"Choose one of: {there}."
        )
    return made(runtime)
