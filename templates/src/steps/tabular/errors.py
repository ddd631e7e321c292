"""The one error that people outside this package see. What is not a DataError is a defect of this package."""

from __future__ import annotations


class DataError(Exception):
    """Data or settings that cannot be used, told in one sentence: which file, which column, in how many rows."""

    def __init__(self, place: str, problem: str) -> None:
        super().__init__(f"{place}: {problem}.")


def rows(count: int) -> str:
    """A count of rows as people say it."""
    return "1 row" if count == 1 else f"{count} rows"
