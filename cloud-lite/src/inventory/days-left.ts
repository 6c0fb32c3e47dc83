/** How far back sales count for what is expected. */
export const forecastDays = 28;

/**
 * Days until stock is sold out, if it goes on selling as it did; 0 when nothing is left, `undefined` when nothing was
 * sold and so nobody can tell.
 *
 * @param available units that are there and promised to nobody
 * @param sold units of the last `days`
 * @param days over which they were sold: `forecastDays`, or less where it is sold for less long; at least one is assumed
 */
export function daysLeft(available: number, sold: number, days: number): number | undefined {
	if (available <= 0) return 0;
	if (sold <= 0) return undefined;
	return (available * Math.max(1, days)) / sold;
}
