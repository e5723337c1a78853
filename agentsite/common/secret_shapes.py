"""What secrets look like: keys of known services and private keys; for logs, and for the guard of requests."""

_BEGIN, _END = (rf"-----{word} (?:[A-Z0-9]{{1,12}} ){{0,4}}PRIVATE KEY(?: BLOCK)?-----" for word in ("BEGIN", "END"))
_SPACE = r"(?:\s|\\[nr])*+"
PRIVATE_KEY = (
    rf"{_BEGIN}{_SPACE}(?:[A-Za-z\-]{{3,20}}: [^\n]{{0,200}}+{_SPACE}){{0,5}}+"
    rf"(?:[A-Za-z0-9+/=]{{16,}}+{_SPACE})++(?:(?:[A-Za-z0-9+/=]{{1,15}}+{_SPACE})?{_END})?"
)
KEYS = (
    r"sk-(?:ant-|proj-|svcacct-|admin-|or-)?[A-Za-z0-9_\-]{20,250}",  # OpenAI, Anthropic and those that do as they do
    r"gh[pousr]_[A-Za-z0-9]{36,250}|github_pat_[A-Za-z0-9_]{22,250}",
    r"gl(?:pat|dt|rt)-[A-Za-z0-9_\-]{20,100}",
    r"xox[abeoprs]-[A-Za-z0-9\-]{10,250}|xapp-[A-Za-z0-9\-]{20,250}",  # Slack
    r"hooks\.slack\.com/services/[A-Z0-9]{6,20}/[A-Z0-9]{6,20}/[A-Za-z0-9]{16,40}",
    r"(?:AKIA|ASIA)[0-9A-Z]{16}",  # AWS
    r"AIza[0-9A-Za-z_\-]{35}|ya29\.[0-9A-Za-z_\-]{20,250}|GOCSPX-[0-9A-Za-z_\-]{20,60}",  # Google
    r"[rs]k_(?:live|test)_[0-9A-Za-z]{16,250}|whsec_[0-9A-Za-z+/]{24,100}",  # Stripe
    r"eyJ[A-Za-z0-9_\-]{10,2000}\.eyJ[A-Za-z0-9_\-]{10,4000}\.[A-Za-z0-9_\-]{10,1000}",  # JSON Web Token
    r"npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_\-]{50,250}|hf_[A-Za-z0-9]{30,60}",
    r"SG\.[A-Za-z0-9_\-]{22}\.[A-Za-z0-9_\-]{43}|(?:AC|SK)[0-9a-f]{32}|do[opr]_v1_[a-f0-9]{64}",
    r"[0-9]{8,10}:AA[A-Za-z0-9_\-]{33}",  # Telegram
    r"ags_[0-9a-f]{12}_[A-Za-z0-9_\-]{40,50}|ag(?:t|sw)_[A-Za-z0-9_\-]{40,50}",  # our own
)
STANDS_ALONE = r"(?<![A-Za-z0-9_])(?:{})(?![A-Za-z0-9_])"
"""Around a key: it is no part of a longer word."""
AWS_SECRET = r"aws.{0,20}?secret.{0,20}?[=: \"']{1,5}(?P<it>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"  # noqa: S105  a pattern
