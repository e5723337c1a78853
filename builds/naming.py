"""Names made of what somebody wrote."""

from builds.guard import redaction

_ENGLISH = "a an the me please write build create make implement develop function program script that which i need want"
_RUSSIAN = "напиши сделай создай пожалуйста мне функцию функция программу программа которая которую"
_OPENERS = frozenset(f"{_ENGLISH} {_RUSSIAN}".split())
_MOST_WORDS = 8
_MOST_CHARACTERS = 60


def name_from(requirements: str) -> str:
    """Make a project name of a request's first line, without the words that every request begins with.

    Personal data and secrets are left out: cut in the middle, they could not be found afterwards.
    """
    first_line = redaction.without(requirements.strip()).partition("\n")[0]
    printable = "".join(letter if letter.isprintable() else " " for letter in first_line)
    words = printable.split()
    while words and words[0].lower().strip(",.:") in _OPENERS:
        words.pop(0)
    name = " ".join(words[:_MOST_WORDS])[:_MOST_CHARACTERS].strip(" .,:;")
    return name[:1].upper() + name[1:] or "project"


def folder_name(project_name: str) -> str:
    """Return a safe name for a project's folder and archive."""
    kept = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in project_name.lower())
    return "-".join(part for part in kept.split("-") if part)[:60] or "project"
