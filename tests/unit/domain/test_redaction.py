"""Secrets and control characters are removed from every text, and nothing else is."""

from __future__ import annotations

import json
import shlex
from urllib.parse import quote

import pytest

from slipway.domain.redaction import (
    LONGEST,
    Secrets,
    printable,
    redact,
    visible,
    without_colours,
    without_credentials,
    without_secrets,
)

HIDDEN = {
    "user and password": ("https://user:pw@h.example/simple", "https://{}h.example/simple"),
    "token": ("https://t0ken@h.example/", "https://{}h.example/"),
    "only a password": ("https://:pw@h.example/", "https://{}h.example/"),
    "only a user": ("git+ssh://git@h.example/r.git", "git+ssh://{}h.example/r.git"),
    "repository": (
        "git+https://u:p@h.example/r.git@v1#egg=x",
        "git+https://{}h.example/r.git@v1#egg=x",
    ),
    "repository with a port": (
        "git+ssh://git@h.example:owner/r.git@v1",
        "git+ssh://{}h.example:owner/r.git@v1",
    ),
    "named": ("name @ https://u:p@h.example/n.zip", "name @ https://{}h.example/n.zip"),
    "mail address as user": ("https://u@corp.example:p@h.example/", "https://{}h.example/"),
    "several @": ("https://a@b@c@h.example/", "https://{}h.example/"),
    "option": (
        "--extra-index-url=https://u:p@h.example/",
        "--extra-index-url=https://{}h.example/",
    ),
    "two addresses": ("a://u@x b://u@y", "a://{0}x b://{0}y"),
    "in quotes": ('"https://u:p@h.example"', '"https://{}h.example"'),
    "database": ("postgres://u:p@db.example:5432/name", "postgres://{}db.example:5432/name"),
    "port and query": ("https://u:p@h.example:8080?a=b@c", "https://{}h.example:8080?a=b@c"),
    "host without a dot": ("https://u:p@index:8080/@scope", "https://{}index:8080/@scope"),
}


@pytest.mark.parametrize(
    "text",
    [
        "PIP_INDEX_URL=https://user:token@index.example/simple",
        "git+https://${REPOSITORY_TOKEN}@host.example/owner/name.git",
        "https://${USER}:${TOKEN}@h.example/",
    ],
)
def test_placeholders_stay_as_they_are(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("name", HIDDEN)
def test_the_part_before_the_at_sign_is_removed(name: str) -> None:
    text, expected = HIDDEN[name]
    assert redact(text) == expected.format("****@")
    assert without_credentials(text) == expected.format("")


@pytest.mark.parametrize(
    "text",
    [
        "https://h.example/@scope/package",
        "https://h.example/r.git@v1",
        "https://h.example:8080/r@1.0/r.zip",
        "http://localhost/r@1.0/r.zip",
        "http://[::1]:80/r@1.0/r.zip",
        "https://h.example?mail=a@b.example",
        "https://h.example#a@b",
        "name @ https://h.example/n.zip",
        "git@h.example:r.git",
        "file:///srv/a@b/c.whl",
        "mail a@b.example, see https://h.example",
        "https://h.example/?page=2&key_id=3",
        "django==5.2",
        "",
    ],
)
def test_a_text_without_credentials_stays_as_it_is(text: str) -> None:
    assert redact(text) == text
    assert without_credentials(text) == text
    learned = Secrets()
    learned.learn(text)
    assert learned.strike(f"{text} and again {text}") == f"{text} and again {text}"


@pytest.mark.parametrize("name", HIDDEN)
def test_redacting_twice_changes_nothing(name: str) -> None:
    once = redact(HIDDEN[name][0])
    assert redact(once) == once


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://u:pa/ss@h.example/simple", "https://****@h.example/simple"),
        ("https://u:pa#ss@h.example/simple", "https://****@h.example/simple"),
        ("https://u:pa?ss@h.example/simple", "https://****@h.example/simple"),
        ("https://u:pa\\ss@h.example/simple", "https://****@h.example/simple"),
        ("https://u:p@s/s@h.example/simple", "https://****@h.example/simple"),
        ("https://to/ken@h.example/simple", "https://****@h.example/simple"),
        ("https://u:12/3@h.example/simple", "https://****@h.example/simple"),
        ("git+https://u:p/w@h.example/r.git@v1.0", "git+https://****@h.example/r.git@v1.0"),
        ("https:/u:pw@h.example/simple", "https:/****@h.example/simple"),
        ("x https://u:p/w@h.example/ y@z", "x https://****@h.example/ y@z"),
        (
            "https://h.example/?private_token=abc&x=1",
            "https://h.example/?private_token=****&x=1",
        ),
        ("https://h.example/?X-Amz-Signature=abc", "https://h.example/?X-Amz-Signature=****"),
    ],
)
def test_addresses_that_no_program_reads_as_meant_are_redacted_too(
    text: str, expected: str
) -> None:
    assert redact(text) == expected


