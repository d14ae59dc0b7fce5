from itertools import groupby

import httpx
import respx
from calls import ANSWERS, CLIENTS, Wire, check_that_calls_go_out, use
from pytest_httpx2._plugin import HTTPCore2Mocker  # what its fixture uses

wire = Wire()
for kind in CLIENTS:
    made_before = kind(base_url=wire.base_url)
    for is_made_before in (True, False):
        with respx.mock(base_url=wire.base_url, using=HTTPCore2Mocker.name) as mock:
            for (method, path), answers in groupby(sorted(ANSWERS, key=lambda each: each[:2]), lambda each: each[:2]):
                mock.route(method=method, path=path).side_effect = [
                    httpx.Response(status, headers={"content-type": media}, content=body)
                    for _, _, status, media, body in answers
                ]
            use(made_before if is_made_before else kind(base_url=wire.base_url))
            assert mock.calls.call_count == len(ANSWERS)
assert wire.connections == 0
check_that_calls_go_out(wire)
print("done")
