"""Addresses of the sockets."""

from django.urls import path

from builds.consumers import BuildConsumer

websocket_urlpatterns = [path("ws/builds/<uuid:build_id>/", BuildConsumer.as_asgi())]
