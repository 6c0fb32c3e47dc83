import { expect, test } from "vitest";
import { turnWriter } from "./turn-writer.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

test("lines of one turn are written together, in their order, and those of the next turn by themselves", async () => {
	const written: string[] = [];
	const writer = turnWriter({ write: (text) => written.push(text) });
	writer.write("one\n");
	writer.write("two\n");
	expect(written).toEqual([]);
	await turn();
	writer.write("three\n");
	await turn();
	expect(written).toEqual(["one\ntwo\n", "three\n"]);
});
