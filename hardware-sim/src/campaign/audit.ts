import type { MemoryStage } from "../scenario/memory-stage.ts";
import type { SaleView } from "../scenario/phone.ts";
import { auditBooks, type Books, broken, cents } from "./audit-books.ts";
import { auditEnd } from "./audit-end.ts";
import { disturbedBy, type Story, undisturbed } from "./story.ts";
import type { Violation } from "./violation.ts";
import { isGood } from "./visit.ts";
import type { Opening, Witness } from "./witness.ts";

/** Promise 4. */
const coilLimitMs = 5_000;
/** A window of 10 s, the time that the bolt takes, and a timer that is late. */
const longestWindowMs = 10_600;
/** The door sensor is debounced, and the bolt takes 15 ms. */
const longestOnBesideOpenDoorMs = 500;
/** From the hold to the unlock: the cloud sends none later than 30 s after it was asked. The hold's time is in seconds. */
const longestFromHoldToUnlockMs = 32_000;
/** From the unlock to the click: a nonce lives for 20 s, and scales rest within 15 s. */
const longestFromUnlockToOpeningMs = 36_000;
/** Causes that lie in how far the senses can tell, and in their noise: rare among plain baskets, usual among odd ones. */
const weightCauses: ReadonlySet<string> = new Set([
	"unexplained_weight",
	"ambiguous_weight",
	"ambiguous_evidence",
	"senses_disagree",
	"foreign_object",
]);

/**
 * What is promised of one sale, and is not so. The stage is at rest, and all faults are over.
 *
 * @param forcedReviews doors that the cloud has on its list of forced ones, found since the phone came out
 */
export function auditSale(story: Story, books: Books, forcedReviews: number): Violation[] {
	return [
		...auditEnd(story, books, (cause) => isExplained(cause, story)),
		...auditDoor(story, forcedReviews),
		...auditBooks(books),
		...auditGoods(story, books),
	];
}

/** 5: doors that were forced are known, no others are, and one that is paid for opens. */
function auditDoor(story: Story, forcedReviews: number): Violation[] {
	const found: Violation[] = [];
	if (story.sound && !hidesForce(story) && story.forced > forcedReviews)
		found.push(
			broken(5, "every forced door is on people's list", `${story.forced} were forced, ${forcedReviews} are listed`),
		);
	if (story.sound && story.soundBefore && forcedReviews > story.forced + story.forcedInWindow)
		found.push(
			broken(5, "a door is called forced when it was", `${story.forced} were forced, ${forcedReviews} are listed`),
		);
	if (undisturbed(story) && isGood(story.errand) && story.openings.length === 0 && !wasForced(story))
		found.push(broken(5, "a machine at rest opens for a card that pays", `the phone was answered ${story.answered}`));
	return found;
}

/**
 * Behind a bolt that does not move, a door that is torn open in the window of an unlock is that sale's. Without power
 * nobody sees a door that is shut again, with all goods in their places, when the power is back.
 */
function hidesForce(story: Story): boolean {
	return disturbedBy(story, "lock_coil-open", "lock_coil-stuck-low", "power", "controller-restart");
}

function wasForced({ forced, forcedInWindow }: Story): boolean {
	return forced + forcedInWindow > 0;
}

/** Whether something in the world gives reason for people to look. */
function isExplained(cause: string, story: Story): boolean {
	if (!story.sound || wasForced(story)) return true;
	// Weighed by the whole day: see `Day`.
	if (weightCauses.has(cause)) return true;
	switch (cause) {
		case "unstable_scale":
		case "scale_fault":
			return disturbedBy(story, "host-stall", "bus", "chip", "net");
		default:
			return false;
	}
}

/** Whether weights alone were the reason for this review, where they should have been enough. */
export function isDoubtfulReview(story: Story, { sale }: Books): boolean {
	return (
		sale?.state === "review" && story.sound && story.plain && !wasForced(story) && weightCauses.has(sale.cause ?? "")
	);
}

