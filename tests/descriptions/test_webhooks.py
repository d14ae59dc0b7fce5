"""Messages that a service sends by itself, signed by the official library of Standard Webhooks."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
import subprocess
import sys
import traceback
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from generator.rendering import Package
from tests.kit.checking import MYPY

from .packages import document, load, make_all, settings

pytestmark = pytest.mark.once(rows=True)

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SENT = '{"type": "parcel.sent", "number": 7, "né": "ü"}'


def with_callbacks() -> dict[str, Any]:
    """Return a description in which operations have callbacks, and a resource is called `webhooks`."""
    found = copy.deepcopy(document("parcels"))
    create = found["paths"]["/parcels"]["post"]
    arrived = {
        "content": {
            "application/json": {
                "schema": {"type": "object", "required": ["at"], "properties": {"at": {"type": "string"}}}
            }
        }
    }
    create["callbacks"] = {"arrived": {"{$request.body#/told_at}": {"post": {"requestBody": arrived}}}}
    for name, schema in (("one", {"$ref": "#/components/schemas/Sent"}), ("two", {"type": "string"})):
        message = {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}}}
        found["paths"][f"/webhooks/{name}"] = {
            "get": {
                "operationId": "webhooks.parse" if name == "one" else "webhooks.list",
                "tags": ["webhooks"],
                "responses": {"204": {"description": ""}},
                "callbacks": {"told": {"https://example.com": message}},
            }
        }
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("webhooks")
    make_all({"parcels": document("parcels"), "parcels_calling": with_callbacks()}, folder)
    return folder


@pytest.fixture(scope="module")
def parcels(folder: Path) -> Any:
    return load("parcels", folder)


@pytest.fixture(params=["Parcels", "AsyncParcels"])
def webhooks(request: pytest.FixtureRequest, parcels: Any) -> Any:
    return getattr(parcels, request.param)(base_url="http://127.0.0.1:1").webhooks


def signed(body: str, *, at: datetime | None = None, secret: str = SECRET, **changed: str) -> dict[str, str]:
    """Return the headers of a message as the official library signs it."""
    at = at or datetime.now(UTC)
    found = {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(at.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("msg_1", at, body),
    }
    return {**found, **{f"Webhook-{name.capitalize()}": value for name, value in changed.items()}}


def test_a_message_is_the_model_that_its_fields_or_its_name_tell(parcels: Any, webhooks: Any) -> None:
    sent = webhooks.parse(SENT)
    assert isinstance(sent, parcels.models.Sent)
    assert (sent.number, sent.additional_properties) == (7, {"né": "ü"})
    lost = webhooks.parse(b'{"type": "parcel.lost", "sorry": true, "when": "2026-11-28"}', {}, name="parcel.lost")
    assert (type(lost).__name__, lost.when) == ("ParcelLostPayload", date(2026, 11, 28))
    new = webhooks.parse('{"type": "parcel.eaten", "by": "dog"}')  # one that the description does not know yet
    assert (new.type, new.by) == ("parcel.eaten", "dog")


def test_what_the_official_library_signs_is_taken(parcels: Any, webhooks: Any) -> None:
    assert webhooks.parse(SENT, signed(SENT), secret=SECRET).number == 7
    assert webhooks.parse(SENT.encode(), signed(SENT), secret=SECRET.removeprefix("whsec_")).number == 7
    ours = signed(SENT)["Webhook-Signature"]
    other = Webhook("whsec_" + "b3RoZXI" + "=").sign("msg_1", datetime.now(UTC), SENT)
    for several in (f"{other} {ours}", f"v2,x v1a,{ours[3:]} {ours} {other}", f"{ours}  "):
        assert webhooks.parse(SENT, signed(SENT, signature=several), secret=SECRET).number == 7
    lower = {name.lower(): value for name, value in signed(SENT).items()}
    assert webhooks.parse(SENT, lower, secret=SECRET, name="parcel.sent").number == 7
    Webhook(SECRET).verify(SENT, lower)  # and by the library itself
    assert issubclass(parcels.WebhookVerificationError, parcels.ParcelsError)


OLD = timedelta(seconds=400)


@pytest.mark.parametrize(
    ("body", "headers", "told"),
    [
        (SENT + " ", lambda: signed(SENT), "no signature of this secret"),
        (SENT, lambda: signed(SENT, secret="whsec_b3RoZXI="), "no signature of this secret"),
        (SENT, lambda: signed(SENT, id="msg_2"), "no signature of this secret"),
        (SENT, lambda: signed(SENT, timestamp=str(int(datetime.now(UTC).timestamp()) + 1)), "no signature of this secret"),
        (SENT, lambda: signed(SENT, signature="v1," + signed(SENT)["Webhook-Signature"]), "no signature of this secret"),
        (SENT, lambda: signed(SENT, signature=signed(SENT)["Webhook-Signature"][3:]), "no signature of this secret"),
        (SENT, lambda: signed(SENT, signature="v1a" + signed(SENT)["Webhook-Signature"][2:]), "no signature of this secret"),
        (SENT, lambda: signed(SENT, signature="v1,\ud800é"), "no signature of this secret"),
        (SENT, lambda: signed(SENT, signature=" "), "no signature of this secret"),
        (SENT, lambda: signed(SENT, signature=""), "is not signed, or webhook-id"),
        (SENT, lambda: {}, "is not signed"),
        (SENT, lambda: None, "is not signed"),
        (SENT, lambda: signed(SENT, at=datetime.now(UTC) - OLD), "was sent 4"),
        (SENT, lambda: signed(SENT, at=datetime.now(UTC) + OLD), "s from now, and 300 s are tolerated"),
    ],
)  # fmt: skip
def test_what_does_not_prove_where_it_comes_from_is_refused(
    parcels: Any, webhooks: Any, body: str, headers: Any, told: str
) -> None:
    with pytest.raises(parcels.WebhookVerificationError) as caught:
        webhooks.parse(body, headers(), secret=SECRET)  # signed now: a test may run long after it was found
    assert told in str(caught.value)
    frames = [
        frame for frame, _ in traceback.walk_tb(caught.value.__traceback__) if "parcels" in frame.f_code.co_filename
    ]
    shown = repr([frame.f_locals for frame in frames])
    assert frames
    assert SECRET[6:] not in shown
    assert repr(base64.b64decode(SECRET[6:]))[2:-1] not in shown


def test_a_timestamp_that_is_none_is_refused_although_it_is_signed(parcels: Any, webhooks: Any) -> None:
    for stamp in ("soon", "-1", "1" * 16, "1e3", "\uff11"):
        key = base64.b64decode(SECRET[6:])
        digest = hmac.new(key, f"msg_1.{stamp}.{SENT}".encode(), hashlib.sha256).digest()
        headers = signed(SENT, timestamp=stamp, signature="v1," + base64.b64encode(digest).decode())
        with pytest.raises(parcels.WebhookVerificationError, match="timestamp is no number"):
            webhooks.parse(SENT, headers, secret=SECRET)


def test_the_tolerance_is_the_applications(parcels: Any, webhooks: Any) -> None:
    headers = signed(SENT, at=datetime.now(UTC) - OLD)
    assert webhooks.parse(SENT, headers, secret=SECRET, tolerance=500).number == 7
    assert webhooks.parse(SENT, headers, secret=SECRET, tolerance=float("inf")).number == 7
    for wrong in (-1, float("nan"), "300", True):
        with pytest.raises(parcels.InvalidArgumentError, match="tolerance must be a number of seconds from 0 up"):
            webhooks.parse(SENT, headers, secret=SECRET, tolerance=wrong)


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        ("", "is no text in base64"),
        ("whsec_", "is no text in base64"),
        ("whsec_é", "is no text in base64"),
        ("whsec_a b", "is no text in base64"),
        (b"whsec_MfKQ", "is no text in base64"),
        (7, "is no text in base64"),
        ("whpk_MfKQ", "is it for HMAC"),
        ("whsk_MfKQ", "is it for HMAC"),
    ],
)
def test_what_is_no_secret_is_said(parcels: Any, webhooks: Any, secret: Any, told: str) -> None:
    with pytest.raises(parcels.InvalidArgumentError, match=told):
        webhooks.parse(SENT, signed(SENT), secret=secret)


@pytest.mark.parametrize(
    ("body", "name", "told"),
    [
        ("{", None, "the webhook: the body is no JSON"),
        (b"\xff", None, "the webhook: the body is no JSON"),
        ("[" * 100_000, None, "the body is no JSON"),
        ("[]", "parcel.sent", "the webhook parcel.sent: the value must be an object"),
        ("null", None, "the webhook: "),
        ('{"type": "parcel.sent"}', None, "number"),
        (SENT, "parcel.lost", "the webhook parcel.lost: "),
        (SENT, "parcel.eaten", "there is no webhook 'parcel.eaten'; there are parcel.sent, parcel.lost"),
        ({"type": "parcel.sent"}, None, "body must be the bytes or the text that came; got a dict"),
    ],
)
def test_what_is_no_such_message_is_said(parcels: Any, webhooks: Any, body: Any, name: Any, told: str) -> None:
    with pytest.raises(parcels.InvalidArgumentError) as caught:
        webhooks.parse(body, name=name)
    assert told in str(caught.value)


def test_callbacks_are_messages_too_and_a_resource_called_webhooks_keeps_its_methods(folder: Path) -> None:
    package = load("parcels_calling", folder)
    webhooks = package.ParcelsCalling(base_url="http://127.0.0.1:1").webhooks
    assert {"parse", "list", "parse_message"} <= set(dir(webhooks))
    assert webhooks.parse_message('{"at": "home"}', name="arrived").at == "home"
    # Two callbacks of one name that hold different things are told apart by their operations.
    assert webhooks.parse_message(SENT, name="webhooks.parse.told").number == 7
    assert webhooks.parse_message('"x"', name="webhooks.list.told") == "x"
    assert webhooks.parse_message(SENT).number == 7


def test_a_package_without_messages_has_nothing_of_them(tmp_path: Path) -> None:
    plain = copy.deepcopy(document("parcels"))
    del plain["webhooks"]
    package = Package(settings("parcels", tmp_path), plain, tmp_path)
    assert "calls/webhooks.py" not in package.settings.overlays
    assert "resources/webhooks.py" not in package.modules()


USER = """
from typing import assert_type

