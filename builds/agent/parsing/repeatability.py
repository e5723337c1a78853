"""Whether a call gives the same result every time and everywhere; chance, clocks, files and memory spoil that."""

import re

from builds.agent.parsing.literals import Call

_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_STRING = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_YEAR = re.compile(r"(?<![\w.])(?:19|20)\d\d(?![\w.])")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CHANCE = _words(
    "random randomly rand randint uuid guid shuffle shuffled roll rolls dice nonce otp toss lottery raffle sample"
    " choice pick deal coin throw salt bcrypt argon scrypt pbkdf jwt totp"
)
_GENERATE = _words("generate generator gen new issue")
_MAKE = _GENERATE | _words("make create get build produce")
_SECRET = _words("password passwd passphrase token secret otp captcha")
_IDENTITY = _SECRET | _words("pin id code key apikey session nickname username")
_SESSION = _words("session auth access reset api csrf refresh")
_PASSWORD = _words("password passwd passphrase pwd")
_CHECKS = _words("is has check validate verify valid count strength score rate classify estimate entropy mask")
_CERTAIN = _CHECKS | _words(
    "parse format caesar vigenere encode decode reverse md sha crc checksum sum total average mean median between"
    " slugify tokenize palindrome"
)
_CLOCK = _words("now today tomorrow yesterday current uptime")
_SINCE = _words("until till since ago expired remaining countdown birthday overdue elapsed left")
_GROUPS = _words("group category range bracket valid check average")

_RANDOM_TEXT = re.compile(
    r"\b(?:random\w*|shuffl\w*|dice|die roll\w*|rolls? (?:a|the|\w+) di\w+|coin (?:toss|flip)\w*|lottery|uuids?|guids?"
    r"|nondeterministic|unpredictable|unique (?:ids?|identifiers?|tokens?)"
    r"|(?:password|token|otp|pin|captcha|passphrase|id|identifier|secret)s? generators?"
    r"|(?:generat|creat|issu|mak)\w*\s+(?:[\w-]+\s+){0,4}?(?:passwords?|token|otp|pins?|captcha|passphrases?|secrets?)"
    r"|случайн\w*|рандом\w*|перемеш\w*|перетас\w*|кубик\w*|кост[иь]|жеребь\w*|лотере\w*|монетк\w*"
    r"|уникальн\w* идентиф\w*"
    r"|с?(?:генер|созда)\w*\s+(?:\w+\s+){0,3}?(?:парол\w*|токен\w*|пин\w*|ключ\w*|идентификатор\w*))\b",
    re.IGNORECASE,
)
_NO_RANDOM = re.compile(
    r"\b(?:no|not|never|non|without|instead of|isn't|без|не|никак\w*)[\s-]{1,3}(?:any |using |use |be )?"
    r"(?:random\w*|случайн\w*|рандом\w*)",
    re.IGNORECASE,
)
_SALTED_TEXT = re.compile(
    r"\b(?:bcrypt|argon2\w*|scrypt|pbkdf2\w*|salt(?:s|ed|ing)?|fernet|aes|nonces?|jwt|(?:с |со )?сол(?:ь|ью|и)"
    r"|х[эе]ш\w* парол\w*"
    r"|(?:hash|encrypt)\w* (?:a |the |user |users' )?passwords?)\b",
    re.IGNORECASE,
)
_CLOCK_TEXT = re.compile(
    r"\b(?:current (?:date|time|year|day|month|hour|moment|timestamp|week)\w*|from now|until now|now\(\)"
    r"|system (?:clock|time)|time of day|datetime\.now|time\.time|date\.today|how old|ago"
    r"|age (?:in years|from|calculator)"
    r"|(?:calculat|comput|determin|find|return)\w* (?:the |an? |someone's |a person's |the user's )?age"
    r"|текущ\w* (?:дат|врем|год|дн|ден|месяц|час|момент)\w*|на данный момент|сколько лет"
    r"|возраст (?:человека|пользователя|по|в)"
    r"|(?:вычисл|посчит|рассч|счита|определ)\w* (?:\w+ )?возраст"
    r"|системн\w* врем\w*)\b",
    re.IGNORECASE,
)
_TODAY_TEXT = re.compile(r"\b(?:today|right now|сегодня\w*)\b", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d\d?(?:-\d\d?)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}|(?:19|20)\d\d")

