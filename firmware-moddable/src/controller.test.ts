import { readFileSync } from "node:fs";
import { SSD1306, type SSD1306TextOptions } from "@visionvend/drivers/ssd1306";
import { Board } from "@visionvend/hardware-sim/board/board";
import { SSD1306Chip } from "@visionvend/hardware-sim/chips/ssd1306";
import { SimulationClock } from "@visionvend/hardware-sim/clock";
import { oledTextArt } from "@visionvend/hardware-sim/trace/text-art";
import { deriveKey, keyId, partyName, seal } from "@visionvend/sdk/device/envelope/envelope";
import { MAXIMUM_MESSAGE_BYTES } from "@visionvend/sdk/device/link/frame";
import { encodeLinkMessage } from "@visionvend/sdk/device/link/link-message";
import { encodeUtf8 } from "@visionvend/sdk/device/text/utf8";
import { topics } from "@visionvend/sdk/device/topics";
import { isHelloBody, isSaleReportBody, isWeightCurveBody } from "@visionvend/sdk/device/validators.generated";
import { expect, test } from "vitest";
import { Bench, coffee, configuration, fromController, topicOf } from "../test/bench.ts";
import { FIRMWARE_VERSION } from "./version.ts";

const { pins } = configuration;

function readyBench(): Bench {
	const bench = new Bench();
	bench.powerUp();
	bench.run(4);
	return bench;
}

/** A bench with the lock released for `sale-1`. */
function unlockedBench(): Bench {
	const bench = readyBench();
	bench.unlock("sale-1", 1);
	bench.run(2.5);
	expect(bench.lock.released).toBe(true);
	return bench;
}

function openBench(): Bench {
	const bench = unlockedBench();
	bench.hall.setMagnet(false);
	bench.run(0.1);
	return bench;
}

function close(bench: Bench): void {
	bench.hall.setMagnet(true);
	bench.run(3);
}

function reasons(bench: Bench): unknown[] {
	return bench.logged.filter(({ event }) => event === "message.rejected").map(({ detail }) => detail.reason);
}

const screen = (bench: Bench) => oledTextArt(bench.display.pixels, 128, 64);

/** What a display with these lines looks like. */
function lines(...texts: readonly (readonly [line: number, text: string, options?: SSD1306TextOptions])[]): string {
	const clock = new SimulationClock();
	const board = new Board({ clock });
	const chip = new SSD1306Chip();
	board.attachI2C({ data: 1, clock: 2 }, 0x3c, chip);
	const display = new SSD1306({ display: { io: board.io.I2C, data: 1, clock: 2 } });
	for (const [line, text, options] of texts) display.text(line, text, options);
	display.show();
	return oledTextArt(chip.pixels, 128, 64);
}

/** A phrase in large letters in the middle of the screen. */
function phrase(...texts: readonly string[]): string {
	const top = 4 - texts.length;
	return lines(...texts.map((text, index) => [top + 2 * index, text, { center: true, large: true }] as const));
}

const idle = lines(
	[2, "Tap to", { center: true, large: true }],
	[4, "Unlock", { center: true, large: true }],
	[7, "fridge-1", { center: true }],
);

test("while the door is open the pi hears of each step of a shelf, unsealed, and nothing of shelves at rest", () => {
	const bench = openBench();
	bench.run(2);
	bench.load(1, bench.loads[1]! - 355_000);
	bench.run(2);
	bench.load(1, bench.loads[1]! - 70_000);
	bench.run(2);
	close(bench);
	bench.run(3);
	const heard = bench.bodies(topicOf.weights);
	const points = heard.flatMap((body) => (isWeightCurveBody(body) ? body.points : []));
	const levels = points.filter(({ shelf, stable }) => shelf === 1 && stable).map(({ milligrams }) => milligrams);
	const [before = 0] = levels;
	expect(levels.map((level) => Math.round((before - level) / 1_000))).toEqual([0, 355, 425]);
	expect(points.filter(({ shelf }) => shelf === 0)).toHaveLength(1);
	expect(heard.every((body) => isWeightCurveBody(body) && body.saleId === "sale-1")).toBe(true);
	// It measures as ever when the door has closed, and the report comes.
	expect(bench.bodies(topicOf.saleReport)).toMatchObject([{ saleId: "sale-1", flags: [] }]);
});

