# The service with its locked dependencies, as a user without rights.
FROM python:3.11-slim AS build
WORKDIR /app
COPY requirements/runtime.txt requirements/runtime.txt
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/runtime.txt
COPY pyproject.toml README.md ./
COPY service service
COPY migrations migrations
COPY fixtures fixtures
RUN /venv/bin/pip install --no-cache-dir --no-build-isolation --no-deps --editable .

FROM python:3.11-slim
RUN useradd --system --uid 10001 counterclaim
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER counterclaim
EXPOSE 8000
ENTRYPOINT ["counterclaim"]
CMD ["serve", "--host", "0.0.0.0"]
