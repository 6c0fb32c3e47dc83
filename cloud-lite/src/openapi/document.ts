import type { OpenAPIHono } from "@hono/zod-openapi";
import type { CloudEnvironment } from "../http/environment.ts";

const token = { type: "http", scheme: "bearer", bearerFormat: "JWT" } as const;
const schemes = {
	user: { ...token, description: "A person's token of POST /api/v1/auth/login; it lives 15 minutes" },
	page: { type: "apiKey", in: "cookie", name: "__Host-visionvend", description: "A page's cookie, with X-CSRF-Token" },
	apiKey: { type: "apiKey", in: "header", name: "X-API-Key", description: "A program's key; also as Bearer token" },
	shopper: { ...token, description: "A shopper's token; it lives 15 minutes" },
	device: { ...token, description: "A device's token of POST /api/v1/auth/device-token, or its API key" },
} as const;

/** The OpenAPI 3.1 document of the routes, as text that is the same for the same routes. */
export function openApiDocument(app: OpenAPIHono<CloudEnvironment>): string {
	for (const [name, scheme] of Object.entries(schemes)) {
		app.openAPIRegistry.registerComponent("securitySchemes", name, scheme);
	}
	const document = app.getOpenAPI31Document({
		openapi: "3.1.0",
		info: {
			title: "VisionVend cloud",
			version: "0.1.0",
			description:
				"Unlock a fridge, take something, close the door: held money becomes the exact price of what is gone.",
			license: { name: "MIT" },
		},
		servers: [{ url: "/" }],
	});
	const paths = Object.fromEntries(
		Object.entries(document.paths ?? {}).sort(([one], [other]) => (one < other ? -1 : 1)),
	);
	return `${JSON.stringify({ ...document, paths }, null, 2)}\n`;
}
