import { type EnvelopeKey, keyId, seal } from "@visionvend/sdk/device/envelope/envelope";
import { topics } from "@visionvend/sdk/device/topics";
import { helloBodySchema } from "@visionvend/sdk/protocol/messages";
import { type Stage, saw, untilSeen } from "./stage.ts";

/** How a scenario must end. `refused`: the door stayed shut, for the reason that the scenario is named after. */
export type Result = "captured" | "cancelled" | "review" | "refused";

export interface Scenario {
	readonly name: string;
	/** One line for people: who does what. */
	readonly story: string;
	/** How it must end. */
	readonly result: Result;
	/** Cents that must be captured in the end: the price of what was taken, or nothing. */
	readonly capturedCents: number;
	/** How it must end where cameras watch, if otherwise. */
	readonly seen?: { readonly result: Result; readonly capturedCents: number } | undefined;
	/** How often the lock must open, all in all. */
	readonly lockOpenings: number;
	/** Cents that the cloud holds on the card, where the usual hold does not fit the story. */
	readonly holdCents?: number;
	/** Resolves with the sale whose end counts, or `undefined` where no shopper has one. */
	readonly play: (stage: Stage) => Promise<string | undefined>;
}

const saleId = "sale-1";
const walkMs = 900;

async function unlock(stage: Stage, id = saleId): Promise<void> {
	stage.tell("phone", "tapped", { saleId: id });
	const answer = await stage.phone.unlock(id, stage.machineId);
	stage.tell("phone", "answered", { saleId: id, status: answer.status, body: answer.body });
}

/** The lock has let go and the shopper pulls the door open. */
async function open(stage: Stage): Promise<void> {
	const { fridge } = stage.machine;
	await stage.until("the lock lets go", () => stage.machine.lock.released, 15_000);
	await stage.pass(walkMs);
	if (!stage.shopper.open()) throw new Error("the door did not open although the bolt was back");
	await stage.until("the door stands open", () => fridge.door.open, 3_000);
	await stage.pass(600);
}

async function take(stage: Stage, ...skus: string[]) {
	const units = [];
	for (const sku of skus) {
		units.push(stage.shopper.take(sku));
		await stage.pass(1_100);
	}
	return units;
}

/** Closes the door and waits until the sale has found its end. */
async function close(stage: Stage, id = saleId): Promise<void> {
	stage.shopper.close();
	await ended(stage, id);
}

/** Tap, open, do something inside, close, and the sale finds its end. */
async function visit(stage: Stage, inside: () => Promise<unknown>): Promise<string> {
	await unlock(stage);
	await open(stage);
	await inside();
	await close(stage);
	return saleId;
}

/** A visit during which a room dies with the door open, and is missing until well after it has closed. */
async function visitWithout(stage: Stage, room: "pi" | "broker"): Promise<string> {
	await unlock(stage);
	await open(stage);
	await take(stage, "cola");
	await stage.kill(room);
	await take(stage, "chips");
	stage.shopper.close();
	await stage.pass(6_000);
	await stage.start(room);
	await ended(stage);
	return saleId;
}

const terminal = new Set(["captured", "cancelled", "review"]);

/** Asks for the sale as a phone does, a few times a second, until it has ended and the receipt is on the display. */
async function ended(stage: Stage, id = saleId): Promise<void> {
	const patienceEndsAtMs = stage.atMs + 120_000;
	while (stage.shopper.busy || !terminal.has((await stateOf(stage, id)) ?? "")) {
		if (stage.atMs > patienceEndsAtMs) throw new Error(`sale ${id} did not end within two minutes`);
		await stage.pass(250);
	}
	await stage.pass(1_500);
}

async function stateOf(stage: Stage, id: string): Promise<string | undefined> {
	try {
		return (await stage.phone.sale(id))?.state;
	} catch (error) {
		// The cloud may be down on purpose; the phone asks again.
		if (error instanceof Error && /connection|fetch failed|ECONN/i.test(error.message)) return undefined;
		throw error;
	}
}

function sealedUnlock(stage: Stage, key: EnvelopeKey, machineId: string, counter: number, nonce: string): string {
	return seal(key, {
		iss: "cloud",
		aud: `${machineId}/controller`,
		jti: `attack-${counter}`,
		seq: counter,
		topic: topics(stage.machineId).unlock,
		nonce,
		body: { saleId: "free-lunch", counter, windowMs: 10_000, language: "en" },
	});
}

/** The nonce that the controller told last, as anybody on the broker can read it, once it was told. */
async function lastNonce(stage: Stage): Promise<string> {
	const hellos = () => stage.attacker.seen.filter(({ topic }) => topic === topics(stage.machineId).hello);
	await stage.until("a hello crosses the broker", () => hellos().length > 0, 15_000);
	const [, payload = ""] = hellos().at(-1)?.payload.split(".") ?? [];
	const claims: { readonly body?: unknown } = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
	return helloBodySchema.parse(claims.body).nonce;
}

