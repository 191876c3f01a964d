# docs/deployment.md says how to name it by its content, with --build-arg.
ARG NODE_IMAGE=docker.io/library/node:24.21.0-bookworm-slim
FROM ${NODE_IMAGE} AS base

FROM base AS build
WORKDIR /app
# The installer and the cache below belong to the user that runs the image: Node keeps one compile cache for each user.
RUN chmod 777 .
USER node
COPY package.json package-lock.json LICENSE ./
# What the lock names, byte for byte, and no script of any of it.
# TypeScript's compiler comes along as an optional peer of something in the jobs page; nothing here calls it.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
    && rm -rf node_modules/typescript node_modules/@typescript
COPY src ./src
COPY jobs ./jobs
# Fills the compile cache, which nobody can write later, and shows that this tree can do its work.
RUN node --disable-proto=delete --max-semi-space-size=4 src/cli/start.js --help > /dev/null \
    && there="$(mktemp -d)" \
    && node --disable-proto=delete --max-semi-space-size=4 src/cli/start.js simulate --out "$there/exports" --days 1 --records 50 \
    && node --disable-proto=delete --max-semi-space-size=4 src/cli/start.js run --source "$there/exports" --lake "$there/lake" \
    && rm -r "$there"

# An S3 server to try things out, started by the same script as the tests' server. Only docker-compose.yml's profile `local` uses it.
FROM base AS s3
RUN apt-get update \
    && apt-get install -y --no-install-recommends ceph-common ceph-mon ceph-osd radosgw \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY test/services ./test/services
USER node
ENTRYPOINT ["node", "/app/test/services/serve-s3.ts"]

FROM base AS ledger
ARG NODE_IMAGE
LABEL org.opencontainers.image.title="aperture-ledger" \
      org.opencontainers.image.description="Turns an Aperture gateway's export files into a ledger: every LLM request once, priced to the nanodollar." \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.base.name="${NODE_IMAGE}"
COPY --from=build /app /app
USER node
WORKDIR /data
ENTRYPOINT ["node", "--disable-proto=delete", "--max-semi-space-size=4", "/app/src/cli/start.js"]
CMD ["--help"]
