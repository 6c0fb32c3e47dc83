import { PowerCut } from "@visionvend/hardware-sim/flash/power-cut";
import type { KeyValue } from "@visionvend/sdk/device/io/key-value";
import { expect, test } from "vitest";
import { writeRecord } from "./record-store.ts";

function storeThatThrows(thrown: unknown): KeyValue {
	return {
		read: () => undefined,
		write: () => {
			throw thrown;
		},
		delete: () => undefined,
	};
}

test("a store that fails is an answer", () => {
	expect(writeRecord(storeThatThrows(new Error("flash is worn out")), "key", "text")).toBe("flash is worn out");
});

test("a power cut is none: nothing goes on after it", () => {
	const cut = new PowerCut("store key");
	expect(() => writeRecord(storeThatThrows(cut), "key", "text")).toThrow(expect.toSatisfy((thrown) => thrown === cut));
});
