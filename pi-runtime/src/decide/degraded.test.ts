import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { VisionEvidence } from "@visionvend/sdk/basket/vision-evidence";
import type { Product } from "@visionvend/sdk/catalog/product";
import type { SaleReportBody } from "@visionvend/sdk/protocol/messages";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Crash, sealedByController, TestMachine, topics } from "../../test/test-machine.ts";
import { openStore } from "../store/store.ts";
import type { Eyes, Opening } from "./eyes.ts";

let machine: TestMachine;
beforeEach(() => {
	machine = new TestMachine();
	machine.products = [
		juice("orange-juice", 500_000),
		juice("apple-juice", 502_000),
		{ ...juice("cola", 355_000), shelf: 1 },
	];
});
afterEach(() => machine.close());

let sequence = 0;

function juice(sku: string, massMilligrams: number): Product {
	return { sku, name: sku, massMilligrams, toleranceMilligrams: 5_000, priceCents: 300, shelf: 0 };
}

const sawApple: VisionEvidence = {
	events: [
		{
			kind: "taken",
			shelf: 0,
			fromMs: 0,
			untilMs: 1e15,
			products: { "apple-juice": 0.97, "orange-juice": 0.02 },
			probability: 0.98,
		},
	],
	snapshots: [],
	blindShelves: [],
};

/** Eyes that say what they are told to. */
class ToldEyes implements Eyes {
	readonly openings: Opening[] = [];
	readonly moves: string[] = [];
	answer: () => Promise<VisionEvidence> = async () => sawApple;

	doorOpened(): void {
		this.moves.push("opened");
	}

	doorClosed(): void {
		this.moves.push("closed");
	}

	async look(opening: Opening) {
		this.openings.push(opening);
		const vision = await this.answer();
		return {
			vision,
			pictures: [{ name: "camera-0-after.jpg", mediaType: "image/jpeg", bytes: Uint8Array.of(1, 2, 3) }],
		};
	}
}

function report(changes: Partial<SaleReportBody> = {}): SaleReportBody {
	return {
		saleId: "sale-1",
		counter: 1,
		boot: 1,
		opened: true,
		doorOpenMs: 4_000,
		flags: [],
		shelves: [
			{ shelf: 0, baselineMilligrams: 3_000_000, finalMilligrams: 2_499_000, spreadMilligrams: 900 },
			{ shelf: 1, baselineMilligrams: 3_000_000, finalMilligrams: 3_000_000, spreadMilligrams: 900 },
		],
		dispensed: [],
		...changes,
	};
}

function send(topic: string, body: unknown): void {
	sequence += 1;
	machine.send(topic, sealedByController(topic, body, sequence));
}

/** The door opens, an apple juice goes, the door closes, the report comes. */
async function sell(body = report(), isCurveTold = true): Promise<void> {
	send(topics.door, { state: "opened", saleId: "sale-1", atMs: 1_000 });
	await machine.run(3_000);
	if (isCurveTold) {
		const point = (atMs: number, grams: number) => ({
			shelf: 0,
			atMs,
			milligrams: grams * 1_000,
			spreadMilligrams: 900,
			stable: true,
		});
		machine.send(
			topics.weights,
			JSON.stringify({ saleId: "sale-1", atMs: 4_000, points: [point(1_500, 3_000), point(3_500, 2_499)] }),
		);
	}
	await machine.run(1_000);
	send(topics.door, { state: "closed", saleId: "sale-1", atMs: 5_000 });
	await machine.run(1_400);
	send(topics.saleReport, body);
	await machine.run(5_000);
}

const decisions = () => machine.reports.map(({ body }) => body.decision);

/** What the bundle of the only report says of the decision. */
function shortages(): unknown {
	const [{ body } = expect.unreachable()] = machine.reports;
	const text = readFileSync(join(machine.evidenceFolder, body.reportId, "decision.json"), "utf8");
	return JSON.parse(text).shortages;
}

test("scales and cameras together tell juices of equal weight apart, and the report says why", async () => {
	const eyes = new ToldEyes();
	machine.eyes = eyes;
	await machine.start();
	await sell();
	expect(decisions()).toMatchObject([
		{ kind: "settle", items: [{ sku: "apple-juice", quantity: 1 }], reasons: expect.any(Array) },
	]);
	expect(eyes.moves).toEqual(["opened", "closed"]);
	expect(eyes.openings).toMatchObject([{ saleId: "sale-1" }]);
	expect(shortages()).toEqual([]);
});

test("a camera that is blind leaves its shelves to the scales, and look-alikes there to a person", async () => {
	const eyes = new ToldEyes();
	eyes.answer = async () => ({ ...sawApple, blindShelves: [0] });
	machine.eyes = eyes;
	await machine.start();
	await sell();
	expect(decisions()).toMatchObject([{ kind: "review" }]);
});

test("with every camera blind sales are decided by weight alone, in which look-alikes are one", async () => {
	const eyes = new ToldEyes();
	eyes.answer = async () => ({ events: [], snapshots: [], blindShelves: [0, 1] });
	machine.eyes = eyes;
	await machine.start();
	await sell();
	expect(decisions()).toMatchObject([{ kind: "review", reason: "ambiguous-weight" }]);
});

test("without cameras or a model sales are decided by weight alone", async () => {
	await machine.start();
	await sell();
	expect(decisions()).toMatchObject([{ kind: "review", reason: "ambiguous-weight" }]);
	expect(shortages()).toEqual(["no-eyes"]);
});

