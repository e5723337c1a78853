"""Words that say that what is shown is not, or not always, what the program must do."""

import re

_NEAR = 400
"""How far from an example the words about it are looked for; keeps the time linear."""

_DENIAL = (
    r"not|never|cannot|no longer|actual(?:ly)?|but|however|approximately|approx|maybe|might|could|sometimes|possibly"
    r"|probably|unless|except|random\w*|second|third|twice|again|although|though|whereas|yet"
    r"|не|ни|никогда|но|однако|примерно|приблизительно|около|иногда|возможно|может|пока|случайн\w*|втор\w*|снова"
    r"|повторн\w*|дважды|хотя"
)
_COMPLAINT = (
    r"wrong(?:ly)?|incorrect(?:ly)?|bugs?|buggy|currently|instead|previously|before|used to|today|nowadays|right now"
    r"|as of now|at the moment|these days|ought|rather than|unlike|na[iï]ve(?:ly)?|broken|faulty|mistake\w*"
    r"|erroneous\w*"
    r"|(?:happens|does|returns|gives|prints|behaves|have|get) now"
    r"|now (?:it )?(?:returns|gives|prints|is)"
    r"|at present|presently|legacy|(?:our|my) (?:code|program|function|script|version)"
    r"|what (?:i|we|you) (?:get|see|have)"
    r"|hates?|annoy\w*|regression|fails|failing|failed|unfortunately|surprising\w*|complain\w*|anti-?examples?|counter-?examples?|contrary"
    r"|bad (?:example|result|output|behaviou?r|answer|code|value returned)\w*"
    r"|(?:is|are|be|being) (?:the|a|an|our|my|one) (?:problem|issue|defect|failure|trouble)"
    r"|(?:problem|issue|trouble) is"
    r"|(?:old|previous|existing|current|legacy|former|original|first) (?:version|implementation|code|behaviou?r|one"
    r"|approach|program|script|release|draft|attempt)s?"
    r"|вместо|сейчас|ошибочно|неверн\w*|неправильн\w*|баг\w*|раньше|прежде|сегодня|наивн\w*|сломан\w*|к сожалению"
    r"|в отличие|плох\w* (?:пример|результат)\w*|проблема в|(?:стар|прежн|текущ|существующ)\w{2,3} (?:верси|реализаци"
    r"|код|программ|поведени|вариант)\w*|антипример\w*|контрпример\w*|на самом деле|почему-то"
)
_DOUBT = re.compile(rf"\b(?:{_DENIAL}|{_COMPLAINT})\b|n['’]t\b|≈|\?|\bbad:", re.IGNORECASE)
_GRIEF = re.compile(rf"\b(?:{_COMPLAINT})\b|\bbad:", re.IGNORECASE)
_MODE = re.compile(
    r"\b(?:modes?|flags?|strict|lenient|enabled|disabled|turned (?:on|off)|switched (?:on|off)|toggled?"
    r"|(?:option|setting|switch|parameter) (?:is|set|on|off|was)|режим\w*|флаг\w*|флажок|опци\w*|включ[её]н\w*"
    r"|выключен\w*|отключен\w*|строг\w*)\b",
    re.IGNORECASE,
)
_AVERAGES = re.compile(
    r"\b(?:mean|median|average|most (?:common|frequent)|statistic\w*|средн\w*|медиан\w*)\b", re.IGNORECASE
)
_CONDITION = re.compile(
    r"\b(?:if|when|whenever|while|provided|assuming|suppose|supposing|given that|as long as|until|till|in case"
    r"|если|когда|пока|пусть|допустим|предположим|при условии|при включ\w*|при выключ\w*)\b",
    re.IGNORECASE,
)
_CASE = re.compile(r"\b(?:if|если)\b", re.IGNORECASE)
# After these the condition that a sentence began with is over: an example of the whole follows.
_OVER = re.compile(
    r":|\b(?:e\.g\.|i\.e\.|for example|for instance|such as|so|thus|hence|например|так что|то есть|т\.е\.)",
    re.IGNORECASE,
)
_CONDITION_AFTER = re.compile(
    r"[\s,;:(`*—–-]*(?:but |and |а |и )?(?:only |just |только )?"
    r"(?:if|when|whenever|while|unless|provided|assuming|once|after|as long as|until|in \w+ mode|with the \w+ flag"
    r"|если|когда|пока|при|после|до)\b",
    re.IGNORECASE,
)
_WISH_AFTER = re.compile(
    r"\b(?:expected|supposed|ought|ожида\w*|(?:should|must|has to|needs to|должн[аоы]?|должен)"
    r" (?:instead |really |be |return |give |equal |have |вернуть|возвращать|быть|дать|давать))",
    re.IGNORECASE,
)
_SEQUENCE = re.compile(
    r"\b(?:then|after|afterwards?|next,|next (?:call|time|the|it|we|you|one)|the next|once|first,"
    r"|first (?:call|time|we|you|you'll|add|put|push|set|use|of all|invocation|run|create|insert|store"
    r"|register|deposit)"
    r"|at first|later|subsequent(?:ly)?|followed by|following (?:that|this|call)|starting (?:from|with)"
    r"|in a row|each (?:call|time)|every (?:call|time)|per call|consecutive\w*"
    r"|после|затем|потом|сначала|сперва|далее|следом|теперь|следующ\w* (?:вызов|раз)\w*|перв\w* вызов\w*|подряд"
    r"|впоследствии|кажд\w* (?:вызов|раз)\w*)(?!\w)",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"[\s`*>(-]*(?:it|this|that|these|those|which|but|however|instead|expected|the expected|should|must"
    r"|both|they|yet|although|the (?:right|correct|desired|proper)|это|он|она|оно|но|однако|а|вместо"
    r"|ожида\w*|должн\w*|должен)\b",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    r"\b(?:should|must|has to|have to|needs? to|supposed to|expected|должн[аоы]?|должен)"
    r"(?: (?:instead|be|return|give|equal|have|been|returned|given|produce|to|was|is|result|value|were|вернуть"
    r"|возвращать"
    r"|быть|дать|давать)){0,4}:? ?[`*]{0,3}(?:[-'\"\d\[({]|True\b|False\b|None\b|true\b|false\b|null\b)",
    re.IGNORECASE,
)
_LATER_CALL = re.compile(
    r"\b(?:(?:second|third|next|another|each|every) (?:time|call|use)|call\w* (?:it )?(?:again|twice)"
    r"|(?:втор|трет|следующ|кажд|повторн)\w* (?:раз|вызов)\w*)\b",
    re.IGNORECASE,
)
_RIGHT = re.compile(
    r"\b(?:right|correct|desired|proper|правильн\w*|верн\w*) (?:answer|value|result|output|ответ|значение|результат)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?;]\s")
