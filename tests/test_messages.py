"""Everything that people read is there in Russian, and the compiled catalogue is the one that was written."""

import ast
import gettext
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone, translation
from django.utils.translation import ngettext, trans_real

from agentsite.accounts.models import User
from builds.agent.cookbook.matching import Match, find_recipe
from builds.pages import start
from builds.templatetags import shown
from tests import factories

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = Path("locale/ru/LC_MESSAGES/django.po")
SOURCES = ("agentsite", "audit", "builds", "memory", "telegram_link", "templates", "locale", "script", "manage.py")
HELD = re.compile(r"%\(\w+\)[a-z]|%[sd]|%%|\{\w*\}|</?\w+[^>]*>|https?://[\w./-]+")
"""What stands in a translation as it stands in the source: placeholders, tags, addresses."""
QUOTES = re.compile(r"[“”„]|\s'|'\s")
_LINE = re.compile(r'(?:(?P<name>msg\w+(?:\[\d\])?) )?(?P<text>".*")')


@dataclass
class Message:
    """One entry of the catalogue; ``forms`` are its translations, more than one where it counts something."""

    fields: dict[str, str] = field(default_factory=dict)
    is_fuzzy: bool = False

    @property
    def key(self) -> tuple[str, str]:
        return self.fields.get("msgctxt", ""), self.fields["msgid"]

    @property
    def sources(self) -> tuple[str, ...]:
        return tuple(self.fields[name] for name in ("msgid", "msgid_plural") if name in self.fields)

    @property
    def forms(self) -> tuple[str, ...]:
        return tuple(text for name, text in self.fields.items() if name.startswith("msgstr"))


def read(path: Path) -> Iterator[Message]:
    """Return the entries of a catalogue, without its header."""
    for paragraph in path.read_text("utf-8").split("\n\n"):
        message, name = Message(), ""
        for line in paragraph.splitlines():
            if line.startswith("#,"):
                message.is_fuzzy = "fuzzy" in line
            elif (found := _LINE.fullmatch(line)) is not None:
                name = found["name"] or name
                message.fields[name] = message.fields.get(name, "") + ast.literal_eval(found["text"])
        if message.fields.get("msgid"):
            yield message


MESSAGES = list(read(ROOT / CATALOGUE))


def in_russian(user: User | None = None) -> Client:
    """Return a browser that chose Russian."""
    client = Client()
    if user is not None:
        client.force_login(user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "ru"
    return client


def read_page(user: User, address: str) -> str:
    answer = in_russian(user).get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_every_message_has_a_translation_that_somebody_looked_at() -> None:
    assert len(MESSAGES) > 1_000
    assert [message.key for message in MESSAGES if message.is_fuzzy or not all(message.forms)] == []


def test_placeholders_and_tags_are_those_of_the_source() -> None:
    def differs(message: Message) -> bool:
        wanted = set(HELD.findall(message.sources[-1]))
        return any(set(HELD.findall(text)) != wanted for text in message.forms)

    assert [message.key for message in MESSAGES if differs(message)] == []


def test_sentences_end_as_in_the_source_and_quotes_are_russian() -> None:
    def end(text: str) -> str:
        return text[-1] if text[-1] in ".…?!:" else ""

    def is_odd(message: Message) -> bool:
        source = message.sources[0]
        has_odd_quotes = "'" not in source and any(QUOTES.search(text) for text in message.forms)
        return has_odd_quotes or {end(text) for text in message.forms} != {end(source)}

    assert [message.key for message in MESSAGES if is_odd(message)] == []


def test_what_counts_has_as_many_forms_as_djangos_own_catalogue() -> None:
    with translation.override("ru"):
        catalogue: Any = trans_real.catalog()
    assert catalogue.plural(1) != catalogue.plural(2) != catalogue.plural(5)
    counting = [message for message in MESSAGES if "msgid_plural" in message.fields]
    assert {len(message.forms) for message in counting} == {4}


def test_the_compiled_catalogue_holds_exactly_what_was_written() -> None:
    with (ROOT / CATALOGUE).with_suffix(".mo").open("rb") as file:
        compiled: dict[Any, str] = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    compiled.pop("")
    written: dict[Any, str] = {}
    for message in MESSAGES:
        key = "\x04".join(part for part in message.key if part)
        if len(message.sources) > 1:
            written |= {(key, number): text for number, text in enumerate(message.forms)}
        else:
            written[key] = message.forms[0]
    assert compiled == written


def test_the_catalogue_holds_no_name_of_a_machine_and_no_date() -> None:
    head = (ROOT / CATALOGUE).read_text("utf-8").split("\n\n", 1)[0]
    assert not re.search(r"@|\d{4}-\d\d-\d\d|Creation-Date|Last-Translator", head)


@pytest.mark.skipif(shutil.which("xgettext") is None, reason="needs xgettext, of Debian's package gettext")
def test_the_catalogue_is_up_to_date_with_the_source(tmp_path: Path) -> None:
    for name in SOURCES:
        if (ROOT / name).is_dir():
            left_out = shutil.ignore_patterns("recipes", "__pycache__", "*.mo")
            shutil.copytree(ROOT / name, tmp_path / name, ignore=left_out)
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    environment = {"PATH": "/usr/bin:/bin", "AGENTSITE_PYTHON": sys.executable, "AGENTSITE_DATA_DIR": str(tmp_path)}
    ran = subprocess.run(
        [tmp_path / "script/messages"], env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    fresh = {(message.key, message.sources) for message in read(tmp_path / CATALOGUE)}
    known = {(message.key, message.sources) for message in MESSAGES}
    assert (fresh - known, known - fresh) == (set(), set()), "run script/messages"


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "1 сборка"), (2, "2 сборки"), (5, "5 сборок"), (11, "11 сборок"), (21, "21 сборка"), (22, "22 сборки")],
)
def test_numbers_change_the_word_behind_them(count: int, words: str) -> None:
    with translation.override("ru"):
        assert ngettext("%(count)d build", "%(count)d builds", count) % {"count": count} == words