test("a sale: unlock, open, take, close, report with the weight that is gone", () => {
	const bench = openBench();
	bench.load(0, 1_645_000);
	bench.run(5);
	close(bench);
	expect(bench.bodies(topicOf.command)).toEqual([{ saleId: "sale-1", counter: 1, result: "executed", reason: "" }]);
	expect(bench.bodies(topicOf.door)).toMatchObject([
		{ state: "opened", saleId: "sale-1" },
		{ state: "closed", saleId: "sale-1" },
	]);
	const [report] = bench.bodies(topicOf.saleReport);
	expect(isSaleReportBody(report)).toBe(true);
	expect(report).toMatchObject({ saleId: "sale-1", counter: 1, boot: 1, opened: true, flags: [] });
	const [taken, untouched] = isSaleReportBody(report) ? report.shelves : [];
	expect(Math.abs(taken!.baselineMilligrams - taken!.finalMilligrams - 355_000)).toBeLessThan(1_000);
	expect(Math.abs(untouched!.baselineMilligrams - untouched!.finalMilligrams)).toBeLessThan(1_000);
	expect(bench.events()).toEqual([
		"boot",
		"hello.sent",
		"scales.settled",
		"hello.sent",
		"unlock.accepted",
		"baseline.measured",
		"lock.energised",
		"lock.released",
		"door.opened",
		"door.closed",
		"scales.settled",
		"report.sent",
		"report.acknowledged",
	]);
});

test("the coil loses its current within 50 ms of the door's opening, and the pin to the Pi marks the session", () => {
	const bench = unlockedBench();
	expect(bench.board.net(pins.piSignal).level).toBe(1);
	bench.hall.setMagnet(false);
	bench.run(0.05);
	expect(bench.lock.energised).toBe(false);
	expect(bench.board.net(pins.piSignal).level).toBe(1);
	close(bench);
	expect(bench.board.net(pins.piSignal).level).toBe(0);
});

test("a window in which nobody opens: two pulses under 5 s, then a report that nothing was opened", () => {
	const bench = unlockedBench();
	bench.run(13);
	expect(bench.lock.pulses).toBe(2);
	expect(bench.lock.longestOnMs).toBeLessThan(5_000);
	expect(bench.lock.energised).toBe(false);
	expect(bench.bodies(topicOf.saleReport)).toMatchObject([{ saleId: "sale-1", opened: false, flags: [] }]);
	expect(bench.controller?.phase).toBe("locked");
});

test("an unlock opens once: its repetition, at any later time, moves nothing and is not answered", () => {
	const bench = readyBench();
	const envelope = bench.unlock("sale-1", 1);
	bench.run(2.5);
	bench.hall.setMagnet(false);
	bench.deliver(topicOf.unlock, envelope);
	bench.run(1);
	close(bench);
	for (const seconds of [1, 30]) {
		bench.run(seconds);
		bench.deliver(topicOf.unlock, envelope);
		bench.run(4);
	}
	bench.powerCut();
	bench.powerUp();
	bench.run(5);
	bench.deliver(topicOf.unlock, envelope);
	bench.run(5);
	expect(bench.lock.pulses).toBe(1);
	expect(bench.bodies(topicOf.command)).toHaveLength(1);
	expect(reasons(bench)).toEqual(["stale-nonce", "stale-nonce", "stale-nonce", "stale-nonce"]);
});

test("copies of orders and commands fill nothing up while nobody takes the answers", () => {
	const bench = readyBench();
	bench.remote("i1", "identify");
	bench.run(10);
	const settled = bench.received.length;
	bench.hold(topicOf.command);
	const unlock = { saleId: "sale-1", counter: 1, windowMs: 10_000, language: "en" };
	const remote = { commandId: "i1", action: "identify", shelf: 0, milligrams: 0, minutes: 0 };
	for (let copy = 0; copy < 100; copy++) {
		bench.command(topicOf.unlock, unlock, { nonce: "AAAAAAAAAAAAAAAAAAAAAA" });
		bench.command(topicOf.remoteCommand, remote);
		bench.command(topicOf.remoteCommand, { ...remote, commandId: `old-${copy}` });
		bench.command(topicOf.configurationUpdate, { commandId: `old-${copy}`, version: 0, settings: {} });
		bench.run(1);
	}
	bench.takeHeld();
	bench.run(20);
	const answers = [topicOf.command, topicOf.commandStatus];
	const since = bench.received.slice(settled).filter(({ topic }) => answers.includes(topic));
	expect(since.length).toBeGreaterThan(4);
	expect(since.length).toBeLessThan(24);
});

