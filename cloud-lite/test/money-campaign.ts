import { z } from "zod";
import { ownerOf } from "./owner.ts";
import { machineId, World } from "./world.ts";

/** What a campaign counted. */
export interface CampaignFigures {
	sales: number;
	/** How many of them were to be paid through Razorpay. */
	paidFirst: number;
	captured: number;
	cancelled: number;
	underpaid: number;
	kills: number;
	/** Calls to the provider that were lost, refused or answered late. */
	troubledCalls: number;
	refunds: number;
	/** Refunds that the bank sent back. */
	returned: number;
	chargebacks: number;
	/** What the providers have of us in the end, fees and refunds taken off. */
	netCents: number;
	/** What does not hold; empty when all is well. */
	violations: string[];
}

const dayMs = 86_400_000;
const salesPerWorld = 100;
const baskets: readonly (readonly string[])[] = [
	[],
	["cola"],
	["cola", "cola"],
	["chips"],
	["cola", "chips"],
	["cola", "cola", "chips", "chips"],
];

/** Numbers of one seed: mulberry32. */
function chanceOf(seed: number) {
	let state = seed >>> 0;
	const next = (): number => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
	};
	return {
		/** Whether something of this probability happens. */
		happens: (probability: number) => next() < probability,
		below: (limit: number) => Math.floor(next() * limit),
	};
}
type Owner = Awaited<ReturnType<typeof ownerOf>>;
type Chance = ReturnType<typeof chanceOf>;

/**
 * Random sales while calls and webhooks are lost, doubled, late and out of order and the cloud is killed at any step;
 * afterwards the provider's books must be those of the ledger, sale by sale. The same seed plays the same campaign.
 */
export async function playMoneyCampaign(options: {
	sales: number;
	seed: number;
	/** Called after each hundred sales with the figures so far. */
	onProgress?: (figures: CampaignFigures) => void;
}): Promise<CampaignFigures> {
	const figures: CampaignFigures = {
		sales: 0,
		paidFirst: 0,
		captured: 0,
		cancelled: 0,
		underpaid: 0,
		kills: 0,
		troubledCalls: 0,
		refunds: 0,
		returned: 0,
		chargebacks: 0,
		netCents: 0,
		violations: [],
	};
	for (let played = 0, part = 0; played < options.sales; part += 1) {
		const count = Math.min(salesPerWorld, options.sales - played);
		await playWorld(options.seed + part * 7_919, count, figures);
		played += count;
		options.onProgress?.(figures);
	}
	return figures;
}

async function playWorld(seed: number, count: number, figures: CampaignFigures): Promise<void> {
	const chance = chanceOf(seed);
	const world = await World.create({ holdCents: 300, captureDelayMs: chance.happens(0.3) ? 600_000 : 0 });
	try {
		const owner = await ownerOf(world);
		for (let index = 0; index < count; index += 1) {
			const saleId = `sale-${seed}-${index}`;
			await playSale(world, owner, chance, saleId, figures);
			await decide(world, owner, chance, saleId, figures);
			await world.pass(60_000);
		}
		calm(world);
		// Time for debts to be tried again, holds to end and books to be compared.
		for (let day = 0; day < 14; day += 1) {
			await world.pass(dayMs);
			await world.machine.sendReportsAgain();
		}
		await giveAgain(world, owner, figures);
		await audit(world, seed, count, figures);
	} finally {
		await world.close();
	}
}

