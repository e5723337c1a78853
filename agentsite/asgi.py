"""Web, API and sockets behind one ASGI application."""

import gc
import os
import warnings

import django
from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter

from agentsite.body_limit import BodyLimit
from agentsite.web import WebHandler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentsite.settings")
# WhiteNoise streams files with plain iterators; Django collects them for ASGI, which is fine for files of this size.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
django.setup(set_prefix=False)
web = WebHandler()

import agentsite.urls  # noqa: E402, F401  all views, before the collector is told what stays
from agentsite.common import measures  # noqa: E402  models need the application above
from agentsite.origins import SameOriginOnly  # noqa: E402
from builds.routing import websocket_urlpatterns  # noqa: E402

measures.note_role("web")
application = ProtocolTypeRouter(
    {
        "http": BodyLimit(web),
        "websocket": SameOriginOnly(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
    }
)
# What was loaded stays: the collector need not look through it again and again, a tenth of the time of a request.
gc.collect()
gc.freeze()
# A request makes thousands of objects, and nearly all go without the collector: it need not look after each 700.
gc.set_threshold(7_000, 20, 20)
