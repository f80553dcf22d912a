"""A phone in somebody's hand, on the invented talk: what it shows, and what is remembered of it between hops."""

import json
from collections.abc import Sequence
from typing import Any

from service.ussd.engine import Reply, advance, begin
from service.ussd.session import Session, session_from_json, session_to_json
from service.ussd.text import Talk
from tests.ussd.bikes import Kiosk, bikes


class Phone:
    """Dials and presses; every session goes through JSON, as it does between two hops."""

    def __init__(self, talk: Talk | None = None, kiosk: Kiosk | None = None, language: str = "en") -> None:
        self.talk = talk or bikes()
        self.kiosk = kiosk or Kiosk()
        self.language = language
        self.session: Session
        self.reply: Reply
        self.seen: list[str] = []

    def dial(self, *path: str, told: str | None = None, resume: Session | None = None) -> str:
        """Start a talk, with the inputs of a dialled string."""
        return self._keep(
            begin(
                self.talk,
                role="rider",
                language=self.language,
                call=self.kiosk,
                path=path,
                told=told,
                resume=resume,
            )
        )

    def press(self, *inputs: str) -> str:
        """Answer one screen after the other; return the last one."""
        for typed in inputs:
            self._keep(advance(self.talk, self.session, typed, self.kiosk))
        return self.reply.text

    @property
    def screen(self) -> str:
        return self.reply.screen

    @property
    def lines(self) -> Sequence[str]:
        return self.reply.text.split("\n")

    def _keep(self, answer: tuple[Session, Reply]) -> str:
        kept: dict[str, Any] = json.loads(json.dumps(session_to_json(answer[0])))
        self.session, self.reply = session_from_json(kept), answer[1]
        assert self.session == answer[0]
        self.seen.append(json.dumps(kept) + self.reply.text)
        return self.reply.text
