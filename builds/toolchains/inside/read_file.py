"""Runs inside the sandbox: reads one file that somebody sent, within bounds, and prints one JSON object.

The file is called ``file``, whatever it is; what is to be done stands on standard input.
"""

import json
import sys

sys.path.insert(0, "/driver")

import read_archive
import read_image

CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000)])
for kept in "\t\n":
    del CONTROLS[ord(kept)]


def cleaned(text: str) -> str:
    """Drop what can't be shown, and end lines alike."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n")
    return plain.translate(CONTROLS)


def read_text(path: str, order: dict) -> dict:
    """Return a text's beginning; half a letter at the cut is left out."""
    most, encoding = order["most"], order.get("encoding") or "utf-8"
    with open(path, encoding=encoding, errors="replace", newline="") as file:
        text = file.read(most + 1)
    return {"text": cleaned(text[:most]).removeprefix("\ufeff"), "facts": {"is_cut": len(text) > most}}


READERS = {"text": read_text, "image": read_image.read, "archive": read_archive.read}


def main() -> None:
    """Read what is ordered; a file that can't be read is told as a code."""
    order = json.load(sys.stdin)
    try:
        found = READERS[order["family"]]("file", order)
        found["text"] = cleaned(found.get("text", ""))[: order["most"]]
    except read_archive.BombError:
        found = {"problem": "bomb"}
    except MemoryError:
        found = {"problem": "too_much"}
    except Exception as error:  # noqa: BLE001  whatever a hostile file made of a reader is one answer
        found = {"problem": "unreadable", "reason": type(error).__name__}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