test("a counter is good for one unlock, also with a fresh nonce", () => {
	const bench = openBench();
	close(bench);
	bench.unlock("sale-1", 1);
	bench.run(4);
	expect(bench.lock.pulses).toBe(1);
	expect(bench.bodies(topicOf.command)).toHaveLength(1);
	expect(bench.logged.at(-1)).toEqual({
		event: "unlock.refused",
		detail: { saleId: "sale-1", counter: 1, reason: "counter-used" },
	});
});

test("a nonce is good for 20 s and one unlock", () => {
	const bench = readyBench();
	const { nonce } = bench.hello();
	const body = { saleId: "sale-1", counter: 1, windowMs: 10_000, language: "en" };
	bench.run(20);
	bench.command(topicOf.unlock, body, { nonce });
	bench.run(1);
	bench.command(topicOf.unlock, body, { nonce: "AAAAAAAAAAAAAAAAAAAAAA" });
	bench.command(topicOf.unlock, body);
	bench.run(4);
	expect(bench.lock.pulses).toBe(0);
	const refused = { saleId: "sale-1", counter: 1, result: "refused", reason: "stale-nonce" };
	expect(bench.bodies(topicOf.command)).toEqual([refused, refused, refused]);
	bench.unlock("sale-1", 1);
	bench.run(3);
	expect(bench.lock.pulses).toBe(1);
});

test("two requests for a hello do not spoil each other's nonce", () => {
	const bench = readyBench();
	const first = bench.hello();
	expect(bench.hello().nonce).toBe(first.nonce);
	bench.run(6);
	expect(bench.hello().nonce).not.toBe(first.nonce);
});

test("what is forged, foreign, reflected, moved or malformed is counted and never acted on", () => {
	const bench = readyBench();
	const { nonce } = bench.hello();
	const body = { saleId: "sale-1", counter: 1, windowMs: 10_000, language: "en" };
	const wrongSecret = deriveKey(new Uint8Array(32).fill(8), "fridge-1", keyId("cloud", "controller", 1));
	bench.command(topicOf.unlock, body, { nonce, key: wrongSecret });
	bench.command(topicOf.unlock, body, { nonce, key: fromController });
	bench.command(topicOf.unlock, body, { nonce, audience: "fridge-2/controller" });
	bench.command(topicOf.hello, body, { nonce });
	bench.deliver(topicOf.unlock, bench.received[0]!.envelope);
	bench.deliver(topicOf.unlock, "no.envelope.atall");
	bench.command(topicOf.unlock, { ...body, counter: -1 }, { nonce });
	bench.command(topicOf.unlock, { ...body, saleId: "a b" }, { nonce });
	bench.command(topicOf.helloRequest, { request: 7 });
	bench.command(topicOf.receipt, { saleId: "sale-1" });
	const other = bench.command("devices/fridge-2/commands/unlock", body, { nonce });
	bench.deliver(topicOf.unlock, other);
	bench.run(5);
	expect(reasons(bench)).toEqual([
		"bad-signature",
		"wrong-key",
		"wrong-audience",
		"unknown-topic",
		"wrong-key",
		"wrong-key",
		"bad-body",
		"bad-body",
		"bad-body",
		"bad-body",
		"unknown-topic",
		"wrong-topic",
	]);
	expect(bench.controller?.rejected).toBe(12);
	expect(bench.lock.pulses).toBe(0);
	expect(bench.bodies(topicOf.command)).toEqual([]);
});

test("the hello tells counter and executed window, so that the cloud can prove what never happened", () => {
	const bench = openBench();
	close(bench);
	bench.cells[0]!.power(false);
	bench.unlock("sale-2", 2);
	bench.run(4);
	const hello = bench.hello();
	expect(isHelloBody(hello)).toBe(true);
	expect(hello).toMatchObject({ boot: 1, counter: 2, executed: 0b10, phase: "locked", firmware: FIRMWARE_VERSION });
	expect(bench.bodies(topicOf.command).at(-1)).toEqual({
		saleId: "sale-2",
		counter: 2,
		result: "refused",
		reason: "scale-fault",
	});
});