async function playSale(
	world: World,
	owner: Owner,
	chance: Chance,
	saleId: string,
	figures: CampaignFigures,
): Promise<void> {
	const shopper = `shopper-of-${saleId}`;
	calm(world);
	world.token = await world.cloud.issueShopperToken(shopper);
	const provider = chance.happens(0.25) ? "razorpay" : "stripe";
	await owner("PATCH", "/api/v1/tenant", { settings: { paymentGateway: { provider } } });
	if (provider === "razorpay") figures.paidFirst += 1;
	const card = chance.happens(0.1)
		? "pm_card_chargeCustomerFail"
		: chance.happens(0.5)
			? "pm_card_visa"
			: "pm_card_amex";
	await world.post("/save-payment", { payment_method: card });
	world.machine.behaviour = chance.happens(0.1)
		? undefined
		: {
				take: baskets[chance.below(baskets.length)] ?? [],
				...(chance.happens(0.05) ? { foreignMilligrams: 100_000 } : {}),
			};
	world.machine.losesStatus = chance.happens(0.1);
	trouble(world, chance, figures);
	const mortal = chance.happens(0.2);
	if (mortal) {
		await world.quiet();
		await world.cloud.close();
		const life = await world.startMortal(1 + chance.below(90));
		await Promise.race([world.unlock(saleId), life.death]);
		payInCheckout(world, chance, saleId);
		await Promise.race([world.pass(5_000), life.death]);
		if (life.dead) {
			figures.kills += 1;
			const until = world.clock.now() + (chance.happens(0.3) ? 600_000 : 1_000);
			while (world.clock.step(until)) await new Promise((resolve) => setImmediate(resolve));
			world.clock.jump(until);
		} else {
			await world.quiet();
			await world.cloud.close();
		}
		await world.startCloud();
		world.token = await world.cloud.issueShopperToken(shopper);
		await world.quiet();
		if (chance.happens(0.5)) await world.unlock(saleId);
		payInCheckout(world, chance, saleId);
	} else {
		await world.unlock(saleId);
		payInCheckout(world, chance, saleId);
		// A thumb that taps twice, or a phone that comes back from Checkout.
		if (chance.happens(0.2)) await world.unlock(saleId);
	}
	for (let times = 0; times < 4; times += 1) {
		await world.pass(60_000);
		await world.machine.sendReportsAgain();
	}
	calm(world);
	// Long enough for every retry: a machine that still waits for the end of a sale would send the next shopper away.
	await world.pass(1_300_000);
}

/** Shoppers who are asked to pay first do so now, in most cases; some only after a card that was refused, some too late. */
function payInCheckout(world: World, chance: Chance, saleId: string): void {
	const { account } = world.razorpay;
	for (const order of account.orders.values()) {
		if (order.notes.sale_id !== saleId || order.status !== "created") continue;
		if (chance.happens(0.1)) account.pay(order.id, false);
		const pay = () => {
			if (order.status !== "paid") account.pay(order.id, true);
		};
		if (chance.happens(0.85)) pay();
		else if (chance.happens(0.5)) world.clock.after(310_000, pay);
	}
}

/** What people and banks do once a sale is over. */
async function decide(
	world: World,
	owner: Owner,
	chance: Chance,
	saleId: string,
	figures: CampaignFigures,
): Promise<void> {
	world.token = await world.cloud.issueShopperToken(`shopper-of-${saleId}`);
	const { body } = await owner("GET", `/api/v1/orders/${saleId}`);
	const status: string | undefined = body.data?.status;
	if (status === "review") {
		await owner("POST", `/api/v1/orders/${saleId}/resolve`, {
			items: chance.happens(0.5) ? [{ sku: "cola", quantity: 1 + chance.below(3) }] : [],
		});
	}
	if (status === "underpaid" && chance.happens(0.7)) {
		await world.post("/save-payment", {
			payment_method: chance.happens(0.3) ? "pm_card_authenticationRequired" : "pm_card_visa",
		});
		if (chance.happens(0.2)) await owner("POST", `/api/v1/orders/${saleId}/forgive_debt`, {});
		else await world.post(`/api/v1/debts/${saleId}/pay`);
		await world.pass(1_000);
		payInCheckout(world, chance, saleId);
		const waiting = world.stripe
			.paymentIntents()
			.find((intent) => intent.status === "requires_action" && intent.metadata.sale_id === saleId);
		if (waiting) world.stripe.authenticate(waiting.id, chance.happens(0.7));
	}
	if (status !== "paid") return;
	if (chance.happens(0.15)) {
		trouble(world, chance, figures);
		figures.refunds += 1;
		await owner("POST", `/api/v1/orders/${saleId}/manual_refund`, {
			reason: "campaign",
			...(chance.happens(0.5) ? { amountCents: 1 + chance.below(100) } : {}),
		});
		await world.pass(30_000);
		calm(world);
		const refund = world.stripe.refunds().at(-1);
		if (refund?.status === "succeeded" && refund.metadata?.operation?.includes(saleId) && chance.happens(0.2)) {
			world.stripe.failRefund(refund.id);
			figures.returned += 1;
		}
	} else if (chance.happens(0.1)) {
		const payment = [...world.razorpay.account.payments.values()].find(
			({ notes, captured }) => captured && notes.sale_id === saleId,
		);
		if (payment) {
			figures.chargebacks += 1;
			const { id } = world.razorpay.account.dispute(payment.id);
			if (chance.happens(0.6)) world.razorpay.account.decideDispute(id, chance.happens(0.5));
			return;
		}
		const intent = world.stripe
			.paymentIntents()
			.find(({ metadata, amount_received }) => metadata.sale_id === saleId && amount_received > 0);
		if (!intent) return;
		figures.chargebacks += 1;
		const { id } = world.stripe.dispute(intent.id);
		if (chance.happens(0.6)) world.stripe.decideDispute(id, chance.happens(0.5));
	}
}

