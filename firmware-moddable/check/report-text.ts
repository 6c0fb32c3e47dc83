import { ceilings, type FirmwareReport, totalOf } from "./check-firmware.ts";

/** The report as people read it: sizes, what was looked at, what is wrong. */
export function reportText({ checked, problems, sizes }: FirmwareReport): string {
	const width = Math.max(...sizes.map(({ specifier }) => specifier.length));
	const row = (name: string, bytes: number, ceiling: string) =>
		`${name.padEnd(width)} ${String(bytes).padStart(9)} ${ceiling}`.trimEnd();
	return [
		`${"module".padEnd(width)} ${"bytes".padStart(9)}`,
		...sizes.map(({ specifier, bytes }) => row(specifier, bytes, bytes > ceilings.module ? "too large" : "")),
		row(`${sizes.length} modules`, totalOf(sizes), `of ${ceilings.total}`),
		"",
		"JavaScript as built, without comments and indentation. On the device it is bytecode.",
		"",
		...checked.map((line) => `checked: ${line}`),
		...(problems.length === 0
			? ["", "The firmware is fit for the Moddable SDK, as far as one can tell without it."]
			: [""]),
		...problems.map((problem) => `firmware: ${problem}`),
	].join("\n");
}
