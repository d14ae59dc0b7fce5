import logging
import os
from importlib import import_module

os.environ |= {"DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false", "DD_REMOTE_CONFIGURATION_ENABLED": "false"}
from calls import ANSWERS, CLIENTS, Wire, check_that_calls_go_out, use

logging.disable()  # there is no agent
wire = Wire()
made_before = [kind(base_url=wire.base_url) for kind in CLIENTS]
check_that_calls_go_out(wire)
wire.sent = b""
import_module("ddtrace.auto")  # it wraps what is imported, and later what will be

for client in (*made_before, *(kind(base_url=wire.base_url) for kind in CLIENTS)):
    use(client)
    assert len(set(wire.taken("traceparent"))) == len(ANSWERS)
print("done")
