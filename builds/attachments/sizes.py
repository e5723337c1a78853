"""How much of a build's prompts its files will be, said before it begins."""

from builds.agent.attachments import MAX_CHARACTERS, Attached, within_budget
from builds.attachments import taking, texts
from builds.models.build import Build
from builds.models.build_attachment import BuildAttachment
from memory.models.conversation import Conversation

_LONGEST_CHARACTER = 4


def shown_bytes(conversation: Conversation | None, base: Build | None) -> int:
    """Return how many bytes of each prompt the files of a conversation, and those of a fork's parent, take at most."""
    waiting = list(taking.waiting_in(conversation)[: taking.MOST]) if conversation is not None else []
    if any(file.read_at is None for file in waiting):
        return MAX_CHARACTERS * _LONGEST_CHARACTER
    known = texts.known([file.pk for file in waiting])
    before = BuildAttachment.objects.filter(build=base) if base is not None else BuildAttachment.objects.none()
    attached = [Attached(name=row.name, family=row.family, text=row.text) for row in before]
    attached += [Attached(name=file.name, family=file.family, text=known[file.pk].text) for file in waiting]
    return sum(len(f"{each['name']} {each['family']} {each['text']}".encode()) + 50 for each in within_budget(attached))
