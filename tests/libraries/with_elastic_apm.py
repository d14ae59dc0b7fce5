import elasticapm
from calls import ANSWERS, CLIENTS, Wire, use

wire = Wire()
made_before = [kind(base_url=wire.base_url) for kind in CLIENTS]
apm = elasticapm.Client(
    {"SERVICE_NAME": "calls", "DISABLE_SEND": True, "CENTRAL_CONFIG": False, "CLOUD_PROVIDER": False}
)
elasticapm.instrument()
for client in (*made_before, *(kind(base_url=wire.base_url) for kind in CLIENTS)):
    apm.begin_transaction("calls")
    use(client)
    apm.end_transaction("calls")
    assert len(set(wire.taken("traceparent"))) == len(ANSWERS)
print("done")