/** What banks sent back is given once more. */
async function giveAgain(world: World, owner: Owner, figures: CampaignFigures): Promise<void> {
	world.razorpay.account.refundFails = () => false;
	const rows = await world.cloud.database.read(
		"SELECT subject, expected_cents AS cents FROM finding WHERE kind = 'refund_returned' AND closed_at_ms IS NULL",
	);
	for (const row of rows) {
		const { subject, cents: amountCents } = z.object({ subject: z.string(), cents: z.int() }).parse(row);
		figures.refunds += 1;
		await owner("POST", `/api/v1/orders/${subject}/manual_refund`, { reason: "sent back", amountCents });
	}
	await world.pass(2 * dayMs);
}

function calm(world: World): void {
	for (const { faults, webhookPolicy } of [world.stripe, world.razorpay]) {
		faults.dropRequest = undefined;
		faults.dropResponse = undefined;
		faults.serverError = undefined;
		faults.rateLimit = undefined;
		webhookPolicy.duplicate = false;
		webhookPolicy.shuffleMs = 0;
	}
	world.stripe.faults.declineOffSession = undefined;
}

function trouble(world: World, chance: Chance, figures: CampaignFigures): void {
	const { features } = world.stripe;
	const often = (probability: number) => {
		const happens = chance.happens(probability);
		if (happens) figures.troubledCalls += 1;
		return happens;
	};
	for (const { faults, webhookPolicy } of [world.stripe, world.razorpay]) {
		faults.dropRequest = () => often(0.06);
		faults.dropResponse = () => often(0.06);
		faults.serverError = () => (often(0.04) ? (chance.happens(0.5) ? "processed" : "unprocessed") : undefined);
		faults.rateLimit = () => often(0.03);
		webhookPolicy.duplicate = chance.happens(0.4);
		webhookPolicy.delayMs = chance.below(20_000);
		webhookPolicy.shuffleMs = chance.happens(0.5) ? 30_000 : 0;
	}
	const declines = chance.happens(0.2);
	world.stripe.faults.declineOffSession = () => declines;
	world.stripe.faults.declineIncrement = () => chance.happens(0.3);
	world.razorpay.account.refundFails = () => {
		const fails = chance.happens(0.03);
		if (fails) figures.returned += 1;
		return fails;
	};
	features.incrementalAuthorization = chance.happens(0.4);
	features.overcapture = chance.happens(0.4);
}

const saleSchema = z.object({
	id: z.string(),
	state: z.string(),
	cause: z.string().nullable(),
	captured_cents: z.int(),
	refunded_cents: z.int(),
});

