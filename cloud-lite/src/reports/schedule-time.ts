import { addDays, dayOf, type Period, startOfDay } from "./period.ts";

export const cadences = ["day", "week", "month"] as const;
export type Cadence = (typeof cadences)[number];

/** When a report is due: each day, on Mondays, or on the first of the month, at an hour of its time zone. */
export interface ScheduleTime {
	readonly every: Cadence;
	/** 0 to 23. */
	readonly hour: number;
	readonly timeZone: string;
}

const quarterMs = 900_000;

/** The first moment after `afterMs` at which the report is due. */
export function nextTime(schedule: ScheduleTime, afterMs: number): number {
	for (let day = dayOf(afterMs, schedule.timeZone); ; day = addDays(day, 1)) {
		if (!isDueOn(day, schedule.every)) continue;
		const atMs = momentOn(day, schedule);
		if (atMs > afterMs) return atMs;
	}
}

/** What a report that is due at this moment looks at: the day, week or month that has just ended. */
export function reportedPeriod({ every, timeZone }: ScheduleTime, dueAtMs: number): Period {
	const today = dayOf(dueAtMs, timeZone);
	// Sent out of turn, it ends where the last one in its turn would have ended.
	let last = today;
	while (!isDueOn(last, every)) last = addDays(last, -1);
	let first = addDays(last, -1);
	while (!isDueOn(first, every)) first = addDays(first, -1);
	return { fromMs: startOfDay(first, timeZone), toMs: startOfDay(last, timeZone), timeZone };
}

function isDueOn(day: string, every: Cadence): boolean {
	if (every === "day") return true;
	if (every === "month") return day.endsWith("-01");
	return new Date(`${day}T00:00:00Z`).getUTCDay() === 1;
}

/** An hour that is left out when clocks go forward is made up for by the next one. */
function momentOn(day: string, { hour, timeZone }: ScheduleTime): number {
	const hours = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", hourCycle: "h23" });
	let atMs = startOfDay(day, timeZone);
	while (Number(hours.format(atMs)) < hour && dayOf(atMs, timeZone) === day) atMs += quarterMs;
	return atMs;
}
