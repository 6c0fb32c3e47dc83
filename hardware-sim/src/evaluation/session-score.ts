import { SeededRandom } from "../random.ts";
import { bootstrapF1, type Interval, wilson } from "./interval.ts";
import type { SessionResult } from "./judge-session.ts";

/** The figures of many sessions, each with its 95 % interval. */
export interface SessionScore {
	readonly eventPrecision: Interval;
	readonly eventRecall: Interval;
	readonly itemAccuracy: Interval;
	readonly receiptF1: Interval;
	readonly exactReceipts: Interval;
	readonly autoSettled: Interval;
	readonly autoSettledPrecision: Interval;
	readonly overcharged: Interval;
	/** Events by cameras alone. */
	readonly seenEventPrecision: Interval;
	readonly seenEventRecall: Interval;
	readonly seenItemAccuracy: Interval;
	/** Exact receipts by one sense alone. */
	readonly exactByWeight: Interval;
	readonly exactByVision: Interval;
}

export function scoreSessions(results: readonly SessionResult[]): SessionScore {
	const sorted = [...results].sort((one, other) => one.number - other.number);
	const count = (is: (result: SessionResult) => boolean): number => sorted.filter(is).length;
	const sum = (of: (result: SessionResult) => number): number =>
		sorted.reduce((total, result) => total + of(result), 0);
	const found = sum(({ events }) => events.right);
	const seen = sum(({ seenEvents }) => seenEvents.right);
	const settled = count((result) => result.settled);
	return {
		eventPrecision: wilson(found, found + sum(({ events }) => events.wrong)),
		eventRecall: wilson(found, found + sum(({ events }) => events.missed)),
		itemAccuracy: wilson(
			sum(({ items }) => items.right),
			sum(({ items }) => items.of),
		),
		receiptF1: bootstrapF1(
			sorted.map(({ receipt }) => receipt),
			new SeededRandom(1),
		),
		exactReceipts: wilson(
			count(({ exact }) => exact),
			sorted.length,
		),
		autoSettled: wilson(settled, sorted.length),
		autoSettledPrecision: wilson(
			count((result) => result.settled && result.exact),
			settled,
		),
		overcharged: wilson(
			count((result) => result.overcharged),
			sorted.length,
		),
		seenEventPrecision: wilson(seen, seen + sum(({ seenEvents }) => seenEvents.wrong)),
		seenEventRecall: wilson(seen, seen + sum(({ seenEvents }) => seenEvents.missed)),
		seenItemAccuracy: wilson(
			sum(({ seenItems }) => seenItems.right),
			sum(({ seenItems }) => seenItems.of),
		),
		exactByWeight: wilson(
			count((result) => result.exactByWeight),
			sorted.length,
		),
		exactByVision: wilson(
			count((result) => result.exactByVision),
			sorted.length,
		),
	};
}

/** Bars that the figures have to pass: at least, or at most. */
const bars: Readonly<Partial<Record<keyof SessionScore, readonly [least: boolean, bar: number]>>> = Object.freeze({
	eventPrecision: [true, 0.97],
	eventRecall: [true, 0.96],
	itemAccuracy: [true, 0.95],
	receiptF1: [true, 0.95],
	exactReceipts: [true, 0.9],
	autoSettled: [true, 0.6],
	autoSettledPrecision: [true, 0.99],
	overcharged: [false, 0.005],
});

/** The figures that miss their bar. */
export function missedBars(score: SessionScore): string[] {
	const missed = Object.entries(bars).flatMap(([name, [isLeast, bar]]) => {
		const { value } = score[name as keyof SessionScore];
		return (isLeast ? value >= bar : value <= bar) ? [] : [name];
	});
	const better = Math.max(score.exactByWeight.value, score.exactByVision.value);
	return score.exactReceipts.value - better >= 0.1 ? missed : [...missed, "ten points above the better single sense"];
}
