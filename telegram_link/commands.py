"""The commands of the bot: each answers with one message, from one call of a service or a selector."""

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from builds.models.build import Build
from memory import facts
from telegram_link import (
    admin_commands,
    browsing,
    deploying,
    dialog,
    friends,
    jokes,
    linking,
    numbers,
    talking,
)
from telegram_link.splitting import escaped
from telegram_link.turn import Turn

_MOST_FACTS = 30


@dataclass(frozen=True)
class Command:
    """One command of the menu."""

    run: Callable[[Turn, str], None]
    about: str | Promise
    needs_account: bool = True
    is_for_operators: bool = False


def run(turn: Turn) -> None:
    """Do what a command asks for; one that is unknown is answered with those that are."""
    word, _blank, rest = turn.text.partition(" ") if " " in turn.text else turn.text.partition("\n")
    command = COMMANDS.get(word[1:].partition("@")[0].lower())
    if command is None or (command.is_for_operators and not admin_commands.is_admin(turn.contact)):
        turn.reply(escaped(_("I don't know that. These are the commands:")) + "\n" + _listed(turn))
        return
    if command.needs_account and turn.user is None:
        turn.reply(talking.not_linked())
        return
    if word != "/start":  # its secret is no part of any history
        turn.note_command()
    command.run(turn, rest.strip())


def start(turn: Turn, secret: str) -> None:
    """Link the chat with the account whose address led here, or say hello."""
    if secret:
        user = linking.redeem(contact=turn.contact, secret=secret)
        turn.reply(linking.welcome(user))
    elif turn.user is None:
        turn.reply(talking.not_linked())
    elif turn.user.is_guest:
        turn.reply(escaped(friends.welcome()))
    else:
        turn.reply(linking.welcome(turn.user))


def build(turn: Turn, requirements: str) -> None:
    """Begin a build, step by step."""
    talking.ask_for_language(turn, requirements)


def status(turn: Turn, _rest: str) -> None:
    """Show what is under way, each in its live message further down."""
    active = list(Build.objects.filter(user=turn.account).active().order_by("-id")[: browsing.PAGE])
    if not active:
        turn.reply(escaped(_("Nothing is being built. Describe a program to begin, or see /history.")))
        return
    count = len(active)
    words = ngettext("%(count)d build is under way:", "%(count)d builds are under way:", count) % {"count": count}
    turn.reply(escaped(words), browsing.buttons_of(active))


def history(turn: Turn, _rest: str) -> None:
    """Show the newest builds, with buttons for older ones."""
    html, buttons = browsing.page(turn.account, None)
    turn.reply(html, buttons)


def cancel(turn: Turn, _rest: str) -> None:
    """End the bot's question, or offer to stop what is under way."""
    if dialog.end(turn.contact):
        turn.reply(escaped(_("Good, forgotten.")))
        return
    active = list(Build.objects.filter(user=turn.account).active().order_by("-id")[: browsing.PAGE])
    if not active:
        turn.reply(escaped(_("Nothing is under way that could be stopped.")))
        return
    turn.reply(escaped(_("Which build shall be stopped?")), browsing.buttons_of(active, verb="stop"))


def files(turn: Turn, _rest: str) -> None:
    """Show the files of the newest build that has some."""
    build = Build.objects.filter(user=turn.account).exclude(generated_code="").order_by("-id").first()
    if build is None:
        turn.reply(escaped(_("There are no files yet: no build of yours has come that far.")))
        return
    html, buttons = browsing.files_of(build)
    turn.reply(html, buttons)


def link(turn: Turn, _rest: str) -> None:
    """Give the address of the page on which somebody logs in and confirms."""
    secret = linking.make_login_link(contact=turn.contact)
    if not settings.SITE_URL:
        turn.reply(escaped(_("Open Account › Telegram on the site and follow its link: it leads back here.")))
        return
    address = f"{settings.SITE_URL}/account/telegram/confirm/{secret}/"
    words = _("Log in and confirm that this chat is yours. The link is good for 15 minutes, once.")
    turn.reply(f"{escaped(words)}\n{escaped(address)}")


def unlink(turn: Turn, _rest: str) -> None:
    """Ask whether account and chat shall be parted."""
    turn.reply(escaped(_("Part this chat from your account?")), [[(_("Unlink"), "unlink"), (_("Keep it"), "drop")]])


def language(turn: Turn, _rest: str) -> None:
    """Offer the languages that the bot speaks."""
    turn.reply(
        escaped(_("Which language do you speak?")), [[(name, f"speak:{code}") for code, name in settings.LANGUAGES]]
    )


def own_settings(turn: Turn, _rest: str) -> None:
    """Show what can be chosen here."""
    turn.reply(*browsing.settings_of(turn.contact))


def own_facts(turn: Turn, _rest: str) -> None:
    """Show what is kept in mind."""
    kept = list(facts.facts_of(turn.account)[:_MOST_FACTS])
    if not kept:
        turn.reply(escaped(_("I keep nothing in mind for you. Write “remember that …”.")))
        return
    turn.reply("\n".join(f"• {escaped(fact.fact_text)}" for fact in kept))


def forget(turn: Turn, _rest: str) -> None:
    """Offer to forget one of the facts."""
    kept = list(facts.facts_of(turn.account)[:_MOST_FACTS])
    if not kept:
        turn.reply(escaped(_("I keep nothing in mind for you.")))
        return
    rows = [[(fact.fact_text[:40], f"forget:{fact.pk}")] for fact in kept]
    turn.reply(escaped(_("What shall I forget?")), rows)


def help_(turn: Turn, _rest: str) -> None:
    """Say what the bot can do."""
    words = _(
        "Describe a program in your own words, or ask about your builds."
        " Nothing is built before you say yes, unless you chose otherwise."
    )
    turn.reply(f"{escaped(words)}\n{_listed(turn)}")


def _listed(turn: Turn) -> str:
    known = [(name, each) for name, each in COMMANDS.items() if not each.is_for_operators]
    if admin_commands.is_admin(turn.contact):
        known = list(COMMANDS.items())
    return "\n".join(f"/{name} – {escaped(str(each.about))}" for name, each in known)


COMMANDS = {
    "start": Command(start, gettext_lazy("say hello"), needs_account=False),
    "build": Command(build, gettext_lazy("build a program")),
    "status": Command(status, gettext_lazy("what is under way")),
    "history": Command(history, gettext_lazy("your builds")),
    "cancel": Command(cancel, gettext_lazy("stop a build, or forget a question")),
    "deploy": Command(deploying.command, gettext_lazy("put a verified build onto a branch")),
    "files": Command(files, gettext_lazy("files of the newest build")),
    "link": Command(link, gettext_lazy("link this chat with your account"), needs_account=False),
    "unlink": Command(unlink, gettext_lazy("part this chat from your account")),
    "language": Command(language, gettext_lazy("the language I speak"), needs_account=False),
    "settings": Command(own_settings, gettext_lazy("what you are told here")),
    "facts": Command(own_facts, gettext_lazy("what I keep in mind")),
    "forget": Command(forget, gettext_lazy("have me forget something")),
    "usage": Command(numbers.usage, gettext_lazy("what you used, and what is left")),
    "admin": Command(admin_commands.show, gettext_lazy("the state of the server"), is_for_operators=True),
    "stats": Command(numbers.stats, gettext_lazy("how your builds went")),
    "joke": Command(jokes.tell, gettext_lazy("a joke"), needs_account=False),
    "help": Command(help_, gettext_lazy("what I can do"), needs_account=False),
}
