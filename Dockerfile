# One image for both planes: the page is built, the packages are installed, and neither tool is in what runs.
FROM python:3.11-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

FROM base AS packages
COPY requirements.lock models.lock /made/
RUN python -m venv /app/.venv \
 && /app/.venv/bin/pip install --no-deps --require-hashes -r /made/requirements.lock \
 && /app/.venv/bin/pip install --no-deps --require-hashes -r /made/models.lock

FROM node:22-bookworm-slim AS page
WORKDIR /page
COPY web/ui/package.json web/ui/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY web/ui/ ./
RUN npm run build

FROM base
# What mediapipe and OpenCV load; fonts for the demo's slides.
RUN apt-get update \
 && apt-get install -y --no-install-recommends libegl1 libgl1 libgles2 fonts-noto-cjk \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin classroom \
 && install -d -o classroom -g classroom /data
WORKDIR /app
COPY --from=packages /app/.venv /app/.venv
COPY asgi.py settings.py pyproject.toml ./
COPY classroom/ classroom/
COPY realtime/ realtime/
COPY verify/ verify/
COPY web/ web/
COPY --from=page /page/dist web/ui/dist
RUN .venv/bin/python -m compileall -q asgi.py settings.py classroom realtime verify web
ENV PATH=/app/.venv/bin:$PATH ANXUE_DATA=/data ANXUE_SECRETS=/run/secrets ANXUE_HOST=0.0.0.0
USER classroom
VOLUME /data
EXPOSE 8900
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8900/readyz', timeout=2)"]
CMD ["python", "-m", "realtime.launcher", "--no-media"]
