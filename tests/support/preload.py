"""Everything that a process of the tests needs, imported once: children of the fork server start with it."""

import pytest
import stripe

from hardship.rooms import modules

LOADED = [pytest, *modules("models"), *modules("service")]
CLIENT = stripe.StripeClient("sk_test_none").v1.checkout.sessions  # its parts are loaded on first use
