# The server for many: docker build -t lmnt-server . && docker run -p 8765:8765 -v lmnt:/data lmnt-server
FROM python:3.12-slim AS made
COPY . /source
RUN /source/scripts/image /opt/lmnt-server

FROM python:3.12-slim
COPY --from=made /opt/lmnt-server /opt/lmnt-server
RUN useradd --system --uid 10001 lmnt && install -d -o lmnt -g lmnt /data
USER lmnt
VOLUME /data
EXPOSE 8765
HEALTHCHECK CMD ["/opt/lmnt-server/bin/python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8765/readyz', timeout=2)"]
ENTRYPOINT ["/opt/lmnt-server/bin/lmnt-server", "--host", "0.0.0.0", "--data", "/data", "--drain", "25", "--log-format", "json"]
CMD ["--workers", "2"]
