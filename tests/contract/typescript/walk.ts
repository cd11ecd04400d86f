// A TypeScript client with types generated from the document does what clients do. Run by tests/contract.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

const [base, key] = process.argv.slice(2) as [string, string];
const client = createClient<paths>({ baseUrl: base, headers: { Authorization: `Bearer ${key}` } });

const memo: components["schemas"]["SourceCreate"] = { key: "memo", kind: "filing", title: "A memo" };
const source = await client.POST("/v1/sources", { body: memo });
assert.equal(source.response.status, 201);
const again = await client.POST("/v1/sources", { body: memo });
assert.equal(again.response.status, 200);
assert.equal(again.data?.id, source.data?.id);

const entity = await client.POST("/v1/entities", { body: { key: "rival", kind: "organization", name: "Rival" } });
assert.equal(entity.data?.name, "Rival");

const made = await client.POST("/v1/claims", {
  body: {
    source: "memo",
    claimant: "rival",
    subject: "deepseek-r1",
    statement: "It cost more.",
    figures: [
      {
        metric: "training-cost",
        scope: "on-top-of-base",
        basis: "estimated",
        qualifier: "more_than",
        lower: "2000000",
        unit: "USD",
      },
    ],
  },
});
if (made.error) throw new Error(made.error.detail);
const claim = made.data;
assert.equal(claim.figures[0]?.interval?.text, "more than $2,000,000");

const dispute = await client.POST("/v1/disputes", {
  body: { disputed_claim: claim.id, raised_by: "deepseek", type: "method", rationale: "No." },
});
assert.equal(dispute.data?.disputed_claim.id, claim.id);

const seen = new Set<string>();
let cursor: string | null = null;
do {
  const page: { data?: components["schemas"]["ClaimPage"] } = await client.GET("/v1/claims", {
    params: { query: { limit: 20, cursor } },
  });
  assert.ok(page.data);
  for (const item of page.data.items) seen.add(item.id);
  cursor = page.data.next_cursor;
} while (cursor !== null);
assert.equal(seen.size, 90);

const path = { ref: claim.id };
const read = await client.GET("/v1/claims/{ref}", { params: { path } });
const etag = read.response.headers.get("ETag");
assert.ok(etag);
const change = { params: { path, header: { "If-Match": etag } }, body: { quote: "two million", locator: null } };
const changed = await client.PATCH("/v1/claims/{ref}", change);
assert.equal(changed.data?.version, 2);
const stale = await client.PATCH("/v1/claims/{ref}", change);
assert.equal(stale.error?.code, "precondition_failed");

const comparison = await client.GET("/v1/comparisons/{ref}", {
  params: { path: { ref: "deepseek-r1.training-cost.on-top-of-base" } },
});
assert.equal(comparison.data?.verdict, "estimates_higher");
assert.equal(comparison.data?.dispute_count, 2);

const refused = await client.POST("/v1/sources", { body: { kind: "book", title: " " } });
assert.deepEqual(
  refused.error?.errors.map((error) => error.pointer),
  ["/title"],
);

const exported = await client.GET("/v1/export.jsonl", { parseAs: "text" });
assert.ok(exported.data?.startsWith('{"type":"entity"'));
const imported = await client.POST("/v1/imports", {
  params: { query: { format: "jsonl", dry_run: true } },
  body: exported.data ?? "",
  bodySerializer: (text) => text,
  headers: { "Content-Type": "application/octet-stream" },
});
assert.equal(imported.data?.counts.claim.unchanged, 90);
console.log("walked");
