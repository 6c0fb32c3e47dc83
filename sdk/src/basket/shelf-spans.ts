import type { ShelfReading } from "../device/messages.ts";
import type { VisionEvent, WeightStep } from "./vision-evidence.ts";
import { noiseVariance, scaleNoiseMilligrams } from "./weight-model.ts";

/** Something that cameras saw of one shelf: +1 left it, −1 came to it. */
export interface ShelfEvent {
	readonly event: VisionEvent;
	readonly direction: 1 | -1;
}

/** A stretch of time at one shelf between two settled weights, and what was seen meanwhile. */
export interface ShelfSpan {
	/** On the clock of steps and events; infinite where nobody knows. */
	readonly fromMs: number;
	readonly untilMs: number;
	/** Positive when something was taken. */
	readonly removedMilligrams: number;
	/** Of the scale alone, without that of the units. */
	readonly variance: number;
	readonly events: readonly ShelfEvent[];
}

/** Clocks, frames and settling may differ by so much. */
const slackMs = 500;

/** Steps that add up to something else than baseline minus final, by more than so many deviations, are not trusted. */
const mostMismatch = 6;

/** What weighs on a shelf no longer than this, and was not seen to come or to go, a hand held. */
const longestRestMs = 6_000;

/** It came and went with the same weight, within so many deviations. */
const restDeviations = 4;

/** The events of one shelf. What was moved within a shelf changed nothing there. */
export function eventsOfShelf(events: readonly VisionEvent[], shelf: number): ShelfEvent[] {
	return events.flatMap((event): ShelfEvent[] => {
		if (event.kind === "moved" && event.toShelf === event.shelf) return [];
		if (event.kind === "moved" && event.toShelf === shelf) return [{ event, direction: -1 }];
		if (event.shelf !== shelf) return [];
		return [{ event, direction: event.kind === "returned" ? -1 : 1 }];
	});
}

/** The whole opening of a shelf, from its readings. */
export function wholeSpan(reading: ShelfReading, events: readonly ShelfEvent[]): ShelfSpan {
	return {
		fromMs: Number.NEGATIVE_INFINITY,
		untilMs: Number.POSITIVE_INFINITY,
		removedMilligrams: reading.baselineMilligrams - reading.finalMilligrams,
		variance: noiseVariance(reading),
		events,
	};
}

/**
 * Divides the opening of one shelf into spans. Steps that share an event's time alike are one span, since it may belong to
 * either; so are two steps between which a hand may have rested on a shelf that cameras watched; events without a step near
 * are a span of their own that changed nothing. Without steps, or with steps that do not add up to the difference of the
 * readings, the whole opening is one span.
 */
export function spansOf(
	reading: ShelfReading,
	steps: readonly WeightStep[],
	events: readonly ShelfEvent[],
	isWatched: boolean,
): ShelfSpan[] {
	const removed = reading.baselineMilligrams - reading.finalMilligrams;
	const noise = noiseVariance(reading);
	const sorted = steps
		.filter(({ shelf }) => shelf === reading.shelf)
		.map((step) => ({ ...step, fromMs: step.fromMs ?? step.atMs }))
		.sort((one, other) => one.atMs - other.atMs);
	const variance = sorted.reduce((sum, step) => sum + step.varianceMilligrams2, noise);
	const total = sorted.reduce((sum, step) => sum - step.deltaMilligrams, 0);
	const whole = [wholeSpan(reading, events)];
	if (sorted.length === 0 || (total - removed) ** 2 > mostMismatch ** 2 * variance) return whole;
	const joined = sorted.map(() => false);
	const at = events.map(({ event }) => {
		const shared = sorted.map(
			({ fromMs, atMs }) => Math.min(event.untilMs, atMs) - Math.max(event.fromMs, fromMs) + slackMs,
		);
		const most = Math.max(...shared);
		if (most <= 0) return -1;
		const near = shared.map((share) => share > 0 && share >= most / 2);
		const first = near.indexOf(true);
		// Everything between the first and the last one is one span: weights cannot jump over a step.
		for (let index = first + 1; index <= near.lastIndexOf(true); index += 1) joined[index] = true;
		return first;
	});
	for (let index = 1; isWatched && index < sorted.length; index += 1) {
		const [came, went] = [sorted[index - 1]!, sorted[index]!];
		const isSame =
			(came.deltaMilligrams + went.deltaMilligrams) ** 2 <=
			restDeviations ** 2 * (came.varianceMilligrams2 + went.varianceMilligrams2);
		const isShort = went.atMs - came.fromMs <= longestRestMs;
		const isSeen = at.some((first) => first === index - 1 || first === index);
		// Two that share an event already may hold more than this.
		if (came.deltaMilligrams > 0 && isSame && isShort && !isSeen && !joined[index - 1]) joined[index] = true;
	}
	const spans: ShelfSpan[] = [];
	for (let from = 0, to = 0; from < sorted.length; from = to) {
		to = from + 1;
		while (joined[to]) to += 1;
		const members = sorted.slice(from, to);
		spans.push({
			fromMs: members[0]!.fromMs,
			untilMs: members[members.length - 1]!.atMs,
			removedMilligrams: members.reduce((sum, step) => sum - step.deltaMilligrams, 0),
			// The levels in between cancel out.
			variance: members.reduce((most, step) => Math.max(most, step.varianceMilligrams2), scaleNoiseMilligrams ** 2),
			events: events.filter((_, index) => at[index]! >= from && at[index]! < to),
		});
	}
	const astray = events.filter((_, index) => at[index]! < 0);
	if (astray.length > 0) spans.push({ ...wholeSpan(reading, astray), removedMilligrams: 0 });
	const [only, another] = spans;
	if (only === undefined || another !== undefined) return spans;
	// A single span has the better of the two weights.
	return [{ ...only, removedMilligrams: removed, variance: noise }];
}
