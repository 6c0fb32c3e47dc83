import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { operationTypes } from "../../../cloud-lite/src/openapi/operation-types.ts";

test("0.13 the client's types are those of cloud-lite/openapi.json (renew: npm run cloud-client)", () => {
	const document = readFileSync(new URL("../../../cloud-lite/openapi.json", import.meta.url), "utf8");
	const types = readFileSync(new URL("operations.generated.ts", import.meta.url), "utf8");
	expect(types).toBe(operationTypes(JSON.parse(document)));
});
