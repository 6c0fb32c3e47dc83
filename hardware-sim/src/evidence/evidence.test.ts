import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { z } from "zod";
import { playScenario } from "../language/play-scenario.ts";
import { scenario } from "../language/scenario.ts";
import { decodeOled } from "../trace/oled-picture.ts";
import { readOled } from "../trace/oled-text.ts";
import { Evidence } from "./evidence.ts";

const folder = mkdtempSync(join(tmpdir(), "visionvend-evidence-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const visit = scenario("takes a cola", { seed: 7 }, async (s) => {
	await s.unlock();
	await s.pass("900ms");
	await s.door.open();
	await s.shopper.take("cola");
	await s.door.close();
	await s.expect.within("5s", { receipt: [{ sku: "cola", quantity: 1 }] });
	await s.pass("1s");
});
const read = (run: string, name: string) => readFileSync(join(folder, run, name), "utf8");
const eventSchema = z.looseObject({ atNs: z.int(), kind: z.string() });

test("a run leaves one folder, and the same run leaves the same bytes", async () => {
	for (const run of ["a", "b"]) await playScenario(visit, new Evidence(join(folder, run)).options);
	const names = readdirSync(join(folder, "a"));
	expect(readdirSync(join(folder, "b"))).toEqual(names);
	for (const name of names) expect(read("b", name) === read("a", name), name).toBe(true);
	expect(names.filter((name) => !name.endsWith(".png"))).toEqual([
		"events.ndjson",
		"receipt.json",
		"run.json",
		"trace.vcd",
	]);
	expect(JSON.parse(read("a", "run.json"))).toMatchObject({ ok: true, seed: 7, capturedCents: 200, lostEdges: 0 });
	expect(JSON.parse(read("a", "receipt.json"))).toMatchObject({
		sale: { state: "captured", capturedCents: 200 },
		gone: [{ sku: "cola", priceCents: 200 }],
		payments: [{ status: "succeeded", amountReceived: 200 }],
	});
});

test("the pictures show what a shopper saw, in its order", () => {
	const pictures = readdirSync(join(folder, "a")).filter((name) => name.endsWith(".png"));
	const texts = pictures.map((name) => readOled(decodeOled(readFileSync(join(folder, "a", name)))).join(" "));
	const moments = ["Tap to Unlock", "Door Unlocked", "Take what you like", "Items: 1"];
	const places = moments.map((moment) => texts.findIndex((text) => text.includes(moment)));
	expect(places, texts.join("\n")).not.toContain(-1);
	expect(places).toEqual([...places].sort((a, b) => a - b));
});

test("the events of all rooms and all buses are there, by time", () => {
	const events = read("a", "events.ndjson")
		.trim()
		.split("\n")
		.map((line) => eventSchema.parse(JSON.parse(line)));
	expect(new Set(events.map(({ kind }) => kind))).toEqual(
		new Set(["bus", "event", "message", "request", "response", "payment", "payment-answer", "webhook"]),
	);
	expect(new Set(events.filter(({ kind }) => kind === "bus").map(({ bus }) => bus))).toEqual(
		new Set(["gpio", "spi", "i2c", "serial"]),
	);
	const times = events.map(({ atNs }) => atNs);
	expect(times).toEqual([...times].sort((a, b) => a - b));
	expect(events).toContainEqual(expect.objectContaining({ room: "world", event: "took" }));
});

test("the trace of the wires has the display's bus bit by bit, for a decoder", () => {
	const vcd = read("a", "trace.vcd");
	for (const wire of ["lock_coil", "hall_sensor", "oled_sda", "oled_scl", "hx711_0_sck", "neopixel"])
		expect(vcd).toContain(` ${wire} $end`);
	expect(vcd).toContain("$timescale 1 ns $end");
});
