import { expect, test } from "vitest";
import { runFleet } from "./run-fleet.ts";

test("0.5 fifty devices come back after the broker's restart, and no message and no sale is lost", async () => {
	const figures = await runFleet({ devices: 50, sales: 4, beatMs: 200, reconnectMs: 200, onProgress: () => undefined });
	if ("absent" in figures) {
		process.stderr.write(`The fleet is not tried: ${figures.absent}\n`);
		return;
	}
	const { beats, expectedCents } = figures;
	expect(figures).toMatchObject({ back: 50, stored: beats, captured: 4, takenCents: expectedCents });
	expect(beats).toBeGreaterThan(50);
	expect(expectedCents).toBe(600);
});
