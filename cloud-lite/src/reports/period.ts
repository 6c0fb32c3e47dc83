import { z } from "@hono/zod-openapi";
import { Problem } from "../http/problem.ts";

const dayMs = 86_400_000;
const longestMs = 400 * dayMs;
const usualMs = 7 * dayMs;

const moment = z.union([z.iso.datetime({ offset: true }), z.iso.date()]);

/** What every report takes: the time that it looks at. */
export const periodQuerySchema = z.object({
	from: moment.optional().openapi({ description: "First moment, or first day; a week before `to` where not given" }),
	to: moment.optional().openapi({ description: "First moment after it, or the last day; now where not given" }),
	time_zone: z.string().max(64).default("UTC").openapi({ description: "Where days begin and end: Europe/Madrid" }),
});

/** From the first moment up to, and without, the last one. */
export interface Period {
	readonly fromMs: number;
	readonly toMs: number;
	readonly timeZone: string;
}

/** @throws Problem 422 when it ends before it begins, is longer than 400 days, or lies in no known time zone */
export function periodOf(query: z.infer<typeof periodQuerySchema>, nowMs: number): Period {
	const { from, to, time_zone: timeZone } = query;
	if (!isTimeZone(timeZone)) throw new Problem(422, "invalid_request", `There is no time zone ${timeZone}.`);
	const toMs = to === undefined ? nowMs : isDay(to) ? startOfDay(nextDay(to), timeZone) : Date.parse(to);
	const fromMs = from === undefined ? toMs - usualMs : isDay(from) ? startOfDay(from, timeZone) : Date.parse(from);
	if (fromMs >= toMs) throw new Problem(422, "invalid_request", "The period ends before it begins.");
	if (toMs - fromMs > longestMs) throw new Problem(422, "invalid_request", "The period is longer than 400 days.");
	return { fromMs, toMs, timeZone };
}

/** Making one takes a hundred times as long as using it. */
const calendars = new Map<string, Intl.DateTimeFormat>();

/** The calendar day of a moment in a time zone: `2026-01-31`. */
export function dayOf(atMs: number, timeZone: string): string {
	let calendar = calendars.get(timeZone);
	if (calendar === undefined) {
		// Sweden writes dates as ISO 8601 does.
		calendar = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short" });
		calendars.set(timeZone, calendar);
	}
	return calendar.format(atMs);
}

/** All days that a period touches, first one first. */
export function daysOf({ fromMs, toMs, timeZone }: Period): string[] {
	const days = [dayOf(fromMs, timeZone)];
	for (let day = days[0]!; day < dayOf(toMs - 1, timeZone); ) {
		day = nextDay(day);
		days.push(day);
	}
	return days;
}

function isDay(text: string): boolean {
	return /^\d{4}-\d{2}-\d{2}$/.test(text);
}

/** The calendar day that is so many days later; earlier where negative. */
export function addDays(day: string, days: number): string {
	return new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
}

function nextDay(day: string): string {
	return addDays(day, 1);
}

/** The first moment of a day. Clocks may be put forward over midnight: then the day begins later. */
export function startOfDay(day: string, timeZone: string): number {
	const utcMs = Date.parse(`${day}T00:00:00Z`);
	// No place is further than 14 hours from UTC; all offsets are whole quarters of an hour.
	for (let atMs = utcMs - 14 * 3_600_000; atMs <= utcMs + 14 * 3_600_000; atMs += 900_000) {
		if (dayOf(atMs, timeZone) >= day) return atMs;
	}
	return utcMs;
}

/** Whether this computer knows the time zone. */
export function isTimeZone(name: string): boolean {
	try {
		new Intl.DateTimeFormat("en", { timeZone: name });
		return true;
	} catch (error) {
		if (error instanceof RangeError) return false;
		throw error;
	}
}