test("a cell that dies while the door is open does not hang the sale: its shelf is missing and the report says why", () => {
	const bench = openBench();
	bench.cells[0]!.power(false);
	close(bench);
	const [report] = bench.bodies(topicOf.saleReport);
	expect(report).toMatchObject({ opened: true, flags: ["scale-fault"], shelves: [{ shelf: 1 }] });
});

test("goods that keep swinging are reported as unstable within 10 s", () => {
	const bench = openBench();
	const swing = (on: boolean) => {
		bench.load(0, on ? 1_700_000 : 1_600_000);
		bench.clock.after(70e6, () => swing(!on));
	};
	swing(true);
	bench.hall.setMagnet(true);
	bench.run(10);
	expect(bench.bodies(topicOf.saleReport)).toMatchObject([{ flags: ["unstable"] }]);
});

test("a power cut with the door open goes on with the sale, and the coil stays off", () => {
	const bench = openBench();
	bench.powerCut();
	bench.run(20);
	bench.load(0, 1_645_000);
	bench.powerUp("brownout");
	bench.run(2);
	expect(bench.controller?.phase).toBe("open");
	close(bench);
	expect(bench.lock.pulses).toBe(1);
	const [report] = bench.bodies(topicOf.saleReport);
	expect(report).toMatchObject({ saleId: "sale-1", boot: 2, opened: true, flags: ["resumed"] });
	expect(bench.hello()).toMatchObject({ boot: 2, resetReason: "brownout" });
});

test("a power cut in the window with the door closed never energises again, and the weights say what happened", () => {
	const bench = unlockedBench();
	bench.powerCut();
	bench.run(1);
	expect(bench.lock.released).toBe(false);
	bench.powerUp();
	bench.run(4);
	expect(bench.lock.pulses).toBe(1);
	expect(bench.bodies(topicOf.saleReport)).toMatchObject([{ saleId: "sale-1", opened: false, flags: ["resumed"] }]);
});

test("a report waits for its acknowledgement through power cuts, and is the same text every time", () => {
	const bench = openBench();
	bench.wire.cut = true;
	close(bench);
	for (let cut = 0; cut < 3; cut++) {
		bench.powerCut();
		bench.powerUp();
		bench.run(3);
	}
	expect(bench.bodies(topicOf.saleReport)).toEqual([]);
	bench.wire.cut = false;
	bench.run(10);
	const reports = () => bench.received.filter(({ topic }) => topic === topicOf.saleReport);
	expect(reports()).toHaveLength(1);
	expect(reports()[0]?.body).toMatchObject({ saleId: "sale-1", boot: 1 });
	bench.powerCut();
	bench.powerUp();
	bench.run(10);
	expect(reports()).toHaveLength(1);
});

test("the same report is sealed to the same text in every start", () => {
	const bench = openBench();
	bench.run(1);
	// The acknowledgement is lost with the power.
	bench.writesLeft = 1;
	close(bench);
	bench.writesLeft = Number.POSITIVE_INFINITY;
	bench.powerCut();
	bench.powerUp();
	bench.run(5);
	const envelopes = bench.received.filter(({ topic }) => topic === topicOf.saleReport).map(({ envelope }) => envelope);
	expect(envelopes).toHaveLength(2);
	expect(envelopes[1]).toBe(envelopes[0]);
});

test("a door that is forced is told at once, and reported with the weights before and after", () => {
	const bench = readyBench();
	bench.run(61);
	bench.hall.setMagnet(false);
	bench.run(1);
	bench.load(1, 1_000_000);
	expect(bench.lights.colors[0]).toEqual({ red: 255, green: 0, blue: 0 });
	bench.run(3);
	close(bench);
	expect(bench.bodies(topicOf.door)).toMatchObject([
		{ state: "forced", saleId: "" },
		{ state: "closed", saleId: "" },
	]);
	const [report] = bench.bodies(topicOf.saleReport);
	expect(report).toMatchObject({ saleId: "", opened: true, flags: ["forced"] });
	expect(bench.buzzer.beeps.length).toBeGreaterThan(0);
});

