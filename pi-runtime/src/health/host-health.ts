import { readFile, statfs } from "node:fs/promises";
import type { HostHealth } from "./health.ts";

/** Less than this share of the disk free, and sales are in danger. */
export const leastDiskFree = 0.1;

/** What the system tells: the disk of `folder`, the processor's temperature where Linux has one. */
export async function readHost(folder: string): Promise<HostHealth> {
	const [diskFree, temperatureCelsius] = await Promise.all([
		statfs(folder).then(
			({ bavail, blocks }) => bavail / blocks,
			() => undefined,
		),
		readFile("/sys/class/thermal/thermal_zone0/temp", "utf8").then(
			(text) => (/^-?\d+\s*$/.test(text) ? Number(text) / 1_000 : undefined),
			() => undefined,
		),
	]);
	return { diskFree, temperatureCelsius, residentBytes: process.memoryUsage.rss() };
}