SIGNED = {
    "https://blob.example/n.zip?sv=2024-11-04&se=2026-12-01&sp=r&sig={}": "sig",
    "https://s3.example/n.zip?X-Amz-Expires=600&X-Amz-Credential={}": "X-Amz-Credential",
    "https://s3.example/n.zip?X-Amz-Security-Token={}&X-Amz-Date=1": "X-Amz-Security-Token",
    "https://s3.example/n.zip?AWSAccessKeyId={}&Expires=1": "AWSAccessKeyId",
    "https://gcs.example/n.zip?X-Goog-Signature={}": "X-Goog-Signature",
    "https://cdn.example/n.zip?Expires=1&Signature={}&Key-Pair-Id=K2": "Signature",
    "url=&quot;https://blob.example/n.zip?sv=1&amp;sig={}&amp;sp=r&quot;": "in XML",
    "https://h.example/n.zip?jwt={}": "jwt",
}


@pytest.mark.parametrize("end", ["", ",", ".", ");"])
def test_a_struck_parameter_keeps_the_punctuation_after_it(end: str) -> None:
    text = f"A request to https://h.example/?token=****{end} was rejected"
    assert redact(text) == text
    assert redact("https://h.example/?token=****left") == "https://h.example/?token=****"


@pytest.mark.parametrize("form", SIGNED, ids=[*SIGNED.values()])
def test_the_signature_of_an_address_is_struck_and_its_other_parameters_are_not(
    form: str,
) -> None:
    signed = form.format("s3cr3t%2Bsig/x")
    assert redact(signed) == form.format("****")
    secrets = Secrets()
    secrets.learn(signed)
    assert secrets.strike("got s3cr3t%2Bsig/x") == "got ****"
    assert without_secrets(signed) == without_secrets(form.format("another")) == form.format("")


def test_the_secrets_of_an_address_are_in_no_key() -> None:
    address = "n @ https://u:p@h.example/n.zip?token=abc&ref=1 ; python_version > '3'"
    assert without_secrets(address) == (
        "n @ https://h.example/n.zip?token=&ref=1 ; python_version > '3'"
    )
    keys = [without_secrets(f"https://h.example/?key={name}.zip") for name in ("one", "two")]
    assert keys[0] != keys[1]
    assert "one" not in keys[0]
    for text in ("a && TOKEN=abc", "?token=abc", "https://h.example/?signal=1&design=2"):
        assert without_secrets(text) == text


SPECIAL = [
    "#",
    "/",
    "?",
    "\\",
    ";",
    "[",
    "]",
    " ",
    "@",
    ":",
    "%",
    "&",
    "'",
    '"',
    "`",
    "ä",
    "\x1b",
]


