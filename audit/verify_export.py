#!/usr/bin/env python3
"""Check an export of the audit log: ``python verify_export.py FILE [--anchors FILE] [--key PUBLIC_KEY]``.

This one file needs nothing but Python's standard library. It is also where the format is written down: the server
takes its hashes and its rules from here, only its signatures from a library.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

MOST_IN_SEAL = 20_000
NOTHING_BEFORE = "0" * 64
LATE = timedelta(minutes=10)
"""How long after its moment an entry may become visible: a transaction that lasts, clocks that differ."""
WINDOW = timedelta(minutes=5)
"""How long an entry may wait for its seal."""
MOST_FINDINGS = 100
Seal = Mapping[str, Any]
IsSigned = Callable[[Seal], bool]
Anchors = Mapping[int, Sequence[str]]
IN_SEAL = ("number", "entry_count", "root_hash", "previous_hash", "key_id", "created_at")
ON_TOMBSTONE = (
    *("first_seal", "last_seal", "entry_count", "root_hash", "first_moment", "last_moment"),
    *("retired_by", "export_hash", "key_id", "created_at"),
)
"""What is said of entries that were retired; the root is over the roots of their seals, which stay."""


def canonical(value: object) -> bytes:
    """Return the one way in which a value is written for hashing."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "surrogatepass")


def moment(at: datetime) -> str:
    """Return the one way in which a moment is written."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def leaf(content: Mapping[str, object]) -> str:
    """Return the hash of an entry's content (RFC 6962: a leaf begins with 0)."""
    return hashlib.sha256(b"\x00" + canonical(content)).hexdigest()


def root(leaves: Iterable[str]) -> str:
    """Return the root of the tree over leaves in their order (RFC 6962: a node begins with 1)."""
    level = [bytes.fromhex(each) for each in leaves]
    if not level:
        return hashlib.sha256(b"").hexdigest()
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=False)
        above = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs]
        level = above + level[len(level) - len(level) % 2 :]
    return level[0].hex()


def signed_part(told: Seal) -> bytes:
    """Return what the signature of a seal or a tombstone is over; a seal's hash, too."""
    names, mark = (ON_TOMBSTONE, b"\x03") if "first_seal" in told else (IN_SEAL, b"\x02")
    return mark + canonical({name: told[name] for name in names})


def seal_hash(seal: Seal) -> str:
    """Return the hash by which the next seal and the anchors name a seal."""
    return hashlib.sha256(signed_part(seal)).hexdigest()


