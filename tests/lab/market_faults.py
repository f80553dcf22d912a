"""What goes wrong at a market besides what goes wrong in any town; a whole run must have met each."""

OUTSIDE = (
    "provider not reached",
    "provider silent, done",
    "provider silent, not done",
    "provider silent, done later",
    "provider refuses",
    "provider takes it and says later",
    "killed at the provider",
)
OTHERS = (
    "biller slow to say whose account it is",
    "provider silent when asked",
    "callback late",
    "callback twice",
    "callback before our answer",
    "use lost",
    "use repeated",
    "use late",
)
MARKET_FAULTS = (*OUTSIDE, *OTHERS)
