"""What the bot tells to be funny."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

MAX_JOKE = 1_000


class Joke(models.Model):
    """One joke; operators may add, change and delete some."""

    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES, default="en", db_index=True)
    text = models.TextField(_("text"), max_length=MAX_JOKE)

    class Meta:
        verbose_name = _("joke")
        verbose_name_plural = _("jokes")
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="joke_not_empty"),
            models.UniqueConstraint(fields=["language", "text"], name="joke_once"),
        ]

    def __str__(self) -> str:
        return self.text[:80]
