import os
from typing import Any

import pytest
from calls import ANSWERS, CLIENTS, EVENTS, STREAMING, STREAMS, Wire, check_that_calls_go_out, use, use_streams

wire = Wire()
MADE_BEFORE = {kind: kind(base_url=wire.base_url) for kind in CLIENTS}


@pytest.mark.parametrize("kind", CLIENTS)
@pytest.mark.parametrize("is_made_before", [True, False])
def test_calls(kind: Any, is_made_before: bool, httpx_mock: Any) -> None:
    for method, path, status, media, body in ANSWERS:
        httpx_mock.add_response(
            method=method,
            url=wire.base_url + path,
            status_code=status,
            headers={"content-type": media},
            content=body,
        )
    use(MADE_BEFORE[kind] if is_made_before else kind(base_url=wire.base_url))
    assert len(httpx_mock.get_requests()) == len(ANSWERS)
    assert wire.connections == 0


@pytest.mark.parametrize("kind", STREAMING)
def test_streams(kind: Any, httpx_mock: Any) -> None:
    for body in STREAMS.values():
        httpx_mock.add_response(method="POST", url=f"{wire.base_url}/answers", headers=EVENTS, content=body)
    use_streams(kind(base_url=wire.base_url, api_key="any-key"))
    assert wire.connections == 0


if __name__ == "__main__":
    assert pytest.main(["-q", "-c", os.devnull, "--noconftest", "-p", "no:cacheprovider", __file__]) == 0
    check_that_calls_go_out(wire)
    print("done")