_REPAIR = re.compile(
    r"(?<![\w-])(?:fix(?:es|ing)?|bugs?(?!-?free)|bugfix\w*|buggy|broken|regressions?|repair\w*|debug\w*"
    r"|fails (?:for|on|when)"
    r"|does ?n[o'’]t work|does not work|is ?n['’]t working|not working|stopped working|misbehav\w*"
    r"|исправ\w*|почин\w*|сломан\w*|сломал\w*|баг|баги|багов|не работает|работает неправильно|отлад\w*)(?!\w)",
    re.IGNORECASE,
)


def is_doubtful(words: str) -> bool:
    """Say whether a sentence denies, doubts, asks or complains; what it shows may be what is wrong today."""
    return bool(_DOUBT.search(words))


def is_doubtful_heading(words: str) -> bool:
    """Say whether what stands below a heading is in doubt, or true in one case only."""
    return is_doubtful(words) or has_mode(words) or bool(_CASE.search(words) or _SEQUENCE.search(words))


def is_doubtful_lead(words: str) -> bool:
    """Say whether the words above a session or table put it in doubt.

    Where they don't lead to it with a colon or as a heading, only words of complaint do.
    """
    *_, last = words.rstrip().rsplit("\n", 1)
    *_, sentence = _SENTENCE_END.split(words.rstrip(" *`:\n"))
    is_heading = last.lstrip().startswith("#") or last.rstrip(" *`").endswith(":")
    return bool(_GRIEF.search(words)) or (is_heading and is_doubtful_heading(sentence))


def is_repair(requirements: str) -> bool:
    """Say whether a request is about a program that does wrong today."""
    return bool(_REPAIR.search(requirements))


def takes_back(words: str) -> bool:
    """Say whether a sentence calls the one before it wrong, or true once: "It ought to …", "The second time …"."""
    if _LATER_CALL.search(words):
        return True
    return bool(_BACK.match(words)) and bool(_CORRECTION.search(words) or _GRIEF.search(words) or _RIGHT.search(words))


def has_mode(words: str) -> bool:
    """Say whether words speak of a mode or flag; the mode of statistics doesn't count."""
    return bool(_MODE.search(words)) and not _AVERAGES.search(words)


def has_sequence(words: str) -> bool:
    """Say whether words speak of one call after another."""
    return bool(_SEQUENCE.search(words))


def is_conditional(before: str, after: str) -> bool:
    """Say whether the words of its sentence make an example true under a condition only."""
    *_, near = _OVER.split(before[-_NEAR:])
    return bool(_CONDITION.search(near) or _CONDITION_AFTER.match(after) or _WISH_AFTER.search(after[:_NEAR]))