@pytest.mark.parametrize("mark", SPECIAL)
@pytest.mark.parametrize("is_encoded", [True, False], ids=["encoded", "raw"])
def test_a_password_is_struck_in_every_notation(mark: str, *, is_encoded: bool) -> None:
    password = f"correct{mark}h0rsestaple"
    written = quote(password, safe="") if is_encoded else password
    secrets = Secrets({"PIP_INDEX_URL": f"https://deploy:{written}@index.example/simple"})
    for text in (
        password,
        written,
        quote(password, safe=""),
        quote(password, safe="").lower(),
        repr(password),
        json.dumps(password),
        shlex.quote(password),
        printable(password),
        f"deploy:{password}@index.example",
        f"a path: {password}/x",
    ):
        struck = secrets.strike(f"before {text} after")
        assert "h0rse" not in struck, struck
        assert struck.startswith("before "), struck
        assert struck.endswith(" after"), struck
    if not is_encoded and mark not in "%'\"`ä\x1b":
        assert "h0rse" not in secrets.strike("the host `h0rsestaple` is unknown")


def test_values_of_variables_with_secret_names_are_struck() -> None:
    for name in (
        *(
            "SECRET_KEY",
            "DB_PASSWORD",
            "MYSQL_PWD",
            "DB_PASS",
            "GITHUB_TOKEN",
            "STRIPE_API_KEY",
        ),
        *("AWS_SECRET_ACCESS_KEY", "PRIVATE_KEY", "CREDENTIALS", "FERNET_KEY", "HASH_SALT"),
        *("COMPOSER_AUTH", "PGPASSWORD", "apiKey"),
    ):
        assert Secrets({name: "k3yk3yk3y"}).strike("is k3yk3yk3y!") == "is ****!", name


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DJANGO_SETTINGS_MODULE", "site.settings"),
        ("PWD", "/srv/build"),
        ("SSH_AUTH_SOCK", "/run/agent.sock"),
        ("TOKENIZERS_PARALLELISM", "falsehood"),
        ("USE_TOKEN", "true"),
        ("DB_PASSWORD", "postgres"),
        ("DB_PASSWORD", "abc"),
        ("PASSWORD_MIN_LENGTH", "86400"),
        ("PRIVATE_KEY_FILE", "keys/server.pem"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/srv/app/google.json"),
        ("TOKEN_URL", "https://login.example/oauth"),
        ("SECRET_KEY", "${SECRET}"),
        ("INDEX", "https://git:@h.example/"),
        ("INDEX", "https://${USER}:${TOKEN}@h.example/"),
    ],
)
def test_values_that_are_no_secrets_are_shown(name: str, value: str) -> None:
    text = f"{value} git ${{TOKEN}} ${{USER}}"
    assert Secrets({name: value}).strike(text) == redact(text)


def test_a_short_secret_is_not_struck_within_a_word() -> None:
    secrets = Secrets({"DB_PASSWORD": "tide"})
    assert secrets.strike("tidewater tide-table untide (tide)") == (
        "tidewater ****-table untide (****)"
    )


def test_a_key_is_struck_line_by_line() -> None:
    key = "-----BEGIN KEY-----\nbGluZSBvbmU=\nbGluZSB0d28=\n-----END KEY-----"
    for value in (key, key.replace("\n", "\\n")):
        secrets = Secrets({"DEPLOY_KEY": value})
        struck = secrets.strike(f"{key}\n{key!r}\nonly bGluZSB0d28=")
        assert "bGlu" not in struck
        assert "-----BEGIN KEY-----" in struck


def test_a_backslash_and_an_n_are_not_always_a_line_break() -> None:
    secrets = Secrets({"DB_PASSWORD": "pw\\nh0rsestaple"})
    assert secrets.strike("is pw\\nh0rsestaple!") == "is ****!"


@pytest.mark.parametrize(
    ("value", "secret"),
    [
        ("{Rr5Tt6Yy7Uu8Ii9", "{Rr5Tt6Yy7Uu8Ii9"),
        ('{"password": "{Ke7vUn4oBc1dS"}', "{Ke7vUn4oBc1dS"),
        ('[{"api_key": 90817263544321}]', "90817263544321"),
    ],
)
def test_a_secret_may_look_like_json_or_be_a_number_in_it(value: str, secret: str) -> None:
    assert Secrets({"SECRET_SETTINGS": value}).strike(f"is {secret}") == "is ****"


