# docs/deployment.md says how to name it by its content, with --build-arg.
ARG NODE_IMAGE=docker.io/library/node:24.21.0-bookworm-slim
FROM ${NODE_IMAGE} AS base

# The package, with the compiler of the lock. Nothing of this stage but its tarball goes on.
FROM base AS package
WORKDIR /checkout
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json README.md CHANGELOG.md LICENSE ./
COPY src ./src
COPY jobs ./jobs
RUN npm pack --loglevel=error && mv aperture-ledger-*.tgz package.tgz

FROM base AS build
WORKDIR /app
# The installer and the cache below belong to the user that runs the image: Node keeps one compile cache for each user.
RUN chmod 777 .
USER node
ENV NODE_OPTIONS="--disable-proto=delete --max-semi-space-size=4"
COPY package.json package-lock.json ./
# What the lock names, byte for byte, and no script of any of it.
# TypeScript's compiler comes along as an optional peer of something in the jobs page; nothing here calls it. The charts' builds for browsers
# are fifty megabytes, and nothing loads them.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
    && rm -rf node_modules/typescript node_modules/@typescript node_modules/echarts/dist
COPY --from=package /checkout/package.tgz ./
RUN tar --extract --strip-components=1 --file package.tgz && rm package.tgz
# Fills the compile cache, which nobody can write later, and shows that this tree can do its work.
RUN there="$(mktemp -d)" \
    && dist/src/cli/start.js --help > /dev/null \
    && dist/src/cli/start.js simulate --out "$there/exports" --days 1 --records 50 \
    && dist/src/cli/start.js run --source "$there/exports" --lake "$there/lake" \
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
RUN ln -s /app/dist/src/cli/start.js /usr/local/bin/aperture-ledger
COPY --from=build /app /app
# No name reaches a prototype, and a worker under load keeps 80 MB less. A script cannot pass such flags to Node itself. Threads share two
# pools of memory, of which each would else keep its own.
ENV NODE_OPTIONS="--disable-proto=delete --max-semi-space-size=4" MALLOC_ARENA_MAX=2
USER node
WORKDIR /data
ENTRYPOINT ["aperture-ledger"]
CMD ["--help"]