async function audit(world: World, seed: number, count: number, figures: CampaignFigures): Promise<void> {
	const wrong = (what: string) => figures.violations.push(`seed ${seed}: ${what}`);
	const read = (sql: string) => world.cloud.database.read(sql);
	const rows = (await read("SELECT * FROM sale")).map((row) => saleSchema.parse(row));
	const intents = world.stripe.paymentIntents();
	const refunds = world.stripe.refunds().filter(({ status }) => status !== "failed");
	const orders = [...world.razorpay.account.orders.values()];
	const payments = [...world.razorpay.account.payments.values()].filter(({ captured }) => captured);
	figures.sales += count;
	for (const sale of rows) {
		const own = intents.filter(({ metadata }) => metadata.sale_id === sale.id);
		const holds = own.filter(({ metadata }) => metadata.purpose === "hold");
		const captures = holds.filter(({ amount_received }) => amount_received > 0).length;
		if (captures > 1) wrong(`${sale.id} was captured ${captures} times`);
		const received = own.reduce((sum, { amount_received }) => sum + amount_received, 0);
		const names = new Set(own.map(({ id }) => id));
		const returned = refunds
			.filter(({ payment_intent }) => typeof payment_intent === "string" && names.has(payment_intent))
			.reduce((sum, { amount }) => sum + amount, 0);
		if (orders.some(({ notes }) => notes.sale_id === sale.id)) {
			if (own.length > 0) wrong(`${sale.id} was paid at two providers`);
			const paid = payments.filter(({ notes }) => notes.sale_id === sale.id);
			if (paid.filter(({ notes }) => notes.purpose === "hold").length > 1) wrong(`${sale.id} was charged twice`);
			const kept = paid.reduce((sum, { amount, amount_refunded }) => sum + amount - amount_refunded, 0);
			const written = sale.captured_cents - sale.refunded_cents;
			if (kept !== written) wrong(`${sale.id}: ${kept} stay at Razorpay, written ${written}`);
		} else if (received !== sale.captured_cents) wrong(`${sale.id}: taken ${received}, written ${sale.captured_cents}`);
		if (own.length > 0 && returned !== sale.refunded_cents)
			wrong(`${sale.id}: given back ${returned}, written ${sale.refunded_cents}`);
		if (sale.state === "captured") figures.captured += 1;
		else if (sale.state === "cancelled") figures.cancelled += 1;
		else if (sale.state === "review" && sale.cause === "underpaid") figures.underpaid += 1;
		else wrong(`${sale.id} is stuck: ${sale.state} ${sale.cause ?? ""}`);
	}
	const ledger = await world.cloud.ledgerRows();
	const sum = ledger.reduce((cents, { amountCents }) => cents + amountCents, 0);
	if (sum !== 0) wrong(`the ledger sums to ${sum}`);
	const net =
		world.stripe.balanceTransactions().reduce((cents, transaction) => cents + transaction.net, 0) +
		world.razorpay.account.balance();
	figures.netCents += net;
	const cash = await world.balance("cash_in_transit");
	if (cash !== net) wrong(`the ledger has ${cash}, the providers' books ${net}`);
	for (const account of ["shopper_hold", "shopper_deposit", "receivable"]) {
		const balance = await world.balance(account);
		if (balance !== 0) wrong(`${balance} left in ${account}`);
	}
	if (world.heldAtProvider() !== 0) wrong(`${world.heldAtProvider()} still held`);
	for (const [what, sql] of [
		["payments without an outcome", "SELECT COUNT(*) AS rows FROM payment_operation WHERE state = 'pending'"],
		["effects that wait", "SELECT COUNT(*) AS rows FROM outbox WHERE state IN ('pending', 'dead')"],
	] as const) {
		const [row] = await read(sql);
		if (row?.rows !== 0) wrong(`${String(row?.rows)} ${what}`);
	}
	for (const { kind, subject, expected_cents, found_cents } of await read(
		"SELECT kind, subject, expected_cents, found_cents FROM finding WHERE closed_at_ms IS NULL",
	)) {
		wrong(`the books say ${kind} of ${subject}: ${expected_cents} expected, ${found_cents} found`);
	}
	const busy = await read(`SELECT id FROM sale WHERE machine_busy = 1 AND machine_id = '${machineId}'`);
	if (busy.length > 0) wrong("the machine is still in use");
}