from parcels import AsyncParcels, Parcels
from parcels.values.model import Result
from parcels.models import ParcelLostPayload, Sent


def reads(client: Parcels, other: AsyncParcels, body: bytes, headers: dict[str, str]) -> None:
    assert_type(client.webhooks.parse(body, headers), Sent | ParcelLostPayload | Result)
    assert_type(client.webhooks.parse(body, headers, name="parcel.sent", secret="x"), Sent)
    assert_type(other.webhooks.parse(body, headers, name="parcel.lost"), ParcelLostPayload)
"""


@pytest.mark.once(first=True)
def test_type_checkers_know_the_messages(folder: Path) -> None:
    (folder / "user.py").write_text(USER, encoding="utf-8")
    text = json.dumps({"pythonVersion": "3.11", "typeCheckingMode": "recommended", "reportImportCycles": False})
    (folder / "pyrightconfig.json").write_text(text, encoding="utf-8")
    for check in (
        [*MYPY, "user.py", "parcels"],
        [
            "basedpyright",
            "--pythonpath",
            sys.executable,
            "--level",
            "error",
            "user.py",
            "parcels/calls/webhooks.py",
            "parcels/resources/webhooks.py",
        ],
    ):
        run = subprocess.run([sys.executable, "-m", *check], cwd=folder, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
