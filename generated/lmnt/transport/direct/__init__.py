"""The direct road: HTTP/1.1 over TCP and TLS, straight to the origin. Nothing of httpx is imported here.

`http1`, `tls` and `pool` do no I/O and decide; `sync` and `asynchronous` move the bytes, each in its own way.
"""