def test_a_secret_with_both_kinds_of_quotes_is_struck_in_a_repr() -> None:
    value = "Zq8'kP\"w3mVr7xT\\y"
    assert Secrets({"DB_PASSWORD": value}).strike(repr(value)) == "'****'"


@pytest.mark.parametrize(
    "password",
    ["Größe'7\"xK9aB", "a'b\"c\\d\N{EURO SIGN}\N{ROCKET}x9", "Qw12er\nx7", "é's x9y"],
)
def test_a_secret_is_struck_however_programs_escape_it(password: str) -> None:
    secrets = Secrets({"DB_PASSWORD": password})
    for text in (password, f"it's {password}", f'say "{password}"', f"'\" {password}"):
        for written in (
            text,
            repr(text),
            ascii(text),
            repr(text.encode()),
            json.dumps(text),
            json.dumps(text, ensure_ascii=False),
            repr(RuntimeError(text)),
            repr(repr(text)),
            json.dumps(repr(text)),
            json.dumps({"error": repr(text.encode())}),
            quote(text),
        ):
            struck = secrets.strike(written)
            assert password[-2:] not in struck, (written, struck)


def test_a_short_secret_is_struck_after_an_escaped_line_break() -> None:
    assert Secrets({"DB_PASSWORD": "tide"}).strike(r"'login\ntide'") == r"'login\n****'"


def test_credentials_within_json_are_struck() -> None:
    services = {
        "db": [{"credentials": {"uri": "db://u:p4ssw0rd@h/x", "password": "other,secret"}}],
        "note": "mail@h.example",
    }
    secrets = Secrets({"VCAP_SERVICES": json.dumps(services), "BROKEN": "[" * 5000})
    assert secrets.strike("p4ssw0rd and other,secret, mail@h.example") == (
        "**** and ****, mail@h.example"
    )


def test_user_info_is_struck_as_http_encodes_it() -> None:
    secrets = Secrets({"X": "https://deploy:s3cr%2Fet@h.example/"})
    header = "Authorization: Basic ZGVwbG95OnMzY3IvZXQ="
    assert "ZGVwbG95" not in secrets.strike(header)


def test_a_token_as_user_name_is_struck_and_a_usual_user_name_is_not() -> None:
    secrets = Secrets({"A": "https://ghp_0123456789abcdef:x-oauth-basic@h.example"})
    secrets.learn("git+https://glpat-token1@h.example/r.git")
    secrets.learn("https://deploy:h0rsestaple@h.example")
    secrets.learn("ssh://git@h.example")
    text = "ghp_0123456789abcdef glpat-token1 h0rsestaple deploy git x-oauth-basic"
    assert secrets.strike(text) == "**** **** **** deploy git x-oauth-basic"


def test_a_proxy_without_a_scheme_is_known() -> None:
    secrets = Secrets({"https_proxy": "user:h0rsestaple@proxy.example:3128"})
    assert secrets.strike("h0rsestaple at proxy.example") == "**** at proxy.example"


def test_secrets_that_overlap_are_struck_as_one() -> None:
    secrets = Secrets({"A_TOKEN": "abcdefgh", "B_TOKEN": "efghijkl", "C_TOKEN": "cdef"})
    assert secrets.strike("x abcdefghijkl y") == "x **** y"


def test_a_line_that_grows_when_it_is_made_visible_is_cut_too() -> None:
    for clean in (Secrets().clean, Secrets().clean_output):
        assert len(clean("\N{RIGHT-TO-LEFT OVERRIDE}" * 3_000)) <= LONGEST


def test_one_of_thousands_of_secrets_is_struck_in_a_short_line() -> None:
    secrets = Secrets(
        {f"KEY_{number}_SECRET": f"s{number:05}-value" for number in range(3_000)}
    )
    assert secrets.strike("is s02718-value") == "is ****"


