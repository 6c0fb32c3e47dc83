import { SeededRandom } from "../random.ts";
import { type RoomName, type Stage, type StageEvent, untilSeen } from "../scenario/stage.ts";

/** How long shoppers waited after they had closed the door, and how their sales ended. */
export interface ReceiptBench {
	readonly doors: number;
	/** From the closed door until the Pi has decided. */
	readonly decidedMs: Quantiles;
	/** Until the fridge shows the receipt: the cloud has charged the card meanwhile. */
	readonly shownMs: Quantiles;
	/** Sales that no person has to look at. */
	readonly settled: number;
	/** Decisions that cameras were in time for. */
	readonly seen: number;
}

/** Values that half, and 95 of a hundred, do not exceed, and the largest. */
export interface Quantiles {
	readonly p50: number;
	readonly p95: number;
	readonly most: number;
}

/** A door that takes longer ends the benchmark. */
const patienceMs = 60_000;

/**
 * Opens and closes the door of the stage's fridge, by its clock, some ten seconds a door. One shopper takes one thing, the next
 * one two.
 */
export async function receiptBench(
	stage: Stage,
	doors: number,
	onProgress: (line: string) => void,
): Promise<ReceiptBench> {
	const random = new SeededRandom(1);
	await stage.phone.savePayment("pm_card_visa");
	const visits: Visit[] = [];
	for (let door = 0; door < doors; door++) {
		const visit = await visitFridge(stage, `sale-${door}`, 1 + (door % 2), random);
		visits.push(visit);
		onProgress(
			`door ${door + 1} of ${doors}: ${visit.decidedMs} ms to the decision, ${visit.shownMs} ms to the receipt`,
		);
		await stage.pass(1_000);
	}
	return {
		doors,
		decidedMs: quantilesOf(visits.map(({ decidedMs }) => decidedMs)),
		shownMs: quantilesOf(visits.map(({ shownMs }) => shownMs)),
		settled: visits.filter(({ decision }) => decision.kind === "settle").length,
		seen: visits.filter(({ decision }) => decision.cameras === true).length,
	};
}

interface Visit {
	readonly decidedMs: number;
	readonly shownMs: number;
	readonly decision: StageEvent;
}

async function visitFridge(stage: Stage, saleId: string, takes: number, random: SeededRandom): Promise<Visit> {
	const { machine, shopper } = stage;
	const sinceMs = stage.atMs;
	await stage.phone.unlock(saleId, stage.machineId);
	await stage.until("the lock lets go", () => machine.lock.released, patienceMs);
	await stage.pass(500);
	shopper.open();
	await stage.until("the door stands open", () => machine.fridge.door.open, patienceMs);
	await stage.pass(600);
	for (let take = 0; take < takes; take++) {
		const left = machine.fridge.units.filter((unit) => machine.fridge.placeOf(unit) !== undefined);
		const unit = left[Math.floor(random.next() * left.length)];
		if (unit === undefined) throw new Error("The fridge is empty: give fewer --doors.");
		shopper.take(unit.sku);
		await stage.pass(1_100);
	}
	shopper.close();
	await untilSeen(stage, "controller", "receipt.shown", patienceMs, sinceMs);
	const first = (room: RoomName, event: string): StageEvent => {
		const told = stage.events.find((entry) => entry.room === room && entry.event === event && entry.atMs >= sinceMs);
		if (told === undefined) throw new Error(`${saleId} has a receipt, but ${room} told nothing of "${event}".`);
		return told;
	};
	const { atMs: closedMs } = first("world", "door closed");
	const decision = first("pi", "basket.decided");
	return {
		decidedMs: decision.atMs - closedMs,
		shownMs: first("controller", "receipt.shown").atMs - closedMs,
		decision,
	};
}

function quantilesOf(values: readonly number[]): Quantiles {
	const sorted = [...values].sort((a, b) => a - b);
	const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
	return { p50: at(0.5), p95: at(0.95), most: at(1) };
}
