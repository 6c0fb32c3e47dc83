import type { MemoryStage } from "../scenario/memory-stage.ts";
import { auditBooks, type Books, broken, cents } from "./audit-books.ts";
import { auditEnd } from "./audit-end.ts";
import type { Delivered } from "./delivered.ts";
import type { Movement } from "./delivery-witness.ts";
import { disturbedBy, undisturbed } from "./story.ts";
import type { Violation } from "./violation.ts";
import { type Customer, isGood, type SaleFacts } from "./visit.ts";

/** One sale at a machine that delivers as the world saw it. */
export interface DeliveryStory extends SaleFacts {
	readonly customer: Customer;
	readonly slots: readonly number[];
	/** There was enough of what was ordered. */
	readonly isStocked: boolean;
	/** What moved since the phone came out. */
	readonly movements: readonly Movement[];
	/** The bolt of the service door let go, so often in the whole day. */
	readonly doorOpenings: number;
	readonly delivered: Delivered;
	/** Portions that the controller has counted down, by bin; `undefined` where it has no bins, or no record of them yet. */
	readonly used: Readonly<Record<string, number>> | undefined;
}

/** A turn is given up after 5 s; timers are late. */
const longestMotorOnMs = 5_500;
/** From the hold to the order: the cloud sends none later than 30 s after it was asked. The hold's time is in seconds. */
const longestFromHoldToOrderMs = 32_000;
/** A nonce lives for 20 s; then the slot begins at once. */
const longestFromOrderToMovementMs = 22_000;
/** A broken wire turns a motor that nobody has ordered to turn. */
const strayMovements = ["net"] as const;

/** What is promised of one sale, and is not so. The stage is at rest, and all faults are over. */
export function auditDelivery(story: DeliveryStory, books: Books, stage: MemoryStage): Violation[] {
	return [
		...auditMovements(story, books, stage),
		...auditEnd(story, books, (cause) => isExplained(cause, story)),
		...auditService(story),
		...auditBooks(books),
		...auditGoods(story, books),
		...auditBins(story, stage),
	];
}

/** 3 and 4: what moved, and for whom. */
function auditMovements(story: DeliveryStory, { sale }: Books, { machine }: MemoryStage): Violation[] {
	const found: Violation[] = [];
	const { saleId, movements, doorOpenings } = story;
	if (doorOpenings > 0)
		found.push(
			broken(3, "the door of a machine that delivers opens for service only", `it opened ${doorOpenings} times`),
		);
	const [first, ...others] = movements;
	if (first && !disturbedBy(story, ...strayMovements)) {
		const hold = first.heldFor.find((held) => held.saleId === saleId);
		if (hold === undefined)
			found.push(
				broken(3, "a machine moves for a sale whose money is held", `at ${first.atMs} ms none was held for it`),
			);
		else if (first.orderSentMs - hold.sinceMs > longestFromHoldToOrderMs)
			found.push(
				broken(
					3,
					"nothing is delivered that was asked for long ago",
					`the order left ${first.orderSentMs - hold.sinceMs} ms after the hold`,
				),
			);
		const lateMs = first.atMs - first.orderSentMs;
		if (lateMs > longestFromOrderToMovementMs)
			found.push(broken(3, "nothing is delivered for an old order", `it began ${lateMs} ms after the order had left`));
	}
	if (others.length > 0 && undisturbed(story))
		found.push(broken(3, "an order is carried out once", `things moved ${movements.length} times`));
	if (
		sale?.cause === "unlock_not_executed" &&
		story.sound &&
		movements.length > 0 &&
		!disturbedBy(story, ...strayMovements)
	)
		found.push(
			broken(3, "what has moved is never called unexecuted", "the machine moved for a sale that was cancelled so"),
		);
	for (const motor of machine.rack?.motors ?? []) {
		if (motor.running) found.push(broken(4, "no motor runs when all is over", "one does"));
		if (motor.longestOnMs > longestMotorOnMs && !disturbedBy(story, ...strayMovements))
			found.push(broken(4, `a turn ends after ${longestMotorOnMs} ms`, `one had current for ${motor.longestOnMs} ms`));
	}
	if (machine.coffee?.group.heating) found.push(broken(4, "the heater is off when all is over", "it is on"));
	return found;
}

/** 5: a machine at rest delivers. */
function auditService(story: DeliveryStory): Violation[] {
	const isServed = story.delivered.skus.length >= story.slots.length;
	if (isServed || !undisturbed(story) || !isGood(story.customer) || !story.isStocked) return [];
	return [
		broken(
			5,
			"a machine at rest delivers what a card pays for",
			`${story.delivered.skus.length} of ${story.slots.length} came, the phone was answered ${story.answered}`,
		),
	];
}

/** Only what may have moved when its controller lost its power, or its wires, is unknown. */
function isExplained(cause: string, story: DeliveryStory): boolean {
	if (!story.sound) return true;
	return cause === "delivery_unknown" && disturbedBy(story, "power", "controller-restart", "host-stall", "net");
}

/** 2: the charge is the price of exactly what came out. */
function auditGoods({ sound, delivered, slots }: DeliveryStory, { sale }: Books): Violation[] {
	if (sale === undefined || !sound) return [];
	if (delivered.skus.length > slots.length)
		return [broken(3, "no more comes out than was ordered", `${delivered.skus.length} of ${slots.length}`)];
	if (sale.state === "captured") {
		const charged = sale.items.flatMap(({ sku, quantity }) => Array.from({ length: quantity }, () => sku));
		if (sale.capturedCents !== delivered.cents || charged.sort().join() !== [...delivered.skus].sort().join())
			return [
				broken(
					2,
					"the charge is the price of exactly what came out",
					`${cents(sale.capturedCents)} charged for ${charged.join(", ")}; ${cents(delivered.cents)} came out: ${delivered.skus.join(", ") || "nothing"}`,
				),
			];
	}
	if (sale.state === "cancelled" && delivered.skus.length > 0)
		return [broken(2, "nothing is given away", `the sale is cancelled, and there came ${delivered.skus.join(", ")}`)];
	return [];
}

/** Bins are counted down by what was made: not less than what came out, and not more than what was ordered. */
function auditBins({ used, slots, delivered, sound }: DeliveryStory, { machine }: MemoryStage): Violation[] {
	const { coffee } = machine;
	if (coffee === undefined || used === undefined || !sound) return [];
	const ordered = slots.map((number) => coffee.recipes.find((recipe) => recipe.number === number)?.takes ?? []);
	return coffee.bins.flatMap((name, bin) => {
		const portions = (count: number) => ordered.slice(0, count).reduce((sum, takes) => sum + (takes[bin] ?? 0), 0);
		const [least, most] = [portions(delivered.skus.length), portions(slots.length)];
		const counted = used[name] ?? 0;
		if (counted >= least && counted <= most) return [];
		return [broken(6, `${least} to ${most} portions are taken from the bin of ${name}`, `${counted} were counted`)];
	});
}
