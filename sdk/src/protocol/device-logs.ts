import { z } from "zod";

/** From unimportant to important. */
export const logLevels = ["debug", "info", "warn", "error"] as const;

/** Characters of what an entry says beside its event. */
export const mostLogDetail = 2_000;

/** Entries in one message. */
export const mostLogEntriesAtOnce = 50;

/** pi → cloud: lines of its log. */
export const deviceLogsBodySchema = z.object({
	/** Names one life of the process: numbers begin anew in each. */
	life: z.string().regex(/^[A-Za-z0-9_-]{8,22}$/),
	entries: z
		.array(
			z.object({
				/** Counts the lines of a life; one that is missing was lost. */
				seq: z.int().min(1),
				/** Milliseconds since 1970, by the device's clock. */
				atMs: z.int().min(0),
				level: z.enum(logLevels),
				event: z.string().min(1).max(64),
				/** JSON of the other fields, cut off where it is too long. */
				detail: z.string().max(mostLogDetail),
			}),
		)
		.min(1)
		.max(mostLogEntriesAtOnce),
});

/** pi → cloud: lines of its log. */
export type DeviceLogsBody = z.infer<typeof deviceLogsBodySchema>;
