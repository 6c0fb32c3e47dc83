import { openDatabase, readLedger } from "@visionvend/cloud-lite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SeededRandom } from "../src/random.ts";
import { demoCatalogue, demoHoldCents } from "../src/world/demo-catalogue.ts";
import { keyOf, planSale, type SalePlan } from "./sigkill/sale-plan.ts";
import { type Machine, SigkillStage, type Step } from "./sigkill/sigkill-stage.ts";

// Fifty sales on the wall clock. Another seed kills others at other moments, and more sales find rarer ones:
// VISIONVEND_SIGKILL_SEED=7 VISIONVEND_SIGKILL_SALES=1000 npx vitest run --project hardware-sim sigkill
const seed = Number(process.env.VISIONVEND_SIGKILL_SEED ?? 6);
const sales = Number(process.env.VISIONVEND_SIGKILL_SALES ?? 50);
const machines = 6;
const killShare = 0.34;
const mostDelayMs = 300;
const pollMs = 50;
/** The cloud asks a machine again after 10 s, and gives an unlock up after about 50 s. */
const saleWithinMs = 70_000;

interface EndedSale {
	readonly plan: SalePlan;
	readonly state: string;
	readonly capturedCents: number;
	readonly items: readonly { readonly sku: string; readonly quantity: number }[];
	/** How many times somebody was killed during it. */
	readonly kills: number;
	/** How often the lock opened for it, the time after its end included. */
	readonly openings: number;
	/** The report that the Pi acknowledged to the controller. */
	readonly sealed: string | undefined;
}

let stage: SigkillStage;
const ended: EndedSale[] = [];
const killsAt = new Map<string, number>();
let begun = 0;
let repetitions = 0;

beforeAll(async () => {
	const random = new SeededRandom(seed);
	stage = await SigkillStage.open({ machines, holdCents: demoHoldCents, products: demoCatalogue, random });
	const startedAt = performance.now();
	await Promise.all(stage.machines.map((machine) => useMachine(machine, random)));
	await patiently("the Pis bring their last reports to the cloud", async () => (await stage.waitingInPis()) === 0);
	await patiently("all effects of the cloud leave", async () => (await waitingInCloud()) === 0);
	await stage.stopRooms();
	const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
	const piKills = stage.machines.reduce((sum, { pi }) => sum + pi.kills, 0);
	const struck = ended.filter(({ kills }) => kills > 0).length;
	console.log(
		`${ended.length} sales on ${machines} machines in ${seconds} s (seed ${seed}): cloud-lite killed ${stage.cloud.kills} times, ` +
			`pi-runtime ${piKills} times; ${struck} sales were under way when it happened, ${repetitions} requests were repeated, ` +
			`${stage.piRecoveries} starts of a Pi found reports to bring.\n` +
			`Killed after: ${[...killsAt]
				.sort()
				.map(([what, times]) => `${what} ${times}`)
				.join(", ")}.`,
	);
}, 300_000);

afterAll(async () => {
	await stage?.close();
});

test("every sale whose lock opened ends as its basket says, and every other one costs nothing", () => {
	expect(ended).toHaveLength(sales);
	for (const { plan, openings, state, capturedCents, items } of ended) {
		const paid = openings > 0 && plan.priceCents > 0;
		expect(
			{ saleId: plan.saleId, state, capturedCents, items: keyOf(items) },
			`sale ${plan.saleId}, ${openings} opening(s), basket ${keyOf(plan.items)}`,
		).toEqual({
			saleId: plan.saleId,
			state: paid ? "captured" : "cancelled",
			capturedCents: paid ? plan.priceCents : 0,
			items: paid ? keyOf(plan.items) : "",
		});
	}
});

test("no lock opens twice for a sale, and hardly a sale ends without an opening", () => {
	expect(ended.filter(({ openings }) => openings > 1)).toEqual([]);
	expect(ended.filter(({ openings }) => openings === 0).length).toBeLessThanOrEqual(ended.length / 20);
});