def key_id(public: bytes) -> str:
    """Return the short name of a public key."""
    return hashlib.sha256(public).hexdigest()[:16]


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it was."""

    code: str
    text: str
    seal: int | None = None
    entry: int | None = None


@dataclass(frozen=True)
class Row:
    """One place in a seal, with the entry that stands there now."""

    entry: int
    position: int
    leaf: str
    stored_leaf: str = ""
    content: Mapping[str, Any] | None = None


@dataclass
class Walk:
    """Look at one seal after the other, and at what has none.

    :param anchors: hashes of seals by number, as they were told outside the database.
    :param previous: the seal before the first that is looked at.
    :param tombstones: which seals' entries were retired, in order.
    """

    is_signed: IsSigned
    anchors: Anchors = field(default_factory=dict)
    previous: Seal | None = None
    tombstones: Sequence[Seal] = ()
    until: int = 0
    """The seal with which a part of a log ends on purpose."""
    findings: list[Finding] = field(default_factory=list)
    faults: int = 0
    seals: int = 0
    entries: int = 0
    anchored: Seal | None = None
    uncovered: int = 0
    """Entries after the last anchor."""
    retired: int = 0
    _all_seen_at: str = ""
    _retired: list[Seal] = field(default_factory=list)

    def __post_init__(self) -> None:
        expected = 1
        for stone in self.tombstones:
            first, last = stone["first_seal"], stone["last_seal"]
            if first != expected or last < first:
                self.tell("tombstone.order", f"no tombstone of seals {first} to {last} can follow here", first)
            if not self.is_signed(stone):
                self.tell("tombstone.signature", f"the tombstone of seal {first} was not signed as it is now", first)
            expected = last + 1

    def see(self, seal: Seal, rows: Sequence[Row]) -> None:
        """Compare a seal with the one before it, with its signature, its anchors and its entries."""
        number, before = seal["number"], self.previous
        expected = before["number"] + 1 if before else 1
        if number != expected:
            self.tell("seal.missing", f"seal {expected} is missing", seal=expected)
        elif seal["previous_hash"] != (seal_hash(before) if before else NOTHING_BEFORE):
            self.tell("seal.chain", f"seal {number} does not follow from the seal before it", seal=number)
        if not self.is_signed(seal):
            self.tell("seal.signature", f"seal {number} was not signed as it is now by a known key", seal=number)
        if stone := next((each for each in self.tombstones if number <= each["last_seal"]), None):
            self._see_retired(seal, rows, stone)
        elif not rows:
            self.tell("tombstone.missing", f"the entries of seal {number} are gone, and no tombstone says why", number)
        else:
            self._see_places(seal, rows)
            for row in rows:
                self._see_entry(number, row)
            self._compare_root(seal, rows)
        self._look_for_anchor(seal, len(rows))
        if seal["entry_count"] < MOST_IN_SEAL:
            self._all_seen_at = seal["created_at"]
        self.seals, self.entries, self.previous = self.seals + 1, self.entries + len(rows), seal

    def _see_retired(self, seal: Seal, rows: Sequence[Row], stone: Seal) -> None:
        number = seal["number"]
        if rows:
            text = f"entry {rows[0].entry} stands in seal {number}, whose entries were retired"
            self.tell("entry.added", text, number, rows[0].entry)
        self.retired += seal["entry_count"]
        self._retired.append(seal)
        if number != stone["last_seal"]:
            return
        first, gone, self._retired = stone["first_seal"], self._retired, []
        made = sum(each["entry_count"] for each in gone), root(each["root_hash"] for each in gone)
        if gone[0]["number"] == first and made != (stone["entry_count"], stone["root_hash"]):
            self.tell("tombstone.root", f"seals {first} to {number} are not what their tombstone says", first)

    def _see_places(self, seal: Seal, rows: Sequence[Row]) -> None:
        number, last = seal["number"], 0
        for place, row in enumerate(rows):
            if row.position > place:
                return self.tell("entry.removed", f"place {place} of seal {number} holds no entry", number, row.entry)
            if row.position < place or place >= seal["entry_count"]:
                return self.tell("entry.added", f"entry {row.entry} was put into seal {number}", number, row.entry)
            if row.entry <= last:
                text = f"entry {row.entry} stands after entry {last} in seal {number}: their order was changed"
                return self.tell("entry.order", text, number, row.entry)
            last = row.entry
        if len(rows) < seal["entry_count"]:
            self.tell("entry.removed", f"place {len(rows)} of seal {number} holds no entry", number)
        return None

    def _see_entry(self, number: int, row: Row) -> None:
        if row.content is None:
            return self.tell("entry.missing", f"entry {row.entry} of seal {number} is missing", number, row.entry)
        if leaf(row.content) != row.leaf or row.stored_leaf not in {"", row.leaf}:
            return self.tell("entry.changed", f"entry {row.entry} of seal {number} was changed", number, row.entry)
        at = row.content["created_at"]
        if self._all_seen_at and read_moment(at) < read_moment(self._all_seen_at) - LATE:
            text = f"entry {row.entry} of seal {number} says {at}, but was not there when all was sealed after that"
            self.tell("entry.inserted", text, number, row.entry)
        return None

    def _compare_root(self, seal: Seal, rows: Sequence[Row]) -> None:
        if rows and root(row.leaf for row in rows) != seal["root_hash"]:
            text = f"entries {rows[0].entry} to {rows[-1].entry} don't give the root of seal {seal['number']}"
            self.tell("seal.root", text, seal["number"], rows[0].entry)

    def _look_for_anchor(self, seal: Seal, count: int) -> None:
        self.uncovered += count
        told = self.anchors.get(seal["number"], ())
        if any(each != seal_hash(seal) for each in told):
            self.tell("seal.anchor", f"seal {seal['number']} is not the one that was anchored", seal=seal["number"])
        elif told:
            self.anchored, self.uncovered = seal, 0

    def see_unsealed(self, entry: int, stored_leaf: str, content: Mapping[str, Any], now: datetime) -> None:
        """Look at an entry that is in no seal."""
        self.entries, self.uncovered = self.entries + 1, self.uncovered + 1
        if stored_leaf not in {"", leaf(content)}:
            self.tell("entry.changed", f"entry {entry} was changed before it was sealed", entry=entry)
        if read_moment(content["created_at"]) < now - WINDOW:
            text = f"entry {entry} of {content['created_at']} is in no seal: inserted, or left"
            self.tell("entry.unsealed", text, entry=entry)

    def see_orphan(self, entry: int, number: int) -> None:
        """Hear of a place in a seal that there is not."""
        self.tell("seal.missing", f"seal {number}, which had entry {entry}, is missing", number, entry)

    def end(self) -> None:
        """Compare the end with the anchors."""
        last = self.previous["number"] if self.previous else 0
        if last < (least := max([self.until, *(stone["last_seal"] for stone in self.tombstones)])):
            self.tell("seal.missing", f"seal {least} is missing", seal=least)
        if beyond := sorted(number for number in self.anchors if number > last):
            self.tell("seal.cut", f"seal {beyond[0]} was anchored and is missing: the end was cut", seal=beyond[0])

    def tell(self, code: str, text: str, seal: int | None = None, entry: int | None = None) -> None:
        """Note a fault; of very many only the first are kept."""
        self.faults += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(code, text, seal, entry))

    def window(self) -> str:
        """Say what nobody can vouch for."""
        where = f"seal {self.anchored['number']} of {self.anchored['created_at']}" if self.anchored else "nothing"
        part = f"This ends with seal {self.until} on purpose. " if self.until else ""
        gone = f"{self.retired} entries were retired. " if self.retired else ""
        left = f"nobody can vouch for what came after it: {self.uncovered} entries now."
        return f"{part}{gone}The last anchor covers {where}; {left}"


def read_moment(text: str) -> datetime:
    """Return a moment from the way in which it is written here."""
    return datetime.fromisoformat(text)


def read_anchors(lines: Iterable[str]) -> dict[int, list[str]]:
    """Return hashes by number; a last line that was cut off is no anchor."""
    anchors: dict[int, list[str]] = {}
    for line in lines:
        if line.endswith("\n"):
            told = json.loads(line)
            anchors.setdefault(told["number"], []).append(told["hash"])
    return anchors


# -- Ed25519 (RFC 8032), verification only -----------------------------------------------------------------------------
_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
Point = tuple[int, int, int, int]
"""x = X/Z, y = Y/Z, and x·y = T/Z."""


def is_ed25519(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether a signature is that key's over that message."""
    key = _point(public)
    nonce = _point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or nonce is None or len(signature) != 64 or scalar >= _ORDER:  # noqa: PLR2004  RFC 8032
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % _ORDER
    left, right = _times(scalar, _BASE), _sum(nonce, _times(challenge, key))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (left[1] * right[2] - right[1] * left[2]) % _P == 0


