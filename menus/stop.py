"""The words that stop what goes on, in every language, by SMS and on any screen."""

STOP = ("stop", "acha", "arret", "lekeraawo", "hagarika", "daina", "akum", "aqum")
ALL = ("all", "zote", "tout", "byonna", "byose", "duka", "hulum", "hulunm")
"""Behind such a word: everything, subscriptions and messages."""
