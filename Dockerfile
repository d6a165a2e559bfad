# Any image with Python 3.11 or newer and its venv module will do.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS builder
# A site with its own package index passes pip's usual settings: --build-arg PIP_INDEX_URL=… and so on.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_FIND_LINKS
ARG PIP_TRUSTED_HOST
ARG PIP_CERT
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_COMPILE=1
WORKDIR /source
RUN python3 -m venv /venv && python3 -m venv /tools
COPY pyproject.toml constraints.txt ./
# The dependencies make a layer of their own, which an edited lesson does not rebuild.
RUN python3 -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
      > requirements.txt \
 && /venv/bin/pip install --constraint constraints.txt --requirement requirements.txt \
 && /tools/bin/pip install 'cyclonedx-bom>=7,<8'
COPY . .
# What is never used goes, what remains is listed (/venv/sbom.cdx.json), and of what is used the bytecode is kept.
RUN /venv/bin/pip install --no-deps . \
 && python3 deploy/slim.py /venv/lib/python3.*/site-packages \
 && /tools/bin/cyclonedx-py environment /venv/bin/python --output-reproducible --output-file /venv/sbom.cdx.json
# The kernels are compiled while building and loaded while running, on another machine: hence one generic processor.
ENV NUMBA_CACHE_DIR=/kernels NUMBA_CPU_NAME=generic
WORKDIR /
RUN /venv/bin/python -m app --prepare && chmod -R a+rX /kernels /venv

FROM ${BASE_IMAGE}
# Nothing here is written while the site runs: --read-only --tmpfs /tmp.
# One thread for linear algebra: the matrices are small, and more threads make them slower.
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    NUMBA_CACHE_DIR=/kernels \
    NUMBA_CPU_NAME=generic \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    UNROLLED_ADDRESS=0.0.0.0 \
    PORT=5006
COPY --from=builder /venv /venv
COPY --from=builder /kernels /kernels
USER 10001:10001
WORKDIR /tmp
EXPOSE 5006
# Images in the OCI format have no health check: there, whoever runs them asks /liveness and /readiness, or this probe.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-m", "app.hosting.probe", "liveness"]
CMD ["python", "-m", "app"]
