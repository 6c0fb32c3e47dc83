import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { errno, layout, lineFlag, request } from "./kernel-abi.ts";

const printed = new Map(
	readFileSync(fileURLToPath(new URL("../../../pi-runtime/src/linux/abi/linux-64-bit.txt", import.meta.url)), "utf8")
		.trim()
		.split("\n")
		.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))] as const),
);

test("requests, flags, error numbers and structures of the simulated kernel are those of the headers", () => {
	for (const [name, number] of Object.entries({ ...request, ...errno, ...lineFlag, ...layout }))
		expect(Number(number), name).toBe(printed.get(name));
});
