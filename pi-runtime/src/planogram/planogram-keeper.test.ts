import { type Claims, partyName, seal } from "@visionvend/sdk/device/envelope/envelope";
import { openEnvelope, sealEnvelope } from "@visionvend/sdk/protocol/envelope";
import { planogramParts, planogramStatusBodySchema } from "@visionvend/sdk/protocol/planogram";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
	configuration,
	keys,
	machineId,
	saleReport,
	sealedByController,
	TestMachine,
	topics,
} from "../../test/test-machine.ts";

let machine: TestMachine;
beforeEach(async () => {
	machine = new TestMachine();
	await machine.start();
	await machine.run(1_000);
});
afterEach(() => machine.close());

const { products } = configuration("");
/** The same cola, half as heavy: a report of one old cola is one of two new ones. */
const lighter = products.map((product) =>
	product.sku === "cola" ? { ...product, massMilligrams: 177_500, toleranceMilligrams: 2_500 } : product,
);
let sequence = 0;

async function fromCloud(
	topic: string,
	body: unknown,
	changes: Partial<Claims> = {},
	key = keys.cloudToPi,
): Promise<string> {
	sequence += 1;
	const claims = { iss: "cloud", aud: partyName(machineId, "pi"), jti: `${sequence}`, seq: sequence, topic, body };
	return sealEnvelope(key, { ...claims, ...changes });
}

async function tell(version: number, list = lighter): Promise<void> {
	for (const part of planogramParts(version, list)) {
		machine.broker.deliver(topics.planogram, await fromCloud(topics.planogram, part));
	}
}

/** Which planograms the Pi has said that it decides by. */
function said(): number[] {
	const expected = { iss: partyName(machineId, "pi"), aud: "cloud", topic: topics.planogramStatus };
	return machine.broker.published
		.filter(({ topic }) => topic === topics.planogramStatus)
		.map(({ payload }) => {
			const opened = openEnvelope(keys.piToCloud, expected, payload);
			if (!opened.ok) throw new Error(opened.refusal);
			return planogramStatusBodySchema.parse(opened.claims.body).version;
		});
}

function unlock(saleId: string): void {
	const claims = { iss: "cloud", aud: partyName(machineId, "controller"), jti: saleId, seq: 1, nonce: "n" };
	const body = { saleId, counter: 1, windowMs: 10_000, language: "en" };
	machine.broker.deliver(topics.unlock, seal(keys.cloudToController, { ...claims, topic: topics.unlock, body }));
}

function report(saleId: string, grams = 355): void {
	sequence += 1;
	machine.send(topics.saleReport, sealedByController(topics.saleReport, saleReport(saleId, grams / 355), sequence));
}

const decided = () => machine.reports.map(({ body }) => ("items" in body.decision ? body.decision.items : []));

test("a Pi says at its start, and whenever the broker is back, which planogram it decides by", async () => {
	expect(said()).toEqual([0]);
	machine.broker.connected = false;
	machine.broker.connected = true;
	await machine.run(1_000);
	expect(said()).toEqual([0, 0]);
});

test("a new planogram is used from the next sale on, and acknowledged once it is on the disk", async () => {
	machine.diskFull = true;
	await tell(3);
	await machine.run(500);
	expect(said()).toEqual([0]);
	machine.diskFull = false;
	await machine.run(2_000);
	expect(said()).toEqual([0, 3]);
	report("sale-1");
	await machine.run(3_000);
	expect(decided()).toEqual([[{ sku: "cola", quantity: 2 }]]);

	await machine.pi.close();
	await machine.start();
	await machine.run(1_000);
	expect(said()).toEqual([0, 3, 3]);
	report("sale-2");
	await machine.run(3_000);
	expect(decided().at(-1)).toEqual([{ sku: "cola", quantity: 2 }]);
});

test("a session is decided by the planogram that it began with, from the unlock to the decision", async () => {
	unlock("sale-1");
	await machine.run(500);
	await tell(3);
	await machine.run(5_000);
	expect(said()).toEqual([0]);
	report("sale-1");
	await machine.run(5_000);
	expect(decided()).toEqual([[{ sku: "cola", quantity: 1 }]]);
	expect(said()).toEqual([0, 3]);
});

test("a Pi that starts anew in the middle of a session still decides it by the planogram that it began with", async () => {
	unlock("sale-1");
	await machine.run(500);
	await tell(3);
	await machine.run(5_000);
	await machine.pi.close();
	await machine.start();
	await machine.run(1_000);
	report("sale-1");
	await machine.run(5_000);
	expect(decided()).toEqual([[{ sku: "cola", quantity: 1 }]]);
	expect(said()).toEqual([0, 0]);
});

test("a session that the controller refused, or never began, keeps no planogram waiting", async () => {
	unlock("sale-1");
	await machine.run(500);
	await tell(3);
	await machine.run(500);
	const refused = { saleId: "sale-1", counter: 1, result: "refused", reason: "stale-nonce" };
	machine.send(topics.command, sealedByController(topics.command, refused, 900));
	await machine.run(500);
	expect(said()).toEqual([0, 3]);

	unlock("sale-2");
	await machine.run(500);
	await tell(4, products);
	const health = {
		uptimeMs: 1,
		boot: 1,
		doorClosed: true,
		massesMilligrams: [],
		phase: "locked",
		resetReason: "power",
		memoryFreeBytes: 1,
		faults: [],
	};
	machine.send(topics.health, sealedByController(topics.health, health, 901));
	await machine.run(60_500);
	expect(said()).toEqual([0, 3]);
	machine.send(topics.health, sealedByController(topics.health, health, 902));
	await machine.run(500);
	expect(said()).toEqual([0, 3, 4]);
});

test("parts in any order make one planogram; an older one, a part of it and a repetition change nothing", async () => {
	const many = Array.from({ length: 200 }, (_, index) => ({ ...products[0], sku: `p-${index}`, shelf: 0 }));
	const list = [
		...lighter,
		...many.map((product) => ({ ...lighter[0], ...product, massMilligrams: 5_000_000 })),
	] as typeof lighter;
	const parts = planogramParts(5, list);
	expect(parts.length).toBeGreaterThan(2);
	const deliver = async (body: unknown) =>
		machine.broker.deliver(topics.planogram, await fromCloud(topics.planogram, body));
	for (const part of parts.slice(1).reverse()) await deliver(part);
	for (const part of planogramParts(4, products)) await deliver(part);
	await machine.run(500);
	expect(said()).toEqual([0]);
	await deliver(parts[0]);
	await machine.run(500);
	expect(said()).toEqual([0, 5]);
	expect(machine.events("planogram.applied")).toMatchObject([{ version: 5, products: 202 }]);
	await tell(4, products);
	await machine.run(500);
	expect(machine.events("planogram.applied")).toHaveLength(1);
});

test.each([
	["bad-signature", () => fromCloud(topics.planogram, {}, {}, { ...keys.cloudToPi, key: new Uint8Array(32) })],
	["wrong-key", () => fromCloud(topics.planogram, {}, {}, keys.cloudToController)],
	["wrong-topic", () => fromCloud(topics.planogram, {}, { topic: topics.ack })],
	["bad-body", () => fromCloud(topics.planogram, { version: 3, part: 0, parts: 1, products: [{ sku: "x" }] })],
	["malformed", async () => "not.a-token"],
])("%s: not believed", async (reason, token) => {
	machine.broker.deliver(topics.planogram, await token());
	await machine.run(500);
	expect(machine.events("message.rejected")).toMatchObject([{ topic: topics.planogram, reason }]);
	expect(said()).toEqual([0]);
});
