import * as fc from "fast-check";
import { expect, test } from "vitest";
import { textPdf } from "./text-pdf.ts";

test("2.2 a document of any text has its objects where its table says, and streams as long as they say", () => {
	fc.assert(
		fc.property(fc.array(fc.nat(0x17f), { maxLength: 2_000 }), (codes) => {
			const text = String.fromCharCode(...codes);
			const file = Buffer.from(textPdf(text)).toString("latin1");
			const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(file)?.[1]);
			const [head = "", ...entries] = file.slice(start).split("\n").slice(1);
			const size = Number(head.split(" ")[1]);
			for (let object = 1; object < size; object += 1) {
				const place = Number(entries[object]?.slice(0, 10));
				expect(file.slice(place).startsWith(`${object} 0 obj\n`)).toBe(true);
			}
			for (const [, length, rest = ""] of file.matchAll(/\/Length (\d+) >>\nstream\n([\s\S]*?)\nendstream/g)) {
				expect(rest.length).toBe(Number(length));
			}
		}),
		{ numRuns: 20 },
	);
});

test("2.2 long lines are wrapped, brackets are escaped, and many lines take several pages", () => {
	const file = Buffer.from(textPdf(`${"x".repeat(100)}\n(a\\b) € é\n${"line\n".repeat(70)}`)).toString("latin1");
	expect(file).toContain(`(${"x".repeat(96)}) Tj T*\n(xxxx) Tj T*\n(\\(a\\\\b\\) ? é) Tj T*`);
	expect(file).toContain("/Count 2");
});
