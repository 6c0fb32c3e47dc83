import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import { load } from "./erase-types.ts";

const folder = mkdtempSync(join(tmpdir(), "visionvend-types-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a TypeScript module becomes JavaScript whose errors tell the lines of the file", async () => {
	const file = join(folder, "story.ts");
	writeFileSync(
		file,
		'interface A {\n\treadonly b: string;\n}\n\nexport const a: A = { b: "x", ...({ c: 1 } as object) };\n',
	);
	const { href } = pathToFileURL(file);
	const { source } = await load(
		href,
		{ conditions: [], format: null, importAssertions: {}, importAttributes: {} },
		() => {
			throw new Error("nobody else loads it");
		},
	);
	const text = String(source);
	expect(text).not.toContain("interface");
	const [, encoded = ""] = /sourceMappingURL=data:application\/json;base64,(\S+)/.exec(text) ?? [];
	const map = new SourceMap(JSON.parse(Buffer.from(encoded, "base64").toString("utf8")));
	const line = text.split("\n").findIndex((written) => written.includes("const a"));
	expect(map.findEntry(line, text.split("\n")[line]?.indexOf("a =") ?? 0)).toMatchObject({
		originalSource: href,
		originalLine: 4,
	});
});
