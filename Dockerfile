# Any image with Python 3.11 or newer and its venv module will do.
ARG BASE_IMAGE=python:3.11-slim-bookworm

FROM ${BASE_IMAGE} AS builder
# A site with its own package index passes pip's usual settings: --build-arg PIP_INDEX_URL=… and so on.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_FIND_LINKS
ARG PIP_TRUSTED_HOST
ARG PIP_CERT
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /source
RUN python3 -m venv /venv
COPY pyproject.toml constraints.txt ./
# The dependencies make a layer of their own, which an edited lesson does not rebuild.
RUN python3 -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" \
      > requirements.txt \
 && /venv/bin/pip install --constraint constraints.txt --requirement requirements.txt
COPY . .
RUN /venv/bin/pip install --no-deps .

FROM ${BASE_IMAGE}
# The kernels are compiled while building and loaded while running, on another machine: hence one generic processor.
# One thread for linear algebra: the matrices are small, and more threads make them slower.
# Any website may link to or embed the course: there is no login and nothing to steal. Name hosts to change that.
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HOME=/app \
    NUMBA_CACHE_DIR=/app/.numba-cache \
    NUMBA_CPU_NAME=generic \
    OMP_NUM_THREADS=1 \
    OPENBLAS_NUM_THREADS=1 \
    PORT=5006 \
    UNROLLED_ORIGIN=*
COPY --from=builder /venv /venv
WORKDIR /app
RUN useradd --uid 10001 --no-create-home --home-dir /app unrolled && chown unrolled /app
USER unrolled
RUN python -m engine.warm
EXPOSE 5006
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "-c", \
  "import os, urllib.request as web; web.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/liveness', timeout=4)"]
CMD ["python", "-m", "app", "--address", "0.0.0.0"]
