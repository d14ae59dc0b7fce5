from calls import ANSWERS, CLIENTS, STREAMING, STREAMS, Wire, answering, check_that_calls_go_out, use, use_streams
from opentelemetry import trace
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
wire = Wire()
for kind in CLIENTS:
    made_before = kind(base_url=wire.base_url)
    HTTPXClientInstrumentor().instrument()
    for client in (made_before, kind(base_url=wire.base_url)):
        use(client)
        spans = exporter.get_finished_spans()
        made = [format(span.context.span_id, "016x") for span in spans if span.context is not None]
        assert [each.split("-")[2] for each in wire.taken("traceparent")] == made
        assert [(span.attributes or {})["http.status_code"] for span in spans] == [
            status for _, _, status, *_ in ANSWERS
        ]
        exporter.clear()
    HTTPXClientInstrumentor().uninstrument()
for kind in STREAMING:
    HTTPXClientInstrumentor().instrument()
    use_streams(kind(base_url=answering(), api_key="any-key"))
    assert [(span.attributes or {})["http.status_code"] for span in exporter.get_finished_spans()] == [200] * len(
        STREAMS
    )
    exporter.clear()
    HTTPXClientInstrumentor().uninstrument()
check_that_calls_go_out(wire)
assert b"traceparent" not in wire.sent
assert not exporter.get_finished_spans()
print("done")