def test_striking_twice_changes_nothing() -> None:
    secrets = Secrets({"A_TOKEN": "abcdefgh", "B": "https://u:p/w@h.example/"})
    once = secrets.strike("abcdefgh https://u:p/w@h.example/ https://x:y@z.example")
    assert secrets.strike(once) == once


def test_characters_that_are_not_visible_are_escaped() -> None:
    assert printable("a\x1b[31m\tb\u200b\xa0\0 ä ☃") == "a\\x1b[31m\\tb\\u200b\\xa0\\x00 ä ☃"


@pytest.mark.parametrize(
    "harmful",
    [
        *("\x1b[2J", "\x1b]0;title\x07", "\x1b[31m", "\x07", "\r", "\x08", "\x9b1A", "\x7f"),
        *("\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\udcff", "\U000e0041", "\xad"),
    ],
)
def test_no_character_changes_how_a_terminal_shows_a_line(harmful: str) -> None:
    shown = Secrets().clean(f"a{harmful}b")
    assert shown.isprintable()
    assert "\\" in shown
    assert shown == visible(shown) == Secrets().clean(shown)


def test_usual_text_of_programs_stays_as_it_is() -> None:
    text = "naïve\tété\xa0: \N{FAMILY} \U0001f469\u200d\U0001f680 \u06cc\u200c\u062e"
    assert visible(text) == text


def test_colours_of_programs_stay_and_end_with_the_line() -> None:
    clean = Secrets().clean_output
    assert clean("\x1b[31mred\x1b[0m") == "\x1b[31mred\x1b[0m"
    assert clean("\x1b[1;31mred") == "\x1b[1;31mred\x1b[0m"
    assert clean("\x1b[31mred\x1b[2J\x1b[0m") == "\x1b[31mred\\x1b[2J\x1b[0m"
    assert without_colours("\x1b[31mred\x1b[0m") == "red"


def test_a_colour_does_not_hide_a_secret() -> None:
    secrets = Secrets({"A_TOKEN": "abcdefgh"})
    assert secrets.clean_output("x abcd\x1b[31mefgh\x1b[0m") == "x ****"


@pytest.mark.parametrize("method", ["clean", "clean_output"])
def test_a_long_line_is_cut_after_its_secrets_are_struck(method: str) -> None:
    secret = "abcdefgh" * 1000
    clean = getattr(Secrets({"A_TOKEN": secret}), method)
    shown = clean(f"{'x' * 3_000} {secret} {'y' * 5_000}")
    assert len(shown) == LONGEST
    assert shown.endswith("yyy [the rest of this line is left out]")
    assert "abcd" not in shown
    assert clean(shown) == shown


SERVICE_SECRETS = [
    ("pw", "tide-at-noon"),
    ("password", "reef"),
    ("password", "hook://tide-4-noon"),
    ("db_pass", "tide-at-noon"),
    ("mysqlpassword", "tide-at-noon"),
    ("pin", "tide-at-noon"),
    ("apiKey", "tide-at-noon"),
    ("clientkey", "tide-at-noon"),
    ("keys.primary", "tide-at-noon"),
    ("key.part", "tide-at-noon"),
    ("passwords.0", "tide-at-noon"),
    ("credentials", "tide-at-noon"),
    ("pem", "-----BEGIN PRIVATE KEY-----\ntide-at-noon\n-----END PRIVATE KEY-----"),
    ("json", '{"server": {"name": "quay", "password": "tide-at-noon"}}'),
    ("json", '["a", {"pin": ["tide-at-noon"]}]'),
    # Addresses and lists of settings that are no URLs.
    ("dsn", "host=db.example user=crew password=tide-at-noon dbname=yard"),
    ("dsn", "host=db.example password = 'tide-at-noon'"),
    ("dsn", "crew:tide-at-noon@tcp(db.example:3306)/yard"),
    ("node", "crew:tide-at-noon@search.example:9200"),
    ("jdbc", "jdbc:postgresql://db.example/yard?user=crew&password=tide-at-noon"),
    ("connection", "Server=db.example;Password=tide-at-noon;Encrypt=yes"),
    ("connection", "Server=db.example;Uid=crew;Pwd=tide-at-noon;"),
    ("connection", "redis.example:6380,password=tide-at-noon,ssl=True"),
    ("credentials", "protocol=https\nhost=git.example\npassword=tide-at-noon"),
    # No name says that these are secret, but they look random.
    ("licence", "xK9aB2mQ7tRw"),
    ("licence", "tide-4-noon!"),
    ("licence", "nfsJ8PQ<pTgmFss"),
    ("licence", "3f2a9c0d1e8b7a6f5c4d"),
    ("licence", "AB7DK2MQX9ZPLT3RWCVN"),
    ("licence", "6f1ed002-ab5f-4a3e-8e1f-1f2c3d4e5f60"),
    ("licence", "wJalr+UtnFEMI/K7MDENG/bPxRfiCYEX=="),
    ("header", "eyJhbGciOiJI.eyJzdWIiOiIx.c2lnbmF0dXJl"),
]