test("every report that a Pi acknowledged is in the cloud, once, word for word", async () => {
	const reports = await readCloud("SELECT sale_id, sealed, outcome FROM report");
	const expected = ended
		.filter(({ openings }) => openings > 0)
		.map(({ plan, sealed }) => ({
			sale_id: plan.saleId,
			sealed,
			outcome: plan.priceCents > 0 ? "captured" : "cancelled",
		}));
	const bySale = (one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>) =>
		String(one.sale_id) < String(other.sale_id) ? -1 : 1;
	expect(reports.sort(bySale)).toEqual(expected.sort(bySale));
});

test("the payment network took each price once, and holds nothing any more", () => {
	const intents = stage.payments.paymentIntents();
	expect(stage.payments.refunds()).toEqual([]);
	expect(intents.filter(({ status }) => status !== "succeeded" && status !== "canceled")).toEqual([]);
	for (const { plan, openings } of ended) {
		const own = intents.filter(({ metadata }) => metadata.sale_id === plan.saleId);
		const took = (purpose: string) =>
			own.filter(({ metadata, amount_received }) => metadata.purpose === purpose && amount_received > 0).length;
		const price = openings > 0 ? plan.priceCents : 0;
		expect(
			{
				holds: own.filter(({ metadata }) => metadata.purpose === "hold").length,
				received: own.reduce((sum, intent) => sum + intent.amount_received, 0),
				captures: took("hold"),
				charges: took("rest"),
			},
			`sale ${plan.saleId}`,
		).toEqual({ holds: 1, received: price, captures: price > 0 ? 1 : 0, charges: price > demoHoldCents ? 1 : 0 });
	}
	expect(intents.filter(({ metadata }) => !ended.some(({ plan }) => plan.saleId === metadata.sale_id))).toEqual([]);
});

test("the ledger sums to zero, and says of each sale what the payment network says", async () => {
	const database = await openDatabase(stage.cloudDatabaseUrl);
	const rows = await readLedger(database).finally(() => database.close());
	const sum = (saleId: string, account: string) =>
		rows
			.filter((row) => row.saleId === saleId && row.account === account)
			.reduce((total, { amountCents }) => total + amountCents, 0);
	expect(rows.reduce((total, { amountCents }) => total + amountCents, 0)).toBe(0);
	const intents = stage.payments.paymentIntents();
	for (const { plan } of ended) {
		const { saleId } = plan;
		const received = intents
			.filter(({ metadata }) => metadata.sale_id === saleId)
			.reduce((total, { amount_received }) => total + amount_received, 0);
		expect(
			{
				cash: sum(saleId, "cash_in_transit"),
				revenue: 0 - sum(saleId, "revenue"),
				held: sum(saleId, "shopper_hold"),
				receivable: sum(saleId, "receivable"),
				debt: sum(saleId, "shopper_debt"),
			},
			`sale ${saleId}`,
		).toEqual({ cash: received, revenue: received, held: 0, receivable: 0, debt: 0 });
	}
});

test("both rooms were killed, and in the middle of many sales", () => {
	expect(stage.cloud.kills).toBeGreaterThan(sales / 20);
	expect(stage.machines.reduce((sum, { pi }) => sum + pi.kills, 0)).toBeGreaterThan(sales / 20);
	expect(ended.filter(({ kills }) => kills > 0).length).toBeGreaterThan(sales / 5);
});

test("no room logs an error on the way", () => {
	expect(stage.alarms).toEqual([]);
});

async function readCloud(sql: string): Promise<Readonly<Record<string, unknown>>[]> {
	const database = await openDatabase(stage.cloudDatabaseUrl);
	try {
		return await database.read(sql);
	} finally {
		database.close();
	}
}

async function waitingInCloud(): Promise<number> {
	return (await readCloud("SELECT 1 FROM outbox WHERE state = 'pending'")).length;
}

/** One shopper after the other, and now and then a SIGKILL at a random moment of a sale. */
async function useMachine(machine: Machine, random: SeededRandom): Promise<void> {
	await patiently("a card is saved", async () => (await machine.phone.savePayment("pm_card_visa")).status === 200);
	while (begun < sales) {
		begun += 1;
		const saleId = `sale-${begun}`;
		// A generator for each sale: what a shopper does shall not hang on which machine was free first.
		const own = random.fork(saleId);
		await sell(machine, planSale(saleId, demoCatalogue, own), own);
	}
}

