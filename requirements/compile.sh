#!/bin/sh
# Makes the locks anew. They hold hashes and no addresses. Needs uv; installing from them needs only pip.
set -eu
cd "$(dirname "$0")/.."
compile() {
    uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-header --no-annotate "$@"
}
compile --extra build --extra dev --extra mcp --extra parquet --quiet -o requirements/dev.txt
# what runs is what was tested, version by version
compile --extra build --quiet --constraint requirements/dev.txt -o requirements/runtime.txt
compile --extra build --extra dev --extra mcp --extra parquet --extra contract --quiet --constraint requirements/dev.txt -o requirements/contract.txt
