"""The recorded inventory: what is provisioned of the catalog in all spokes, as a file. It collects nothing.

    {"format": 1, "taken": "2027-01-31T18:00:00Z", "complete": true,
     "provisioned": [{"account": "222222222221", "region": "eu-west-1", "product": "studio-domain",
                      "version": "1.0.0", "name": "team-domain", "status": "AVAILABLE", "owner": "arn:aws:sts::…"}]}

`complete` is false where a spoke could not be asked: such a file can show users, but not that there are none.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from harness.catalog.model import AccountId, Model, Region, Slug
from harness.errors import known_error

FILE = "inventory.json"  # at the repository's root, where no other is named
_AGAIN = "record it again: `build.py inventory`"


class Provisioned(Model):
    """One provisioned product in one spoke. `version` as the hub names it."""

    account: AccountId
    region: Region
    product: Slug
    version: str
    name: str
    status: str = ""
    owner: str = ""

    def __str__(self) -> str:
        return f"{self.name} in account {self.account} ({self.region})"


class Inventory(Model):
    """What was found, and when (ISO 8601, UTC)."""

    format: Literal[1]
    taken: str
    complete: bool
    provisioned: Annotated[tuple[Provisioned, ...], Field(strict=False)]

    def users(self, product: str) -> tuple[tuple[str, str], ...]:
        """(version, who) of every provisioned product of `product`."""
        return tuple((each.version, str(each)) for each in self.provisioned if each.product == product)


def read_inventory(root: Path, path: Path | None = None) -> Inventory | None:
    """The inventory at `path`, or the repository's own; None where that has none. Raises KnownError for a bad file."""
    file = path or root / FILE
    if path is None and not file.is_file():
        return None
    try:
        return Inventory.model_validate(json.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise known_error(str(file), str(error.strerror), "name the file that the inventory was recorded in") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise known_error(str(file), f"not an inventory: {where}: {first['msg']}", _AGAIN) from None
    except ValueError:
        raise known_error(str(file), "not an inventory: it is not JSON", _AGAIN) from None


def write_inventory(path: Path, inventory: Inventory) -> None:
    """Records it; the file is there whole or not at all."""
    unfinished = path.with_name(f".{path.name}.unfinished")
    unfinished.write_text(json.dumps(inventory.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8")
    unfinished.replace(path)
