FROM node:24.21.0-bookworm-slim
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm install --no-save --omit=dev --no-audit --no-fund
COPY src ./src
COPY jobs ./jobs
USER node
WORKDIR /data
ENTRYPOINT ["node", "--max-semi-space-size=4", "/app/src/cli/start.js"]
CMD ["--help"]