async function refusedByController(stage: Stage, sinceMs: number): Promise<void> {
	await stage.until(
		"the controller refuses",
		() => saw(stage, "controller", "message.rejected", sinceMs) || saw(stage, "controller", "unlock.refused", sinceMs),
		15_000,
	);
	await stage.pass(2_000);
}

/** Every scenario, in the order in which `--scenario` lists them. */
export const scenarios: readonly Scenario[] = [
	{
		name: "take-one",
		story: "A shopper takes one cola.",
		result: "captured",
		capturedCents: 200,
		lockOpenings: 1,
		play: (stage) => visit(stage, () => take(stage, "cola")),
	},
	{
		name: "take-two",
		story: "A shopper takes a cola and a bag of chips.",
		result: "captured",
		capturedCents: 350,
		lockOpenings: 1,
		play: (stage) => visit(stage, () => take(stage, "cola", "chips")),
	},
	{
		name: "take-nothing",
		story: "A shopper looks, takes nothing and closes the door.",
		result: "cancelled",
		capturedCents: 0,
		lockOpenings: 1,
		play: (stage) => visit(stage, () => stage.pass(2_500)),
	},
	{
		name: "put-back",
		story: "A shopper takes a cola and a bag of chips, and puts the cola back.",
		result: "captured",
		capturedCents: 150,
		lockOpenings: 1,
		play: (stage) =>
			visit(stage, async () => {
				const [cola] = await take(stage, "cola", "chips");
				if (cola) stage.shopper.putBack(cola);
				await stage.pass(1_200);
			}),
	},
	{
		name: "put-back-on-another-shelf",
		story: "A shopper takes a cola and puts it back on the wrong shelf.",
		result: "cancelled",
		capturedCents: 0,
		lockOpenings: 1,
		play: (stage) =>
			visit(stage, async () => {
				const [cola] = await take(stage, "cola");
				if (cola) stage.shopper.putBack(cola, 2);
				await stage.pass(1_200);
			}),
	},
	{
		name: "swap-for-a-stone",
		story: "A shopper takes a cola and leaves a stone in its place.",
		result: "review",
		capturedCents: 0,
		lockOpenings: 1,
		play: (stage) =>
			visit(stage, async () => {
				const [cola] = await take(stage, "cola");
				stage.shopper.place({ name: "stone", milligrams: (cola?.milligrams ?? 355_000) - 14_000 }, 0);
				await stage.pass(1_200);
			}),
	},
	{
		name: "never-opened",
		story: "A shopper taps and walks away; the door locks itself again.",
		result: "cancelled",
		capturedCents: 0,
		lockOpenings: 1,
		play: async (stage) => {
			await unlock(stage);
			await ended(stage);
			return saleId;
		},
	},
	{
		name: "door-propped",
		story: "A shopper takes a cola and leaves the door ajar for more than half a minute.",
		result: "captured",
		capturedCents: 200,
		lockOpenings: 1,
		play: (stage) =>
			visit(stage, async () => {
				await take(stage, "cola");
				await untilSeen(stage, "cloud", "door.ajar", 45_000);
				await stage.pass(3_000);
			}),
	},
	{
		name: "forced-door",
		story: "A thief pulls the locked door open and takes a cola.",
		result: "review",
		capturedCents: 0,
		lockOpenings: 0,
		play: async (stage) => {
			stage.shopper.force();
			await stage.pass(1_500);
			await take(stage, "cola");
			stage.shopper.close();
			// No phone may look at this sale: it is nobody's. The owner's log tells how it ended.
			await untilSeen(stage, "cloud", "sale.review", 60_000);
			await stage.pass(1_500);
			return undefined;
		},
	},
	{
		name: "double-tap",
		story: "A nervous shopper taps twice: one hold, one opening.",
		result: "captured",
		capturedCents: 200,
		lockOpenings: 1,
		play: async (stage) => {
			await Promise.all([unlock(stage), unlock(stage)]);
			await open(stage);
			await unlock(stage);
			await take(stage, "cola");
			await close(stage);
			return saleId;
		},
	},
	{
		name: "card-declined",
		story: "The bank says no; the door stays shut.",
		result: "refused",
		capturedCents: 0,
		lockOpenings: 0,
		play: async (stage) => {
			// A card that the bank accepts on file, and declines when it is charged.
			await stage.phone.savePayment("pm_card_chargeCustomerFail");
			await unlock(stage);
			await stage.pass(12_000);
			return saleId;
		},
	},
	{
		name: "basket-over-hold",
		story: "A shopper takes more than the money that was held.",
		result: "captured",
		capturedCents: 550,
		lockOpenings: 1,
		holdCents: 400,
		play: (stage) => visit(stage, () => take(stage, "cola", "cola", "chips")),
	},
	{
		name: "replayed-unlock",
		story: "Somebody on the broker plays yesterday's unlock again.",
		result: "refused",
		capturedCents: 200,
		lockOpenings: 1,
		play: async (stage) => {
			await unlock(stage);
			await open(stage);
			await take(stage, "cola");
			await close(stage);
			const { unlock: topic } = topics(stage.machineId);
			const recorded = stage.attacker.seen.find((message) => message.topic === topic);
			if (!recorded) throw new Error("no unlock crossed the broker");
			const sinceMs = stage.atMs;
			stage.tell("attacker", "replays", { topic });
			await stage.attacker.publish(topic, recorded.payload);
			await refusedByController(stage, sinceMs);
			return undefined;
		},
	},
	{
		name: "forged-unlock",
		story: "Somebody on the broker makes an unlock of their own, with a key of their own.",
		result: "refused",
		capturedCents: 0,
		lockOpenings: 0,
		play: async (stage) => {
			const key = { kid: keyId("cloud", "controller", 1), key: new Uint8Array(32).fill(7) };
			const token = sealedUnlock(stage, key, stage.machineId, 1, await lastNonce(stage));
			const sinceMs = stage.atMs;
			stage.tell("attacker", "forges", { topic: topics(stage.machineId).unlock });
			await stage.attacker.publish(topics(stage.machineId).unlock, token);
			await refusedByController(stage, sinceMs);
			return undefined;
		},
	},
	{
		name: "foreign-device-unlock",
		story: "The unlock of another machine, seal and all, is sent to this one.",
		result: "refused",
		capturedCents: 0,
		lockOpenings: 0,
		play: async (stage) => {
			const token = sealedUnlock(stage, stage.foreignKey, "fridge-2", 1, await lastNonce(stage));
			const sinceMs = stage.atMs;
			stage.tell("attacker", "redirects", { topic: topics(stage.machineId).unlock, from: "fridge-2" });
			await stage.attacker.publish(topics(stage.machineId).unlock, token);
			await refusedByController(stage, sinceMs);
			return undefined;
		},
	},
	{
		name: "stale-unlock",
		story: "The unlock is held up on its way for 25 s and comes too late.",
		result: "refused",
		capturedCents: 0,
		lockOpenings: 0,
		play: async (stage) => {
			const tap = unlock(stage);
			await stage.until("the cloud sends the unlock", () => saw(stage, "cloud", "unlock.sent"), 15_000);
			stage.machine.wire.cut = true;
			stage.tell("world", "wire cut");
			await tap;
			await stage.pass(35_000);
			stage.machine.wire.cut = false;
			stage.tell("world", "wire mended");
			await ended(stage);
			return saleId;
		},
	},
	{
		name: "controller-power-cut",
		story: "The controller loses its power while the door is open, and goes on where it was.",
		result: "captured",
		capturedCents: 350,
		lockOpenings: 1,
		play: (stage) =>
			visit(stage, async () => {
				await take(stage, "cola");
				stage.tell("world", "power cut");
				stage.machine.powerCut();
				await stage.pass(3_000);
				stage.tell("world", "power back");
				stage.machine.powerUp("power-on");
				await stage.pass(1_500);
				await take(stage, "chips");
			}),
	},
	{
		name: "pi-killed",
		story: "The Raspberry Pi dies while the door is open, and comes back.",
		result: "captured",
		capturedCents: 350,
		lockOpenings: 1,
		play: (stage) => visitWithout(stage, "pi"),
	},
	{
		name: "broker-killed",
		story: "The broker dies while the door is open, and comes back.",
		result: "captured",
		capturedCents: 350,
		lockOpenings: 1,
		play: (stage) => visitWithout(stage, "broker"),
	},
	{
		name: "cloud-killed",
		story: "The cloud dies twice: after the hold, and before the capture.",
		result: "captured",
		capturedCents: 350,
		lockOpenings: 1,
		play: async (stage) => {
			stage.killCloudAfterPaymentCall((method, path) => method === "POST" && path === "/v1/payment_intents");
			await unlock(stage).catch((error: unknown) => stage.tell("phone", "failed", { reason: String(error) }));
			await stage.pass(2_000);
			await stage.start("cloud");
			// The phone tries again with the same id.
			await unlock(stage);
			await open(stage);
			await take(stage, "cola", "chips");
			stage.killCloudAfterPaymentCall((method, path) => method === "POST" && path.endsWith("/capture"));
			stage.shopper.close();
			await untilSeen(stage, "cloud", "killed", 60_000, stage.atMs);
			await stage.pass(2_000);
			await stage.start("cloud");
			await ended(stage);
			return saleId;
		},
	},
	{
		name: "webhook-duplicated-and-late",
		story: "The payment network tells everything twice, and late.",
		result: "captured",
		capturedCents: 200,
		lockOpenings: 1,
		play: async (stage) => {
			stage.payments.webhookPolicy.duplicate = true;
			stage.payments.webhookPolicy.delayMs = 20_000;
			await unlock(stage);
			await open(stage);
			await take(stage, "cola");
			await close(stage);
			await untilSeen(stage, "cloud", "webhook.duplicate", 60_000);
			return saleId;
		},
	},
	{
		name: "look-alikes",
		story: "A shopper takes a carton that weighs what its neighbour weighs: weights cannot decide, cameras can.",
		result: "review",
		capturedCents: 0,
		seen: { result: "captured", capturedCents: 300 },
		lockOpenings: 1,
		play: (stage) => visit(stage, () => take(stage, "orange-juice")),
	},
];
