import { z } from "zod";

const partSchema = z.object({ status: z.string() });

/** The parts of a service that must be up again after a switch; the running release may tell more than this one knows. */
const partsSchema = z.object({
	link: partSchema,
	broker: partSchema,
	store: partSchema,
	/** Releases before this one do not tell where the model comes from. */
	vision: partSchema.extend({ modelFrom: z.string().optional() }),
	recording: partSchema,
	/** Releases before this one do not tell it. */
	lock: z.string().optional(),
});

export type PartsHealth = z.infer<typeof partsSchema>;

/** What of a service is up, by name. */
export function partsUp({ link, broker, store, vision, recording }: PartsHealth): string[] {
	const states = { link, broker, store, vision, recording };
	return Object.entries(states).flatMap(([name, { status }]) => (status === "up" || status === "ok" ? [name] : []));
}

/** What the service of this machine tells about its parts; `undefined` when it does not run. Rejects for another answer. */
export async function readRunningHealth(port: number): Promise<PartsHealth | undefined> {
	let response: Response;
	try {
		response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(5_000) });
	} catch (error) {
		if (error instanceof TypeError || (error instanceof DOMException && error.name === "TimeoutError"))
			return undefined;
		throw error;
	}
	if (!response.ok) return undefined;
	return partsSchema.parse(await response.json());
}