def test_months_keep_their_names() -> None:
    with translation.override("ru"):
        assert translation.gettext("May") == "Май"
        assert translation.pgettext("rights", "May") == "Права"


def test_the_start_page_speaks_russian(owner: User) -> None:
    page = read_page(owner, "/")
    assert "Что собрать?" in page
    assert "Новая сборка" in page
    assert not re.search("New build|What shall be built|Log out|offline cookbook", page)


def test_a_list_speaks_russian(owner: User) -> None:
    factories.completed(owner)
    page = read_page(owner, "/builds/")
    assert "завершено" in page
    assert "проверено" in page
    assert not re.search(r">(Builds|Status|Verification|completed|verified|Age)<", page)


def test_usage_speaks_russian(owner: User) -> None:
    page = read_page(owner, "/usage/")
    assert "Вызовы API сегодня" in page
    assert not re.search("Spent this month|The last 30 days|Storage", page)


def test_a_failed_builds_page_says_in_russian_what_went_wrong(owner: User) -> None:
    build = factories.failed(owner, node="repair")
    page = read_page(owner, f"/builds/{build.id}/")
    assert "не удалось" in page
    assert "Тесты не проходят и после исправлений" in page
    assert "Повторить с места неудачи" in page
    assert not re.search("The tests still fail|Retry|Timeline|The offline cookbook|>Repair", page)


@pytest.mark.django_db
def test_the_login_page_speaks_russian() -> None:
    page = in_russian().get("/login/").content.decode()
    assert "Имя или эл. почта" in page
    assert not re.search("Log in|Password|I forgot", page)


@pytest.mark.django_db
def test_a_browser_that_prefers_russian_is_answered_in_russian(client: Client) -> None:
    page = client.get("/login/", headers={"Accept-Language": "ru-RU,ru;q=0.9,en;q=0.5"}).content.decode()
    assert '<html lang="ru">' in page
    assert "Не помню пароль" in page


@pytest.mark.django_db
def test_the_api_refuses_in_the_callers_language(client: Client) -> None:
    told = client.get("/api/v1/builds/", headers={"Accept-Language": "ru"}).json()["error"]
    assert (told["code"], told["message"]) == ("request.not_authenticated", "Вход не выполнен.")


def test_a_field_that_is_not_known_is_told_in_the_callers_language(owner: User) -> None:
    client = in_russian(owner)
    sent = client.post("/api/v1/builds/", {"wish": "x"}, "application/json", headers={"Accept-Language": "ru"})
    assert sent.json()["error"]["fields"]["wish"] == ["Такого поля нет."]


@pytest.mark.parametrize("languages", [("ru", "en", "ru"), ("en", "ru", "en")])
def test_a_limit_is_told_each_caller_in_their_language(client: Client, owner: User, languages: Sequence[str]) -> None:
    client.force_login(owner)
    said = {"ru": "Убедитесь, что это значение содержит", "en": "Ensure this field has no more than"}
    for language in languages:
        wanted, headers = {"project_name": "x" * 300, "requirements": "x"}, {"Accept-Language": language}
        sent = client.post("/api/v1/builds/", wanted, "application/json", headers=headers)
        assert sent.json()["error"]["fields"]["project_name"][0].startswith(said[language])


@pytest.mark.parametrize(
    ("length", "words"),
    [({"minutes": 1}, "1 минуту назад"), ({"minutes": 22}, "22 минуты назад"), ({"weeks": 1}, "1 неделю назад")],
)
def test_how_long_ago_is_said_in_the_right_case(length: dict[str, float], words: str) -> None:
    with translation.override("ru"):
        assert f">{words}</time>" in shown.ago(timezone.now() - timedelta(**length)).replace("\xa0", " ")


def test_a_language_is_offered_under_its_own_name(owner: User) -> None:
    for client in (in_russian(owner), in_russian()):
        page = client.get("/login/", follow=True).content.decode()
        assert 'lang="en">English</button>' in page
        assert ">Русский</button>" in page


@pytest.mark.parametrize("suggestion", start.SUGGESTIONS, ids=lambda each: each.slug)
def test_a_suggestion_in_russian_finds_the_same_recipe(suggestion: start.Suggestion) -> None:
    wanted = find_recipe(suggestion.text, "python")
    with translation.override("ru"):
        found = find_recipe(suggestion.text, "python")
    assert isinstance(wanted, Match)
    assert isinstance(found, Match)
    assert found.recipe == wanted.recipe
