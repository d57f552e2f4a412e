# One image for all commands: `docker run IMAGE pipelines.profile ...`, `pipelines.backfill ...`, `serving ...`.
# The server asks for API keys, `docker run -v ./keys:/keys:ro IMAGE serving --host 0.0.0.0 --keys /keys`, or for --open.
FROM python:3.11.14-slim-bookworm AS build
WORKDIR /source
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY LICENSE constraints.txt pyproject.toml README.md ./
COPY console console
COPY data data
COPY pipelines pipelines
COPY schemas schemas
COPY serving serving
COPY store store
RUN pip install --no-cache-dir -c constraints.txt .
# A first run compiles the numeric code, for any processor of this kind; it is kept beside the installed modules, where
# who runs the image reads it. The second run unites with what is there.
ENV NUMBA_CPU_NAME=generic
WORKDIR /tmp
RUN NUMBA_CACHE_DIR="$(python -c 'from store.machine_code import SHIPPED; print(SHIPPED)')" && \
    export NUMBA_CACHE_DIR && \
    python -m pipelines.profile --store lmdb:/tmp/store --rejects /tmp/rejects.tsv && \
    python -m pipelines.profile --store lmdb:/tmp/store --rejects /tmp/rejects.tsv

FROM python:3.11.14-slim-bookworm
RUN useradd --uid 10001 --create-home profiles && install --directory --owner=profiles /data
COPY --from=build /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    NUMBA_CPU_NAME=generic \
    PROFILE_STORE=lmdb:/data/store \
    PYTHONUNBUFFERED=1
USER 10001
# Commands write rejected lines to data/rejects.tsv, which is below here.
WORKDIR /
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["python", "-m"]
CMD ["serving", "--host", "0.0.0.0"]
