import { readFileSync } from "node:fs";

/** Of a clock tick of Linux, on every architecture that Node runs on (sysconf(_SC_CLK_TCK)). */
const ticksASecond = 100;

/** What a process has used since it started: CPU seconds of all its threads, and resident memory. Reads `/proc` (Linux). */
export function processUsage(pid: number): { readonly cpuSeconds: number; readonly residentBytes: number } {
	const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
	// proc(5): behind the name in parentheses the third field begins; utime and stime are 14 and 15.
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
	return {
		cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticksASecond,
		residentBytes: Number(kilobytes) * 1_024,
	};
}