test("a door that stays open for 30 s is told, and its sale goes on", () => {
	const bench = openBench();
	bench.run(31);
	expect(bench.bodies(topicOf.door).at(-1)).toMatchObject({ state: "ajar", saleId: "sale-1" });
	close(bench);
	expect(bench.bodies(topicOf.saleReport)).toMatchObject([{ saleId: "sale-1", flags: ["ajar"] }]);
});

test("while the Pi does not take a report, no hello leaves, so that no sale can follow", () => {
	const bench = openBench();
	bench.hold(topicOf.saleReport);
	close(bench);
	const before = bench.bodies(topicOf.hello).length;
	bench.command(topicOf.helloRequest, { request: "r1" });
	bench.run(60);
	expect(bench.bodies(topicOf.hello)).toHaveLength(before);
	bench.takeHeld();
	bench.run(10);
	expect(bench.bodies(topicOf.hello)).toHaveLength(before + 1);
	expect(bench.events()).toContain("report.acknowledged");
});

test("a store that fails leaves the coil off, and the board starts anew", () => {
	const bench = readyBench();
	bench.writesLeft = 1;
	bench.unlock("sale-1", 1);
	bench.run(5);
	expect(bench.lock.pulses).toBe(0);
	expect(bench.controller?.phase).toBe("fault");
	expect(bench.events()).toContain("storage.failed");
	bench.run(30);
	expect(bench.restarts).toHaveLength(1);
});

test("an unreadable record locks, and no hello lies about the counters", () => {
	const bench = new Bench();
	bench.stored.set("lock", Uint8Array.of(1, 2, 3));
	bench.powerUp();
	bench.run(4);
	bench.command(topicOf.helloRequest, { request: "r1" });
	bench.run(61);
	expect(bench.bodies(topicOf.hello)).toEqual([]);
	expect(bench.bodies(topicOf.health)).toMatchObject([{ phase: "fault" }]);
	expect(bench.stored.get("lock")).toEqual(Uint8Array.of(1, 2, 3));
});

test("health comes every minute with the weights of all shelves", () => {
	const bench = readyBench();
	bench.run(180);
	const health = bench.bodies(topicOf.health);
	expect(health).toHaveLength(3);
	const { massesMilligrams, ...rest } = health[0] as { massesMilligrams: number[] };
	expect(rest).toMatchObject({ boot: 1, doorClosed: true, phase: "locked" });
	expect(massesMilligrams.map((mass) => Math.round(mass / 1_000))).toEqual([2_000, 1_500]);
	expect(bench.cells.every((cell) => cell.asleep)).toBe(true);
});

test("an unlock that comes while the shelves are weighed for health has its baseline as soon as any other", () => {
	const times: number[] = [];
	for (let offset = 0; offset < 1.6; offset += 0.07) {
		const bench = readyBench();
		bench.run(55.4 + offset);
		bench.unlock("sale-1", 1);
		const until = (event: string) => {
			for (let tries = 0; !bench.events().includes(event) && tries < 1_000; tries++) bench.run(0.01);
			return bench.clock.now / 1e9;
		};
		const accepted = until("unlock.accepted");
		times.push(until("baseline.measured") - accepted);
	}
	expect(Math.max(...times)).toBeLessThan(1.5);
});

test("with the line cut, old status goes and the report stays", () => {
	const bench = unlockedBench();
	bench.wire.cut = true;
	bench.run(0.2);
	bench.hall.setMagnet(false);
	bench.run(1);
	close(bench);
	bench.run(3_600);
	bench.wire.cut = false;
	bench.run(10);
	expect(bench.bodies(topicOf.saleReport)).toHaveLength(1);
	const health = bench.bodies(topicOf.health);
	expect(health.length).toBeGreaterThan(5);
	expect(health.length).toBeLessThan(20);
});

test("a restarted Pi is greeted with a hello", () => {
	const bench = readyBench();
	const before = bench.bodies(topicOf.hello).length;
	bench.restartPi();
	bench.run(5);
	expect(bench.bodies(topicOf.hello).length).toBe(before + 1);
});

