"""How the console looks, for django-unfold, and what its pages may do that others may not."""

from typing import Any

from django.templatetags.static import static

POLICY = {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]}
"""What Alpine, which the theme is made with, needs beyond the site's policy: it reads its directives as code."""

# The accent of the site's own pages (static/site.css), in steps.
_ACCENT = {
    "50": "oklch(96.2% .018 272.3)",
    "100": "oklch(93% .034 272.8)",
    "200": "oklch(87% .065 274)",
    "300": "oklch(82% .09 275)",
    "400": "oklch(79% .1 276)",
    "500": "oklch(77% .11 277)",
    "600": "oklch(51.1% .262 277)",
    "700": "oklch(45.7% .24 277)",
    "800": "oklch(39.8% .195 277.4)",
    "900": "oklch(35.9% .144 278.7)",
    "950": "oklch(25.7% .09 281.3)",
}
_FONT = {
    "subtle-light": "var(--color-base-600)",
    "subtle-dark": "var(--color-base-300)",
    "default-light": "var(--color-base-700)",
    "default-dark": "var(--color-base-200)",
    "important-light": "var(--color-base-900)",
    "important-dark": "var(--color-base-100)",
}
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Agentsite",
    "SITE_HEADER": "Agentsite",
    "SITE_SYMBOL": "deployed_code",
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("favicons/site.svg")},
    ],
    "SHOW_BACK_BUTTON": True,
    "STYLES": [lambda _request: static("console/console.css")],
    "COLORS": {"primary": _ACCENT, "font": _FONT},
    "SIDEBAR": {"navigation": "agentsite.console.navigation.navigation"},
}