_ENDINGS = (
    "txt|text|csv|tsv|json|jsonl|xml|ya?ml|toml|ini|cfg|conf|log|md|rst|html?|css|py|js|ts|sh|cpp|java|go|rs|sql|db"
    "|sqlite3?|pdf|png|jpe?g|gif|bmp|svg|webp|zip|tar|gz|tgz|docx?|xlsx?|pptx?|env|mp[34]|wav|bin|dat|parquet|pkl|lock"
)
_PLACE = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,11}://|www\.|localhost\b|mailto:).*|(?:~|\.{1,2})?/[A-Za-z_~].*|~|[A-Za-z]:[\\/].*"
    rf"|(?:[^\s@:]{{1,40}} ){{0,2}}[^\s@:]{{0,80}}\.(?:{_ENDINGS})|\.[a-z]\w{{1,11}}"
    rf"|[a-z][\w-]{{1,40}}(?:/[\w.-]{{1,40}})*/"
    r"|\*\.\w{1,5}|(?:[\w-]{1,40}\.){1,4}(?:com|org|net|io|ru|dev|edu|gov|uk|de)(?:[:/].*)?",
    re.IGNORECASE,
)
_FILES = _words("file files dir dirs directory directories folder folders disk exists")
_OUTSIDE = _words("fetch download upload scrape crawl ping weather http request env getenv ls cwd whoami hostname ip")
_TEXT_OF_PLACE = _words("slugify slug basename dirname extension ext suffix stem scheme")
_TEXT_VERBS = _words(
    "is parse normalize normalise valid validate split join clean sanitize sanitise strip escape quote unquote encode"
    " decode canonicalize canonicalise format mask tokenize"
)
_PLACES = _words("url urls uri link path filename domain host hostname extension scheme slug query route email")
_TEXT_PARTS = _words("domain host hostname scheme port filename extension ext suffix basename dirname stem")
_TAKES = _words("get extract file change replace remove add has strip split")
_NO_FILE = re.compile(r"(?:no|not|miss|absent|nonexist|nope|unknown|does)", re.IGNORECASE)

_HOLDS_STATE = _words(
    "push pop peek top enqueue dequeue deposit withdraw balance put undo redo increment decrement inc dec tick"
    " subscribe unsubscribe login logout register vote acquire release hit size is_empty isempty get_balance"
    " next_id next allow get set"
    " list_all list_items get_all add_item remove_item add_task remove_task complete_task checkout borrow"
    " reserve spend earn toggle emit notify counter clear reset is_allowed"
)
_STORES = _words(
    "add remove delete complete update create save register list get find lookup rename cancel"
    " insert open close balance"
)
_STORED = _words(
    "item items task tasks user users todo todos note notes book books product products entry record contact contacts"
    " order event customer account comment of"
)
_MAY_HOLD_STATE = _words("add insert append remove delete update store save create load contains total count length")


