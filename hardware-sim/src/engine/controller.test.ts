import { createHash } from "node:crypto";
import { deriveKey, keyId, open, partyName, seal } from "@visionvend/sdk/device/envelope/envelope";
import { LinkEndpoint } from "@visionvend/sdk/device/link/link-endpoint";
import { decodeLinkMessage, encodeLinkMessage } from "@visionvend/sdk/device/link/link-message";
import { encodeBase64url } from "@visionvend/sdk/device/text/base64url";
import { topics } from "@visionvend/sdk/device/topics";
import { expect, test } from "vitest";
import { xs } from "../../test/simulated-device.ts";
import { BoardTimer } from "../board/board-timer.ts";
import { SimulationClock } from "../clock.ts";
import { demoControllerConfiguration } from "../machine/demo-wiring.ts";
import { VirtualMachine } from "../machine/virtual-machine.ts";
import { SeededRandom } from "../random.ts";
import { demoCatalogue } from "../world/demo-catalogue.ts";
import { Shopper } from "../world/shopper.ts";
import type { DeviceEngine, EngineOptions } from "./engine.ts";
import { createNodeEngine } from "./node-engine.ts";
import { createXsEngine } from "./xs-engine.ts";

const second = 1_000_000_000;
const machineId = "fridge-1";
const topic = topics(machineId);
const secret = new Uint8Array(32).fill(9);
const toController = deriveKey(secret, machineId, keyId("cloud", "controller", 1));
const fromController = deriveKey(secret, machineId, keyId("controller", "cloud", 1));

/** A sale at a fridge whose cloud is this function: what the controller said, and a hash of all that it did. */
function runSale(createEngine: (options: EngineOptions) => DeviceEngine) {
	const clock = new SimulationClock();
	const hash = createHash("sha256");
	let operations = 0;
	const machine = new VirtualMachine({
		clock,
		random: new SeededRandom(5),
		products: demoCatalogue,
		configuration: demoControllerConfiguration(machineId, {
			receive: { kid: toController.kid, key: encodeBase64url(toController.key) },
			send: { kid: fromController.kid, key: encodeBase64url(fromController.key) },
		}),
		createEngine: (options) =>
			createEngine({
				...options,
				onOperation: ({ operation, a, b, bytes, result }) => {
					operations++;
					hash.update(`${operation} ${a} ${b} ${Buffer.from(bytes ?? [])} ${result} ${clock.now}\n`);
				},
			}),
		onLog: () => undefined,
	});

	const said: { topic: string; body: unknown }[] = [];
	let sequence = 0;
	const command = (to: string, body: object, nonce?: string) => {
		sequence++;
		const claims = { iss: "cloud", aud: partyName(machineId, "controller"), jti: `c-${sequence}`, seq: sequence };
		const envelope = seal(toController, { ...claims, topic: to, ...(nonce ? { nonce } : {}), body });
		link.send(encodeLinkMessage(to, envelope));
	};
	const link = new LinkEndpoint({
		write: (bytes) => machine.wire.far.write(bytes),
		timer: new BoardTimer(clock),
		session: 77,
		onMessage: (bytes, acknowledge) => {
			acknowledge();
			const message = decodeLinkMessage(bytes);
			if (message === undefined) throw new Error("The controller sent no message.");
			const expected = { iss: partyName(machineId, "controller"), aud: "cloud", topic: message.topic };
			const opened = open(fromController, expected, message.envelope);
			if (!opened.ok) throw new Error(`The controller's seal is refused: ${opened.refusal}.`);
			const body = opened.claims.body as Record<string, unknown>;
			said.push({ topic: message.topic, body });
			if (message.topic === topic.hello && body.request === "r1")
				command(topic.unlock, { saleId: "s1", counter: 1, windowMs: 10_000, language: "en" }, body.nonce as string);
		},
	});
	machine.wire.far.onData((bytes) => link.receive(bytes));

	const shopper = new Shopper({ fridge: machine.fridge, clock });
	machine.powerUp();
	clock.run(3 * second);
	command(topic.helloRequest, { request: "r1" });
	clock.run(6 * second);
	const opened = shopper.open();
	clock.run(2 * second);
	shopper.take("cola");
	clock.run(3 * second);
	shopper.close();
	clock.run(15 * second);
	machine.powerCut();
	return {
		opened,
		said,
		resets: machine.resets,
		statistics: machine.statistics,
		operations: { count: operations, hash: hash.digest("hex") },
	};
}

const onNode = () => runSale(createNodeEngine);

test("a sale on the Node engine ends with the report of what is gone", () => {
	const { opened, said, resets } = onNode();
	expect(opened).toBe(true);
	expect(resets).toEqual([]);
	const report = said.find((message) => message.topic === topic.saleReport);
	expect(report?.body).toMatchObject({ saleId: "s1", opened: true, flags: [] });
});

test.skipIf(!xs.ok)("the controller's firmware does the same on XS, within the memory of an ESP32-S3", () => {
	if (!xs.ok) return;
	const host = xs;
	const began = performance.now();
	const sale = runSale((options) => createXsEngine({ ...options, host }));
	const seconds = (performance.now() - began) / 1_000;
	const reference = onNode();
	expect(sale.resets).toEqual([]);
	expect(sale.said).toEqual(reference.said);
	expect(sale.operations).toEqual(reference.operations);
	const { slotsPeak, slotsBudget, chunksPeak, chunksBudget, stackPeak, stackBudget, computrons } =
		sale.statistics as NonNullable<typeof sale.statistics>;
	console.log(
		`A sale on XS: slots ${slotsPeak} of ${slotsBudget}, chunks ${chunksPeak} of ${chunksBudget} bytes, stack ${stackPeak} of ${stackBudget} slots, ${computrons} computrons, ${sale.operations.count} host calls in ${seconds.toFixed(1)} s.`,
	);
	expect(slotsPeak).toBeLessThan(0.8 * slotsBudget);
	expect(chunksPeak).toBeLessThan(0.8 * chunksBudget);
	expect(stackPeak).toBeLessThan(0.9 * stackBudget);
});
