import { Agent, request } from "node:http";

export interface LoadRequest {
	readonly method: "GET" | "POST";
	readonly path: string;
	readonly headers: Readonly<Record<string, string>>;
	readonly body?: string;
}

/**
 * Sends requests over `connections` connections that stay open, each connection one after the other.
 * @returns how long each took, milliseconds, in order of their ends
 * @throws Error when one is not answered with 200
 */
export async function sendAll(
	url: string,
	requests: readonly LoadRequest[],
	connections: number,
): Promise<readonly number[]> {
	const agent = new Agent({ keepAlive: true, maxSockets: connections });
	const tookMs: number[] = [];
	const waiting = requests.values();
	const work = async (): Promise<void> => {
		for (const one of waiting) {
			const fromMs = performance.now();
			await send(agent, url, one);
			tookMs.push(performance.now() - fromMs);
		}
	};
	try {
		await Promise.all(Array.from({ length: connections }, work));
		return tookMs;
	} finally {
		agent.destroy();
	}
}

function send(agent: Agent, url: string, { method, path, headers, body }: LoadRequest): Promise<void> {
	return new Promise((resolve, reject) => {
		const outgoing = request(`${url}${path}`, { agent, method, headers }, (answer) => {
			const parts: Buffer[] = [];
			answer.on("data", (part: Buffer) => parts.push(part));
			answer.once("error", reject);
			answer.once("end", () => {
				if (answer.statusCode === 200) resolve();
				else reject(new Error(`${method} ${path} answered ${answer.statusCode}: ${Buffer.concat(parts).toString()}`));
			});
		});
		outgoing.once("error", reject);
		outgoing.end(body);
	});
}
