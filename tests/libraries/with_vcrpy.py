import tempfile
from pathlib import Path

import vcr
from calls import ANSWERS, CLIENTS, STREAMING, STREAMS, Wire, answering, check_that_calls_go_out, use, use_streams

wire = Wire()
recorder = vcr.VCR(filter_headers=["x-api-key"])
with tempfile.TemporaryDirectory() as folder:
    for kind in CLIENTS:
        made_before = kind(base_url=wire.base_url)
        cassette = Path(folder) / f"{kind.__name__}.yaml"
        with recorder.use_cassette(cassette) as recorded:
            use(kind(base_url=wire.base_url))
        assert len(recorded) == len(ANSWERS)
        assert "any-key" not in cassette.read_text(encoding="utf-8")
        connections = wire.connections
        for client in (made_before, kind(base_url=wire.base_url)):
            with recorder.use_cassette(cassette, record_mode="none") as replayed:
                use(client)
            assert replayed.play_count == len(ANSWERS)
        assert wire.connections == connections
    for kind in STREAMING:
        base_url, cassette = answering(), Path(folder) / f"{kind.__name__}.yaml"
        for mode in ("once", "none"):
            with recorder.use_cassette(cassette, record_mode=mode, match_on=["method", "uri", "body"]) as used:
                use_streams(kind(base_url=base_url, api_key="any-key"))
            assert (used.play_count if mode == "none" else len(used)) == len(STREAMS)
check_that_calls_go_out(wire)
print("done")
