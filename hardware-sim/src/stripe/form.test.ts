import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalForm, parseForm } from "./form.ts";

test("brackets nest, indexes and empty brackets make lists", () => {
	expect(parseForm("a=1&card[token]=tok_visa&m[x][y]=2&list[0]=p&list[1]=q&open[]=r&open[]=s")).toEqual({
		a: "1",
		card: { token: "tok_visa" },
		m: { x: { y: "2" } },
		list: { 0: "p", 1: "q" },
		open: { 0: "r", 1: "s" },
	});
	expect(parseForm("?expand%5B%5D=latest_charge&name=A+%26%20B")).toEqual({
		expand: { 0: "latest_charge" },
		name: "A & B",
	});
});

test("names that mean something in JavaScript are ordinary names", () => {
	const form = parseForm("metadata[__proto__]=x&constructor[prototype][polluted]=yes");
	expect(Object.keys(form)).toEqual(["metadata", "constructor"]);
	expect(Object.keys(form.metadata ?? {})).toEqual(["__proto__"]);
	expect("polluted" in {}).toBe(false);
});

test("the order of parameters does not change their canonical text, a value does", () => {
	const one = canonicalForm(parseForm("amount=500&metadata[a]=1&metadata[b]=2"));
	expect(canonicalForm(parseForm("metadata[b]=2&metadata[a]=1&amount=500"))).toBe(one);
	expect(canonicalForm(parseForm("metadata[b]=2&metadata[a]=1&amount=501"))).not.toBe(one);
});

test("no text makes the parser fail", () => {
	fc.assert(
		fc.property(fc.array(fc.constantFrom("a", "b", "[", "]", "[]", "=", "&", "%", "__proto__", "0")), (parts) => {
			expect(typeof canonicalForm(parseForm(parts.join("")))).toBe("string");
		}),
		{ seed: 1, numRuns: 2_000 },
	);
});