test("cameras that are late do not keep the shopper waiting: weights decide 1.2 s after the report", async () => {
	const eyes = new ToldEyes();
	eyes.answer = () => new Promise(() => undefined);
	machine.eyes = eyes;
	await machine.start();
	await sell();
	const [stored] = machine.events("report.stored");
	const [decided] = machine.events("basket.decided");
	expect(decided).toMatchObject({ kind: "review", reason: "ambiguous-weight" });
	expect(stored).toBeDefined();
	expect(shortages()).toEqual(["vision-late"]);
});

test("cameras that fail cost a line in the log and no sale", async () => {
	const eyes = new ToldEyes();
	eyes.answer = () => Promise.reject(new Error("the worker has died"));
	machine.eyes = eyes;
	await machine.start();
	await sell();
	expect(machine.events("vision.failed")).toMatchObject([{ saleId: "sale-1", error: "the worker has died" }]);
	expect(decisions()).toMatchObject([{ kind: "review", reason: "ambiguous-weight" }]);
	expect(shortages()).toEqual(["vision-failed"]);
});

test("a controller that tells nothing of its scales meanwhile leaves one step a shelf", async () => {
	machine.eyes = new ToldEyes();
	await machine.start();
	await sell(report(), false);
	expect(decisions()).toMatchObject([{ kind: "settle", items: [{ sku: "apple-juice", quantity: 1 }] }]);
	expect(shortages()).toEqual(["no-curve"]);
});

test("with a dead scale cameras name candidates, and a person decides", async () => {
	machine.eyes = new ToldEyes();
	await machine.start();
	const [, other] = report().shelves;
	await sell(report({ flags: ["scale-fault"], shelves: other ? [other] : [] }));
	const [decision] = decisions();
	expect(decision).toMatchObject({ kind: "review", reason: "scale-fault" });
	expect(decision?.kind === "review" && decision.candidates[0]?.items).toEqual([{ sku: "apple-juice", quantity: 1 }]);
});

test("without the controller the Pi decides nothing, says that the link is down, and decides when the report comes after all", async () => {
	machine.eyes = new ToldEyes();
	await machine.start();
	send(topics.door, { state: "opened", saleId: "sale-1", atMs: 1_000 });
	await machine.run(1_000);
	expect(await machine.pi.health()).toMatchObject({ link: { status: "up" } });
	machine.wire.cut = true;
	// The cloud asks how it is, and nobody answers.
	machine.broker.deliver(topics.helloRequest, "a.b.c");
	await machine.run(600_000);
	expect(await machine.pi.health()).toMatchObject({ link: { status: "down" } });
	expect(machine.events("basket.decided")).toEqual([]);
	machine.wire.cut = false;
	await machine.run(60_000);
	send(topics.saleReport, report());
	await machine.run(5_000);
	expect(decisions()).toHaveLength(1);
});

test("a Pi that is started anew in the middle of a sale decides it by weight alone", async () => {
	machine.eyes = new ToldEyes();
	const crash = new Crash(Number.POSITIVE_INFINITY);
	await machine.start(crash);
	send(topics.door, { state: "opened", saleId: "sale-1", atMs: 1_000 });
	await machine.run(2_000);
	crash.dead = true;
	await machine.start();
	send(topics.door, { state: "closed", saleId: "sale-1", atMs: 5_000 });
	send(topics.saleReport, report());
	await machine.run(5_000);
	expect(decisions()).toMatchObject([{ kind: "review", reason: "ambiguous-weight" }]);
	expect(shortages()).toEqual(expect.arrayContaining(["unseen-opening"]));
});

test("a report is the Pi's before anybody looks at pictures, and is decided though the Pi dies while it looks", async () => {
	const eyes = new ToldEyes();
	eyes.answer = () => new Promise(() => undefined);
	machine.eyes = eyes;
	const crash = new Crash(Number.POSITIVE_INFINITY);
	await machine.start(crash);
	send(topics.door, { state: "opened", saleId: "sale-1", atMs: 1_000 });
	await machine.run(1_000);
	send(topics.saleReport, report());
	await machine.run(500);
	expect(machine.takenOver).toHaveLength(2);
	expect(machine.reports).toHaveLength(0);
	crash.dead = true;
	await machine.start();
	await machine.run(5_000);
	expect(decisions()).toMatchObject([{ kind: "review", reason: "ambiguous-weight" }]);
});

test("a settled sale teaches what a unit weighs, once, and a reviewed one nothing", async () => {
	machine.eyes = new ToldEyes();
	await machine.start();
	await sell();
	const store = await openStore(machine.databaseUrl);
	expect((await store.learned()).unitWeights).toEqual({
		"apple-juice": { count: 1, meanMilligrams: 501_000, squaredDeviations: expect.any(Number) },
	});
	const [{ body } = expect.unreachable()] = machine.reports;
	machine.broker.deliver(topics.ack, machine.acknowledgement(body.reportId));
	await machine.run(1_000);
	expect((await store.learned()).unitWeights["apple-juice"]?.count).toBe(1);
	store.close();
});

test("whoever fills the fridge is told what neither scales nor cameras tell apart there", async () => {
	machine.eyes = new ToldEyes();
	await machine.start();
	expect(machine.events("planogram.alike")).toMatchObject([{ shelf: 0, skus: ["orange-juice", "apple-juice"] }]);
	send(topics.door, { state: "opened", saleId: "", atMs: 1_000 });
	await machine.run(1_000);
	expect(machine.events("planogram.alike")).toHaveLength(2);
});
