import json
from typing import Any

import sentry_sdk
from calls import ANSWERS, CLIENTS, Wire, use
from sentry_sdk.transport import Transport


class Kept(Transport):
    def capture_envelope(self, envelope: Any) -> None:
        events.extend((item.headers["type"], item.payload.json) for item in envelope.items)


events: list[tuple[str, Any]] = []
wire = Wire()
made_before = [kind(base_url=wire.base_url) for kind in CLIENTS]
sentry_sdk.init(dsn="http://key@localhost:9/1", traces_sample_rate=1.0, transport=Kept)
for client in (*made_before, *(kind(base_url=wire.base_url) for kind in CLIENTS)):
    with sentry_sdk.isolation_scope(), sentry_sdk.start_transaction(name="calls"):
        use(client)
        sentry_sdk.capture_message("after them")
    sentry_sdk.flush()
    message, transaction = dict(events)["event"], dict(events)["transaction"]
    spans = [span for span in transaction["spans"] if span["op"] == "http.client"]
    crumbs = [each for each in message["breadcrumbs"]["values"] if each["type"] == "http"]
    assert [each["data"]["http.response.status_code"] for each in crumbs] == [status for _, _, status, *_ in ANSWERS]
    assert len(spans) == len(wire.taken("sentry-trace")) == len(ANSWERS)
    assert "any-key" not in json.dumps(events)
    events.clear()
print("done")