@pytest.mark.parametrize(("key", "value"), SERVICE_SECRETS)
def test_secrets_of_a_service_are_struck_whatever_it_is(key: str, value: str) -> None:
    secrets = Secrets()
    secrets.learn_credentials([(key, value)])
    secret = "tide-at-noon" if "tide-at-noon" in value else value
    assert secrets.strike(f"is {secret} here") == "is **** here"


def test_what_protects_a_web_page_is_struck_and_its_host_is_not() -> None:
    secrets = Secrets()
    page = "https://hooks.example/services/T0/"
    secrets.learn_credentials([("hook", f"{page}xK9aB2mQ7tRw"), ("uri", "q://u:ebb&flow@h/x")])
    assert secrets.strike(f"POST {page}xK9aB2mQ7tRw ebb%26flow") == f"POST {page}**** ****"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("server", "gunicorn"),
        ("settings", "shop.settings"),
        ("version", "3.13.0"),
        ("index", "requirements.txt"),
        ("url", "https://localhost:9/simple"),
        ("extraurl", "https://index.example/team-2/simple"),
        ("token_url", "https://login.example/oauth"),
        ("uri", "postgres://db.example/cf0123456789abcdef01"),
        ("name", "cf0123456789abcdef01"),
        ("hosts.0", "cf0123456789abcdef01"),
        ("credentials.server", "gunicorn"),
        ("credentials", "protocol=https\nhost=git.example"),
        ("key_file", "/etc/keys/shop.pem"),
        ("token.issuer", "https://login.example"),
        ("key.type", "asymmetric"),
        ("private_host", "db.example"),
        ("private_ip", "192.0.2.17"),
        ("signature_version", "s3v4"),
        ("contact", "harbour@mail.example"),
        ("dsn", "host=db.example user=crew dbname=yard"),
        ("sslmode", "verify-full"),
        ("zone", "eu-west-1a.example"),
        ("timezone", "America/Port-au-Prince"),
        ("path", "/srv/Shop2/settings.d"),
        ("packages", "Django>=5.2,!=5.2.1 psycopg[binary]==3.2"),
        ("hosts_allowed", "*.shop2.example localhost"),
        ("ca", "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmg\n-----END CERTIFICATE-----"),
        ("options", '{"server": "gunicorn", "workers": 12}'),
    ],
)
def test_plain_settings_in_a_service_are_shown(key: str, value: str) -> None:
    secrets = Secrets()
    secrets.learn_credentials([(key, value)])
    for text in (value, *value.split()):
        assert secrets.strike(text) == text


@pytest.mark.parametrize("end", ["", '"', '", }', '"}]} and more'])
def test_passwords_in_damaged_json_are_secret(end: str) -> None:
    value = f'{{"sql": [{{"host": "db.example", "password": "tide \\"at\\" noon{end}'
    secrets = Secrets({"VCAP_SERVICES": value})
    assert "noon" not in secrets.strike(f"VCAP_SERVICES={value}")
    assert secrets.strike("db.example") == "db.example"
