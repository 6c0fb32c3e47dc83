import type { OpenAPIHono } from "@hono/zod-openapi";
import type { CloudEnvironment } from "../http/environment.ts";

/** The OpenAPI 3.1 document of the routes, as text that is the same for the same routes. */
export function openApiDocument(app: OpenAPIHono<CloudEnvironment>): string {
	app.openAPIRegistry.registerComponent("securitySchemes", "shopper", {
		type: "http",
		scheme: "bearer",
		bearerFormat: "JWT",
		description: "A shopper's token; it lives 15 minutes",
	});
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
	return `${JSON.stringify(document, null, 2)}\n`;
}
