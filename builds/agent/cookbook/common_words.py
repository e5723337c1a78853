"""Words of a request that say nothing about what the program does.

A word is listed only if no program becomes a different one when the word is added. Quantities ("first", "sum"),
negations ("without", "not"), kinds of data ("list", "file") and doings ("remove", "print") are therefore missing.
Forms are listed as written; ``begin~`` stands for up to three more letters.
"""

from collections.abc import Sequence

from builds.agent.cookbook.words import matches

PHRASES = (
    r"(?:using |with |in )?(?:only |just )?(?:the )?(?:pure )?(?:python |python's )?standard library(?: only)?",
    r"(?:without|with no|no) (?:any )?(?:external|third[- ]party|extra|other) (?:dependencies|libraries|packages)",
    r"(?:without|with no|no) dependencies",
    r"up to|find out|how to",
    r"(?:say|tell)s?(?: me| us)?(?= (?:whether|if)\b)",
    r"return(?:s|ing)? (?:true|false|a bool(?:ean)?)(?: or false)?",
    r"(?:для )?работы с",
    r"100 ?% (?:test )?coverage",
    r"pep ?-?8",
    r"добрый день|доброе утро|добрый вечер",
    r"без (?:использования )?(?:сторонних|внешних|лишних) (?:зависимостей|библиотек|пакетов|модулей)",
    r"без зависимостей",
    r"(?:используя |только |на )*стандартн\w{1,4} библиотек\w{1,2}",
)
_ENGLISH = """
a an the of for to from in into on onto with by at as via using use uses used that which who this these those it its
is are be been being was were will would should shall could may might must do does done have has had having give gives
given written implement implements implementing implementation implementations develop need needs needed want wants
like please kindly thanks thank hello hi hey me my i we our you your just simple simply small basic little tiny short
clean nice good proper properly correct correctly robust reliable efficient efficiently fast quick well neat elegant
readable maintainable documented production ready quality code codebase python pure program programs script function
functions method methods class classes module modules package library lib tool utility snippet solution algorithm
software project test tests tested testing testable unit pytest coverage typed type types typing hint hints hinted
annotation annotations annotated docstring docstrings documentation comments commented example examples eg ie such
return returns returning returned take takes taking accept accepts accepting receive receives receiving argument
arguments parameter parameters support supports supporting handle handles handling raise raises raising throw throws
throwing error errors exception exceptions invalid bad wrong incorrect malformed input inputs output outputs edge case
cases and or also then plus both either all any each every some when if whether able so how about called named
possible own work works e g s n k m x y there them they lets let can suitable appropriate helper helpers modern stdlib
built builtin idiomatic careful compute computes computing calculate calculates calculating int str float bool self
covering include includes including included covers important reusable interface api's help helps but
"""
_RUSSIAN = """
и в на с со по к ко от до из для о об у при через или а но что чтобы как так это этот эта эти этого тот та те который
которая которое которые которую которых его ее их мне меня мой моя мое мои наш нам нас вы вас вам ваш я мы ты он она
оно они быть есть был была было будет нужно нужен нужна нужны надо хочу хотел хотелось бы можно мог могла пожалуйста
спасибо привет здравствуй здравствуйте напиши напишите сделай сделайте создай создайте реализуй реализуйте реализовать
реализация реализацию реализующий реализующую реализует разработай разработайте разработать написан прост~ прост
простенький простенькую небольш~ маленьк~ хорош~ удобн~ надежн~ эффективн~ аккуратн~ чист~ код кода коде кодом
программ~ программк~ скрипт скрипта функци~ функция метод методы методом методами метода класс класса классы классом
классов модул~ библиотек~ библиотечк~ утилит~ инструмент решение алгоритм алгоритма тест тесты тестами тестов юнит
модульными модульные модульных покрытие покрытием аннотаци~ типы типов типами типизаци~ подсказк~ докстринг~
документаци~ комментари~ питон питоне пайтон пайтоне python возвраща~ вернуть возвращающ~ принима~ принимающ~ получа~
получающ~ выдает выбрасыва~ бросать бросает поднима~ кидать ошибк~ ошибок исключени~ некорректн~ неверн~ неправильн~
входн~ ввод~ вход входе аргумент~ параметр~ если когда ли также еще тоже плюс все любой любая любые любого каждый
каждого каждую уме~ умеющ~ поддержк~ поддержива~ обработк~ обрабатыва~ например пример~ помоги помогите помощью помощь
использу~ используя использовать требуется требуюсь сам саму язык языке n
"""
_FORMS = {*_ENGLISH.split(), *(word for word in _RUSSIAN.split() if not word.endswith("~"))}
_BEGINNINGS = tuple(word for word in _RUSSIAN.split() if word.endswith("~"))


# These ask for the program where a request begins or after these words; elsewhere they say what the program does.
_ASKING = {"write", "create", "make", "build", "написать", "создать", "сделать"}
_BEFORE_ASKING = {
    "please",
    "you",
    "kindly",
    "just",
    "hi",
    "hello",
    "could",
    "нужно",
    "надо",
    "хочу",
    "прошу",
    "пожалуйста",
}


def is_common(words: Sequence[str], at: int) -> bool:
    """Tell whether a word of a request says nothing about what is wanted."""
    word = words[at]
    if word in _ASKING:
        return at == 0 or words[at - 1] in _BEFORE_ASKING or tuple(words[max(at - 2, 0) : at]) == ("you", "to")
    return word in _FORMS or any(matches(beginning, word) for beginning in _BEGINNINGS)
