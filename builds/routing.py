"""Addresses of the sockets."""

from django.urls import path

from builds.chat_consumer import ChatConsumer
from builds.consumers import BuildConsumer

websocket_urlpatterns = [
    path("ws/builds/<uuid:build_id>/", BuildConsumer.as_asgi()),
    path("ws/chat/<uuid:conversation_id>/", ChatConsumer.as_asgi()),
]
