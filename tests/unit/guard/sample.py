"""Requests as people write them, with what is in them: made up for this purpose, nobody's data, no working key.

They were written along with the patterns, so that the share found says what was thought of, not what is out there.

Keys are put together here, so that no scanner of repositories takes them for real ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

LETTERS = "q7Rf2Kx9Vb4Nz8Tj3Wm6Hc5Yd1Lp0Sg"


@dataclass(frozen=True)
class Case:
    """A text and the kinds that are in it, in order."""

    text: str
    kinds: Sequence[str] = field(default_factory=tuple)


def key(start: str, length: int) -> str:
    """Make up a key of a known shape."""
    return start + (LETTERS * 10)[:length]


def private_key(word: str = "RSA PRIVATE KEY", newline: str = "\n") -> str:
    """Make up a private key block."""
    lines = [f"-----BEGIN {word}-----", *(key("MII", 61) for _ in range(4)), "aZ3=", f"-----END {word}-----"]
    return newline.join(lines)


TRUE = (
    Case("Send the report to maria.lopez@acme-corp.com every Monday.", ["email"]),
    Case("Contact: Ada.Lovelace+news@mail.analytical.co.uk.", ["email"]),
    Case("Отправляй письма на ivan.petrov@yandex.ru и anna@почта.рф", ["email", "email"]),
    Case("<a href='mailto:info@kaffee-haus.de'>", ["email"]),
    Case("owner=o'neil_j@uni-koeln.de;cc=x99@mailbox.org", ["email", "email"]),
    Case("is_valid('j.smith@hooli.io') -> True", ["email"]),
    Case("Call me at +1 (415) 867-2671 when it is done.", ["phone"]),
    Case("Telefon: 030 90182437", ["phone"]),
    Case("Мой номер 8 (916) 234-18-67", ["phone"]),
    Case("whatsapp +49 151 23984710", ["phone"]),
    Case("Support: 212-867-4309 or (646) 867 4301", ["phone", "phone"]),
    Case("тел. 8-903-482-17-36", ["phone"]),
    Case("phone_number = '4158672671'", ["phone"]),
    Case("Charge card 4539 1488 0343 6467, exp 12/29", ["card"]),
    Case("pan: 5425233430109903", ["card"]),
    Case("amex 3759-876543-21004 and 341292840617287", ["card", "card"]),
    Case("My Visa is 4929-4212-3460-0821.", ["card"]),
    Case("Карта МИР 2201382000000013", ["card"]),
    Case("orders 1001 6011000000000012 6304", ["card"]),
    Case("Pay to DE75 5121 0800 1245 1261 99 until Friday", ["iban"]),
    Case("iban=GB94BARC10201530093459;", ["iban"]),
    Case("Überweisung an AT483200000012345864 bitte", ["iban"]),
    Case("FR14-2004-1010-0505-0001-3M02-607 and FR7630004000031234567890143", ["iban"]),
    Case("Employee 536-22-8714 has left", ["ssn"]),
    Case("SSN: 536228714", ["ssn"]),
    Case("passport no. C8412976 expires soon", ["document"]),
    Case("паспорт 4510 482913 выдан", ["document"]),
    Case("driver's license: D 4829 1375", ["document"]),
    Case("СНИЛС 482-913-756 41", ["document"]),
    Case("ИНН 482913756412", ["document"]),
    Case("My national insurance number is QQ 48 29 13 C", ["document"]),
    Case(f"Use {key('sk-', 48)} to ask the model", ["api_key"]),
    Case(f"ANTHROPIC_API_KEY={key('sk-ant-api03-', 80)}", ["api_key"]),
    Case(f"git clone with token {key('ghp_', 36)}.", ["api_key"]),
    Case(f"{key('github_pat_', 60)}", ["api_key"]),
    Case(f"CI uses {key('glpat-', 20)}", ["api_key"]),
    Case(f"slack: {key('xoxb-', 40)}", ["api_key"]),
    Case(f"aws_access_key_id = {'AKIA' + 'Q7RF2KX9VB4NZ8TJ'}", ["api_key"]),
    Case(f"aws_secret_access_key: {key('', 40)}", ["api_key"]),
    Case(f"maps key {key('AIza', 35)}", ["api_key"]),
    Case(f"stripe.api_key = '{key('sk_live_', 24)}'", ["api_key"]),
    Case(f"bot token 7263548190:{key('AA', 33)}", ["api_key"]),
    Case(f"curl -H 'Authorization: Bearer {key('', 40)}'", ["api_key"]),
    Case(f"{key('eyJ', 20)}.{key('eyJ', 60)}.{key('', 43)}", ["api_key"]),
    Case(f"{key('hf_', 34)} {key('npm_', 36)}", ["api_key", "api_key"]),
    Case(f"key ags_0123456789ab_{key('', 43)}", ["api_key"]),
    Case(f"Deploy with\n{private_key()}\nplease", ["private_key"]),
    Case(private_key("OPENSSH PRIVATE KEY"), ["private_key"]),
    Case(f'{{"private_key": "{private_key("PRIVATE KEY", chr(92) + "n")}"}}', ["private_key"]),
    Case("DATABASE_URL=postgres://shop:Tr0ub4dor&3@db.shop.internal:5432/shop", ["password"]),
    Case("redis://:s3cr3tPa55@cache-1.prod.net/0", ["password"]),
    Case("https://deploy:p@ss:w0rd@git.acme.com/x.git", ["password"]),
    Case(f"GET https://api.acme.com/v1?user=7&api_key={key('', 32)}", ["password"]),
    Case("amqp://guest:Gu3st0wn@10.4.2.7:5672//", ["password"]),
    Case("From: jan@novak.cz, +420 605 283 914", ["email", "phone"]),
)
MISSED = (
    Case("Reach her at 0171 2398471 after six", ["phone"]),  # nothing says that it is a telephone
    Case("log in as root, the password is Tr0ub4dor&3", ["password"]),  # only those in addresses are looked for
)
FALSE = (
    Case("is_email('user@example.com') -> True; is_email('a@b.test') -> True"),
    Case("admin@localhost, root@mail.example.org, x@y.invalid, me@shop.localhost, q@sub.example.net"),
    Case("to_roman(1994) == 'MCMXCIV'"),
    Case("sum_of([100200300, 400500600]) == 500700900"),
    Case("pip install requests==2.31.0; npm i lodash@4.17.21 next@14.2.3"),
    Case("git clone git@github.com:acme/tool.git"),
    Case("ssh deploy@10.0.0.5 'uptime'"),
    Case("C = A@B.T; y = x@w.reshape"),
    Case("@app.route('/'), @property, @staticmethod, @name.setter"),
    Case("logo@2x.png and icon@3x.webp"),
    Case("parse_date('2024-01-15T10:30:00+02:00') and 2024-02-29 23:59:59"),
    Case("uuid 123e4567-e89b-12d3-a456-426614174000"),
    Case("ip 192.168.100.200, version 10.15.7.1234"),
    Case("luhn('4242 4242 4242 4242') is True, luhn('4111111111111111') is True"),
    Case("5555555555554444 378282246310005 6011111111111117 4000002500003155 are test cards"),
    Case("luhn('4539 1488 0343 6468') is False"),
    Case("order 8273645518273645, batch 2024010112000001"),
    Case("iban_ok('GB82 WEST 1234 5698 7654 32') -> True; iban_ok('DE89370400440532013000') -> True"),
    Case("iban_ok('GB82 WEST 1234 5698 7654 33') -> False"),
    Case("format_phone('5551234567') -> '(555) 123-4567'"),
    Case("call +1 212 555 0142 or 415-555-0199; phone: 555-0123"),
    Case("phone numbers have 10 digits; a phone book with 1000000 entries"),
    Case("+1234567890 and +44 7700 900123"),
    Case("add(+3.14159265, -2.71828182)"),
    Case("ssn_ok('123-45-6789'); ssn_ok('000-12-3456') -> False; 987-65-4321; 078-05-1120"),
    Case("ISBN 978-3-16-148410-0 and 0-306-40615-2"),
    Case("passport.js 0.7.0 for the login, passport number has 9 characters"),
    Case("A password must have 8 characters: check('hunter2') -> False"),
    Case("password = input('password: ')"),
    Case("postgres://user:password@db.acme.com/app"),
    Case("postgres://app:app-2024@localhost:5432/app and redis://:x1y2z3@cache.example.com"),
    Case("https://user:<password>@host.com, mysql://${USER}:${PASS}@db.net/x, http://u:***@h.io"),
    Case("https://host.com:8443/path@version"),
    Case("the marker -----BEGIN PRIVATE KEY----- begins a block, -----END PRIVATE KEY----- ends it"),
    Case("-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEbGVhZA\n-----END CERTIFICATE-----"),
    Case("AWS example AKIAIOSFODNN7EXAMPLE with wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    Case("export OPENAI_API_KEY=sk-your-key-goes-here-please"),
    Case("token=YOUR_TOKEN_HERE&x=1, ?api_key=xxxxxxxxxxxxxxxx, ?token={token}"),
    Case("Authorization: Bearer <token>; bearer authentication-in-requests"),
    Case("commit 9fceb02d0ae598e95dc970b74767f19372d61af8 sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4"),
    Case(
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
    ),
    Case("sk-learn pipelines, task-force, risk-adjusted-return-on-capital"),
    Case("fibonacci(90) == 2880067194370816120"),
    Case("Mersenne: 2147483647, 2305843009213693951; pi 3.141592653589793238"),
    Case("matrix [[100, 200, 3000], [400, 500, 6000]]"),
    Case("range 2000-01-01..2024-12-31, 20240101120000"),
    Case("инн_ok('0000000000') -> False"),
    Case("color #AABBCC, hex 0xDEADBEEF, key_1234567890"),
    Case("price 1 299,00 €; 4 200 000 000 people"),
    Case("[e-mail 1] and [phone 2] and [private key 3]"),
)
MISTAKEN = (
    Case("scores = w@inputs.mean(axis=0)"),  # it can't be told from an address
)
