import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { describeRoutes } from "../cli/offline-cloud.ts";

test("the committed openapi.json is what the routes say (renew: node cloud-lite/dist/cli.js openapi > cloud-lite/openapi.json)", async () => {
	const committed = await readFile(new URL("../../openapi.json", import.meta.url), "utf8");
	expect(committed).toBe(await describeRoutes());
});

test("the document names every route of the API, and which need a token", async () => {
	const document = JSON.parse(await describeRoutes());
	expect(document.openapi).toBe("3.1.0");
	const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
		Object.entries(methods as Record<string, { security?: object[] }>).map(
			([method, { security }]) => `${method} ${path}${security ? " shopper" : ""}`,
		),
	);
	expect(routes.sort()).toEqual([
		"get /api/v1/sales/{id} shopper",
		"get /health",
		"get /metrics",
		"post /save-payment shopper",
		"post /unlock shopper",
		"post /webhooks/stripe",
	]);
});
