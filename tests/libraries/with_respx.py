from itertools import groupby

import httpx
import respx
from calls import ANSWERS, CLIENTS, EVENTS, STREAMING, STREAMS, Wire, check_that_calls_go_out, use, use_streams

wire = Wire()
for kind in CLIENTS:
    made_before = kind(base_url=wire.base_url)
    for is_made_before in (True, False):
        with respx.mock(base_url=wire.base_url) as mock:
            for (method, path), answers in groupby(sorted(ANSWERS, key=lambda each: each[:2]), lambda each: each[:2]):
                mock.route(method=method, path=path).side_effect = [
                    httpx.Response(status, headers={"content-type": media}, content=body)
                    for _, _, status, media, body in answers
                ]
            use(made_before if is_made_before else kind(base_url=wire.base_url))
            assert mock.calls.call_count == len(ANSWERS)
for kind in STREAMING:
    with respx.mock(base_url=wire.base_url) as mock:
        mock.post("/answers").side_effect = [
            httpx.Response(200, headers=EVENTS, content=body) for body in STREAMS.values()
        ]
        use_streams(kind(base_url=wire.base_url, api_key="any-key"))
assert wire.connections == 0
check_that_calls_go_out(wire)
print("done")