async function sell(machine: Machine, plan: SalePlan, random: SeededRandom): Promise<void> {
	const { controller, phone, pi } = machine;
	const killsBefore = stage.cloud.kills + pi.kills;
	const disarm = random.next() < killShare ? armKill(machine, plan, random) : () => undefined;
	controller.plan = plan;
	machine.onStep("request");
	await patiently(`POST /unlock for ${plan.saleId}`, async () => {
		const { status, body } = await phone.unlock(plan.saleId, machine.machineId);
		if (status < 500 && status !== 200) throw new Refused(`${status} ${JSON.stringify(body)}`);
		return status === 200;
	});
	let view: Awaited<ReturnType<Phone["sale"]>>;
	const ending = () =>
		`${plan.saleId} on ${machine.machineId} ends (it is ${view?.state ?? "unknown"}; openings: ` +
		`${controller.openings.get(plan.saleId) ?? 0}; report at the Pi: ${controller.inCustody.has(plan.saleId)})`;
	await patiently(ending, async () => {
		view = await phone.sale(plan.saleId);
		if (view === undefined) return false;
		const custody = controller.openings.get(plan.saleId) === undefined || controller.inCustody.has(plan.saleId);
		return custody && ["captured", "cancelled", "review"].includes(view.state);
	});
	disarm();
	ended.push({
		plan,
		state: view?.state ?? "unknown",
		capturedCents: view?.capturedCents ?? -1,
		items: view?.items ?? [],
		kills: stage.cloud.kills + pi.kills - killsBefore,
		get openings() {
			return controller.openings.get(plan.saleId) ?? 0;
		},
		get sealed() {
			return controller.inCustody.get(plan.saleId);
		},
	});
}

type Phone = Machine["phone"];

/** Kills the cloud or the machine's Pi some time after a step of the sale. Answers what takes that back. */
function armKill(machine: Machine, plan: SalePlan, random: SeededRandom): () => void {
	const steps: readonly Step[] = plan.opens
		? ["request", "hold", "hello", "unlock", "opened", "closed", "report", "custody", "settle"]
		: ["request", "hold", "hello", "unlock", "report", "custody", "settle"];
	const chosen = pick(steps, random);
	const room = pick(["cloud", "pi"], random);
	// Many at once or soon, where a sale is fast; the others anywhere, the start of the next sale included.
	const longestDelayMs = pick([0, mostDelayMs / 10, mostDelayMs], random);
	const delayMs = Math.floor(random.next() * longestDelayMs);
	const kill = () => {
		const what = `${room}@${chosen}`;
		killsAt.set(what, (killsAt.get(what) ?? 0) + 1);
		if (room === "cloud") stage.cloud.kill();
		else machine.pi.kill();
	};
	machine.onStep = (step) => {
		if (step !== chosen) return;
		machine.onStep = () => undefined;
		if (delayMs === 0) kill();
		else setTimeout(kill, delayMs);
	};
	return () => {
		machine.onStep = () => undefined;
	};
}

function pick<Choice>(choices: readonly Choice[], random: SeededRandom): Choice {
	return choices[Math.floor(random.next() * choices.length)]!;
}

/** An answer that no repetition changes. */
class Refused extends Error {}

/** Repeats a request as an app does, also when nobody answers. */
async function patiently(what: string | (() => string), succeeds: () => Promise<boolean>): Promise<void> {
	const patienceEndsAt = performance.now() + saleWithinMs;
	for (;;) {
		try {
			if (await succeeds()) return;
		} catch (error) {
			if (error instanceof Refused) throw error;
			repetitions += 1;
		}
		if (performance.now() > patienceEndsAt)
			throw new Error(`Not within ${saleWithinMs} ms: ${typeof what === "string" ? what : what()}`);
		await new Promise((resolve) => setTimeout(resolve, pollMs));
	}
}
