import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import { apiDocumentSchema, type Operation, typeOf } from "./operation-types.ts";

const style = `body { font: 16px/1.5 system-ui, sans-serif; margin: 0; color: #1c2430; background: #fff }
nav { position: fixed; inset: 0 auto 0 0; width: 19rem; overflow: auto; padding: 1rem; background: #f4f6f8; font-size: 14px }
nav ul { list-style: none; padding: 0; margin: 0 0 1rem }
nav a { color: inherit; text-decoration: none }
main { margin-left: 21rem; padding: 1rem 2rem; max-width: 60rem }
section { border-top: 1px solid #d8dee6; padding: 1rem 0 }
code { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
td { padding: .2rem 1rem .2rem 0; vertical-align: top }
@media (max-width: 60rem) { nav { position: static; width: auto } main { margin: 0; padding: 1rem } }
@media (prefers-color-scheme: dark) {
	body { color: #e4e8ee; background: #14181e } a { color: #8ab8ff } nav { background: #1d232b } section { border-color: #333c48 }
}
`;
const styleHash = createHash("sha256").update(style).digest("base64");

/** What a browser may load for the page: its one style, and nothing else. */
export const referencePolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; frame-ancestors 'none'`;

type Html = ReturnType<typeof html>;
type NamedOperation = Operation & { readonly name: string };

/** An OpenAPI document as one page to read, search and print. It needs no script. */
export function referencePage(document: unknown): Html {
	const { info, paths, components } = apiDocumentSchema.parse(document);
	const operations = Object.entries(paths).flatMap(([path, methods]) =>
		Object.entries(methods).map(([method, operation]) => ({ ...operation, name: `${method.toUpperCase()} ${path}` })),
	);
	const tags = [...new Set(operations.flatMap(({ tags: own }) => own))].sort();
	const byTag = tags.map((tag) => [tag, operations.filter(({ tags: own }) => own.includes(tag))] as const);
	const schemas = Object.entries(components.schemas);
	return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${info.title}: reference</title>
<style>${raw(style)}</style>
</head>
<body>
<nav>
${byTag.map(([tag, group]) => html`<b>${tag}</b><ul>${group.map(({ name }) => html`<li><a href="#${anchor(name)}">${name}</a></li>`)}</ul>`)}
<b>Schemas</b><ul>${schemas.map(([name]) => html`<li><a href="#${name}">${name}</a></li>`)}</ul>
</nav>
<main>
<h1>${info.title}</h1>
<p>${info.description} <a href="/docs">Try it</a>, or take <a href="/openapi.json">the document</a>.</p>
${byTag.map(([tag, group]) => html`<h2>${tag}</h2>${group.map(operationPart)}`)}
<h2>Schemas</h2>
${schemas.map(([name, schema]) => html`<section id="${name}"><h3>${name}</h3><code>${typeOf(schema)}</code></section>`)}
</main>
</body>
</html>
`;
}

function operationPart({ name, summary, description, parameters, requestBody, responses }: NamedOperation): Html {
	const bodies = Object.entries(requestBody?.content ?? {});
	return html`<section id="${anchor(name)}">
<h3>${summary}</h3>
<p><code>${name}</code></p>
${description.split("\n\n").map((text) => html`<p>${text}</p>`)}
<table>
${parameters.map(
	(each) => html`<tr><td><code>${each.name}</code></td><td>${each.in}${each.required ? ", needed" : ""}</td>
<td><code>${typeOf(each.schema)}</code> ${each.description ?? ""}</td></tr>`,
)}
${bodies.map(([type, { schema }]) => html`<tr><td>body</td><td>${type}</td><td><code>${typeOf(schema)}</code></td></tr>`)}
${Object.entries(responses).map(
	([status, answer]) => html`<tr><td>${status}</td><td>${answer.description}</td>
<td>${Object.entries(answer.content ?? {}).map(([type, { schema }]) => html`${type} <code>${typeOf(schema)}</code> `)}</td></tr>`,
)}
</table>
</section>
`;
}

function anchor(name: string): string {
	return name.replace(/[^A-Za-z0-9]+/g, "-");
}
