"""What a template may take from files beside it: texts, documents, archives. The functions that templates call."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

from harness.catalog import assets, yamlfile
from harness.catalog.assets import UnusableFileError

# What documents say for a value without quotes, and where code that products share lies: templates/src/.
_UNQUOTED = re.compile(r'"\$\{json:(\w+)\}"')
_SHARED = "shared/"


class Files:
    """What a template may take from files of its folder. Remembers what it gave."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._root = root
        self._folder = folder
        self.assets: dict[str, assets.Asset] = {}
        self.read: set[str] = set()

    def functions(self) -> dict[str, Any]:
        given = (self.asset, self.base64, self.digest, self.document, self.text)
        return {function.__name__: function for function in given}

    def marked_functions(self) -> dict[str, Any]:
        """The same for a marked rendering: lines of files that stand in the text know where they come from."""
        return {"document": self._marked_document, "text": self._marked_text}

    def asset(self, name: str) -> str:
        """S3 key of the archive of a file or folder."""
        packed = assets.pack(self._root, self._find(name))
        self.assets[packed.key] = packed
        self.read.update(packed.files)
        return packed.key

    def text(self, name: str) -> str:
        """Text of a file."""
        try:
            return self._bytes(name).decode("utf-8")
        except UnicodeDecodeError:
            remedy = "save it as UTF-8, or take base64() or asset()"
            raise UnusableFileError(self._told(name), "is not text in UTF-8", remedy) from None

    def document(self, name: str) -> str:
        """A YAML file as the JSON text that a service takes, for Fn::Sub.

        `${Name}` in it is CloudFormation's; a value that is `${json:Name}` and nothing else loses its quotes, so that
        a number, a boolean or a piece of JSON can stand there.
        """
        path = self._file(name)
        self.read.add(path.relative_to(self._root).as_posix())
        data = yamlfile.read(self._root, path).data
        try:
            text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError) as error:
            remedy = "put dates in quotes; JSON has texts, numbers, true, false, null, lists and mappings"
            raise UnusableFileError(self._told(name), f"is no JSON: {error}", remedy) from None
        return _UNQUOTED.sub(r"${\1}", text)

    def _marked_text(self, name: str) -> str:
        path = self._file(name).relative_to(self._root).as_posix()
        lines = self.text(name).splitlines(keepends=True)
        return "".join(f"\ue000{path}:{number}\ue001{line}" for number, line in enumerate(lines, start=1))

    def _marked_document(self, name: str) -> str:
        file = yamlfile.read(self._root, self._file(name))
        text = self.document(name)
        places = yamlfile.places_in_json(file, text)
        lines = zip(places, text.splitlines(), strict=True)
        return "\n".join(f"\ue000{place.path}:{place.line}\ue001{line}" for place, line in lines)

    def base64(self, name: str) -> str:
        """Base64 of a file."""
        return base64.b64encode(self._bytes(name)).decode("ascii")

    def digest(self, name: str) -> str:
        """First 8 hex digits of a file's SHA-256: enough to tell versions of one script apart in a name."""
        return hashlib.sha256(self._bytes(name)).hexdigest()[:8]

    def _bytes(self, name: str) -> bytes:
        path = self._file(name)
        self.read.add(path.relative_to(self._root).as_posix())
        return path.read_bytes()

    def _file(self, name: str) -> Path:
        path = self._find(name)
        if path.is_dir():
            raise UnusableFileError(self._told(name), "is a folder", "name a file, or take asset()")
        return path

    def _find(self, name: str) -> Path:
        path = self._path(name)
        if not path.exists():
            raise UnusableFileError(self._told(name), "is missing", "create it, or correct the path")
        if not path.resolve().is_relative_to(self._root.resolve()):
            raise UnusableFileError(self._told(name), "is not of this repository", "copy it into the product's folder")
        if self._folder.resolve().is_relative_to(path.resolve()):
            raise UnusableFileError(self._told(name), "is the template's own folder", "name a file or folder in it")
        return path

    def _path(self, name: str) -> Path:
        shared = name.removeprefix(_SHARED)
        return self._folder / name if shared == name else self._root / "templates" / "src" / shared

    def _told(self, name: str) -> str:
        path = self._path(name)
        return (path.relative_to(self._root) if path.is_relative_to(self._root) else path).as_posix()
