import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const types: Readonly<Record<string, string>> = Object.freeze({
	".html": "text/html; charset=utf-8",
	".css": "text/css; charset=utf-8",
	".js": "text/javascript; charset=utf-8",
	".mjs": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
});

/** What the page imports by name, and where its browser finds it. */
const libraries: Readonly<Record<string, string>> = Object.freeze({
	preact: "/library/preact.mjs",
	"preact/hooks": "/library/hooks.mjs",
	"preact/jsx-runtime": "/library/jsx-runtime.mjs",
});

export interface PageFile {
	readonly type: string;
	readonly body: Uint8Array<ArrayBuffer>;
}

/** The files of the page, by path, and the policy that lets nothing else in. */
export interface Page {
	readonly files: ReadonlyMap<string, PageFile>;
	readonly contentSecurityPolicy: string;
}

/** The page has not been compiled. */
export class PageNotBuilt extends Error {
	override readonly name = "PageNotBuilt";
}

/** Reads the page that was compiled from `web`. Throws a `PageNotBuilt` when it was not. */
export function readPage(): Page {
	// Both from src/serve and from dist/serve.
	const web = fileURLToPath(new URL("../../web/", import.meta.url));
	// Types come from beside it, so the compiler keeps the folders.
	const scripts = join(web, "dist", "web", "src");
	if (!existsSync(join(scripts, "main.js")))
		throw new PageNotBuilt("The page is not built yet: run `npm run build` in the repository's top folder.");
	const files = new Map<string, PageFile>();
	const add = (path: string, file: string, change = (text: string) => text): void => {
		const type = types[extname(file)];
		if (type === undefined) return;
		files.set(path, { type, body: new TextEncoder().encode(change(readFileSync(file, "utf8"))) });
	};
	const importMap = JSON.stringify({ imports: libraries });
	add("/", join(web, "index.html"), (text) => text.replace('"importmap">{}<', `"importmap">${importMap}<`));
	add("/style.css", join(web, "style.css"));
	add("/icon.svg", join(web, "icon.svg"));
	for (const name of readdirSync(scripts, { recursive: true, encoding: "utf8" }))
		if (name.endsWith(".js")) add(`/script/${name.replaceAll("\\", "/")}`, join(scripts, name));
	const { resolve } = createRequire(import.meta.url);
	for (const [name, path] of Object.entries(libraries)) add(path, resolve(name));
	const hash = createHash("sha256").update(importMap).digest("base64");
	return {
		files,
		contentSecurityPolicy: [
			"default-src 'none'",
			`script-src 'self' 'sha256-${hash}'`,
			"style-src 'self'",
			"img-src 'self'",
			"connect-src 'self'",
			"base-uri 'none'",
			"form-action 'none'",
			"frame-ancestors 'none'",
		].join("; "),
	};
}