def _point(packed: bytes) -> Point | None:
    """Return the point whose y and lowest bit of x these are."""
    number = int.from_bytes(packed, "little")
    y, low = number & (2**255 - 1), number >> 255
    if len(packed) != 32 or y >= _P:  # noqa: PLR2004
        return None
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if x * x % _P != square:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if x * x % _P != square or (x == 0 and low):
        return None
    x = x if x & 1 == low else _P - x
    return x, y, 1, x * y % _P


def _sum(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c, d = 2 * one[3] * other[3] * _D % _P, 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(factor: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while factor:
        if factor & 1:
            total = _sum(total, point)
        point, factor = _sum(point, point), factor >> 1
    return total


_BASE_PACKED = (4 * pow(5, -1, _P) % _P).to_bytes(32, "little")
_BASE: Point = _point(_BASE_PACKED) or (0, 1, 1, 0)


# -- An export ---------------------------------------------------------------------------------------------------------
class NoExport(ValueError):
    """What was given can't be read as an export, or its end is missing."""


def check(lines: Iterable[str], anchors: Anchors, key: str = "", is_signed: IsSigned | None = None) -> Walk:
    """Look at everything in an export.

    :param key: the public key as it is known from elsewhere; without it the export's own keys are believed.
    :param is_signed: what knows the keys better.
    :raises NoExport: it can't be read to its end.
    """
    told = _told(lines)
    head = next(told, {})
    if head.get("kind") != "head":
        raise NoExport("it does not begin as an export does")
    keys = {key_id(bytes.fromhex(key)): key} if key else head["keys"]
    until, stones = head.get("until", 0), head.get("tombstones", ())
    known = {number: hashes for number, hashes in anchors.items() if not until or number <= until}
    walk = Walk(is_signed or (lambda seal: _is_signed(seal, keys)), known, tombstones=stones, until=until)
    waiting: list[Row] = []
    seal: dict[str, Any] = {}
    for line in told:
        if line["kind"] == "entry":
            waiting.append(Row(line["id"], line["position"], line["sealed_leaf"], line["leaf"], line["content"]))
            continue
        if seal:
            walk.see(seal, waiting)
        seal, waiting = (line if line["kind"] == "seal" else {}), []
        if line["kind"] == "unsealed":
            walk.see_unsealed(line["id"], line["leaf"], line["content"], read_moment(head["made_at"]))
        elif line["kind"] == "orphan":
            walk.see_orphan(line["id"], line["seal"])
        elif line["kind"] == "end":
            walk.end()
            return walk
    raise NoExport("its end is missing")


def _told(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(lines, 1):
        try:
            yield json.loads(line)
        except ValueError:
            raise NoExport(f"line {number} is no JSON") from None


def _is_signed(seal: Seal, keys: Mapping[str, str]) -> bool:
    try:
        public, signature = bytes.fromhex(keys[seal["key_id"]]), bytes.fromhex(seal["signature"])
    except (KeyError, ValueError):
        return False
    return key_id(public) == seal["key_id"] and is_ed25519(public, signed_part(seal), signature)


def main(words: Sequence[str] | None = None) -> int:
    """Check a file, say what was found, and return 0 only when nothing was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--anchors", type=Path, help="the file to which the server wrote its anchors")
    parser.add_argument("--key", default="", help="the server's public key, in hexadecimal digits")
    asked = parser.parse_args(words)
    anchors = read_anchors(asked.anchors.read_text("utf-8").splitlines(keepends=True)) if asked.anchors else {}
    try:
        with asked.file.open(encoding="utf-8", errors="surrogatepass") as lines:
            walk = check(lines, anchors, asked.key)
    except NoExport as error:
        sys.stdout.write(f"{asked.file}: {error}\n")
        return 2
    for finding in walk.findings:
        sys.stdout.write(f"{finding.code}: {finding.text}\n")
    told = "Nothing was changed" if not walk.faults else f"{walk.faults} faults"
    sys.stdout.write(f"{walk.entries} entries, {walk.seals} seals: {told}. {walk.window()}\n")
    return 1 if walk.faults else 0


if __name__ == "__main__":
    sys.exit(main())
