import pook
from calls import ANSWERS, CLIENTS, Wire, check_that_calls_go_out, use

wire = Wire()
for kind in CLIENTS:
    made_before = kind(base_url=wire.base_url)
    for is_made_before in (True, False):
        with pook.use():
            for method, path, status, media, body in ANSWERS:
                pook.mock(
                    wire.base_url + path,
                    method=method,
                    times=1,
                    reply=status,
                    response_headers={"content-type": media},
                    response_body=body,
                )
            use(made_before if is_made_before else kind(base_url=wire.base_url))
            assert pook.isdone()
assert wire.connections == 0
check_that_calls_go_out(wire)
print("done")
