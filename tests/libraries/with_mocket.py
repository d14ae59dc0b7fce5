from calls import ANSWERS, CLIENTS, Wire, check_that_calls_go_out, use
from mocket import Mocket, mocketize
from mocket.mocks.mockhttp import Entry, Response

wire = Wire()


@mocketize
def answered(client: object) -> None:
    for method, path in dict.fromkeys(each[:2] for each in ANSWERS):
        responses = [
            Response(body=body, status=status, headers={"content-type": media})
            for *place, status, media, body in ANSWERS
            if place == [method, path]
        ]
        Entry.register(method, wire.base_url + path, *responses)
    use(client)
    assert len(Mocket.request_list()) == len(ANSWERS)


for kind in CLIENTS:
    made_before = kind(base_url=wire.base_url)
    answered(made_before)
    answered(kind(base_url=wire.base_url))
assert wire.connections == 0
check_that_calls_go_out(wire)
print("done")
