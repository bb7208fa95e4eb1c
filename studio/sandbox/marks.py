"""Prompt marks: words in square brackets that make a pretend provider misbehave on purpose.

| mark       | what happens                                                                 |
|------------|------------------------------------------------------------------------------|
| [fast]     | done after 0.2 s                                                             |
| [slow:30]  | takes 30 s (any number up to 3600; [slow] alone means 30)                    |
| [fail]     | accepted, then failed                                                        |
| [block]    | accepted, then stopped by the content policy                                 |
| [refuse]   | the content policy refuses it when it is sent                                |
| [400] …    | refused when it is sent: 400, 401, 402, 403, 429, 500 or 503                 |
| [429:7]    | the same with `Retry-After: 7` (any number up to 3600)                       |
| [504]      | accepted, but answered with a proxy's 504 (where orders have ids of their client) |
| [html]     | a web page with status 200 instead of an answer                              |
| [lost]     | the order is forgotten half-way                                              |
| [gone]     | done, but the pictures' addresses answer 404                                 |
| [torn]     | done, but each picture breaks off half-way                                   |
| [short]    | delivers one picture fewer than ordered (at least one)                       |
| [two]      | several pictures come as two groups instead of one                           |
| [other]    | delivers the second documented pixel size, where there is one                |

Upper and lower case are the same and marks may be combined; other words in brackets mean nothing.
The refusals ([refuse], [400] …, [html]) also work inside a key: every call with it answers so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MARK = re.compile(r"\[([a-z]+|\d{3})(?::(\d{1,4}))?\]", re.IGNORECASE)
REFUSED = ("400", "401", "402", "403", "429", "500", "503")
LONGEST = 3600
SLOW = 30

Marks = Mapping[str, int | None]
"""Each mark in lower case → its number, where it has one."""


def read(text: str) -> Marks:
    """All marks of a prompt or a key. The first of two equal ones counts."""
    found: dict[str, int | None] = {}
    for word, number in MARK.findall(text):
        found.setdefault(word.lower(), min(int(number), LONGEST) if number else None)
    return found


def refused(marks: Marks) -> int | None:
    """The HTTP status that the marks ask for."""
    return next((int(status) for status in REFUSED if status in marks), None)


def lasts(marks: Marks, usual: float) -> float:
    """Seconds from acceptance to pictures."""
    if "slow" in marks:
        return float(marks["slow"] or SLOW)
    return 0.2 if "fast" in marks else usual
