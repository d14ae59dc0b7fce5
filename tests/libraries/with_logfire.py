import logfire
from calls import ANSWERS, CLIENTS, Wire, use
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter = InMemorySpanExporter()
logfire.configure(send_to_logfire=False, console=False, additional_span_processors=[SimpleSpanProcessor(exporter)])
wire = Wire()
made_before = [kind(base_url=wire.base_url) for kind in CLIENTS]
logfire.instrument_httpx(capture_all=True)
for client in (*made_before, *(kind(base_url=wire.base_url) for kind in CLIENTS)):
    exporter.clear()
    use(client)
    spans = [span for span in exporter.get_finished_spans() if span.name in ("GET", "POST")]
    assert len(spans) == len(wire.taken("traceparent")) == len(ANSWERS)
    assert "any-key" not in str([span.attributes for span in exporter.get_finished_spans()])
print("done")
