import type { DestinationStream } from "pino";

/**
 * Hands over what is written in one turn of the event loop together: where thirty sales share a commit, their lines of
 * the log share one call of the operating system. What is left when the process ends is handed over then.
 */
export function turnWriter(destination: DestinationStream): DestinationStream {
	let lines = "";
	const handOver = (): void => {
		if (lines === "") return;
		const now = lines;
		lines = "";
		destination.write(now);
	};
	process.once("exit", handOver);
	return {
		write(line) {
			if (lines === "") setImmediate(handOver);
			lines += line;
		},
	};
}
