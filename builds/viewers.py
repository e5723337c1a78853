"""Who follows a build or a conversation, and whether they still may: asked when they come, and each minute."""

from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.utils.crypto import constant_time_compare

from agentsite.accounts import keys
from agentsite.accounts.actors import actor_of
from agentsite.accounts.models import ApiKey, Scope, User
from agentsite.common.acting import acting, as_server
from builds import sharing
from builds.models.build import Build
from memory import conversations
from memory.models.conversation import Conversation

CHECK_SECONDS = 60.0
"""So long a door that is open may stay open after access ended."""


@dataclass(frozen=True)
class Viewer:
    """Somebody with a session, a program with a key, or a visitor who came by a link."""

    user_id: int | None
    session_key: str | None = None
    api_key_id: int | None = None
    follows_links: bool = False
    """Whether links that were opened in the session count, as they do for pages."""

    @classmethod
    def of_page(cls, user: User | AnonymousUser, session: Any) -> Self:
        """Return who looks at a page."""
        return cls(user.pk, session_key=session.session_key if session is not None else None, follows_links=True)

    @classmethod
    def of_call(cls, user: User, api_key: ApiKey | None, session: Any) -> Self:
        """Return who calls the API: with a key, or else with a session."""
        if api_key is not None:
            return cls(user.pk, api_key_id=api_key.pk)
        return cls(user.pk, session_key=session.session_key)

    def find(self, build_id: UUID) -> Build | None:
        """Return the build; None for who was shut out, logged out, changed the password, or lost key or build."""
        session = SessionStore(self.session_key) if self.session_key is not None else None
        links = session if self.follows_links else None
        person = self._person(session, Scope.BUILDS_READ)
        with acting(actor_of(person, sharing.opened_links(links))):
            return sharing.find_readable(person or AnonymousUser(), links, build_id)

    def find_conversation(self, conversation_id: UUID) -> Conversation | None:
        """Return one of this person's own conversations; None for who lost access, as for a build."""
        session = SessionStore(self.session_key) if self.session_key is not None else None
        person = self._person(session, Scope.MEMORY_READ)
        if person is None:
            return None
        with acting(actor_of(person)):
            return conversations.find_conversation(person, conversation_id)

    @as_server()  # who it is will be known by the answer
    def _person(self, session: SessionStore | None, needed: Scope) -> User | None:
        user = User.objects.filter(pk=self.user_id, is_active=True).first() if self.user_id is not None else None
        if user is None:
            return None
        if self.api_key_id is not None:
            return _by_key(user, self.api_key_id, needed)
        return user if session is None or _is_logged_in(session, user) else None


def _by_key(user: User, api_key_id: int, needed: Scope) -> User | None:
    key = keys.usable_keys(user).filter(pk=api_key_id).first()
    if key is None or not key.allows(needed):
        return None
    user.acts_as_operator = key.allows(Scope.ADMIN)
    return user


def _is_logged_in(session: SessionStore, user: User) -> bool:
    """Say whether the session is this person's, begun with the password of today, as Django asks everywhere."""
    is_theirs = session.get(SESSION_KEY) == str(user.pk)
    return is_theirs and constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())
