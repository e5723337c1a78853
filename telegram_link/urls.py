"""Addresses of the Telegram door."""

from django.urls import path

from telegram_link import views

app_name = "telegram"
urlpatterns = [
    path("account/telegram/", views.telegram, name="telegram"),
    path("account/telegram/unlink/", views.unlink, name="unlink"),
    path("account/telegram/confirm/<str:secret>/", views.confirm, name="confirm"),
    path("telegram/webhook/", views.webhook, name="webhook"),
]
