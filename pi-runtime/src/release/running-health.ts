import type { Health } from "../health/health.ts";

/** What the service of this machine tells about itself; `undefined` when it does not run. */
export async function readRunningHealth(port: number): Promise<Health | undefined> {
	let response: Response;
	try {
		response = await fetch(`http://127.0.0.1:${port}/health`, { signal: AbortSignal.timeout(5_000) });
	} catch (error) {
		if (error instanceof TypeError || (error instanceof DOMException && error.name === "TimeoutError"))
			return undefined;
		throw error;
	}
	if (!response.ok) return undefined;
	return (await response.json()) as Health;
}
