import { readFileSync } from "node:fs";

/** One row of a partition table (ESP-IDF Programming Guide, "Partition Tables"). */
export interface Partition {
	readonly name: string;
	readonly type: string;
	readonly subtype: string;
	readonly offset: number;
	readonly byteLength: number;
}

/** The rows of a `partitions.csv` whose offsets and sizes are numbers. Throws an `Error` that names a row that is not. */
export function readPartitions(csv: string): Partition[] {
	return csv
		.split("\n")
		.map((line) => line.trim())
		.filter((line) => line !== "" && !line.startsWith("#"))
		.map((line) => {
			const [name = "", type = "", subtype = "", offsetText = "", sizeText = ""] = line
				.split(",")
				.map((cell) => cell.trim());
			const [offset, byteLength] = [Number(offsetText), Number(sizeText)];
			if (offsetText === "" || !(offset >= 0) || !(byteLength > 0)) {
				throw new Error(`Partition table: "${line}" needs an offset and a size in bytes.`);
			}
			return { name, type, subtype, offset, byteLength };
		});
}

/** The partitions of the controller's board. */
export function boardPartitions(): Partition[] {
	const file = new URL("../../../firmware-moddable/boards/visionvend_s3/sdkconfig/partitions.csv", import.meta.url);
	return readPartitions(readFileSync(file, "utf8"));
}

export function partitionNamed(partitions: readonly Partition[], name: string): Partition {
	const partition = partitions.find((row) => row.name === name);
	if (partition === undefined) throw new Error(`The partition table has no ${name}.`);
	return partition;
}
