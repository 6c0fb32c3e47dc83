import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Hono } from "hono";
import type { CloudEnvironment } from "../http/environment.ts";
import { referencePage, referencePolicy } from "./reference-page.ts";

const assets: Readonly<Record<string, string>> = Object.freeze({
	"swagger-ui.css": "text/css; charset=utf-8",
	"swagger-ui-bundle.js": "text/javascript; charset=utf-8",
	"favicon-32x32.png": "image/png",
});

const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>VisionVend cloud API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
`;
const start = `SwaggerUIBundle({ url: "/openapi.json", dom_id: "#swagger-ui", validatorUrl: null });\n`;
// Swagger UI writes style attributes and inline images; scripts come from here only.
const policy = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/**
 * `/openapi.json`; `/docs` to try it, with Swagger UI from our own disk: no third party learns who reads; `/redoc` to read
 * it.
 */
export function docsRoutes(document: () => string): Hono<CloudEnvironment> {
	const require = createRequire(import.meta.url);
	const folder = dirname(require.resolve("swagger-ui-dist/package.json"));
	const routes = new Hono<CloudEnvironment>();
	routes.get("/openapi.json", (context) => context.body(document(), 200, { "content-type": "application/json" }));
	routes.get("/docs", (context) => context.html(page, 200, { "content-security-policy": policy }));
	routes.get("/redoc", (context) =>
		context.html(referencePage(JSON.parse(document())), 200, { "content-security-policy": referencePolicy }),
	);
	routes.get("/docs/start.js", (context) =>
		context.body(start, 200, { "content-type": "text/javascript; charset=utf-8" }),
	);
	for (const [name, type] of Object.entries(assets)) {
		routes.get(`/docs/${name}`, async (context) => {
			const bytes = new Uint8Array(await readFile(join(folder, name)));
			return context.body(bytes, 200, { "content-type": type, "cache-control": "public, max-age=86400" });
		});
	}
	return routes;
}
