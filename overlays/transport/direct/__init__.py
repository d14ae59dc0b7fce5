"""The direct road: HTTP/1.1 over TCP and TLS, directly to the origin, without httpx.

`http1`, `tls` and `pool` do no I/O and decide; `sync` and `asynchronous` move the bytes.
"""
