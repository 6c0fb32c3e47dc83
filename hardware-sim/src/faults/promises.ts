import type { Stage } from "../scenario/stage.ts";
import type { PaymentIntentRecord } from "../stripe/stripe-simulator.ts";
import type { PromiseNumber } from "./fault.ts";

/** What is known of a run apart from the system that is judged. */
export interface Truth {
	/** Ids of the sales that phones asked for. */
	readonly sales: readonly string[];
	/** Whether sensors and the world could be trusted all the time: without that, promise 2 is not given. */
	readonly soundSensors: boolean;
}

export interface BrokenPromise {
	readonly promise: PromiseNumber;
	/** What is wrong, with its figures. */
	readonly what: string;
}

const coilLimitMs = 5_000;
const ends: ReadonlySet<string> = new Set(["captured", "cancelled", "review"]);
/** Promise 5: once faults stop. */
const patienceMs = 600_000;
const askEveryMs = 2_000;
const quietMs = 20_000;

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const cents = (value: number) => `${value} cents`;

/**
 * Waits until the sales have ended, at most ten minutes, and then until all is quiet. Faults must be over. Closes the
 * door, as the last shopper does.
 */
export async function comeToRest(stage: Stage, sales: readonly string[]): Promise<void> {
	stage.shopper.close();
	const endMs = stage.atMs + patienceMs;
	while (stage.atMs < endMs && !(await allEnded(stage, sales))) await stage.pass(askEveryMs);
	await stage.pass(quietMs);
}

async function allEnded(stage: Stage, sales: readonly string[]): Promise<boolean> {
	for (const id of sales) {
		const state = await stage.phone.sale(id).then(
			(sale) => (sale === undefined ? "never asked" : sale.state),
			// The cloud may still be on its way up.
			() => "unknown",
		);
		if (state !== "never asked" && !ends.has(state)) return false;
	}
	return true;
}

/** Everything promised that a stage at rest does not keep. Numbers are those of docs/architecture/promises.md. */
export async function brokenPromises(stage: Stage, truth: Truth): Promise<BrokenPromise[]> {
	return [
		...money(stage),
		...(await ledger(stage)),
		...(await goods(stage, truth)),
		...openings(stage),
		...coil(stage),
	];
}

/** 1: captured ≤ authorised, at most once; cancelled means nothing taken. */
function money({ payments }: Stage): BrokenPromise[] {
	return payments
		.paymentIntents()
		.flatMap(({ id, amount, amount_received, status }) => [
			...(amount_received > amount
				? [broken(1, `${id}: ${cents(amount_received)} captured of ${cents(amount)} held`)]
				: []),
			...(status === "canceled" && amount_received > 0
				? [broken(1, `${id} is cancelled, and ${cents(amount_received)} were taken`)]
				: []),
		]);
}

/** 1: the ledger sums to zero, and its cash is the payment network's. */
async function ledger(stage: Stage): Promise<BrokenPromise[]> {
	const rows = await stage.ledger();
	const balance = sum(rows.map((row) => row.amountCents));
	const cash = sum(rows.filter(({ account }) => account === "cash_in_transit").map((row) => row.amountCents));
	const received = sum(stage.payments.paymentIntents().map((intent) => intent.amount_received));
	return [
		...(balance === 0 ? [] : [broken(1, `the ledger sums to ${cents(balance)}`)]),
		...(cash === received
			? []
			: [broken(1, `the ledger has ${cents(cash)} in cash, the payment network ${cents(received)}`)]),
	];
}

/** 2, 5 and 6: every sale that the cloud took ends, and the charge is the price of what is gone, or a person looks. */
async function goods(stage: Stage, { sales, soundSensors }: Truth): Promise<BrokenPromise[]> {
	const found: BrokenPromise[] = [];
	let charged = 0;
	let inReview = stage.events.some(({ room, event }) => room === "cloud" && event === "sale.review");
	for (const id of sales) {
		const sale = await stage.phone.sale(id);
		if (sale === undefined) {
			const promised = stage.events.some(
				(entry) =>
					entry.room === "phone" && entry.event === "answered" && entry.saleId === id && Number(entry.status) < 300,
			);
			if (promised) found.push(broken(6, `${id} was answered, and the cloud does not know it any more`));
			continue;
		}
		if (!ends.has(sale.state)) found.push(broken(5, `${id} is still ${sale.state} after ten minutes`));
		if (sale.state === "review") {
			inReview = true;
			if (!sale.cause) found.push(broken(5, `${id} is in review without a cause`));
		}
		charged += sale.capturedCents;
	}
	const gone = stage.machine.priceOfGone();
	// What a person looks at is not charged yet: then the charge may be less, never more.
	const isRight = inReview ? charged <= gone : charged === gone;
	// What ran into a cup has no price in the world's truth: scenarios expect the cup.
	if (soundSensors && !isRight && stage.machine.coffee === undefined)
		found.push(broken(2, `${cents(charged)} charged, ${cents(gone)} are gone`));
	return found;
}

/** 3: at most one opening for each sale that was authorised. */
function openings({ machine, payments }: Stage): BrokenPromise[] {
	const authorised = payments.paymentIntents().filter(wasAuthorized).length;
	const { lockOpenings } = machine;
	return lockOpenings > authorised
		? [broken(3, `the lock opened ${lockOpenings} times for ${authorised} authorised sales`)]
		: [];
}

/** 4: at most five seconds a pulse, and off in the end. */
function coil({ machine: { lock } }: Stage): BrokenPromise[] {
	return [
		...(lock.longestOnMs > coilLimitMs ? [broken(4, `the coil was on for ${lock.longestOnMs} ms in one pulse`)] : []),
		...(lock.energised ? [broken(4, "the coil is on in the end")] : []),
	];
}

function broken(promise: PromiseNumber, what: string): BrokenPromise {
	return { promise, what };
}

/** A cancelled hold was a hold once, unless the bank had declined it. */
function wasAuthorized({ status, last_payment_error }: PaymentIntentRecord): boolean {
	return (
		status === "requires_capture" || status === "succeeded" || (status === "canceled" && last_payment_error === null)
	);
}
