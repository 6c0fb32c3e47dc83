import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { describeRoutes } from "./describe-routes.ts";

test("the committed openapi.json is what the routes say (renew: node cloud-lite/dist/cli.js openapi > cloud-lite/openapi.json)", async () => {
	const committed = await readFile(new URL("../../openapi.json", import.meta.url), "utf8");
	expect(committed).toBe(await describeRoutes());
});

test("every route says who may call it, and is documented with what a caller who may not is told", async () => {
	const document = JSON.parse(await describeRoutes());
	expect(document.openapi).toBe("3.1.0");
	const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
		Object.entries(methods as Record<string, { "x-access"?: unknown; responses: object }>).map(
			([method, operation]) => ({ route: `${method} ${path}`, access: operation["x-access"], operation }),
		),
	);
	expect(operations.map(({ route }) => route)).toContain("post /unlock");
	for (const { route, access, operation } of operations) {
		expect([route, access]).not.toEqual([route, undefined]);
		const documented = Object.keys(operation.responses);
		if (access !== "anybody") expect([route, documented]).toEqual([route, expect.arrayContaining(["401", "403"])]);
	}
});
