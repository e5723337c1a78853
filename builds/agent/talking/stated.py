"""Facts that somebody states in a message: patterns in English and Russian, and bounds for those of a model."""

import re
from collections.abc import Iterable

MAX_FACTS, MAX_FACT, LEAST_FACT = 3, 300, 8
MAX_READ = 4_000
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|^\s*>.*$", re.DOTALL | re.MULTILINE)
"""Code and quotations: what stands there was said by somebody else."""
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_FILLER = r"^(?:(?:hi|hello|hey|btw|by the way|also|and|so|well|привет|здравствуйте|кстати|еще|а|и)\b[,:!—-]*\s+)*"
_OFTEN = r"(?:all |mostly |usually |always |only |never )?"
_NOT_THIS = r"(?! (?:this|that|it|these|those|the following)\b)"
_THINGS = (
    r"(?:team|company|office|servers?|stack|database|production|staging|ci|pipeline|repository|repo|customers?|users?"
    r"|time ?zone|city|country|birthday|job|role|boss|manager|style ?guide|code ?base|(?:default|preferred) \w+)"
)
_ARE = (
    r"(?:is|are|uses?|runs?|has|have|prefers?|works?|deploys?|lives?|writes?|ships?|releases?|targets?|supports?"
    r"|follows?)"
)
_ENGLISH = (
    r"my name is ",
    r"call me \w",
    r"i(?:'m|’m| am) (?:an? (?!bit|little|lot)|from |based in )",
    r"i (?:work|live) (?:at|as|for|in|on|with|from)\b",
    rf"i {_OFTEN}(?:use|write|prefer|deploy|develop)\b{_NOT_THIS}",
    rf"we {_OFTEN}(?:use|deploy|work|write|host|run|ship|release|prefer|develop|target|support)\b{_NOT_THIS}",
    rf"(?:my|our) {_THINGS}\b[^.!?]{{0,80}}?\b{_ARE}\b",
)
_OFTEN_RU = r"(?:все |обычно |всегда |никогда не )?"
_THINGS_RU = r"(?:команда|компания|сервер\w*|база|прод|продакшен|стек|офис|часовой пояс|репозиторий|клиент\w*|город)"
_RUSSIAN = (
    r"меня зовут ",
    r"мое имя ",
    r"зови(?:те)? меня ",
    r"я (?:работаю|живу|пишу на|(?:обычно|всегда) \w+|использую|предпочитаю)\b",
    rf"мы {_OFTEN_RU}(?:используем|пишем|работаем|деплоим|выкатываем|релизим|хостим|предпочитаем|живем)\b",
    rf"(?:моя|мой|мое|мои|наша|наш|наше|наши) {_THINGS_RU}\b",
    r"у нас (?:в (?:команде|компании|проекте|офисе)|на (?:проекте|сервер\w*|проде))\b",
)
_FACT = re.compile(_FILLER + rf"(?P<fact>(?:{'|'.join((*_ENGLISH, *_RUSSIAN))}).*)", re.DOTALL)
_WISH = re.compile(
    r"(?:,| and| so| but|;)+ (?:i (?:need|want|would)|i['’]d|we (?:need|want)|please|can you|could you|write|make|build"
    r"|create)\b.*|(?:,| и| но|;)+ (?:поэтому |пожалуйста,? )?(?:мне (?:нужн|надо)|нужн|напиши|сделай|хочу|собери).*",
    re.DOTALL,
)
"""Where a sentence goes on with what is to be done."""
_ASKED = re.compile(
    r"^\W*(?:please |пожалуйста,? )?(?:remember|note|keep in mind|bear in mind|make a note|don['’]?t forget|fyi"
    r"|for the record|запомни(?:те)?|имей(?:те)? в виду|учти(?:те)?|запиши(?:те)?|не забудь(?:те)?|заметь(?:те)?"
    r"|к сведению|на будущее)\b[\s,:—-]*(?:(?:that|this|что)\b[\s,:—-]*)?",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(
    r"\b(?:ignore|disregard|override|bypass)\b|\bforget (?:all|any|every|the|previous)|system prompt"
    r"|\byou (?:must|should|are now|will)\b|\b(?:про)?игнорируй|\bзабудь|\bты (?:должен|должна|теперь)\b"
    r"|\bсистемн\w+ (?:промпт|подсказк)"
)
_WORD = re.compile(r"[^\W_]{3,}")


def stated(message: str) -> list[str]:
    """Return what a message states of its author, their team and their tools, in its own words."""
    sentences = _SENTENCE.split(_CODE.sub(" ", message[:MAX_READ]))
    found = (_fact_in(" ".join(sentence.split())) for sentence in sentences)
    return fitting((each for each in found if each), message)


def fitting(facts: Iterable[str], message: str) -> list[str]:
    """Return which of some facts may be noted: short ones that the message states itself and that command nothing."""
    said = set(_WORD.findall(_plain(_CODE.sub(" ", message))))
    kept = [each for fact in facts if _is_fitting(each := " ".join(fact.split()), said)]
    return list({_plain(each).strip(" .!"): each for each in kept}.values())[:MAX_FACTS]


def is_asked_for(message: str) -> bool:
    """Say whether a message asks in so many words that something be remembered."""
    return bool(_ASKED.match(message))


def asked(message: str) -> str:
    """Return what is to be remembered, without the words that ask for it."""
    rest = _ASKED.sub("", message.strip(), count=1).strip()
    return rest[:1].upper() + rest[1:] if rest else message.strip()


def asked_inside(message: str) -> list[str]:
    """Return what single sentences of a message ask to be remembered, without the words that ask for it."""
    sentences = _SENTENCE.split(_CODE.sub(" ", message[:MAX_READ]))
    return [asked(each) for each in sentences if is_asked_for(each)]


def _fact_in(sentence: str) -> str:
    found = None if sentence.endswith("?") else _FACT.match(_plain(sentence))
    if not found:
        return ""
    fact = sentence[found.start("fact") :]
    cut = _WISH.search(_plain(fact))
    fact = fact[: cut.start()] if cut else fact
    return fact[:1].upper() + fact[1:]


def _is_fitting(fact: str, said: set[str]) -> bool:
    plain = _plain(fact)
    words = _WORD.findall(plain)
    is_told = bool(words) and sum(word in said for word in words) * 2 >= len(words)
    return LEAST_FACT <= len(fact) <= MAX_FACT and is_told and not _INSTRUCTION.search(plain)


def _plain(text: str) -> str:
    """Return a text for comparison, letter for letter: its places are those of the text."""
    return "".join(lower if len(lower := letter.lower()) == 1 else letter for letter in text).replace("ё", "е")
