"""Jokes: in the chat's language, and none again before all were told."""

from itertools import pairwise

import pytest

from telegram_link import contacts, jokes
from telegram_link.models import Joke, TelegramUser
from tests.telegram.chatting import Phone

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shipped() -> int:
    return jokes.load()


def test_those_that_ship_are_loaded_once(shipped: int) -> None:
    assert jokes.load() == shipped == Joke.objects.count() == 30
    assert {row.language for row in Joke.objects.all()} == {"en", "ru"}


def test_a_joke_is_told_to_anybody_in_their_language(shipped: int, phone: Phone) -> None:
    phone.says("/joke")
    assert Joke.objects.filter(language="en", text=phone.last.text).exists()
    contacts.speak(TelegramUser.objects.get(), "ru")
    phone.says("/joke")
    assert Joke.objects.filter(language="ru", text=phone.last.text).exists()


def test_none_is_told_again_before_all_were_and_none_twice_in_a_row() -> None:
    Joke.objects.all().delete()
    for number in range(4):
        Joke.objects.create(language="en", text=f"Joke {number}")
    contact = contacts.met({"id": 7, "first_name": "Ada"}, 7)
    told = [jokes.next_joke(contact) for _ in range(40)]
    assert all(set(told[at : at + 4]) == {f"Joke {number}" for number in range(4)} for at in range(0, 40, 4))
    assert all(one != other for one, other in pairwise(told))
    assert len(TelegramUser.objects.get().told_jokes) <= 4


def test_without_one_in_the_language_english_is_told_and_without_any_it_is_said(phone: Phone) -> None:
    Joke.objects.all().delete()
    phone.says("/joke")
    assert phone.last.text == "I know no jokes."
    Joke.objects.create(language="en", text="The only one.")
    contacts.speak(TelegramUser.objects.get(), "ru")
    phone.says("/joke").says("/joke")
    assert phone.texts[-2:] == ["The only one.", "The only one."]