/** 2: with sound sensors the charge is the price of exactly what is gone. */
function auditGoods(story: Story, { sale }: Books): Violation[] {
	if (sale === undefined || !story.sound || wasForced(story)) return [];
	// Goods in the place of others, and stones in the place of goods: beyond weights. They are counted, not judged.
	if (isOdd(story)) return [];
	if (sale.state === "captured" && !sameItems(sale, story))
		return [
			broken(
				2,
				"the charge is the price of exactly what is gone",
				`${cents(sale.capturedCents)} charged for ${listed(itemsOf(sale))}, ${cents(story.goneCents)} gone: ${listed(story.gone)}`,
			),
		];
	if (sale.state === "cancelled" && story.goneCents > 0)
		return [broken(2, "nothing is given away", `the sale is cancelled, and ${cents(story.goneCents)} are gone`)];
	return [];
}

/** What weights alone cannot tell: something was left where it does not belong, now or before. */
function isOdd({ errand, misplaced }: Story): boolean {
	return misplaced || errand.deeds.some(({ deed }) => deed.do === "stone" || deed.do === "put-elsewhere");
}

/** By how many cents an odd basket was charged wrong; `undefined` for one that was not odd, or not charged. */
export function errorOfOddBasket(story: Story, { sale }: Books): number | undefined {
	if (!isOdd(story) || !story.sound || wasForced(story) || sale?.state !== "captured") return undefined;
	return sale.capturedCents - story.goneCents;
}

function itemsOf({ items }: SaleView): Record<string, number> {
	return Object.fromEntries(items.map(({ sku, quantity }) => [sku, quantity]));
}

function sameItems(sale: SaleView, { gone, goneCents }: Story): boolean {
	return sale.capturedCents === goneCents && listed(itemsOf(sale)) === listed(gone);
}

function listed(items: Readonly<Record<string, number>>): string {
	const names = Object.entries(items).sort(([one], [other]) => (one < other ? -1 : 1));
	return names.length === 0 ? "nothing" : names.map(([sku, quantity]) => `${quantity} ${sku}`).join(", ");
}

/** 3 and 4: what the bolt and the coil did in this sale. */
export function auditOpenings(
	story: Story,
	cause: string | null,
	witness: Witness,
	{ machine }: MemoryStage,
): Violation[] {
	const found: Violation[] = [];
	const { openings, saleId } = story;
	for (const opening of openings) found.push(...auditOpening(opening, saleId));
	if (openings.length > 1) found.push(broken(3, "a sale opens the lock once", `it opened ${openings.length} times`));
	if (story.sound && openings.some(({ againAfterDoor }) => againAfterDoor))
		found.push(broken(3, "a sale opens the lock once", "the bolt let go again after the door had been opened"));
	if (cause === "unlock_not_executed" && openings.length > 0)
		found.push(
			broken(3, "what has opened is never called unexecuted", "the bolt let go for a sale that was cancelled so"),
		);
	const { lock } = machine;
	if (lock.longestOnMs > coilLimitMs)
		found.push(broken(4, `the coil is on for ${coilLimitMs} ms at most`, `it was on for ${lock.longestOnMs} ms`));
	if (lock.energised) found.push(broken(4, "the coil is off when all is over", "it is on"));
	if (witness.longestOnBesideOpenDoorMs > longestOnBesideOpenDoorMs && story.sound)
		found.push(
			broken(
				4,
				"the coil goes off when the door has opened",
				`it stayed on for ${witness.longestOnBesideOpenDoorMs} ms`,
			),
		);
	return found;
}

function auditOpening({ atMs, untilMs, unlockSentMs, heldFor }: Opening, saleId: string): Violation[] {
	const hold = heldFor.find((held) => held.saleId === saleId);
	if (hold === undefined) {
		const others = heldFor.map((held) => held.saleId).join(", ");
		return [
			broken(
				3,
				"the lock opens for a sale whose money is held",
				`at ${atMs} ms none was held for it${others && `, but for ${others}`}`,
			),
		];
	}
	const found: Violation[] = [];
	const askedLateMs = unlockSentMs - hold.sinceMs;
	if (askedLateMs > longestFromHoldToUnlockMs)
		found.push(
			broken(3, "nothing opens that was asked for long ago", `the unlock left ${askedLateMs} ms after the hold`),
		);
	const lateMs = atMs - unlockSentMs;
	if (lateMs > longestFromUnlockToOpeningMs)
		found.push(broken(3, "nothing opens for an old unlock", `the lock opened ${lateMs} ms after the unlock had left`));
	if (untilMs !== undefined && untilMs - atMs > longestWindowMs)
		found.push(broken(4, `a window ends after ${longestWindowMs} ms`, `it lasted ${untilMs - atMs} ms`));
	return found;
}
