"""What can go wrong in a simulated town, by name; a whole run must have met each."""

STATEMENTS = ("killed between two statements", "an error at a statement")
COMMITS = ("killed before the commit", "killed after the commit", "busy", "unsure, not done", "unsure, done")
NETWORK = ("hop lost", "reply lost", "hop repeated")
INBOX = ("message repeated", "message late")
LANE = ("sms not now", "sms perhaps, gone", "sms perhaps, not gone", "sms late", "sms lane stopped")
DYING = ("killed before sending", "killed between sending and marking")
CLOCK = ("clock put back", "clock leaps")
OTHERS = ("hop late", "given up", "end lost", "end late", "worker late")
FAULTS = (*STATEMENTS, *COMMITS, *NETWORK, *INBOX, *LANE, *DYING, *CLOCK, *OTHERS)
"""Every kind of fault; a whole run must have hit each."""