class Surroundings:
    """What a request says about chance and time, which its calls may depend on."""

    def __init__(self, text: str, *, is_repair: bool) -> None:
        self.has_chance = bool(_RANDOM_TEXT.search(_NO_RANDOM.sub(" ", text)))
        self.has_salt = bool(_SALTED_TEXT.search(text))
        # Whoever complains says "today" of the program.
        self.has_clock = bool(_CLOCK_TEXT.search(text) or (not is_repair and _TODAY_TEXT.search(text)))

    def is_repeatable(self, call: Call, expression: str, expected: str, raises: str) -> bool:
        """Say whether nothing but its arguments decides what a call gives; in doubt it does not."""
        name = call.function.rsplit(".", 1)[-1]
        shown = _Shown(name, tuple(map(str.lower, _TOKEN.findall(name))), call.arguments, expression, expected)
        if shown.needs_memory() or shown.needs_the_world(raises):
            return False
        return bool(raises) or not (self._needs_chance(shown) or self._needs_a_clock(shown))

    def _needs_chance(self, shown: "_Shown") -> bool:
        words = set(shown.words)
        is_check = bool(shown.words) and (shown.words[0] in _CHECKS or bool(words & {"strength", "entropy", "valid"}))
        if is_check:
            return False
        if (
            words & _CHANCE
            or words >= {"draw", "card"}
            or (words & _MAKE and words & _SECRET)
            or shown.name.lower() in _SECRET
        ):
            return True
        if (words & _GENERATE and words & _IDENTITY) or (words & _SESSION and words & _IDENTITY):
            return True
        if "hash" in words and words & _PASSWORD:
            return True
        return self.has_salt or (self.has_chance and not words & _CERTAIN)

    def _needs_a_clock(self, shown: "_Shown") -> bool:
        words = set(shown.words)
        if words & _CLOCK and (shown.arguments <= 1 or shown.name.startswith("is")):
            return True
        has_date = len(shown.dates) == 1 or bool(_YEAR.search(shown.given) and not shown.dates)
        if shown.arguments <= 1 and words & _SINCE:
            return True
        if "age" in words and not words & _GROUPS and shown.arguments <= 1 and has_date:
            return True
        if not self.has_clock:
            return False
        return has_date if words & _CERTAIN else len(shown.dates) <= 1


class _Shown:
    """A call as it was written, taken apart."""

    def __init__(self, name: str, words: tuple[str, ...], arguments: int, expression: str, expected: str) -> None:
        self.name = name
        self.words = words
        self.arguments = arguments
        self.given = expression.strip().partition("(")[2].removesuffix(")")
        self.expected = expected.strip()
        self.strings = tuple(single or double for single, double in _STRING.findall(self.given))
        self.dates = tuple(text for text in self.strings if _DATE.match(text))

    def needs_memory(self) -> bool:
        """Say whether the name is that of something that remembers, and nothing to work on is handed over."""
        name = self.name.lower()
        if self.has_container():
            return False
        if name in _HOLDS_STATE or (self.words[:1] and self.words[0] in _STORES and self.words[-1] in _STORED):
            return True
        is_silent = self.expected in {"None", "null"} or self.arguments == 0
        return name in _MAY_HOLD_STATE and (is_silent or self._is_key() or self._is_quantity())

    def has_container(self) -> bool:
        return any(bracket in _STRING.sub("", self.given) for bracket in "[{(")

    def _is_key(self) -> bool:
        """Say whether one key only is handed over: ``total('milk')``; ``count('banana')`` can't be told from it."""
        return self.name.lower() not in {"count", "length"} and self.arguments == 1 and bool(self.strings)

    def _is_quantity(self) -> bool:
        """Say whether a thing and a number are handed over, as in ``add('milk', 2)``."""
        return len(self.strings) == 1 and self.arguments > 1 and self.given.lstrip()[:1] in {"'", '"'}

    def needs_the_world(self, raises: str) -> bool:
        """Say whether a file, a folder or an address must be there; functions on the text of a path need none."""
        words = set(self.words)
        if words & _OUTSIDE and not words & _TEXT_VERBS and not (words & _TAKES and words & _PLACES):
            return True
        places = [text for text in self.strings if _PLACE.fullmatch(text)]
        is_outside = places or (self.strings and words & _FILES)
        if not is_outside or self._works_on_text():
            return False
        return not (raises == "FileNotFoundError" and places and all(_NO_FILE.search(place) for place in places))

    def _works_on_text(self) -> bool:
        words = set(self.words)
        if words & _TEXT_OF_PLACE or (words & _TAKES and words & _TEXT_PARTS):
            return True
        if "from" in words and words & _TEXT_PARTS and words & _PLACES:
            return True
        return bool(words & _TEXT_VERBS and words & _PLACES)
