import os

os.environ |= {"NEW_RELIC_LICENSE_KEY": "0" * 40, "NEW_RELIC_APP_NAME": "calls", "NEW_RELIC_DEVELOPER_MODE": "true"}
import newrelic.agent
from calls import ANSWERS, CLIENTS, Wire, check_that_calls_go_out, use

wire = Wire()
made_before = [kind(base_url=wire.base_url) for kind in CLIENTS]
check_that_calls_go_out(wire)
wire.sent = b""
newrelic.agent.initialize()
application = newrelic.agent.register_application(timeout=10)
for client in (*made_before, *(kind(base_url=wire.base_url) for kind in CLIENTS)):
    with newrelic.agent.BackgroundTask(application, "calls"):
        use(client)
    assert len(set(wire.taken("traceparent"))) == len(ANSWERS)
print("done")