test("the screen follows the sale, and shows its receipt", () => {
	const bench = readyBench();
	expect(screen(bench)).toBe(idle);
	expect(bench.lights.colors[0]).toEqual({ red: 0, green: 255, blue: 0 });
	bench.unlock("sale-1", 1);
	bench.run(2.5);
	expect(screen(bench)).toBe(phrase("Door", "Unlocked"));
	expect(bench.lights.colors[0]).toEqual({ red: 0, green: 0, blue: 255 });
	expect(bench.buzzer.beeps).toHaveLength(1);
	bench.hall.setMagnet(false);
	bench.run(1);
	close(bench);
	const receipt = {
		saleId: "sale-1",
		outcome: "captured",
		items: [
			{ name: "Cola", quantity: 1 },
			{ name: "Chips", quantity: 1 },
		],
		totalCents: 350,
		currency: "usd",
		language: "en",
	};
	bench.command(topicOf.receipt, receipt);
	bench.run(1);
	expect(screen(bench)).toBe(
		lines(
			[0, "Items: 2"],
			[1, "1× Cola"],
			[2, "1× Chips"],
			[5, "Total", { center: true }],
			[6, "$3.50", { center: true, large: true }],
		),
	);
	const shown = screen(bench);
	bench.command(topicOf.receipt, { ...receipt, totalCents: 0 });
	bench.run(1);
	expect(screen(bench)).toBe(shown);
	expect(reasons(bench)).toEqual(["unknown-sale"]);
	bench.run(10);
	expect(screen(bench)).toBe(idle);
	expect(bench.logged.filter(({ event }) => event === "receipt.shown")).toHaveLength(1);
});

test("a receipt too long for the screen shortens names, and counts what it leaves out", () => {
	const bench = openBench();
	close(bench);
	const names = ["Sparkling water with lemon", "Chips", "Cola", "Nuts", "Ham sandwich"];
	bench.command(topicOf.receipt, {
		saleId: "sale-1",
		outcome: "captured",
		items: names.map((name, index) => ({ name, quantity: index + 1 })),
		totalCents: 123_456_789,
		currency: "mxn",
		language: "en",
	});
	bench.run(1);
	expect(screen(bench)).toBe(
		lines(
			[0, "Items: 15"],
			[1, "1× Sparkling water w…"],
			[2, "2× Chips"],
			[3, "3× Cola"],
			[4, "+9 more"],
			[5, "Total", { center: true }],
			[6, "1234567.89 MXN", { center: true }],
		),
	);
});

test("the screen speaks the shopper's language during the sale, and its own afterwards", () => {
	const bench = readyBench();
	const { nonce } = bench.hello();
	const body = { saleId: "sale-1", counter: 1, windowMs: 10_000, language: "es" };
	bench.command(topicOf.unlock, body, { nonce });
	bench.run(2.5);
	expect(screen(bench)).toBe(phrase("Puerta", "abierta"));
	bench.hall.setMagnet(false);
	bench.run(0.2);
	close(bench);
	const receipt = { saleId: "sale-1", outcome: "cancelled", items: [], totalCents: 0, currency: "usd", language: "es" };
	bench.command(topicOf.receipt, receipt);
	bench.run(1);
	expect(screen(bench)).toBe(phrase("Sin cargo"));
	bench.run(10);
	expect(screen(bench)).toBe(idle);
});

test("a display that is not plugged in costs no sale, and shows up when it is", () => {
	const bench = new Bench();
	bench.board.detachI2C({ data: pins.oledData, clock: pins.oledClock }, 0x3c);
	bench.powerUp();
	bench.run(4);
	bench.unlock("sale-1", 1);
	bench.run(2.5);
	expect(bench.lock.released).toBe(true);
	expect(bench.events().filter((event) => event === "display.failed")).toHaveLength(1);
	bench.board.attachI2C({ data: pins.oledData, clock: pins.oledClock }, 0x3c, bench.display);
	bench.hall.setMagnet(false);
	bench.run(1);
	expect(bench.display.on).toBe(true);
});

const withScale = (change: object) =>
	JSON.stringify({ ...configuration, scales: [{ ...configuration.scales[0], ...change }] });
