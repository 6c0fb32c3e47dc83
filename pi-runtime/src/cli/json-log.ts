import type { Clock } from "@visionvend/sdk/clock";
import type { Log } from "@visionvend/sdk/log";
import { type DestinationStream, pino } from "pino";

/** A log of one JSON object a line: `{"level","time","room","event",…}`, `time` in milliseconds since 1970. */
export function jsonLog(clock: Clock, destination: DestinationStream): Log {
	const logger = pino(
		{
			base: null,
			timestamp: () => `,"time":${clock.now()}`,
			formatters: { level: (label) => ({ level: label }) },
		},
		destination,
	);
	return ({ level, ...fields }) => logger[level](fields);
}
