export interface Partition {
	readonly name: string;
	readonly type: string;
	readonly subtype: string;
	/** Bytes. */
	readonly offset: number;
	/** Bytes. */
	readonly size: number;
}

/** Reads a partition table in ESP-IDF's CSV form, in which every row names its offset and its size. */
export function parsePartitions(csv: string): Partition[] {
	return csv
		.split("\n")
		.filter((line) => line.trim() !== "" && !line.startsWith("#"))
		.map((line) => {
			const [name = "", type = "", subtype = "", offset = "", size = ""] = line.split(",").map((cell) => cell.trim());
			return { name, type, subtype, offset: bytes(offset), size: bytes(size) };
		});
}

function bytes(text: string): number {
	const [, digits = "NaN", unit] = /^(0x[0-9a-f]+|\d+)([KM])?$/i.exec(text) ?? [];
	return Number(digits) * (unit === undefined ? 1 : unit.toUpperCase() === "K" ? 1_024 : 1_024 * 1_024);
}

/** Bootloader and partition table lie below (ESP-IDF, "Partition Tables": offset 0x8000, 4 KB). */
const firstFree = 0x9000;
/** An application starts where the flash cache can map it (ESP-IDF, "Partition Tables"). */
const applicationAlignment = 0x10000;

/** What is wrong with a table, as sentences: overlaps, alignment, the flash's end, room for two firmware images. */
export function partitionProblems(partitions: readonly Partition[], flash: number, image: number): string[] {
	const problems: string[] = [];
	let end = firstFree;
	for (const { name, type, offset, size } of partitions) {
		if (!Number.isInteger(offset) || !Number.isInteger(size) || size === 0) {
			problems.push(`partition ${name} has no sound offset and size`);
			continue;
		}
		if (offset < end) problems.push(`partition ${name} begins at ${hex(offset)}, before the one in front of it ends`);
		if (type === "app" && offset % applicationAlignment !== 0)
			problems.push(`partition ${name} begins at ${hex(offset)}, which is no multiple of ${hex(applicationAlignment)}`);
		end = offset + size;
		if (end > flash) problems.push(`partition ${name} ends at ${hex(end)}, behind the flash (${hex(flash)})`);
	}
	const slots = partitions.filter(({ type }) => type === "app");
	if (slots.map(({ subtype }) => subtype).join() !== "ota_0,ota_1")
		problems.push("there are not just the two application slots ota_0 and ota_1");
	for (const { name, size } of slots)
		if (size < image) problems.push(`slot ${name} holds ${size} bytes, less than the largest image (${image})`);
	if (!partitions.some(({ type, subtype, size }) => type === "data" && subtype === "ota" && size === 0x2000))
		problems.push("there is no data partition of subtype ota with two sectors, which says what to boot");
	return problems;
}

function hex(value: number): string {
	return `0x${value.toString(16)}`;
}