const withSendKey = (key: string) =>
	JSON.stringify({ ...configuration, keys: { ...configuration.keys, send: { ...configuration.keys.send, key } } });
const longNamed = (characters: number) =>
	JSON.stringify({
		...configuration,
		machineId: "m".repeat(characters),
		scales: Array(6).fill(configuration.scales[0]),
	});

test.each([
	["none", undefined],
	["not JSON", "{"],
	["not a configuration", "{}"],
	["too many scales", JSON.stringify({ ...configuration, scales: Array(7).fill(configuration.scales[0]) })],
	["calibrated with one point", withScale({ loadCounts: 0 })],
	["calibrated with two points that are the same but for noise", withScale({ loadCounts: 999 })],
	["keyed with what no 32 bytes are written as", withSendKey(`${"A".repeat(42)}B`)],
	["of a kind without its inside", JSON.stringify({ ...configuration, kind: "vending", scales: [] })],
	["of a kind that weighs nothing, with scales", JSON.stringify({ ...coffee, scales: configuration.scales })],
	["of more shelves than fit a report beside so long a name", longNamed(49)],
])("a configuration that is %s starts nothing and says why", (_name, text) => {
	const bench = new Bench();
	if (text === undefined) bench.stored.delete("configuration");
	else bench.stored.set("configuration", new TextEncoder().encode(text));
	bench.powerUp();
	bench.run(1);
	expect(bench.controller).toBeUndefined();
	expect(bench.events()).toEqual(["configuration.rejected"]);
});

test.each([
	[6, 48],
	[5, 63],
])(
	"the longest report of %i shelves fits a link message when the machine's name has %i characters",
	(shelves, name) => {
		const id = "m".repeat(name);
		const topic = topics(id).saleReport;
		const milligrams = -200_000_000;
		const body = {
			saleId: "s".repeat(64),
			counter: 0xffff_ffff,
			boot: 0xffff_ffff,
			opened: false,
			doorOpenMs: Number.MAX_SAFE_INTEGER,
			flags: ["resumed", "ajar", "unstable", "scale-fault"],
			shelves: Array.from({ length: shelves }, (_, index) => ({
				shelf: 10 + index,
				baselineMilligrams: milligrams,
				finalMilligrams: milligrams,
				spreadMilligrams: 400_000_000,
			})),
		};
		const envelope = seal(deriveKey(new Uint8Array(32), id, keyId("controller", "cloud", 999_999)), {
			iss: partyName(id, "controller"),
			aud: "cloud",
			jti: `${0xffff_ffff}-report-${0xffff_ffff}`,
			seq: 0xffff_ffff,
			topic,
			body,
		});
		expect(encodeLinkMessage(topic, envelope).length).toBeLessThanOrEqual(MAXIMUM_MESSAGE_BYTES);
	},
);

test("a cell whose weight no message can carry counts as broken", () => {
	const bench = new Bench();
	const [first, second] = configuration.scales;
	// 100 mg a count, so that 200 kg are well within the converter's range.
	const scales = [{ ...first, loadMilligrams: 10_000_000 }, second];
	bench.stored.set("configuration", encodeUtf8(JSON.stringify({ ...configuration, scales })));
	bench.cells[0]!.setInput(2_010_000);
	bench.powerUp();
	bench.run(4);
	bench.unlock("sale-1", 1);
	bench.run(4);
	expect(bench.bodies(topicOf.command)).toMatchObject([{ result: "refused", reason: "scale-fault" }]);
});

test("a closed controller does not restart the board", () => {
	const bench = readyBench();
	bench.writesLeft = 1;
	bench.unlock("sale-1", 1);
	bench.run(5);
	expect(bench.controller?.phase).toBe("fault");
	bench.controller?.close();
	bench.run(60);
	expect(bench.restarts).toEqual([]);
});

test("a closed controller lets go of everything", () => {
	const bench = unlockedBench();
	const { controller } = bench;
	controller?.close();
	controller?.close();
	bench.run(1);
	expect(bench.lock.energised).toBe(false);
	bench.powerUp();
	bench.run(4);
	expect(bench.controller?.phase).toBe("locked");
});

test("the version is that of the package", () => {
	const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
	expect(JSON.parse(text)).toMatchObject({ version: FIRMWARE_VERSION });
});
